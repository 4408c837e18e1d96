"""The recipe's steps of one batch; the button of a step says only that it was tapped."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD
from kiosk.views.looks import StepRow
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Themed, empty_layout
from kiosk.widgets.text_block import TextBlock

_MARK_PX = 28
_ROW_PX = 72
_LINES = 8  # as many as the longest step of a recipe needs in the narrowest column


class StepMark(Themed):
    """A ring with the number, or with a tick once the step is done."""

    def __init__(self, theme: Theme, row: StepRow, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._row = row
        self.restyle()

    @override
    def restyle(self) -> None:
        side = self.theme.px(_MARK_PX)
        self.setFixedSize(side, side)

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        side = self.width()
        if self._row.state == "done":
            icons.draw(painter, "circle-check", 0, 0, side, self.theme.code("prog"))
            return
        tint = "on_tonal" if self._row.state == "current" else "text2"
        ring = QRectF(2, 2, side - 4, side - 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.theme.color(tint), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(ring)
        ink = self.theme.ink("caption", tint, SEMIBOLD)
        paint.write(painter, ring, self._row.number, ink, Qt.AlignmentFlag.AlignHCenter)


class StepItem(Themed):
    """One row: mark, words, and a button or a short note at the right."""

    tapped = Signal(str, str)

    def __init__(
        self, theme: Theme, subject: str, row: StepRow, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._row = row
        self.setObjectName(f"{subject}.{row.key}")
        self.setAccessibleName(row.text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(theme.px(16), theme.px(6), theme.px(16), theme.px(6))
        self._outer.setSpacing(theme.px(8))
        box = QHBoxLayout()
        box.setSpacing(theme.px(12))
        self._outer.addLayout(box)
        current = row.state == "current"
        tint = "on_tonal" if current else "text2" if row.state == "done" else "text"
        weight = SEMIBOLD if current else 400
        box.addWidget(StepMark(theme, row, self))
        box.addWidget(
            TextBlock(theme, row.text, weight=weight, tint=tint, lines=_LINES, parent=self), 1
        )
        if row.button is not None:
            subject = f"{subject}.{row.key}.{row.button.action}"
            button = ActionButton(theme, subject, row.button, parent=self)
            button.tapped.connect(self._on_button_tapped)
            # A narrow column has no room beside the words, and words are never cut.
            (self._outer if theme.metrics.compact else box).addWidget(button)
        elif row.note:
            box.addWidget(TextBlock(theme, row.note, "caption", tint="text2", parent=self))
        self.restyle()

    @override
    def restyle(self) -> None:
        self.setMinimumHeight(self.theme.px(_ROW_PX))

    def _on_button_tapped(self, action: str) -> None:
        self.tapped.emit(self._row.key, action)

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._row.state == "current":
            painter.fillRect(self.rect(), self.theme.color("tonal"))
        else:
            pad = self.theme.px(16)
            line = QRectF(pad, self.height() - 1, self.width() - 2 * pad, 1)
            painter.fillRect(line, self.theme.color("line"))


class StepList(Themed):
    """Emits `tapped(step key, action)`; unchanged rows keep their widgets."""

    tapped = Signal(str, str)

    def __init__(self, theme: Theme, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._subject = subject
        self._rows: tuple[StepRow, ...] = ()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(0)

    @override
    def restyle(self) -> None:
        rows, self._rows = self._rows, ()
        empty_layout(self._box)
        self.set_look(rows)

    def set_look(self, rows: tuple[StepRow, ...]) -> None:
        if rows == self._rows:
            return
        if len(rows) != len(self._rows):
            empty_layout(self._box)
            self._rows = ()
        for number, row in enumerate(rows):
            if number < len(self._rows) and self._rows[number] == row:
                continue
            self._put(number, row)
        self._rows = rows

    def _put(self, number: int, row: StepRow) -> None:
        old = self._box.takeAt(number)
        if old is not None and (widget := old.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        item = StepItem(self.theme, self._subject, row, self)
        item.tapped.connect(self.tapped)
        self._box.insertWidget(number, item)
