"""The sheet that measures the screen with a bank card; it only composes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.sheets import ViewSheet
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.scale import ScaleView
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.card_bar import CardBar
from kiosk.widgets.text_block import TextBlock


class ScaleSheet(ViewSheet):
    """`measured(dpi)` when it is saved; 0 asks for the number that the screen reports."""

    measured = Signal(float)

    def __init__(self, theme: Theme, view: ScaleView, host: QWidget) -> None:
        super().__init__(theme, view, "scale", host)
        self._scale = view
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(16))
        self._how = TextBlock(theme, view.words("scale.how"), "section", lines=3, parent=body)
        self._bar = CardBar(theme, view.words("scale.bar"), body)
        column.addWidget(self._how)
        column.addWidget(self._bar)
        row = QHBoxLayout()
        row.setSpacing(theme.px(12))
        for look in view.buttons():
            button = ActionButton(theme, f"scale.{look.action}", look, size="choice", parent=body)
            button.tapped.connect(view.step)
            row.addWidget(button, 1)
        column.addLayout(row)
        self.set_body(body)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show the bar."""
        self.set_look(self._scale.sheet())
        self._bar.set_wide_px(self._scale.bar_px)

    @override
    def confirm(self, action: str) -> bool:
        """Take the measured size, or the screen's own."""
        self.measured.emit(0.0 if action == "reported" else self._scale.dpi)
        return True
