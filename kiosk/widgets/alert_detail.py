"""One alert in full: number, value against limit, what to do, history, ways out; it judges nothing."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD
from kiosk.views.alerts_looks import AlertDetailLook, ValueLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Panel, empty_layout
from kiosk.widgets.chip import Chip
from kiosk.widgets.history_line import HistoryLine
from kiosk.widgets.icon_mark import IconMark
from kiosk.widgets.limit_band import LimitBand
from kiosk.widgets.text_block import TextBlock

_MOST_BUTTONS = 3


class AlertFacts(QWidget):
    """All that is read; the buttons stand elsewhere, where they are never scrolled away."""

    def __init__(self, theme: Theme, *, wide: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._chip = Chip(theme, parent=self)
        self._number = TextBlock(theme, "", "body", tint="text2", parent=self)
        self._title = TextBlock(theme, "", "title", lines=3, parent=self)
        self._where = TextBlock(theme, "", "section", tint="text2", lines=2, parent=self)
        self._value = TextBlock(theme, "", "reading", weight=SEMIBOLD, parent=self)
        self._verdict = TextBlock(theme, "", "section", lines=2, parent=self)
        self._limit = TextBlock(theme, "", "section", tint="text2", lines=2, parent=self)
        self._band = LimitBand(theme, stretch=True, parent=self)
        self._measured = QWidget(self)
        self._do_ground = Panel(theme, self, fill="surface2", border="")
        self._do_title = TextBlock(theme, "", "body", weight=SEMIBOLD, parent=self._do_ground)
        self._do = TextBlock(theme, "", "body", lines=4, parent=self._do_ground)
        self._history_title = TextBlock(theme, "", "section", parent=self)
        self._history = QVBoxLayout()
        self._lines: list[HistoryLine] = []
        self._rule = TextBlock(theme, "", "body", tint="text2", lines=5, parent=self)
        self._arrange(wide=wide)

    def set_look(self, look: AlertDetailLook) -> None:
        self._chip.set_look(look.chip)
        self._number.set_text(look.number)
        self._title.set_text(look.title)
        self._where.set_text(look.where)
        self._do_title.set_text(look.do_title)
        self._do.set_text(look.do)
        self._history_title.set_text(look.history_title)
        self._rule.set_text(look.rule)
        self._measured.setVisible(look.value is not None)
        if look.value is not None:
            self._show_value(look.value)
        if len(look.history) != len(self._lines):
            empty_layout(self._history)
            self._lines = [HistoryLine(self.theme, each, self) for each in look.history]
            for line in self._lines:
                self._history.addWidget(line)
        for line, each in zip(self._lines, look.history, strict=True):
            line.set_look(each)

    def _show_value(self, value: ValueLook) -> None:
        tint = "alarm_text" if value.judged == "alarm" else "ok"
        self._value.set_text(value.text, tint)
        self._verdict.set_text(value.verdict, tint)
        self._limit.set_text(value.limit)
        self._band.set_look(value.band, value.judged, f"{value.text} {value.unit}, {value.limit}")

    def _arrange(self, *, wide: bool) -> None:
        px = self.theme.px
        head = QHBoxLayout()
        head.addWidget(self._chip)
        head.addStretch(1)
        head.addWidget(self._number)
        beside = QVBoxLayout()
        beside.setSpacing(0)
        beside.addStretch(1)
        beside.addWidget(self._verdict)
        beside.addWidget(self._limit)
        beside.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(px(16))
        row.addWidget(self._value)
        row.addLayout(beside, 1)
        measured = QVBoxLayout(self._measured)
        measured.setContentsMargins(0, 0, 0, 0)
        measured.setSpacing(px(4))
        measured.addLayout(row)
        measured.addWidget(self._band)
        mark = IconMark(self.theme, "clipboard-list", 24, "text", self._do_ground)
        words = QVBoxLayout()
        words.setSpacing(px(2))
        words.addWidget(self._do_title)
        words.addWidget(self._do)
        do = QHBoxLayout(self._do_ground)
        do.setContentsMargins(px(16), px(12), px(16), px(12))
        do.setSpacing(px(12))
        do.addWidget(mark)
        do.addLayout(words, 1)
        self._history.setSpacing(0)
        story = QVBoxLayout()
        story.setSpacing(px(6))
        story.addWidget(self._history_title)
        story.addLayout(self._history)
        story.addStretch(1)
        story.addWidget(self._rule)
        facts = QVBoxLayout()
        facts.setSpacing(px(10))
        facts.addLayout(head)
        for part in (self._title, self._where, self._measured, self._do_ground):
            facts.addWidget(part)
        way = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        whole = QBoxLayout(way, self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(px(32 if wide else 12))
        if wide:
            facts.addStretch(1)
        whole.addLayout(facts, 1 if wide else 0)
        whole.addLayout(story, 1)


class AlertButtons(QWidget):
    """The ways out, below or beside one another. Emits `tapped(action)`."""

    tapped = Signal(str)

    def __init__(self, theme: Theme, *, in_row: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        way = QBoxLayout.Direction.LeftToRight if in_row else QBoxLayout.Direction.TopToBottom
        self._box = QBoxLayout(way, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.mm(2))
        self._buttons = [
            ActionButton(theme, f"alert.detail.{at}", size="page", parent=self)
            for at in range(_MOST_BUTTONS)
        ]
        for button in self._buttons:
            button.hide()
            button.tapped.connect(self.tapped)
            self._box.addWidget(button, 1)

    def set_look(self, look: AlertDetailLook) -> None:
        for at, button in enumerate(self._buttons):
            wanted = look.buttons[at] if at < len(look.buttons) else None
            if wanted is not None:
                button.setObjectName(f"alert.detail.{wanted.action}")
                button.set_look(wanted)
            button.setVisible(wanted is not None)

    def restyle(self) -> None:
        """The gap follows the gloves."""
        self._box.setSpacing(self.theme.mm(2))


class AlertDetail(Panel):
    """The facts over the buttons, as the right side of a wide window. Emits `tapped(action)`."""

    tapped = Signal(str)

    def __init__(
        self, theme: Theme, facts: AlertFacts, scrolled: QWidget, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self.setObjectName("alert.detail")
        self._facts = facts
        self._buttons = AlertButtons(theme, in_row=False, parent=self)
        self._buttons.tapped.connect(self.tapped)
        self._column = QVBoxLayout(self)
        self._column.addWidget(scrolled, 1)
        self._column.addWidget(self._buttons)
        self.restyle()

    def set_look(self, look: AlertDetailLook) -> None:
        self.setAccessibleName(f"{look.number} {look.title}")
        self._facts.set_look(look)
        self._buttons.set_look(look)

    @override
    def restyle(self) -> None:
        pad = self.theme.px(20)
        self._column.setContentsMargins(pad, pad, pad, pad)
        self._column.setSpacing(self.theme.px(12))
        self._buttons.restyle()
