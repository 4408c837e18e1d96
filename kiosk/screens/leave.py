"""The leave sheet: which batches the marked people leave; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.screens.scroll import Scroll
from kiosk.screens.sheets import ViewSheet
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.leave import LeaveView
from kiosk.widgets.option_tile import OptionTile


class LeaveSheet(ViewSheet):
    """What they leave."""

    def __init__(self, theme: Theme, view: LeaveView, host: QWidget) -> None:
        super().__init__(theme, view, "leave", host)
        self._leave = view
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, theme.px(4), 0)
        column.setSpacing(theme.px(12))
        self._batches: dict[str, OptionTile] = {}
        for look in view.batches():
            tile = OptionTile(theme, f"leave.batch.{look.key}", look, parent=inside)
            tile.chosen.connect(view.toggle)
            self._batches[look.key] = tile
            column.addWidget(tile)
        column.addStretch(1)
        self.set_body(Scroll(inside, self))
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show what is chosen."""
        view = self._leave
        self.set_look(view.sheet())
        for look in view.batches():
            if look.key in self._batches:
                self._batches[look.key].set_look(look)

    @override
    def confirm(self, _action: str) -> bool:
        """Let them go."""
        return self._leave.save()
