"""The sheet of a weighty act: what it does on the left, the signature on the right; it only composes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.sheets import ViewSheet
from kiosk.screens.sign_panel import SignPanel
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.ask_pin import AskView
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.text_block import TextBlock


class AskSheet(ViewSheet):
    """Goes away by itself once the act is done; `done` then tells the page."""

    done = Signal()

    def __init__(self, theme: Theme, view: AskView, host: QWidget) -> None:
        super().__init__(theme, view, "ask", host)
        self._ask = view
        body = QWidget()
        left = QVBoxLayout()
        left.setSpacing(theme.px(12))
        for text in view.ask.lines:
            left.addWidget(TextBlock(theme, text, "section", lines=4, parent=body))
        self._tiles: list[OptionTile] = []
        for look in view.options():
            tile = OptionTile(theme, f"ask.{look.key}", look, parent=body)
            tile.chosen.connect(view.consent)
            self._tiles.append(tile)
            left.addWidget(tile)
        left.addStretch(1)
        self._sign = SignPanel(theme, view.signing, "ask.sign", body)
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(24))
        row.addLayout(left, 1)
        row.addWidget(self._sign, 1)
        self.set_body(body)
        self.dismissed.connect(view.leave)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show the act and the signature."""
        if self._ask.done:
            self.close_down()
            self.done.emit()
            return
        self.set_look(self.without_foot(self._ask.sheet()))
        for tile, look in zip(self._tiles, self._ask.options(), strict=True):
            tile.set_look(look)
        self._sign.set_open(self._ask.may_sign, self._ask.words("ask.consent_first"))

    @override
    def confirm(self, _action: str) -> bool:
        """The signature confirms, no button does."""
        return False
