"""What every page of the window is: a widget that shows one view model; it decides nothing."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from kiosk.theme.theme import Theme
from kiosk.views.floor import ViewModel
from kiosk.views.looks import TopLook


class Page(QWidget):
    """One page. `go(page, subject)` asks the window to show another; `sheet(name, subject)` to open
    a sheet; `chosen(key)` that the person chose how the screen looks; `kept(key, value)` that a
    choice is carried out and wants to be remembered.
    """

    go = Signal(str, str)
    sheet = Signal(str, str)
    chosen = Signal(str)
    kept = Signal(str, str)

    def __init__(self, theme: Theme, view: ViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._view = view
        view.changed.connect(self._on_view_changed)

    def top(self) -> TopLook:
        """Title and way back; the window adds line, people and clock."""
        raise NotImplementedError

    def choose_filter(self, key: str) -> None:
        """A count in the head was tapped; only the board has them."""

    def refresh(self) -> None:
        """Show the view model as it is now."""
        raise NotImplementedError

    def show_subject(self, subject: str) -> None:
        """What the page is about (a batch, say); pages without a subject pass over it."""

    def _on_view_changed(self) -> None:
        if self.isVisible():
            self.refresh()
