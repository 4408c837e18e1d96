"""The sheet that names what this program is made of; it only shows bundled text."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.screens.scroll import Scroll
from kiosk.screens.sheets import ViewSheet
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.licences import LicencesView
from kiosk.widgets.text_block import TextBlock

MOST_LINES = 400


class LicencesSheet(ViewSheet):
    """One heading and one text a work; a finger scrolls."""

    def __init__(self, theme: Theme, view: LicencesView, host: QWidget) -> None:
        super().__init__(theme, view, "licences", host)
        self._licences = view
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.px(12), 0)
        column.setSpacing(theme.px(8))
        for name, text in view.works():
            column.addWidget(TextBlock(theme, name, "section", lines=2, parent=inside))
            if text:
                column.addWidget(
                    TextBlock(theme, text, "caption", tint="text2", lines=MOST_LINES, parent=inside)
                )
        column.addStretch(1)
        scroll = Scroll(inside)
        scroll.setObjectName("licences.text")
        scroll.setMinimumHeight(theme.px(380))
        self.set_body(scroll)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Head and foot."""
        self.set_look(self._licences.sheet())

    @override
    def confirm(self, _action: str) -> bool:
        """Read."""
        return True
