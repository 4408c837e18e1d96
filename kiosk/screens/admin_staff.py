"""The sheets about a person: a new PIN typed twice, roles and team; they only compose."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.scroll import Scroll
from kiosk.screens.sheets import ViewSheet
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CARD_MM
from kiosk.views.admin_staff import NewPinView, RolesView
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.pin_dots import PinDots
from kiosk.widgets.text_block import TextBlock

COLUMNS = 3


class NewPinSheet(ViewSheet):
    """`agreed(pin)` when both entries are equal; then it goes, and forgets them."""

    agreed = Signal(str)

    def __init__(self, theme: Theme, view: NewPinView, host: QWidget) -> None:
        super().__init__(theme, view, "new_pin", host)
        self._new = view
        body = QWidget()
        self._prompt = TextBlock(theme, "", "title", lines=3, parent=body)
        self._dots = PinDots(theme, 6, body)
        self._pad = KeyPad(theme, "new_pin.pad", view.pad(), parent=body)
        self._pad.changed.connect(self._on_pad_changed)
        self._pad.completed.connect(self._on_completed)
        left = QVBoxLayout()
        left.setSpacing(theme.px(16))
        left.addWidget(self._prompt)
        left.addWidget(self._dots, 0, Qt.AlignmentFlag.AlignLeft)
        left.addStretch(1)
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(24))
        row.addLayout(left, 1)
        row.addWidget(self._pad, 1)
        self.set_body(body)
        self.dismissed.connect(view.forget)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show what to type."""
        view = self._new
        if view.pin:
            pin = view.pin
            view.forget()
            self.close_down()
            self.agreed.emit(pin)
            return
        self.set_look(self.without_foot(view.sheet()))
        self._prompt.set_text(view.prompt(), "alarm_text" if view.problem else "text")
        self._dots.set_look(view.filled, view.prompt())
        self._pad.set_look(view.pad())
        if not view.filled and self._pad.entry():
            self._pad.set_entry("")

    @override
    def confirm(self, _action: str) -> bool:
        """The sixth digit confirms."""
        return False

    def _on_pad_changed(self, entry: str) -> None:
        if len(entry) < 6:  # noqa: PLR2004 - the digits of a PIN
            self._new.typed(len(entry))

    def _on_completed(self, pin: str) -> None:
        self._new.enter(pin)


class RolesSheet(ViewSheet):
    """`chosen` when the choice is to be signed."""

    chosen = Signal()

    def __init__(self, theme: Theme, view: RolesView, host: QWidget) -> None:
        super().__init__(theme, view, "roles", host)
        self._roles = view
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, theme.px(8), 0)
        column.setSpacing(theme.px(8))
        self._role_title = TextBlock(theme, "", "section", parent=body)
        self._team_title = TextBlock(theme, "", "section", parent=body)
        self._role_tiles: dict[str, OptionTile] = {}
        self._team_tiles: dict[str, OptionTile] = {}
        column.addWidget(self._role_title)
        column.addLayout(self._grid(body, "role"))
        column.addWidget(self._team_title)
        column.addLayout(self._grid(body, "team"))
        column.addStretch(1)
        scroll = Scroll(body)
        scroll.setMinimumHeight(theme.px(380))
        self.set_body(scroll)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show what is chosen."""
        view = self._roles
        self.set_look(view.sheet())
        self._role_title.set_text(view.words("admin.roles"))
        self._team_title.set_text(view.words("admin.team"))
        for look in view.options():
            self._role_tiles[look.key].set_look(look)
        for look in view.teams():
            self._team_tiles[look.key].set_look(look)

    @override
    def confirm(self, _action: str) -> bool:
        """The owner shuts the sheet when the rules take it."""
        self.chosen.emit()
        return False

    def _grid(self, body: QWidget, kind: str) -> QGridLayout:
        view, grid = self._roles, QGridLayout()
        grid.setSpacing(self.theme.px(8))
        roles = kind == "role"
        tiles = self._role_tiles if roles else self._team_tiles
        for place, look in enumerate(view.options() if roles else view.teams()):
            tile = OptionTile(
                self.theme, f"roles.{kind}.{look.key}", look, height_mm=CARD_MM, parent=body
            )
            tile.chosen.connect(view.toggle if roles else view.choose_team)
            tiles[look.key] = tile
            grid.addWidget(tile, place // COLUMNS, place % COLUMNS)
        return grid
