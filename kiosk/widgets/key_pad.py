"""The one keypad, 1-2-3 on top, for PIN and temperature; it holds digits and judges nothing."""

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import (
    KEY_GUARD_MS,
    PIN_KEY_MM,
    RADIUS_BUTTON,
    SEMIBOLD,
    TEMPERATURE_KEY_MM,
)
from kiosk.views.looks import KeyPadLook
from kiosk.widgets.base import Pressable, Themed

KeyKind = Literal["digit", "function"]
PadKind = Literal["pin", "temperature"]

MINUS = "−"
_PIN_WIDTH_MM = 20.0
_MAX_WHOLE_DIGITS = 3
_MAX_DECIMALS = 1


class Key(Pressable):
    """One key; a short guard only, so that a doubled digit can be typed."""

    tapped = Signal(str)
    blocked = Signal()

    def __init__(
        self,
        theme: Theme,
        subject: str,
        key: str,
        parent: QWidget,
        *,
        kind: KeyKind = "digit",
        icon: str = "",
        big: bool = False,
        least_mm: tuple[float, float] = (PIN_KEY_MM, PIN_KEY_MM),
    ) -> None:
        super().__init__(theme, subject, parent, guard_ms=KEY_GUARD_MS)
        self.key, self._kind, self._icon, self._big = key, kind, icon, big
        self._least_mm = least_mm
        self._text = key
        self.setAccessibleName(key)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.restyle()

    def set_text(self, text: str, name: str = "") -> None:
        self._text = text
        self.setAccessibleName(name or text)
        self.update()

    @override
    def restyle(self) -> None:
        wide, high = self._least_mm
        self.setMinimumSize(self.theme.mm(wide), self.theme.mm(high))

    @override
    def on_tap(self) -> None:
        self.tapped.emit(self.key)

    @override
    def on_blocked(self) -> None:
        self.blocked.emit()

    @override
    def sizeHint(self) -> QSize:
        wide, high = self._least_mm
        return QSize(self.theme.mm(wide), self.theme.mm(high))

    @override
    def paint_face(self, painter: QPainter, rect: QRectF, *, down: bool) -> None:
        fill, tint = ("surface2", "text") if self._kind == "digit" else ("surface3", "text")
        if down:
            fill, tint = "held", "on_held"
        if not self.isEnabled():
            fill, tint = "surface2", "text3"
        code = self.theme.code
        radius = self.theme.px(RADIUS_BUTTON)
        paint.box(
            painter,
            rect,
            fill=code(fill),
            border=code("line"),
            radius=radius,
            dashed=not self.isEnabled(),
        )
        if self._icon:
            side = self.theme.px(32 if self._big else 28)
            center = rect.center()
            x, y = center.x() - side / 2, center.y() - side / 2
            icons.draw(painter, self._icon, x, y, side, code(tint))
            return
        word = self._kind == "function" and len(self._text) > 1
        if word:
            ink = self.theme.ink("section" if self._big else "body", tint, SEMIBOLD)
        else:
            size = self.theme.px(40 if self._big else 32)
            ink = paint.Ink(size, SEMIBOLD, code(tint))
        pad = self.theme.px(4)
        inner = rect.adjusted(pad, 0, -pad, 0)
        paint.write(painter, inner, self._text, ink, Qt.AlignmentFlag.AlignHCenter, 2)


