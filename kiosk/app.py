"""The kiosk with a window: the composition root; the only file of the kiosk that knows everything."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from kiosk.clock import Clock
from kiosk.headless import Headless, identify, open_vault
from kiosk.local.errors import DiskRefused
from kiosk.local.lock import FolderLock
from kiosk.screens.window import Window
from kiosk.settings import Settings
from kiosk.theme.metrics import Metrics, choose_dpi
from kiosk.theme.theme import Theme
from kiosk.views.floor import Floor
from kiosk.views.words import Language, Words

if TYPE_CHECKING:
    from kiosk.screens.daylight import Daylight
    from kiosk.screens.rest import Rest

_log = logging.getLogger(__name__)
_PAGE, _LANGUAGE, _DARK, _GLOVE = "page", "language", "dark", "glove"
_MOTION, _DPI, _AUTO = "motion", "dpi", "auto"
_HOME, _DESK = "home", "summary"
_YES = "yes"
SENSES_AFTER_MS = 600
"""Alarms are heard once the board stands: reading what plays them would cost the first paint its time."""

PAINTED_S = 1.0
"""The line waits so long for the first picture: what it needs takes a tenth of a second to load."""


class Look(msgspec.Struct, frozen=True):
    """What the command line says about the window; None: as it was left, or the default."""

    language: Language | None = None
    dark: bool | None = None
    glove: bool | None = None
    size: tuple[int, int] = (1366, 768)
    dpi: float | None = None
    """The screen's real dots per inch, when its EDID lies."""
    fullscreen: bool = False
    kiosk: bool = False
    """Cover the whole screen, and only a chief may leave."""
    desk: bool | None = None
    """The supervisor's desk is the first page, now and at later starts; None: as it was said last."""


