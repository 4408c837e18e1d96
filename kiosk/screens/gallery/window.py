"""The gallery's window: a list of pages left, one page right, the look switched live; it has no kitchen behind it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QListWidget,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from kiosk.screens.gallery.pages import PAGES, settle
from kiosk.screens.gallery.speech import speak_english
from kiosk.theme.marks import override
from kiosk.theme.metrics import Metrics, choose_dpi
from kiosk.theme.theme import Theme
from kiosk.views.looks import FilterLook
from kiosk.widgets.filter_chip import FilterChip

_SWITCHES = (
    ("dark", "Gelap · Dark"),
    ("glove", "Sarung tangan · Glove"),
    ("compact", "1280 × 720"),
    ("english", "English"),
)
_WIDE, _NARROW = QSize(1920, 1080), QSize(1280, 720)


class GalleryWindow(QWidget):
    """Every widget in every state. The samples' names and numbers stay Indonesian in both languages."""

    closed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("gallery")
        self.setWindowTitle("Dapur · gallery")
        self.theme = theme
        self._on: dict[str, bool] = {key: False for key, _ in _SWITCHES}
        self._on["dark"], self._on["glove"] = theme.dark, theme.metrics.glove
        self._list = QListWidget(self)
        self._list.setObjectName("gallery.pages")
        self._list.setAccessibleName("Pages")
        self._list.addItems(list(PAGES))
        self._chips: dict[str, FilterChip] = {}
        self._room = QScrollArea(self)
        self._room.setObjectName("gallery.room")
        self._arrange()
        self._list.currentRowChanged.connect(self._on_row_changed)
        self._list.setCurrentRow(0)

    @property
    def page(self) -> QWidget | None:
        """The page that is shown."""
        return self._room.widget()

    def choose(self, name: str) -> None:
        """Show this page. Raises ValueError for a name that is none."""
        self._list.setCurrentRow(tuple(PAGES).index(name))

    def switch(self, key: str) -> None:
        """Turn one of the looks on, or off again; the page is built anew."""
        self._on[key] = not self._on[key]
        text = dict(_SWITCHES)[key]
        self._chips[key].set_look(FilterLook(key, text, chosen=self._on[key]))
        metrics = Metrics(self.theme.metrics.dpi, self._on["glove"], self._on["compact"])
        self.theme.set_metrics(metrics)
        self.theme.set_dark(self._on["dark"])
        self._list.setFixedWidth(self.theme.px(240))
        self._show()

    def _on_row_changed(self, _row: int) -> None:
        self._show()

    def _show(self) -> None:
        made = PAGES[tuple(PAGES)[self._list.currentRow()]](self.theme)
        made.setAutoFillBackground(True)
        made.setBackgroundRole(QPalette.ColorRole.Window)
        if self._on["english"]:
            speak_english(made)
        # A page is as large as the screen it is meant for, or larger if its parts are.
        size = _NARROW if self._on["compact"] else _WIDE
        made.resize(size.expandedTo(made.minimumSizeHint()))
        self._room.setWidget(made)
        settle(made)

    def _arrange(self) -> None:
        side = QVBoxLayout()
        side.addWidget(self._list, 1)
        for key, text in _SWITCHES:
            chip = FilterChip(
                self.theme, f"gallery.{key}", FilterLook(key, text, chosen=self._on[key]), self
            )
            chip.chosen.connect(self.switch)
            chip.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self._chips[key] = chip
            side.addWidget(chip)
        row = QHBoxLayout(self)
        row.addLayout(side)
        row.addWidget(self._room, 1)
        self._list.setFixedWidth(self.theme.px(240))

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.closed.emit()


async def show_gallery(
    stop: asyncio.Event,
    app: QApplication,
    *,
    dark: bool = False,
    glove: bool = False,
    size: tuple[int, int] = (1366, 768),
    dpi: float | None = None,
    quit_after_s: float | None = None,
    shot: Path | None = None,
) -> int:
    """Show the window until it is closed, `stop` is set or the time is over; the exit code."""
    real = choose_dpi(QGuiApplication.primaryScreen().physicalDotsPerInch(), dpi)
    theme = Theme(dark=dark, metrics=Metrics(dpi=real, glove=glove))
    theme.apply(app)
    window = GalleryWindow(theme)
    window.closed.connect(stop.set)
    window.resize(QSize(*size))
    window.show()
    if quit_after_s is not None:
        asyncio.get_running_loop().call_later(quit_after_s, stop.set)
    await stop.wait()
    saved = shot is None or window.grab().save(str(shot))
    window.hide()
    window.deleteLater()
    return 0 if saved else 1
