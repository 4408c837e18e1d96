"""A cover over the window that is deaf while the screen is wiped; it counts nothing and ends nothing itself."""

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QWindow
from PySide6.QtWidgets import QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD
from kiosk.views.looks import WipeLook
from kiosk.widgets.base import Themed

_COUNT_PX = 140
_ICON_PX = 72
DEAF_TO = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseButtonDblClick,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TouchEnd,
        QEvent.Type.TouchCancel,
        QEvent.Type.TabletPress,
        QEvent.Type.TabletMove,
        QEvent.Type.TabletRelease,
        QEvent.Type.NativeGesture,
        QEvent.Type.ContextMenu,
        QEvent.Type.KeyPress,
        QEvent.Type.KeyRelease,
        QEvent.Type.ShortcutOverride,
        QEvent.Type.Shortcut,
    }
)
"""All that hands, a cloth or keys can do; closing by the system and timers go on."""


class TouchLock(Themed):
    """`engage()` covers the host and swallows its input at the application, multi-touch and keys too."""

    def __init__(self, theme: Theme, host: QWidget) -> None:
        super().__init__(theme, host)
        self.setObjectName("touch_lock")
        self._host = host
        self._look = WipeLook("", "")
        self.hide()
        host.installEventFilter(self)

    def set_look(self, look: WipeLook) -> None:
        if look != self._look:
            self._look = look
            self.setAccessibleName(look.name)
            self.update()

    def look(self) -> WipeLook:
        return self._look

    def engage(self) -> None:
        """From now on nothing reaches the window."""
        self.setGeometry(self._host.rect())
        self.show()
        self.raise_()
        application = QCoreApplication.instance()
        if application is not None:
            application.installEventFilter(self)

    def release(self) -> None:
        """The window hears again."""
        application = QCoreApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self.hide()

    def _is_ours(self, watched: QObject) -> bool:
        if isinstance(watched, QWindow):
            return watched is self._host.windowHandle()
        return isinstance(watched, QWidget) and watched.window() is self._host

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.isHidden():
            return False
        if event.type() in DEAF_TO and self._is_ours(watched):
            return True
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._host.rect())
        return False

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        px, look = self.theme.px, self._look
        whole = QRectF(self.rect())
        painter.fillRect(self.rect(), self.theme.color("bg"))
        side, count = px(_ICON_PX), px(_COUNT_PX)
        y = whole.center().y() - (side + count + px(160)) / 2
        icons.draw(
            painter, "spray-can", whole.center().x() - side / 2, y, side, self.theme.code("text2")
        )
        y += side + px(16)
        centre = Qt.AlignmentFlag.AlignHCenter
        ink = paint.Ink(count, SEMIBOLD, self.theme.code("text"))
        high = paint.line_height(count)
        paint.write(painter, QRectF(whole.left(), y, whole.width(), high), look.count, ink, centre)
        y += high + px(8)
        for text, role, tint in (
            (look.title, "title", "text"),
            (look.detail, "section", "text2"),
            (look.alarm, "section", "alarm_text"),
        ):
            line = self.theme.ink(role, tint)  # type: ignore[arg-type]
            tall = paint.line_height(line.px)
            pad = px(24)
            box = QRectF(whole.left() + pad, y, whole.width() - 2 * pad, tall * 2)
            lines = len(paint.wrap(text, line.px, line.weight, int(box.width()), 2)) if text else 0
            box.setHeight(tall * max(1, lines))
            paint.write(painter, box, text, line, centre, 2)
            y += box.height() + px(6)
