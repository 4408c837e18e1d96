"""The page of all that has no place on the rail; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import TopLook
from kiosk.views.menu import MenuView
from kiosk.widgets.base import empty_layout
from kiosk.widgets.option_tile import OptionTile

COLUMNS = 3
TILE_MM = 26.0
"""There is room, and who opens this page is looking for a word."""


class MenuPage(Page):
    """One big tile a page."""

    def __init__(self, theme: Theme, view: MenuView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._menu = view
        self._tiles: dict[str, OptionTile] = {}
        inside = QWidget()
        self._grid = QGridLayout()
        self._grid.setSpacing(theme.px(12))
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, 1)
        self._place()
        column_box = QVBoxLayout(inside)
        column_box.setContentsMargins(0, 0, 0, theme.px(12))
        column_box.addLayout(self._grid)
        column_box.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Scroll(inside, self))

    @override
    def top(self) -> TopLook:
        """Title."""
        return self._menu.top()

    @override
    def refresh(self) -> None:
        """Show the words of the language chosen, and what the person at the kiosk may open."""
        looks = self._menu.tiles()
        if [look.key for look in looks] != list(self._tiles):
            self._place()
        for look in looks:
            self._tiles[look.key].set_look(look)

    def _place(self) -> None:
        empty_layout(self._grid)
        self._tiles = {}
        for place, look in enumerate(self._menu.tiles()):
            tile = OptionTile(self.theme, f"menu.{look.key}", look, height_mm=TILE_MM)
            tile.chosen.connect(self._on_chosen)
            self._tiles[look.key] = tile
            self._grid.addWidget(tile, place // COLUMNS, place % COLUMNS)

    def _on_chosen(self, page: str) -> None:
        self.go.emit(page, "")
