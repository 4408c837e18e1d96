"""One item of the quality check: fit or unfit, never preset; a failure is the only loud row."""

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CARD_MM, SEMIBOLD
from kiosk.views.looks import QcLook, Segment, SegmentsLook
from kiosk.widgets.base import Themed
from kiosk.widgets.limit_band import LimitBand
from kiosk.widgets.segments import Segments
from kiosk.widgets.text_block import TextBlock

_ROW_PX = 88
_CHOICE_PX = 360


class QcRow(Themed):
    """Emits `chosen(item key, "pass" or "fail")`."""

    chosen = Signal(str, str)

    def __init__(
        self, theme: Theme, subject: str, look: QcLook | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._look = QcLook("", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title = TextBlock(theme, "", "section", parent=self)
        self._detail = TextBlock(theme, "", "caption", tint="text2", parent=self)
        self._band = LimitBand(theme, parent=self)
        self._value = TextBlock(theme, "", "title", parent=self)
        self._choice = Segments(theme, subject, height_mm=CARD_MM, parent=self)
        self._choice.chosen.connect(self._on_segment_chosen)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._detail)
        words.addStretch(1)
        self._row = QHBoxLayout(self)
        self._row.addLayout(words, 1)
        self._row.addWidget(self._band)
        self._row.addWidget(self._value)
        self._row.addWidget(self._choice)
        self.restyle()
        self._show(self._look)
        if look is not None:
            self.set_look(look)

    def look(self) -> QcLook:
        return self._look

    def set_look(self, look: QcLook) -> None:
        if look != self._look:
            self._show(look)
            self.update()

    @override
    def restyle(self) -> None:
        px, compact = self.theme.px, self.theme.metrics.compact
        self._row.setContentsMargins(px(20), px(8), px(20), px(8))
        self._row.setSpacing(px(16))
        self._choice.setFixedWidth(px(280 if compact else _CHOICE_PX))
        self._band.setFixedWidth(px(120 if compact else 168))
        self.setFixedHeight(max(px(_ROW_PX), self.theme.mm(CARD_MM) + px(16)))
        self._band.setVisible(self._shows_band())

    def _show(self, look: QcLook) -> None:
        self._look = look
        failed = look.choice == "fail"
        self._title.set_text(look.title, "alarm_text" if failed else "text")
        self._detail.set_text(look.detail, "alarm_text" if failed else "text2")
        self._value.set_text(look.value, "alarm_text" if look.judged == "alarm" else "text")
        self._value.setVisible(bool(look.value))
        self._band.set_look(look.band, look.judged)
        self._band.setVisible(self._shows_band())
        self._choice.set_look(
            SegmentsLook(
                (
                    Segment("pass", look.pass_text, tone="pass", chosen_icon="check"),
                    Segment("fail", look.fail_text, tone="fail", chosen_icon="x"),
                ),
                look.choice,
            )
        )
        self._choice.setEnabled(look.enabled)
        self.setAccessibleName(f"{look.title} {look.detail} {look.value}".strip())

    def _shows_band(self) -> bool:
        """In a narrow window the words of the limit need the room of the drawing."""
        return self._look.band is not None and not self.theme.metrics.compact

    def _on_segment_chosen(self, choice: str) -> None:
        self.chosen.emit(self._look.key, choice)

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._look.choice == "fail":
            painter.fillRect(self.rect(), self.theme.color("alarm_bg"))
            bar = QRectF(0, 0, self.theme.px(6), self.height())
            painter.fillRect(bar, self.theme.color("alarm_line"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), self.theme.color("line"))


class QcHeading(Themed):
    """The grey line above a group of items."""

    def __init__(
        self, theme: Theme, title: str = "", detail: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title = TextBlock(theme, title, weight=SEMIBOLD, parent=self)
        self._detail = TextBlock(theme, detail, "caption", tint="text2", parent=self)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._title, 1)
        self._row.addWidget(self._detail)
        self.restyle()

    def set_look(self, title: str, detail: str = "") -> None:
        self._title.set_text(title)
        self._detail.set_text(detail)

    @override
    def restyle(self) -> None:
        px = self.theme.px
        self._row.setContentsMargins(px(20), 0, px(20), 0)
        self.setFixedHeight(px(42))

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.color("surface2"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), self.theme.color("line"))
