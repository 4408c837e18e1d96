"""A note that is written on the small keyboard; it keeps no draft and checks no rule."""

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CARD_MM, RADIUS_BUTTON
from kiosk.views.looks import NoteLook, SheetLook
from kiosk.widgets.base import Pressable
from kiosk.widgets.on_screen_keyboard import OnScreenKeyboard
from kiosk.widgets.sheet import Sheet


class NoteField(Pressable):
    """Emits `changed(text)` when the writing is done; a tap opens the keyboard over the window."""

    changed = Signal(str)

    def __init__(
        self, theme: Theme, subject: str, look: NoteLook, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, subject, parent)
        self._look = look
        self._sheet: Sheet | None = None
        self._keyboard: OnScreenKeyboard | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name()
        self.restyle()

    @override
    def text(self) -> str:
        return self._look.text

    def set_look(self, look: NoteLook) -> None:
        if look != self._look:
            self._look = look
            self._name()
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.mm(CARD_MM) + self.theme.px(4))

    @override
    def on_tap(self) -> None:
        sheet = Sheet(self.theme, f"{self.objectName()}.sheet", self.window())
        sheet.set_look(
            SheetLook(self._look.title, cancel=self._look.cancel, confirm=self._look.done)
        )
        keyboard = OnScreenKeyboard(
            self.theme, f"{self.objectName()}.keyboard", self._look.keyboard, limit=self._look.limit
        )
        keyboard.set_text(self._look.text)
        sheet.set_body(keyboard)
        sheet.tapped.connect(self._on_done_tapped)
        sheet.dismissed.connect(self._close)
        self._sheet, self._keyboard = sheet, keyboard
        sheet.open()

    def keyboard(self) -> OnScreenKeyboard | None:
        """The keyboard while it is open."""
        return self._keyboard

    def _on_done_tapped(self, _action: str) -> None:
        text = self._keyboard.text() if self._keyboard is not None else self._look.text
        self._close()
        self.changed.emit(text.strip())

    def _close(self) -> None:
        if self._sheet is not None:
            self._sheet.shut()
            self._sheet.deleteLater()
        self._sheet = self._keyboard = None

    def _name(self) -> None:
        self.setAccessibleName(self._look.text or self._look.placeholder)
        self.setToolTip(self._look.text)

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(360), self.height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(160), self.height())

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        px, code = self.theme.px, self.theme.code
        paint.box(
            painter,
            rect,
            fill=code("surface3" if down else "surface"),
            border=code("line2"),
            radius=px(RADIUS_BUTTON),
        )
        side = px(24)
        x = rect.left() + px(16)
        icons.draw(painter, "keyboard", x, rect.center().y() - side / 2, side, code("text"))
        x += side + px(10)
        right = rect.right() - px(16)
        if self._look.text:
            count = f"{len(self._look.text)}/{self._look.limit}"
            ink = self.theme.ink("caption", "text2")
            wide = paint.advance(count, ink.px, ink.weight)
            box = QRectF(right - wide, rect.top(), wide + 1, rect.height())
            paint.write(painter, box, count, ink)
            right -= wide + px(10)
        words = self._look.text or self._look.placeholder
        ink = self.theme.ink("body", "text" if self._look.text else "text2")
        paint.write(
            painter, QRectF(x, rect.top(), right - x, rect.height()), words, ink, max_lines=2
        )
