"""What every widget shares: following the look, panels, and targets that ignore a slipped tap."""

from collections.abc import Callable
from time import monotonic

from PySide6.QtCore import QEvent, QRectF, QSize
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QLayout, QPushButton, QSizePolicy, QWidget

from kiosk.theme import paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import TAP_GUARD_MS

RING_PX = 3
RING_GAP_PX = 1


class Themed(QWidget):
    """A widget that measures and paints itself again when the look changes."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        theme.changed.connect(self._on_theme_changed)

    def restyle(self) -> None:
        """Applies sizes that Qt must know (margins, fixed heights); painting asks the theme."""

    def _on_theme_changed(self) -> None:
        self.restyle()
        self.updateGeometry()
        self.update()


class Panel(QFrame):
    """A rounded ground with one border that holds a layout."""

    def __init__(
        self,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        fill: str = "surface",
        border: str = "line",
        radius: int = 10,
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self._fill, self._border, self._radius = fill, border, radius
        self._border_px = 1.0
        self._dashed = False
        theme.changed.connect(self._on_theme_changed)

    def set_ground(
        self, fill: str, border: str, *, border_px: float = 1.0, dashed: bool = False
    ) -> None:
        """Changes the colour roles of ground and border; empty means none."""
        new = (fill, border, border_px, dashed)
        if new != (self._fill, self._border, self._border_px, self._dashed):
            self._fill, self._border, self._border_px, self._dashed = new
            self.update()

    def restyle(self) -> None:
        """Applies sizes that Qt must know; called again when the look changes."""

    def _on_theme_changed(self) -> None:
        self.restyle()
        self.updateGeometry()
        self.update()

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint_ground(painter)

    def paint_ground(self, painter: QPainter) -> None:
        paint.box(
            painter,
            QRectF(self.rect()),
            fill=self.theme.code(self._fill) if self._fill else None,
            border=self.theme.code(self._border) if self._border else None,
            width=self._border_px,
            radius=self.theme.px(self._radius),
            dashed=self._dashed,
        )


class Pressable(QPushButton):
    """A target: least size in mm, focus ring for keys only, deaf to a second tap for 400 ms.

    A disabled target swallows taps (they must not reach the card below) and reports them to
    `on_blocked`, so that the screen can say why.
    """

    def __init__(
        self,
        theme: Theme,
        subject: str,
        parent: QWidget | None = None,
        *,
        guard_ms: int = TAP_GUARD_MS,
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setObjectName(subject)
        self._guard_s = guard_ms / 1000
        self._tapped_at = float("-inf")
        self._now: Callable[[], float] = monotonic
        self._ring = self._lit = False
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._on_clicked)
        theme.changed.connect(self._on_theme_changed)

    def set_clock(self, now: Callable[[], float]) -> None:
        """Replaces the monotonic clock (seconds) that the tap guard reads."""
        self._now = now

    def on_tap(self) -> None:
        """What one accepted tap does; a subclass emits its signal."""

    def on_blocked(self) -> None:
        """What a tap on a disabled target does; nothing by default."""

    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        """Draws the target inside `rect`."""

    def light_ring(self) -> None:
        """Shows the focus ring without the focus: for pictures of it."""
        self._ring = self._lit = True
        self.update()

    def restyle(self) -> None:
        """Applies sizes that Qt must know; called again when the look changes."""

    def _on_clicked(self) -> None:
        now = self._now()
        if now - self._tapped_at < self._guard_s or self.theme.finger.slips(self):
            return
        self._tapped_at = now
        self.on_tap()

    def _on_theme_changed(self) -> None:
        self.restyle()
        self.updateGeometry()
        self.update()

    @override
    def event(self, event: QEvent) -> bool:
        if not self.isEnabled() and event.type() in (
            QEvent.Type.MouseButtonPress,
            QEvent.Type.MouseButtonRelease,
            QEvent.Type.MouseButtonDblClick,
        ):
            event.accept()
            if event.type() == QEvent.Type.MouseButtonRelease and not self.theme.finger.slips(self):
                self.on_blocked()
            return True
        return super().event(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = self.theme.finger.shows_focus(event.reason())
        super().focusInEvent(event)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = False
        super().focusOutEvent(event)

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect())
        if self._ring and (self._lit or self.hasFocus()):
            width = self.theme.px(RING_PX)
            paint.box(
                painter,
                rect,
                border=self.theme.code("focus"),
                width=width,
                radius=self.theme.px(10),
            )
            inset = width + self.theme.px(RING_GAP_PX)
            rect = rect.adjusted(inset, inset, -inset, -inset)
        self.paint_face(painter, rect, down=self.isDown())


def empty_layout(layout: QLayout) -> None:
    """Takes everything out of a layout and deletes the widgets."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        inner = item.layout()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        elif inner is not None:
            empty_layout(inner)


def square(side: int) -> QSize:
    return QSize(side, side)
