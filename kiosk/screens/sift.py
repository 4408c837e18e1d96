"""The sheet that sifts the board by wave and team; it only composes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from kiosk.theme.theme import Theme
from kiosk.views.board import BoardView
from kiosk.views.looks import OptionLook
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.sheet import Sheet
from kiosk.widgets.text_block import TextBlock

COLUMNS = 3
SUBJECT = "sift"


class SiftSheet(Sheet):
    """One tap chooses, and the board behind it follows at once."""

    def __init__(
        self, theme: Theme, view: BoardView, host: QWidget, told: Callable[[], None]
    ) -> None:
        super().__init__(theme, SUBJECT, host)
        self._view, self._told = view, told
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(12))
        self._waves = self._group(column, "wave", view.words("sift.wave"), view.waves())
        self._teams = self._group(column, "team", view.words("sift.team"), view.teams())
        for tile in self._waves.values():
            tile.chosen.connect(self._on_wave_chosen)
        for tile in self._teams.values():
            tile.chosen.connect(self._on_team_chosen)
        self.set_body(body)
        self.set_look(view.sheet())
        self.dismissed.connect(self.close_down)
        self.tapped.connect(self._on_close_tapped)

    def close_down(self) -> None:
        """Go away for good."""
        self.shut()
        self.deleteLater()

    def _group(
        self, column: QVBoxLayout, name: str, title: str, looks: tuple[OptionLook, ...]
    ) -> dict[str, OptionTile]:
        column.addWidget(TextBlock(self.theme, title, "section"))
        grid = QGridLayout()
        grid.setSpacing(self.theme.px(8))
        tiles = {}
        for place, look in enumerate(looks):
            tile = tiles[look.key] = OptionTile(
                self.theme, f"{SUBJECT}.{name}.{look.key or 'all'}", look
            )
            grid.addWidget(tile, place // COLUMNS, place % COLUMNS)
        column.addLayout(grid)
        return tiles

    def _on_wave_chosen(self, wave: str) -> None:
        self._view.choose_wave(wave)
        self._show()

    def _on_team_chosen(self, team: str) -> None:
        self._view.choose_team(team)
        self._show()

    def _show(self) -> None:
        for look in self._view.waves():
            self._waves[look.key].set_look(look)
        for look in self._view.teams():
            if look.key in self._teams:
                self._teams[look.key].set_look(look)
        self._told()

    def _on_close_tapped(self, _action: str) -> None:
        self.close_down()
