"""Who taps next: the faces signed in at this kiosk; a tap on one asks to change the actor."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import BAR_MM, SEMIBOLD
from kiosk.views.looks import Actor, ActorsLook
from kiosk.widgets.avatar import paint_avatar
from kiosk.widgets.base import Pressable, Themed, empty_layout

_FACE_PX = 36


class Face(Pressable):
    """One face, with the name beside it while it is the actor and there is room."""

    tapped = Signal(str)

    def __init__(self, theme: Theme, subject: str, parent: QWidget) -> None:
        super().__init__(theme, subject, parent)
        self.actor = Actor("", "", "")
        self.active = False
        self.add = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.restyle()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.mm(BAR_MM))

    @override
    def on_tap(self) -> None:
        self.tapped.emit(self.actor.key)

    def _shows_name(self) -> bool:
        return self.active and not self.theme.metrics.compact

    @override
    def sizeHint(self) -> QSize:
        side = self.theme.mm(BAR_MM)
        wide = side
        if self._shows_name():
            ink = self.theme.ink("body", "text", SEMIBOLD)
            wide += int(paint.advance(self.actor.name, ink.px, ink.weight)) + self.theme.px(8)
        return QSize(wide, side)

    @override
    def minimumSizeHint(self) -> QSize:
        side = self.theme.mm(BAR_MM)
        return QSize(side, side)

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        px = self.theme.px
        face = px(_FACE_PX)
        left = rect.left() + (self.theme.mm(BAR_MM) - face) / 2
        ring = QRectF(left, rect.center().y() - face / 2, face, face)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.add:
            painter.setPen(paint.pen(self.theme.code("line2"), 1.5, dashed=True))
            painter.setBrush(self.theme.color("held_bg" if down else "surface"))
            painter.drawEllipse(ring.adjusted(1, 1, -1, -1))
            side = px(20)
            x, y = ring.center().x() - side / 2, ring.center().y() - side / 2
            icons.draw(painter, "plus", x, y, side, self.theme.code("text2"))
            return
        initials = self.actor.initials
        paint_avatar(painter, ring, initials, self.theme, active=self.active or down)
        if self._shows_name():
            x = ring.right() + px(8)
            room = QRectF(x, rect.top(), rect.right() - x, rect.height())
            paint.write(painter, room, self.actor.name, self.theme.ink("body", "text", SEMIBOLD))


class ActorSwitch(Themed):
    """Emits `chosen(key)` for a face and `add` for the plus."""

    chosen = Signal(str)
    add = Signal()

    def __init__(
        self,
        theme: Theme,
        look: ActorsLook | None = None,
        subject: str = "actor",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._subject = subject
        self._look: ActorsLook | None = None
        self._row = QHBoxLayout(self)
        self._row.setSpacing(0)
        self._row.setContentsMargins(theme.px(4), 0, theme.px(4), 0)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_look(look or ActorsLook())

    def set_look(self, look: ActorsLook) -> None:
        if look == self._look:
            return
        self._look = look
        empty_layout(self._row)
        for actor in look.actors:
            face = Face(self.theme, f"{self._subject}.{actor.key}", self)
            face.actor, face.active = actor, actor.key == look.active
            face.tapped.connect(self.chosen)
            face.setAccessibleName(actor.name)
            face.setToolTip(actor.name)
            self._row.addWidget(face, 0, Qt.AlignmentFlag.AlignVCenter)
        plus = Face(self.theme, f"{self._subject}.add", self)
        plus.add = True
        plus.tapped.connect(self._on_add_tapped)
        plus.setAccessibleName(look.add_name)
        self._row.addWidget(plus, 0, Qt.AlignmentFlag.AlignVCenter)
        self.updateGeometry()

    def _on_add_tapped(self, _key: str) -> None:
        self.add.emit()

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect())
        paint.box(
            painter,
            rect,
            fill=self.theme.code("surface"),
            border=self.theme.code("line"),
            radius=rect.height() / 2,
        )
