"""The sheets that end a batch: portions made, or why it is not cooked; they only compose."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from dapur import access
from dapur.envelope import StepUp
from dapur.ids import StaffId
from kiosk.screens.sheets import ViewSheet
from kiosk.screens.sign_panel import SignPanel
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.complete import PORTIONS_DIGITS, CancelView, CompleteView
from kiosk.views.signing import Signing
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.text_block import TextBlock


class CompleteSheet(ViewSheet):
    """The number of portions; the plan's is there already."""

    def __init__(self, theme: Theme, view: CompleteView, host: QWidget) -> None:
        super().__init__(theme, view, "complete", host)
        self._complete = view
        body = QWidget()
        self._caption = TextBlock(theme, "", "section", parent=body)
        self._number = TextBlock(theme, "", "reading", parent=body)
        self._plan = TextBlock(theme, "", "body", tint="text2", parent=body)
        self._pad = KeyPad(theme, "complete.pad", view.pad(), length=PORTIONS_DIGITS, parent=body)
        left = QVBoxLayout()
        left.addWidget(self._caption)
        left.addWidget(self._number)
        left.addWidget(self._plan)
        left.addStretch(1)
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(24))
        row.addLayout(left, 1)
        row.addWidget(self._pad, 1)
        self.set_body(body)
        self._pad.changed.connect(view.type)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show the number."""
        self.set_look(self._complete.sheet())
        caption, number, plan = self._complete.number()
        self._caption.set_text(caption)
        self._number.set_text(number)
        self._plan.set_text(plan)

    @override
    def confirm(self, _action: str) -> bool:
        """Complete it."""
        return self._complete.save()


class CancelSheet(ViewSheet):
    """A reason and a signature."""

    def __init__(self, theme: Theme, view: CancelView, host: QWidget) -> None:
        super().__init__(theme, view, "cancel", host)
        self._cancel_view = view
        self._signing = Signing(view.floor, access.PLANNERS, self)
        self._signing.signed.connect(self._on_signed)
        body = QWidget()
        self._ask = TextBlock(theme, "", "section", parent=body)
        self._options: dict[str, OptionTile] = {}
        grid = QGridLayout()
        grid.setSpacing(theme.px(12))
        for place, look in enumerate(view.options()):
            tile = OptionTile(theme, f"cancel.reason.{look.key}", look, parent=body)
            tile.chosen.connect(view.choose)
            self._options[look.key] = tile
            grid.addWidget(tile, place // 2, place % 2)
        left = QVBoxLayout()
        left.addWidget(self._ask)
        left.addLayout(grid)
        left.addStretch(1)
        self._sign = SignPanel(theme, self._signing, "cancel.sign", body)
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(24))
        row.addLayout(left, 11)
        row.addWidget(self._sign, 7, Qt.AlignmentFlag.AlignTop)
        self.set_body(body)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show what is chosen."""
        view = self._cancel_view
        self.set_look(self.without_foot(view.sheet()))
        self._ask.set_text(view.words("cancel.ask"))
        for look in view.options():
            self._options[look.key].set_look(look)
        self._sign.set_open(bool(view.chosen), view.words("cancel.ask"))

    @override
    def confirm(self, _action: str) -> bool:
        """The signature confirms."""
        return False

    def _on_signed(self, signer: str, step_up: StepUp) -> None:
        if self._cancel_view.save(StaffId(signer), step_up):
            self.close_down()
