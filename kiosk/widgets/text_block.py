"""One piece of given text that elides or wraps and never clips; it decides no word."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from kiosk.theme import paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import TextRole

LEAST_CHARS = 4  # a text never asks for less room than this


class TextBlock(QLabel):
    """A label in a type role and a colour role; the whole text is its accessible name."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        role: TextRole = "body",
        *,
        weight: int | None = None,
        tint: str = "text",
        lines: int = 1,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self._role: TextRole = role
        self._weight = weight
        self._tint = tint
        self._lines = lines
        self._align = align
        self._strike = False
        # A wrapping text takes the height of its row, else its second line would be cut off.
        upright = QSizePolicy.Policy.Preferred if lines > 1 else QSizePolicy.Policy.Fixed
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, upright)
        policy.setHeightForWidth(lines > 1)
        self.setSizePolicy(policy)
        self.setWordWrap(lines > 1)  # QLabel forgets height-for-width without it
        theme.changed.connect(self._on_theme_changed)
        self.set_text(text)

    def set_text(self, text: str, tint: str | None = None) -> None:
        """Shows this text, in this colour role if one is given."""
        if tint is not None and tint != self._tint:
            self._tint = tint
            self.update()
        if text != self.text():
            # Qt would read "&" and "<" in a dish name as its own marks; nothing is parsed here.
            self.setTextFormat(Qt.TextFormat.PlainText)
            self.setText(text)
            self.setAccessibleName(text)
            self._tell_whole_text()
            self.updateGeometry()

    def set_role(self, role: TextRole) -> None:
        """Changes the size, for windows that have less room."""
        if role != self._role:
            self._role = role
            self.updateGeometry()
            self.update()

    def set_strike(self, strike: bool) -> None:
        if strike != self._strike:
            self._strike = strike
            self.update()

    def natural_width(self) -> int:
        """Width in which one line shows everything."""
        ink = self._ink()
        widest = max(paint.advance(line, ink.px, ink.weight) for line in self.text().split("\n"))
        return int(widest) + 2

    def _ink(self) -> paint.Ink:
        base = self.theme.ink(self._role, self._tint, self._weight)
        return paint.Ink(base.px, base.weight, base.color, self._strike)

    def _height(self, width: int) -> int:
        ink = self._ink()
        if not self.text():
            return 0
        lines = paint.wrap(self.text(), ink.px, ink.weight, max(1, width), self._lines)
        return paint.line_height(ink.px) * len(lines)

    def _tell_whole_text(self) -> None:
        ink = self._ink()
        shown = paint.wrap(self.text(), ink.px, ink.weight, max(1, self.width()), self._lines)
        cut = any(line.endswith(paint.ELLIPSIS) for line in shown)
        tip = self.text() if cut and not self.text().endswith(paint.ELLIPSIS) else ""
        if tip != self.toolTip():
            self.setToolTip(tip)

    def _on_theme_changed(self) -> None:
        self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        width = self.natural_width()
        if self._lines > 1:
            width = min(width, self.theme.px(520))
        return QSize(width, self._height(width))

    @override
    def minimumSizeHint(self) -> QSize:
        ink = self._ink()
        least = min(self.natural_width(), ink.px * LEAST_CHARS)
        return QSize(least, paint.line_height(ink.px) if self.text() else 0)

    @override
    def heightForWidth(self, width: int) -> int:
        return self._height(width)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_whole_text()

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint.write(
            painter, QRectF(self.rect()), self.text(), self._ink(), self._align, self._lines
        )
