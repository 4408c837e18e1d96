"""The page of all that has no place on the rail; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import TopLook
from kiosk.views.menu import MenuView
from kiosk.widgets.option_tile import OptionTile

COLUMNS = 3


class MenuPage(Page):
    """One big tile a page."""

    def __init__(self, theme: Theme, view: MenuView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._menu = view
        self._tiles: dict[str, OptionTile] = {}
        inside = QWidget()
        grid = QGridLayout()
        grid.setSpacing(theme.px(12))
        for place, look in enumerate(view.tiles()):
            tile = OptionTile(theme, f"menu.{look.key}", look, parent=inside)
            tile.chosen.connect(self._on_chosen)
            self._tiles[look.key] = tile
            grid.addWidget(tile, place // COLUMNS, place % COLUMNS)
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)
        column_box = QVBoxLayout(inside)
        column_box.setContentsMargins(0, 0, 0, theme.px(12))
        column_box.addLayout(grid)
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
        """Show the words of the language chosen."""
        for look in self._menu.tiles():
            self._tiles[look.key].set_look(look)

    def _on_chosen(self, page: str) -> None:
        self.go.emit(page, "")
