"""Lets an unused screen rest and wakes it: the waking touch does nothing else; whose right it is, it does not know.

It looks at what comes into the window as a whole, before any part of it: a filter on the application
would run Python for every paint and timer.
"""

from __future__ import annotations

from time import monotonic

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QWindow
from PySide6.QtWidgets import QWidget

from kiosk.session import IDLE_MS
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.floor import Floor
from kiosk.views.rest import RestView
from kiosk.widgets.rest_cover import RestCover

AFTER_S = 0.4
"""What Qt makes of the waking touch after its end (a mouse click) is swallowed too."""
LONGEST_S = 3.0
_BEGINS = frozenset(
    {
        QEvent.Type.TouchBegin,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.KeyPress,
        QEvent.Type.Wheel,
        QEvent.Type.TabletPress,
    }
)
_ENDS = frozenset(
    {
        QEvent.Type.TouchEnd,
        QEvent.Type.TouchCancel,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.KeyRelease,
        QEvent.Type.Wheel,
        QEvent.Type.TabletRelease,
    }
)
_GOES_ON = frozenset(
    {
        QEvent.Type.TouchUpdate,
        QEvent.Type.MouseMove,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.TabletMove,
        QEvent.Type.ShortcutOverride,
    }
)
_INPUT = _BEGINS | _ENDS | _GOES_ON


class Rest(QObject):
    """One for a window that is shown."""

    def __init__(
        self, theme: Theme, floor: Floor, window: QWidget, *, idle_ms: int = IDLE_MS
    ) -> None:
        super().__init__(window)
        self._theme, self._floor, self._window = theme, floor, window
        self._view: RestView | None = None
        self._cover: RestCover | None = None
        self._held = False
        """The waking touch is still on the glass."""
        self._held_since_s = float("-inf")
        self._deaf_until_s = float("-inf")
        self._idle = QTimer(self)
        self._idle.setObjectName("idle")
        self._idle.setSingleShot(True)
        self._idle.setInterval(idle_ms)
        self._idle.timeout.connect(self.rest)
        self._idle.start()
        handle = window.windowHandle()
        self._handle: QWindow | None = handle
        if handle is not None:
            handle.installEventFilter(self)

    @property
    def resting(self) -> bool:
        """Whether the screen rests."""
        return self._cover is not None and not self._cover.isHidden()

    def rest(self) -> None:
        """Nobody is here."""
        if self._view is None or self._cover is None:
            self._view = RestView(self._floor, self)
            self._view.changed.connect(self._on_view_changed)
            self._cover = RestCover(self._theme, self._window)
        self._cover.set_look(self._view.look())
        self._cover.cover()

    def wake(self, _why: object = None) -> None:
        """An alarm, or a hand."""
        self._idle.start()
        if self._cover is not None and self.resting:
            self._cover.uncover()

    def _on_view_changed(self) -> None:
        if self._view is not None and self._cover is not None and self.resting:
            self._cover.set_look(self._view.look())

    def _swallows(self, kind: QEvent.Type) -> bool:
        """Whether this belongs to the touch that wakes."""
        if self.resting and kind in _BEGINS:
            self._held, self._held_since_s = True, monotonic()
            self.wake()
        elif self.resting:
            return True
        elif kind in _BEGINS and monotonic() - self._held_since_s > LONGEST_S:
            # Its end never came (the window lost the glass meanwhile): the kiosk must not stay deaf.
            self._held = False
        if not self._held:
            return monotonic() < self._deaf_until_s
        if kind in _ENDS:
            self._held = False
            self._deaf_until_s = monotonic() + AFTER_S
        return True

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is not self._handle or kind not in _INPUT:
            return False
        swallowed = self._swallows(kind)
        if kind in _BEGINS:
            self._idle.start()
            self._floor.people.session.touched()
        if swallowed:
            event.accept()
        return swallowed