class KeyPad(Themed):
    """Emits `changed(entry)` on each key, and `completed(entry)` when a PIN has its last digit;
    `blocked` when a key of a closed pad is tapped.

    `entry()` is what was typed, with the decimal mark of the look; `plain()` has a point and an
    ASCII minus, ready to be parsed, and is empty while no digit is there.
    """

    changed = Signal(str)
    completed = Signal(str)
    blocked = Signal()

    def __init__(
        self,
        theme: Theme,
        subject: str,
        look: KeyPadLook,
        *,
        kind: PadKind = "pin",
        length: int = 6,
        signed: bool = True,
        whole_digits: int = _MAX_WHOLE_DIGITS,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._subject, self._look, self._kind = subject, look, kind
        self._length, self._signed = length, signed
        self._whole_digits, self._keep_zero = whole_digits, False
        self._entry = ""
        self._keys: dict[str, Key] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._build()
        self.restyle()
        self._show(look)

    def set_look(self, look: KeyPadLook) -> None:
        if look != self._look:
            self._show(look)

    def entry(self) -> str:
        return self._entry

    def plain(self) -> str:
        text = self._entry.replace(self._mark(), ".").replace(MINUS, "-").rstrip(".")
        return text if any(letter.isdigit() for letter in text) else ""

    def set_whole_digits(self, whole_digits: int, *, keep_zero: bool = False) -> None:
        """How many digits may stand before the decimal mark; a time of day keeps its leading zero."""
        self._whole_digits, self._keep_zero = whole_digits, keep_zero

    def set_entry(self, entry: str) -> None:
        """Replaces what is typed (a probe filled it in); says nothing."""
        self._entry = entry

    def clear(self) -> None:
        """Forgets what was typed and says so."""
        self._set("")

    def press(self, key: str) -> None:
        """Takes one key: a digit, the decimal mark, the sign, `back` or `clear`."""
        if not self._look.enabled:
            return
        if key == "clear":
            self._set("")
        elif key == "back":
            self._set(self._entry[:-1])
        elif key == "sign":
            if not self._look.sign_name:
                return
            negative = self._entry.startswith(MINUS)
            self._set(self._entry[1:] if negative else MINUS + self._entry)
        elif self._kind == "pin":
            self._press_pin(key)
        else:
            self._press_number(key)

    @override
    def restyle(self) -> None:
        self._grid.setSpacing(
            self.theme.px(8 if self._kind == "pin" or self.theme.metrics.compact else 10)
        )

    def _on_key_blocked(self) -> None:
        if not self._look.enabled:
            self.blocked.emit()

    def _press_pin(self, digit: str) -> None:
        if len(self._entry) < self._length:
            self._set(self._entry + digit)
            if len(self._entry) == self._length:
                self.completed.emit(self._entry)

    def _press_number(self, key: str) -> None:
        digits = self._entry.lstrip(MINUS)
        whole, mark, decimals = digits.partition(self._mark())
        if key in (self._look.decimal, "decimal"):
            if not mark and self._look.decimal:
                self._set(self._entry + ("" if whole else "0") + self._look.decimal)
        elif mark:
            if len(decimals) < _MAX_DECIMALS:
                self._set(self._entry + key)
        elif whole == "0" and not self._keep_zero:
            self._set(self._entry[:-1] + key)
        elif len(whole) < self._whole_digits:
            self._set(self._entry + key)

    def _mark(self) -> str:
        return self._look.decimal or ","

    def _set(self, entry: str) -> None:
        if entry != self._entry:
            self._entry = entry
            self.changed.emit(entry)

    def _build(self) -> None:
        for number in range(1, 10):
            self._add(str(number), (number - 1) // 3, (number - 1) % 3)
        self._add("0", 3, 1)
        if self._kind == "pin":
            self._add("clear", 3, 0, kind="function")
            self._add("back", 3, 2, kind="function", icon="delete")
            return
        self._add("decimal", 3, 0)
        self._add("back", 3, 2, kind="function", icon="delete")
        if self._signed:
            self._add("sign", 4, 0, kind="function", icon="minus")
            self._add("clear", 4, 1, kind="function", span=2)
        else:
            self._add("clear", 4, 0, kind="function", span=3)

    def _add(
        self,
        key: str,
        row: int,
        column: int,
        *,
        kind: KeyKind = "digit",
        icon: str = "",
        span: int = 1,
    ) -> None:
        big = self._kind == "temperature"
        least = (TEMPERATURE_KEY_MM[0] * 0.6, PIN_KEY_MM) if big else (_PIN_WIDTH_MM, PIN_KEY_MM)
        made = Key(
            self.theme,
            f"{self._subject}.{key}",
            key,
            self,
            kind=kind,
            icon=icon,
            big=big,
            least_mm=least,
        )
        made.tapped.connect(self.press)
        made.blocked.connect(self._on_key_blocked)
        self._grid.addWidget(made, row, column, 1, span)
        self._keys[key] = made

    def _show(self, look: KeyPadLook) -> None:
        self._look = look
        self._keys["clear"].set_text(look.clear_text)
        self._keys["back"].set_text("", look.back_name)
        if "decimal" in self._keys:
            self._keys["decimal"].set_text(look.decimal)
        if "sign" in self._keys:
            self._keys["sign"].set_text("", look.sign_name)
        for key in self._keys.values():
            key.setEnabled(look.enabled)
        # A time of day has neither: a key that does nothing is a trap.
        for name, given in (("decimal", look.decimal), ("sign", look.sign_name)):
            if name in self._keys:
                self._keys[name].setVisible(bool(given))

    @override
    def sizeHint(self) -> QSize:
        if self._kind == "pin":
            return super().sizeHint()
        wide, high = TEMPERATURE_KEY_MM
        gap = self._grid.spacing()
        return QSize(3 * self.theme.mm(wide) + 2 * gap, 5 * self.theme.mm(high) + 4 * gap)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        if event.key() == Qt.Key.Key_Backspace:
            self.press("back")
        elif text.isdigit() and text.isascii():
            self.press(text)
        elif self._kind == "temperature" and text and text in ",.":
            self.press("decimal")
        elif self._kind == "temperature" and text == "-" and self._signed:
            self.press("sign")
        else:
            super().keyPressEvent(event)
