"""The display page: language, theme, gloves; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.display import DisplayView
from kiosk.views.looks import OptionLook, TopLook
from kiosk.widgets.option_tile import OptionTile


class DisplayPage(Page):
    """Choices of this kiosk; the window carries them out and remembers them."""

    def __init__(self, theme: Theme, view: DisplayView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._display = view
        self._tiles: dict[str, OptionTile] = {}
        grid = QGridLayout()
        grid.setSpacing(theme.px(12))
        for place, look in enumerate(self._options()):
            tile = OptionTile(theme, f"display.{look.key}", look, parent=self)
            tile.chosen.connect(self.chosen)
            self._tiles[look.key] = tile
            grid.addWidget(tile, place // 2, place % 2)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(grid)
        outer.addStretch(1)

    @override
    def top(self) -> TopLook:
        """Title."""
        return self._display.top()

    @override
    def refresh(self) -> None:
        """Show what is chosen."""
        for look in self._options():
            self._tiles[look.key].set_look(look)

    def _options(self) -> tuple[OptionLook, ...]:
        return self._display.options(dark=self.theme.dark, glove=self.theme.metrics.glove)
