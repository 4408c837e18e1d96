"""What every sheet is: a panel over the page that shows one view model and goes away when it is done."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtWidgets import QWidget

from kiosk.theme.theme import Theme
from kiosk.views.floor import ViewModel
from kiosk.views.looks import SheetLook
from kiosk.widgets.sheet import Sheet


class ViewSheet(Sheet):
    """Made for one use; `shut` deletes it."""

    def __init__(self, theme: Theme, view: ViewModel, subject: str, host: QWidget) -> None:
        super().__init__(theme, subject, host)
        self.view = view
        view.setParent(self)
        view.changed.connect(self._on_view_changed)
        self.dismissed.connect(self.close_down)
        self.tapped.connect(self._on_confirm_tapped)
        self.blocked.connect(self._on_confirm_blocked)
        self._gone = False

    def confirm(self, action: str) -> bool:
        """Do what the button says; True when the sheet may go."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show the view model as it is now."""
        raise NotImplementedError

    def without_foot(self, look: SheetLook) -> SheetLook:
        """A sheet that a signature confirms: a low window gives its height to the keys, the cross stays."""
        if not self.theme.metrics.compact:
            return look
        return replace(look, cancel=None, confirm=None)

    def close_down(self) -> None:
        """Go away for good; a second tap on the way out does nothing more."""
        if self._gone:
            return
        self._gone = True
        self.view.changed.disconnect(self._on_view_changed)
        self.shut()
        self.deleteLater()

    def _on_view_changed(self) -> None:
        if not self.isHidden():
            self.refresh()

    def _on_confirm_blocked(self, action: str, reason: str) -> None:
        """A closed button that only stays quiet looks broken."""
        if reason:
            self.view.floor.tell(f"why.{action}", reason, tone="attention")

    def _on_confirm_tapped(self, action: str) -> None:
        if self.confirm(action):
            self.close_down()
