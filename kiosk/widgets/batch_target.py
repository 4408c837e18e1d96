"""What card and tile of a batch share: the look, the body that opens, the signals of their buttons."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import CardLook
from kiosk.widgets.action_button import ActionButton

SLIP_PX = 24  # a finger may wander this far and it is still a tap


class BatchTarget(QAbstractButton):
    """A button, so that a screen reader calls it one and can press it.

    Emits `opened(id)` for a tap on the body, `tapped(id, action)` for a button.

    `blocked(id, action, reason)` tells that somebody tapped a closed button.
    """

    opened = Signal(str)
    tapped = Signal(str, str)
    blocked = Signal(str, str, str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._look = CardLook("", "")
        self._pressed_at: QPoint | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        # Only a screen reader clicks: fingers and keys are taken below.
        self.clicked.connect(self._open)
        theme.changed.connect(self._on_theme_changed)

    def look(self) -> CardLook:
        return self._look

    def keys(self) -> list[ActionButton]:
        """The buttons that it has now, from left to right."""
        return []

    def restyle(self) -> None:
        """Applies sizes that Qt must know; called again when the look changes."""

    def _on_theme_changed(self) -> None:
        self.restyle()
        self.updateGeometry()
        self.update()

    def _open(self) -> None:
        self.opened.emit(self._look.id)

    def on_button_tapped(self, action: str) -> None:
        self.tapped.emit(self._look.id, action)

    def on_button_blocked(self, action: str, reason: str) -> None:
        self.blocked.emit(self._look.id, action, reason)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        # On the glass: a page that follows the finger takes the card along, and on it nothing has moved.
        self._pressed_at = event.globalPosition().toPoint()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        start, self._pressed_at = self._pressed_at, None
        if start is None:
            return
        moved = (event.globalPosition().toPoint() - start).manhattanLength()
        if moved <= self.theme.px(SLIP_PX) and not self.theme.finger.slips(self):
            self._open()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._open()
        else:
            super().keyPressEvent(event)
