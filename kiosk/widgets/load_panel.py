"""The load of the teams: a bar a team and who could help whom; a tap opens the team page; it reckons nothing."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import RADIUS_BUTTON, RADIUS_CARD
from kiosk.views.summary_looks import LoadsLook
from kiosk.widgets.base import Pressable, Themed
from kiosk.widgets.load_bar import LoadBar
from kiosk.widgets.text_block import TextBlock

_PAD_PX = 12


class _Advice(Themed):
    """The suggestion on its pale ground."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._text = TextBlock(theme, "", "caption", tint="amber_text", lines=5, parent=self)
        self._box = QHBoxLayout(self)
        self._box.addWidget(self._text)
        self.restyle()

    def set_text(self, text: str) -> None:
        self._text.set_text(text)
        self.setVisible(bool(text))

    @override
    def restyle(self) -> None:
        px = self.theme.px
        self._box.setContentsMargins(px(40), px(8), px(10), px(8))

    @override
    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        px, code = self.theme.px, self.theme.code
        rect = QRectF(self.rect())
        paint.box(painter, rect, fill=code("amber_bg"), radius=px(RADIUS_BUTTON))
        side = px(20)
        y = rect.center().y() - side / 2
        icons.draw(painter, "info", px(12), y, side, code("amber_text"))


class LoadPanel(Pressable):
    """Emits `opened("team")`; its bars are made once a team and only repainted."""

    opened = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, "summary.loads", parent)
        self._look: LoadsLook | None = None
        self._title = TextBlock(theme, "", "section", parent=self)
        self._line = TextBlock(
            theme, "", "caption", tint="text2", align=Qt.AlignmentFlag.AlignRight, parent=self
        )
        self._bars: dict[str, LoadBar] = {}
        self._advice = _Advice(theme, self)
        self._empty = TextBlock(theme, "", "caption", tint="text2", parent=self)
        self._idle = TextBlock(theme, "", "caption", tint="text2", lines=4, parent=self)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._line)
        self._column = QVBoxLayout()
        self._box = QVBoxLayout(self)
        self._box.addLayout(head)
        self._box.addWidget(self._empty)
        self._box.addLayout(self._column)
        self._box.addWidget(self._idle)
        self._box.addWidget(self._advice)
        # What lies on it is to be seen; the whole panel is the target.
        for part in (self._title, self._line, self._advice, self._empty, self._idle):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()

    def set_look(self, look: LoadsLook) -> None:
        """Teams that are gone leave their bar, new ones get one."""
        if look == self._look:
            return
        self._look = look
        self._title.set_text(look.title)
        self._line.set_text(look.line)
        self._empty.set_text("" if look.loads else look.empty)
        self._empty.setVisible(not look.loads)
        for key in self._bars.keys() - {each.key for each in look.loads}:
            bar = self._bars.pop(key)
            self._column.removeWidget(bar)
            bar.deleteLater()
        for place, load in enumerate(look.loads):
            known = self._bars.get(load.key)
            if known is None:
                known = self._bars[load.key] = LoadBar(self.theme, load, self)
                known.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
                self._column.insertWidget(place, known)
                # A layout counts only what is shown, and would show it a moment too late.
                known.show()
            known.set_look(load)
        self._idle.set_text(look.idle)
        self._idle.setVisible(bool(look.idle))
        self._advice.set_text(look.advice)
        said = [f"{each.team} {each.text}" for each in look.loads]
        self.setAccessibleName(". ".join((look.title, *said, look.idle, look.advice)).strip(". "))
        self._fit()

    @override
    def restyle(self) -> None:
        px = self.theme.px
        self._box.setContentsMargins(px(_PAD_PX), px(8), px(_PAD_PX), px(10))
        self._box.setSpacing(px(4))
        self._column.setSpacing(px(2))
        self._fit()

    @override
    def on_tap(self) -> None:
        self.opened.emit("team")

    def _fit(self) -> None:
        """As high as its words need at this width: a button knows no height for width of its own."""
        self._box.invalidate()
        high = self._box.totalHeightForWidth(self.width())
        self.setFixedHeight(high if high > 0 else self._box.totalSizeHint().height())

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(360), self.height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(260), self.height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        code = self.theme.code
        fill = code("surface3" if down else "surface")
        radius = self.theme.px(RADIUS_CARD)
        paint.box(painter, rect, fill=fill, border=code("line"), radius=radius)
