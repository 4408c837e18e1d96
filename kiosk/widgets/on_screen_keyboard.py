"""A small keyboard for short notes with preset phrases above it; letters only come from here."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CARD_MM, KEY_GUARD_MS, MEDIUM, RADIUS_BUTTON
from kiosk.views.looks import KeyboardLook
from kiosk.widgets.base import Pressable, Themed, empty_layout

SYMBOLS = ("1234567890", "-/:;()°%&", ".,?!'\"+")
_UNITS = 20  # columns of the grid; a letter takes two


class LetterKey(Pressable):
    """One key of the keyboard."""

    tapped = Signal(str)

    def __init__(
        self, theme: Theme, subject: str, key: str, parent: QWidget, *, icon: str = ""
    ) -> None:
        super().__init__(theme, subject, parent, guard_ms=KEY_GUARD_MS)
        self.key, self._icon = key, icon
        self._text, self._lit = key, False
        self.setAccessibleName(key)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()

    def set_text(self, text: str, name: str = "", *, lit: bool = False) -> None:
        if (text, lit) != (self._text, self._lit) or name:
            self._text, self._lit = text, lit
            self.setAccessibleName(name or text)
            self.update()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.mm(CARD_MM))

    @override
    def on_tap(self) -> None:
        self.tapped.emit(self.key)

    @override
    def sizeHint(self) -> QSize:
        side = self.theme.mm(CARD_MM)
        return QSize(side, side)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.mm(CARD_MM * 0.9), self.theme.mm(CARD_MM))

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        code, special = self.theme.code, len(self.key) > 1
        fill, tint = ("surface3", "text") if special else ("surface2", "text")
        if self._lit:
            fill, tint = "text", "surface"
        if down:
            fill, tint = "held", "on_held"
        radius = self.theme.px(RADIUS_BUTTON)
        paint.box(painter, rect, fill=code(fill), border=code("line"), radius=radius)
        if self._icon:
            side = self.theme.px(26)
            x, y = rect.center().x() - side / 2, rect.center().y() - side / 2
            icons.draw(painter, self._icon, x, y, side, code(tint))
            return
        ink = self.theme.ink("body" if special else "name", tint, MEDIUM)
        paint.write(painter, rect, self._text, ink, Qt.AlignmentFlag.AlignHCenter)


class Phrase(Pressable):
    """A whole sentence in one tap."""

    tapped = Signal(str)

    def __init__(self, theme: Theme, subject: str, text: str, parent: QWidget) -> None:
        super().__init__(theme, subject, parent)
        self._text = text
        self.setAccessibleName(text)
        self.setToolTip(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.mm(CARD_MM))

    @override
    def on_tap(self) -> None:
        self.tapped.emit(self._text)

    @override
    def sizeHint(self) -> QSize:
        ink = self.theme.ink("body", "text", MEDIUM)
        wide = int(paint.advance(self._text, ink.px, ink.weight))
        return QSize(wide + self.theme.px(28), self.height())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.mm(25), self.height())

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        code = self.theme.code
        fill, tint = ("primary", "on_primary") if down else ("tonal", "on_tonal")
        paint.box(painter, rect, fill=code(fill), radius=self.theme.px(RADIUS_BUTTON))
        pad = self.theme.px(8)
        ink = self.theme.ink("body", tint, MEDIUM)
        inner = rect.adjusted(pad, 0, -pad, 0)
        paint.write(painter, inner, self._text, ink, Qt.AlignmentFlag.AlignHCenter, 2)


class Preview(Themed):
    """What is written so far, with a mark where the next letter comes."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.text, self.count = "", ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()

    @override
    def restyle(self) -> None:
        self.setFixedHeight(self.theme.px(96))

    def show_text(self, text: str, count: str) -> None:
        self.text, self.count = text, count
        self.setAccessibleName(text)
        self.update()

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        px, code = self.theme.px, self.theme.code
        rect = QRectF(self.rect())
        paint.box(
            painter, rect, fill=code("surface"), border=code("line2"), radius=px(RADIUS_BUTTON)
        )
        count = self.theme.ink("caption", "text2")
        foot = QRectF(px(16), rect.bottom() - px(26), rect.width() - px(32), px(22))
        paint.write(painter, foot, self.count, count, Qt.AlignmentFlag.AlignRight)
        ink = self.theme.ink("section", "text", 400)
        lines = paint.wrap(self.text, ink.px, ink.weight, int(rect.width() - px(40)), 99)[-3:]
        step = paint.line_height(ink.px)
        y = float(px(8))
        for line in lines:
            box = QRectF(px(16), y, rect.width() - px(32), step)
            wide = paint.write(painter, box, line, ink)
            if line is lines[-1]:
                cursor = QRectF(px(16) + wide + px(2), y + 2, px(2), step - 4)
                painter.fillRect(cursor, self.theme.color("primary"))
            y += step


