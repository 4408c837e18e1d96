"""The hold sheet: six reasons and the newest reading as evidence; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from kiosk.screens.sheets import ViewSheet
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.hold import HoldView
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.text_block import TextBlock

COLUMNS = 2


class HoldSheet(ViewSheet):
    """Why it is held."""

    def __init__(self, theme: Theme, view: HoldView, host: QWidget) -> None:
        super().__init__(theme, view, "hold", host)
        self._hold = view
        body = QWidget()
        self._ask = TextBlock(theme, "", "section", parent=body)
        self._effect = TextBlock(theme, "", "body", tint="text2", lines=3, parent=body)
        self._options: dict[str, OptionTile] = {}
        grid = QGridLayout()
        grid.setSpacing(theme.px(12))
        for place, look in enumerate(view.options()):
            tile = OptionTile(theme, f"hold.reason.{look.key}", look, parent=body)
            tile.chosen.connect(view.choose)
            self._options[look.key] = tile
            grid.addWidget(tile, place // COLUMNS, place % COLUMNS)
        evidence = view.evidence()
        self._evidence: OptionTile | None = None
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(16))
        column.addWidget(self._ask)
        column.addLayout(grid)
        if evidence is not None:
            self._evidence = OptionTile(theme, "hold.evidence", evidence, parent=body)
            self._evidence.chosen.connect(view.toggle_evidence)
            column.addWidget(self._evidence)
        column.addWidget(self._effect)
        self.set_body(body)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show what is chosen."""
        view = self._hold
        self.set_look(view.sheet())
        self._ask.set_text(view.ask())
        self._effect.set_text(view.effect())
        for look in view.options():
            self._options[look.key].set_look(look)
        evidence = view.evidence()
        if self._evidence is not None and evidence is not None:
            self._evidence.set_look(evidence)

    @override
    def confirm(self, _action: str) -> bool:
        """Hold it."""
        return self._hold.save()
