"""What the hand does: keys or a finger, a finger or a palm, what has just come under it; it presses nothing."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPointingDevice, QTouchEvent

from kiosk.theme.tokens import TAP_GUARD_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QSizeF
    from PySide6.QtGui import QEventPoint
    from PySide6.QtWidgets import QWidget

PALM_MM = 25.0
"""A gloved thumb lies on 20 mm; wider contacts are a palm or a forearm, where the panel tells widths."""
DRAG_MM = 15.0
"""Who moves farther than a target is wide meant none. Scrolling takes a drag's tap away itself, but not where
nothing scrolls, nor when a busy loop hears of the whole movement at once."""
CAUSED_S = 0.15
"""What comes so soon after a touch came because of it."""
_KEYS = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
    Qt.FocusReason.OtherFocusReason,
)
_TOUCHES = (QEvent.Type.TouchBegin, QEvent.Type.TouchUpdate, QEvent.Type.TouchEnd)
_MOUSE = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease)


class Contact(Protocol):
    """A place where the glass is touched (`QEventPoint`)."""

    def ellipseDiameters(self) -> QSizeF:  # noqa: N802 - Qt's name
        """Pixels; zero where the panel tells no width."""


class Finger:
    """One for a window's theme; told of every input before a widget is."""

    def __init__(self, mm: Callable[[float], int]) -> None:
        """`mm`: millimetres to pixels of this screen."""
        self._mm = mm
        self.now: Callable[[], float] = monotonic
        self.by_keys = False
        """Whether the last input was a key's."""
        self._palm = False
        self._dragged = False
        self._touched_s = float("-inf")
        self._new: QWidget | None = None
        self._new_s = float("-inf")

    def saw(self, event: QEvent) -> None:
        """An input is on its way to the window."""
        kind = event.type()
        if isinstance(event, QKeyEvent):
            self.by_keys, self._palm = True, False
        elif isinstance(event, QTouchEvent) and kind in _TOUCHES:
            self.by_keys, self._touched_s = False, self.now()
            if kind == QEvent.Type.TouchBegin:
                self._palm = self._dragged = False
            self._palm = self._palm or self.is_palm(event.points())
            self._dragged = self._dragged or self.is_drag(event.points())
        elif isinstance(event, QMouseEvent) and kind in _MOUSE:
            self.by_keys, self._touched_s = False, self.now()
            if event.pointerType() != QPointingDevice.PointerType.Finger:
                self._dragged = False

    def arrived(self, part: QWidget) -> None:
        """A page or a sheet came into view; if a finger did that, its second tap is a slip."""
        now_s = self.now()
        if now_s - self._touched_s <= CAUSED_S:
            self._new, self._new_s = part, now_s

    def slips(self, target: QWidget) -> bool:
        """Whether a tap on this target is none.

        A palm lies there, the finger was on its way, or the target has only just come under it.
        """
        if self.by_keys:
            return False
        return self._palm or self._dragged or self.is_new(target)

    def is_new(self, target: QWidget) -> bool:
        """Whether the target came into view within the time of a second tap."""
        new = self._new
        if new is None:
            return False
        if self.now() - self._new_s >= TAP_GUARD_MS / 1000:
            self._new = None
            return False
        above: QWidget | None = target
        while above is not None and above is not new:
            above = above.parentWidget()
        # Only compared: a sheet may be gone by now.
        return above is not None

    def shows_focus(self, reason: Qt.FocusReason) -> bool:
        """Whether a focus that came so shows its ring: a finger must leave none behind.

        A page that goes away hands the focus on as Tab does, so the reason alone does not tell.
        """
        return self.by_keys and reason in _KEYS

    def is_drag(self, contacts: Sequence[QEventPoint]) -> bool:
        """Whether one of these is no longer where it was put down."""
        far = self._mm(DRAG_MM)
        ways = (each.globalPosition() - each.globalPressPosition() for each in contacts)
        return any(way.manhattanLength() > far for way in ways)

    def is_palm(self, contacts: Sequence[Contact]) -> bool:
        """Whether these are more than one finger."""
        wide = self._mm(PALM_MM)
        sizes = [each.ellipseDiameters() for each in contacts]
        return len(sizes) > 1 or any(max(size.width(), size.height()) > wide for size in sizes)