class App:
    """One kiosk with one window."""

    def __init__(self, kiosk: Headless, qapp: QApplication, look: Look) -> None:
        """Build window and view models over a wired kiosk; call inside a running loop."""
        self.kiosk = kiosk
        noted = kiosk.store.noted
        language: Language = look.language or ("en" if noted(_LANGUAGE) == "en" else "id")
        dark = noted(_DARK) == _YES if look.dark is None else look.dark
        glove = noted(_GLOVE) == _YES if look.glove is None else look.glove
        metrics = Metrics(dpi=_dpi(look.dpi or _number(noted(_DPI))), glove=glove)
        # A window that first measured itself for a large screen would not shrink to a small one again.
        metrics = metrics.for_window(look.size[0])
        still = noted(_MOTION) == _YES
        self.theme = Theme(dark=dark, metrics=metrics, reduce_motion=still)
        self.theme.apply(qapp)
        # Nothing here is double-clicked. Qt makes a double click of two quick taps even at different
        # places, and inside a finger-scrolled area the second tap is then lost.
        qapp.setDoubleClickInterval(0)
        self.floor = Floor(kiosk, Words(language), kiosk_mode=look.kiosk)
        self.window = Window(self.theme, self.floor)
        self.window.language_chosen.connect(self._on_language_chosen)
        self.window.look_chosen.connect(self._on_look_chosen)
        self.window.kept.connect(self._on_kept)
        self.window.page_shown.connect(self._on_page_shown)
        self._daylight: Daylight | None = None
        if look.dark is None:
            self._follow_daylight()
        self.window.resize(QSize(*look.size))
        self._log_uncaught, sys.excepthook = sys.excepthook, self._on_uncaught
        self._return_to_page(look.desk)
        self.rest: Rest | None = None
        self._senses_later = QTimer(self.window)
        self._senses_later.setSingleShot(True)
        self._senses_later.timeout.connect(self.start_sounds)
        self._senses_later.start(SENSES_AFTER_MS)
        if look.fullscreen or look.kiosk:
            self.window.showFullScreen()
        else:
            self.window.show()

    def start_sounds(self) -> None:
        """Let alarms be heard and the screen rest; a window that no screen shows has no player of its own."""
        if self.floor.sounds is not None:
            return
        from kiosk.screens.rest import Rest
        from kiosk.views.news import News
        from kiosk.views.sound.listening import Listening
        from kiosk.views.sound.sounds import Sounds

        self._senses_later.stop()
        unseen = QGuiApplication.platformName() in ("offscreen", "minimal")
        self.floor.sounds = Sounds(self.kiosk.store, self.floor, is_heard=not unseen)
        self.rest = Rest(self.theme, self.floor, self.window)
        Listening(self.floor, self.floor.sounds, self.floor).rang.connect(self.rest.wake)
        News(self.floor, self.floor)

    async def painted(self, stop: asyncio.Event) -> None:
        """Wait for the first picture, or for PAINTED_S where no screen asks for one, or for `stop`."""
        shown = asyncio.Event()
        self.window.first_painted.connect(shown.set)
        waits = [asyncio.ensure_future(each.wait()) for each in (shown, stop)]
        await asyncio.wait(waits, timeout=PAINTED_S, return_when=asyncio.FIRST_COMPLETED)
        for each in waits:
            each.cancel()

    def close(self) -> None:
        """Take the window away."""
        self._senses_later.stop()
        if self.floor.sounds is not None:
            self.floor.sounds.silence()
        sys.excepthook = self._log_uncaught
        self.floor.close()
        self.window.stop()
        self.window.hide()
        self.window.deleteLater()

    def shoot(self, path: Path) -> bool:
        """Save what the window shows as a picture."""
        return self.window.grab().save(str(path))

    def _on_uncaught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """An exception in a slot: it is logged as before, and the person is told."""
        self._log_uncaught(kind, error, trace)
        self.floor.failed()

    def _return_to_page(self, desk: bool | None) -> None:
        """A restart comes back to the same page; a desk to its own, whatever was open last."""
        if desk is not None:
            self._note(_HOME, _DESK if desk else "")
        if desk or (desk is None and self.kiosk.store.noted(_HOME) == _DESK):
            self.window.show_page(_DESK, "")
            return
        name, _, subject = self.kiosk.store.noted(_PAGE).partition("\n")
        if name in ("batch", "quality") and self.floor.batch(subject) is not None:
            self.window.show_page(name, subject)
        elif name in ("alerts", "review", _DESK):
            self.window.show_page(name, "")

    def _on_language_chosen(self, language: str) -> None:
        self._note(_LANGUAGE, language)

    def _on_look_chosen(self, what: str, is_on: bool) -> None:
        self._note(_DARK if what == "dark" else _GLOVE, _YES if is_on else "no")
        if what == "dark":
            self._follow_daylight()

    def _on_kept(self, key: str, value: str) -> None:
        self._note(key, value)
        if key == _DARK:
            self._follow_daylight()

    def _follow_daylight(self) -> None:
        """Night colours by the hour, while that is what was chosen last."""
        if self.kiosk.store.noted(_DARK) == _AUTO:
            if self._daylight is None:
                from kiosk.screens.daylight import Daylight

                self._daylight = Daylight(self.theme, self.floor, self.window)
        elif self._daylight is not None:
            self._daylight.stop()
            self._daylight = None

    def _on_page_shown(self, name: str, subject: str) -> None:
        self._note(_PAGE, f"{name}\n{subject}")

    def _note(self, key: str, value: str) -> None:
        # A full disk must not stop somebody from turning the page; only taps must never be lost.
        with suppress(DiskRefused):
            self.kiosk.store.note(**{key: value})


def _number(text: str) -> float | None:
    """A number that was noted; None for none, or for one that another release wrote otherwise."""
    try:
        return float(text)
    except ValueError:
        return None


def _dpi(override: float | None) -> float:
    return choose_dpi(QGuiApplication.primaryScreen().physicalDotsPerInch(), override)


async def main(
    stop: asyncio.Event,
    qapp: QApplication,
    settings: Settings,
    look: Look,
    *,
    quit_after_s: float | None = None,
    shot: Path | None = None,
    clock: Clock | None = None,
) -> int:
    """Run one kiosk until its window is closed, `stop` is set or the time is over; the exit code."""
    with FolderLock(settings.data):
        vault = open_vault(settings)
        identity = await identify(settings, vault)
        kiosk = Headless(settings, identity, vault, clock=clock)
        app = App(kiosk, qapp, look)
        app.window.closed.connect(stop.set)
        if quit_after_s is not None:
            asyncio.get_running_loop().call_later(quit_after_s, stop.set)
        await app.painted(stop)
        life = asyncio.get_running_loop().create_task(kiosk.run(stop), name="kiosk")
        await stop.wait()
        if shot is not None and not app.shoot(shot):
            _log.error("the picture could not be saved to %s", shot)
        app.close()
        return await life
