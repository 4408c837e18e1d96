"""Five seconds in which a life-cycle tap may be taken back; it undoes nothing itself."""

from time import monotonic

from PySide6.QtCore import QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import RADIUS_CARD
from kiosk.views.looks import ButtonLook, UndoLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Themed
from kiosk.widgets.text_block import TextBlock

_STEP_MS = 100  # the bar moves ten times a second and only while it is shown
_BAR_PX = 6


class UndoBar(Themed):
    """Emits `undone(tap)` or, when the time is over, `expired(tap)`; then it hides."""

    undone = Signal(str)
    expired = Signal(str)

    def __init__(self, theme: Theme, subject: str = "undo", parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._look: UndoLook | None = None
        self._started = 0.0
        self._share = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title = TextBlock(theme, "", "section", tint="surface", parent=self)
        self._detail = TextBlock(theme, "", "caption", tint="surface", parent=self)
        self._button = ActionButton(
            theme, f"{subject}.undo", ButtonLook("undo", ""), size="card", parent=self
        )
        self._button.tapped.connect(self._on_button_tapped)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._detail)
        words.addStretch(1)
        self._row = QHBoxLayout(self)
        self._row.addLayout(words, 1)
        self._row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignVCenter)
        self._timer = QTimer(self)
        self._timer.setInterval(_STEP_MS)
        self._timer.timeout.connect(self._on_step_timeout)
        self.restyle()
        self.hide()

    def set_look(self, look: UndoLook) -> None:
        """Shows a new tap and starts its time; the one before it expires at once."""
        if self._look is not None:
            self.expired.emit(self._look.tap)
        self._look = look
        self._title.set_text(look.title)
        self._detail.set_text(look.detail)
        self._button.set_look(look.button)
        self.setAccessibleName(f"{look.title}. {look.detail}")
        self._started = monotonic()
        self._share = 1.0
        self._timer.start()
        self.show()
        self.update()

    def dismiss(self) -> None:
        """Hides without a signal (the tap is no longer there to be undone)."""
        self._look = None
        self._timer.stop()
        self.hide()

    @override
    def restyle(self) -> None:
        px = self.theme.px
        self._row.setContentsMargins(px(56), px(8), px(8), px(8 + _BAR_PX))
        self.setFixedHeight(self.theme.mm(15) + px(16 + _BAR_PX))

    def _on_button_tapped(self) -> None:
        look = self._look
        self.dismiss()
        if look is not None:
            self.undone.emit(look.tap)

    def _on_step_timeout(self) -> None:
        if self._look is None:
            self._timer.stop()
            return
        gone_ms = (monotonic() - self._started) * 1000
        self._share = max(0.0, 1.0 - gone_ms / self._look.span_ms)
        if self._share <= 0:
            tap = self._look.tap
            self.dismiss()
            self.expired.emit(tap)
            return
        bar = self.theme.px(_BAR_PX)
        self.update(QRect(0, self.height() - bar, self.width(), bar))

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        px = self.theme.px
        rect = QRectF(self.rect())
        bar, radius = px(_BAR_PX), px(RADIUS_CARD)
        edge = rect.bottom() - bar
        # Straight clips keep the round corners smooth.
        for tint, area in (
            ("held", QRectF(0, edge, rect.width(), bar)),
            ("amber", QRectF(0, edge, rect.width() * self._share, bar)),
            ("text", QRectF(0, 0, rect.width(), edge)),
        ):
            painter.setClipRect(area)
            paint.box(painter, rect, fill=self.theme.code(tint), radius=radius)
        painter.setClipping(False)
        if self._look is not None:
            side = px(26)
            y = (rect.height() - bar - side) / 2
            icons.draw(painter, self._look.icon, px(16), y, side, self.theme.code("surface"))
