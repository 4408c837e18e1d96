"""The sheet that says what the hardware keys do; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from kiosk.screens.sheets import ViewSheet
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD
from kiosk.views.scan import KeysView
from kiosk.widgets.text_block import TextBlock

COLUMNS = 2


class KeysSheet(ViewSheet):
    """Key by key."""

    def __init__(self, theme: Theme, view: KeysView, host: QWidget) -> None:
        super().__init__(theme, view, "keys", host)
        self._keys = view
        body = QWidget()
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(24))
        grid.setVerticalSpacing(theme.px(12))
        rows = view.rows()
        down = (len(rows) + COLUMNS - 1) // COLUMNS
        self._texts: list[TextBlock] = []
        for place, (key, text) in enumerate(rows):
            column = place // down * 2
            name = TextBlock(theme, key, "section", weight=SEMIBOLD, parent=body)
            told = TextBlock(theme, text, "body", lines=2, parent=body)
            self._texts.append(told)
            grid.addWidget(name, place % down, column)
            grid.addWidget(told, place % down, column + 1)
            grid.setColumnStretch(column + 1, 1)
        self._scanner = TextBlock(theme, "", "body", tint="text2", lines=3, parent=body)
        box = QVBoxLayout(body)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(theme.px(16))
        box.addLayout(grid)
        box.addWidget(self._scanner)
        self.set_body(body)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show it in the language chosen."""
        self.set_look(self._keys.sheet())
        self._scanner.set_text(self._keys.scanner())
        for text, (_, told) in zip(self._texts, self._keys.rows(), strict=True):
            text.set_text(told)

    @override
    def confirm(self, _action: str) -> bool:
        """Read."""
        return True
