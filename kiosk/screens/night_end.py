"""The part of the hand-over page that ends the night: ticks, the closing button, what was closed; it only composes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.keyed import Keyed
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD
from kiosk.views.admin_looks import RecordLook
from kiosk.views.looks import ButtonLook, OptionLook
from kiosk.views.night_end import NightEndView
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.record_row import RecordRow
from kiosk.widgets.text_block import TextBlock

COLUMNS = 2
TOLD_LINES = 4


class NightEnd(QWidget):
    """`closing`: somebody wants to sign; `blocked(action, reason)`; `record(night)`: its record is wanted."""

    closing = Signal()
    blocked = Signal(str, str)
    record = Signal(str)

    def __init__(self, theme: Theme, view: NightEndView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._view = theme, view
        self._title = TextBlock(theme, "", "section", weight=SEMIBOLD, lines=2)
        self._told = TextBlock(theme, "", "body", tint="text2", lines=TOLD_LINES)
        self._buttons = {look.action: self._button(look) for look in view.buttons()}
        self._tools = QWidget()
        ended, tiles = QVBoxLayout(), QGridLayout()
        for column in range(COLUMNS):
            tiles.setColumnStretch(column, 1)
        self._ended = Keyed(ended, self._row, lambda look: look.key)
        self._tiles = Keyed(tiles, self._tile, lambda look: look.key, columns=COLUMNS)
        self._arrange(ended, tiles)

    def refresh(self) -> None:
        """Show what is open, or what was closed."""
        view = self._view
        closed = view.closed()
        self._ended.set_looks((closed,) if closed is not None else ())
        self._tools.setVisible(view.may_close)
        self._title.set_text(view.title())
        self._told.set_text(view.told())
        self._tiles.set_looks(view.unfinished() if view.may_close else ())
        for look in view.buttons():
            self._buttons[look.action].set_look(look)

    # ---- parts ------------------------------------------------------------------------------

    def _row(self, look: RecordLook) -> RecordRow:
        row = RecordRow(self._theme, f"handover.closed.{look.key}", look)
        row.tapped.connect(lambda _action, night: self.record.emit(night))
        return row

    def _tile(self, look: OptionLook) -> OptionTile:
        tile = OptionTile(self._theme, f"handover.batch.{look.key}", look)
        tile.chosen.connect(self._view.toggle)
        return tile

    def _button(self, look: ButtonLook) -> ActionButton:
        button = ActionButton(self._theme, f"handover.{look.action}", look)
        button.tapped.connect(self._on_tapped)
        button.blocked.connect(self.blocked)
        return button

    def _on_tapped(self, action: str) -> None:
        if action == "tick":
            self._view.tick_all()
        else:
            self.closing.emit()

    def _arrange(self, ended: QVBoxLayout, tiles: QGridLayout) -> None:
        px = self._theme.px
        buttons = QHBoxLayout()
        buttons.addWidget(self._buttons["tick"])
        buttons.addWidget(self._buttons["close"])
        tools = QVBoxLayout(self._tools)
        tools.setContentsMargins(0, px(12), 0, 0)
        tools.addWidget(self._title)
        tools.addWidget(self._told)
        tools.addLayout(buttons)
        tools.addLayout(tiles)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(ended)
        column.addWidget(self._tools)
        for layout in (buttons, tiles, tools, ended, column):
            layout.setSpacing(px(8))