class OnScreenKeyboard(Themed):
    """Emits `changed(text)` on every key; the first letter of a sentence is a capital."""

    changed = Signal(str)

    def __init__(
        self,
        theme: Theme,
        subject: str,
        look: KeyboardLook,
        *,
        limit: int = 200,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._subject, self._look, self._limit = subject, look, limit
        self._text = ""
        self._shift, self._symbols = True, False
        self._keys: dict[str, LetterKey] = {}
        self._preview = Preview(theme, self)
        self._phrases = QHBoxLayout()
        self._grid = QGridLayout()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.addWidget(self._preview)
        self._box.addLayout(self._phrases)
        self._box.addLayout(self._grid)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.restyle()
        self._build()
        self._show()

    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        """Starts from this text; says nothing."""
        self._text = text[: self._limit]
        self._shift = not self._text
        self._show()

    def set_look(self, look: KeyboardLook) -> None:
        if look != self._look:
            self._look = look
            self._build()
            self._show()

    def press(self, key: str) -> None:
        """Takes one key: a letter, or `shift`, `back`, `symbols`, `space`."""
        if key == "shift":
            self._shift = not self._shift
            self._show()
        elif key == "symbols":
            self._symbols = not self._symbols
            self._build()
            self._show()
        elif key == "back":
            self._set(self._text[:-1])
        elif key == "space":
            self._set(self._text + " ")
        else:
            self._set(self._text + (key.upper() if self._shift else key))

    def add_phrase(self, phrase: str) -> None:
        """Appends a whole sentence, parted from what stands before."""
        text = self._text.rstrip()
        self._set(f"{text} {phrase}" if text else phrase)

    @override
    def restyle(self) -> None:
        gap = self.theme.px(8)
        self._box.setSpacing(self.theme.px(12))
        self._phrases.setSpacing(gap)
        self._grid.setSpacing(gap)

    def _set(self, text: str) -> None:
        text = text[: self._limit]
        self._shift = not text or text.endswith((". ", "! ", "? "))
        if text != self._text:
            self._text = text
            self.changed.emit(text)
        self._show()

    def _show(self) -> None:
        self._preview.show_text(self._text, f"{len(self._text)}/{self._limit}")
        for key, button in self._keys.items():
            if len(key) == 1:
                button.set_text(key.upper() if self._shift else key)
        if "shift" in self._keys:
            self._keys["shift"].set_text("", self._look.shift_name, lit=self._shift)

    def _build(self) -> None:
        empty_layout(self._phrases)
        for number, phrase in enumerate(self._look.phrases):
            subject = f"{self._subject}.phrase.{number}"
            made = Phrase(self.theme, subject, phrase, self)
            made.tapped.connect(self.add_phrase)
            self._phrases.addWidget(made)
        empty_layout(self._grid)
        self._keys = {}
        rows = SYMBOLS if self._symbols else self._look.letters
        for row, letters in enumerate(rows):
            column = (_UNITS - 2 * len(letters)) // 2
            for letter in letters:
                self._add(letter, row, column, 2)
                column += 2
        last = len(rows) - 1
        if not self._symbols:
            self._add("shift", last, 0, 3, icon="arrow-big-up", name=self._look.shift_name)
        self._add("back", last, 17, 3, icon="delete", name=self._look.back_name)
        other = self._look.letters_text if self._symbols else self._look.symbols_text
        self._add("symbols", last + 1, 0, 4, name=other)
        self._add("space", last + 1, 4, 12, name=self._look.space_text)
        self._add(",", last + 1, 16, 2)
        self._add(".", last + 1, 18, 2)
        for column in range(_UNITS):
            self._grid.setColumnStretch(column, 1)

    def _add(
        self, key: str, row: int, column: int, span: int, *, icon: str = "", name: str = ""
    ) -> None:
        made = LetterKey(self.theme, f"{self._subject}.{key}", key, self, icon=icon)
        made.tapped.connect(self.press)
        made.set_text("" if icon else name or key, name or key)
        self._grid.addWidget(made, row, column, 1, span)
        self._keys[key] = made

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Backspace:
            self.press("back")
        elif event.text().isprintable() and event.text():
            self._set(self._text + event.text())
        else:
            super().keyPressEvent(event)
