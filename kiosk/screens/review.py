"""The review inbox page: list left, the chosen tap right, three answers below; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import TopLook
from kiosk.views.review import ReviewView
from kiosk.widgets.answer_card import AnswerCard
from kiosk.widgets.base import Panel, empty_layout
from kiosk.widgets.empty_state import EmptyState
from kiosk.widgets.event_line import EventLine
from kiosk.widgets.refusal_row import RefusalRow
from kiosk.widgets.text_block import TextBlock


class ReviewPage(Page):
    """Settle what was refused."""

    def __init__(self, theme: Theme, view: ReviewView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._review = view
        self._rows: dict[str, RefusalRow] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._never = TextBlock(theme, "", "caption", tint="text2", lines=4)
        self._tap_title = TextBlock(theme, "", "caption", tint="text2")
        self._tap = TextBlock(theme, "", "title", lines=2)
        self._tap_who = TextBlock(theme, "", "body", tint="text2")
        self._tap_how = TextBlock(theme, "", "body", tint="text2")
        self._why_title = TextBlock(theme, "", "caption", tint="text2")
        self._why = TextBlock(theme, "", "title", lines=3)
        self._next = TextBlock(theme, "", "body", tint="text2", lines=2)
        self._code = TextBlock(theme, "", "caption", tint="text2")
        self._events_title = TextBlock(theme, "", "section")
        self._events = QVBoxLayout()
        self._events_shown: tuple[object, ...] = ()
        self._now_title = TextBlock(theme, "", "caption", tint="text2")
        self._now = TextBlock(theme, "", "section", lines=2)
        self._now_detail = TextBlock(theme, "", "body", tint="text2", lines=2)
        self._answers: list[AnswerCard] = []
        self._answer_row = QHBoxLayout()
        self._detail = QWidget(self)
        self._none = EmptyState(theme, "review.none", self)
        self._arrange()

    @override
    def top(self) -> TopLook:
        """Title and count."""
        return self._review.top()

    @override
    def show_subject(self, subject: str) -> None:
        """An item, if one is named."""
        if subject:
            self._review.choose(subject)

    @override
    def refresh(self) -> None:
        """Show inbox and item."""
        view, words = self._review, self._review.words
        self._never.set_text(view.never())
        self._show_rows()
        item = view.item
        self._detail.setVisible(item is not None)
        self._none.setVisible(item is None)
        self._none.set_look(view.nothing())
        if item is None:
            return
        self._tap_title.set_text(words("review.tap"))
        what, who, how = view.tap_lines(item)
        self._tap.set_text(what)
        self._tap_who.set_text(who)
        self._tap_how.set_text(how)
        sentence, following = view.why(item)
        self._why_title.set_text(words("review.why"))
        self._why.set_text(sentence)
        self._next.set_text(following)
        self._code.set_text(view.code(item))
        self._events_title.set_text(words("review.events"))
        lines = view.events(item)
        if lines != self._events_shown:
            self._events_shown = lines
            empty_layout(self._events)
            for look in lines:
                self._events.addWidget(EventLine(self.theme, look))
        self._now_title.set_text(words("review.now"))
        now, detail = view.state_now(item)
        self._now.set_text(now)
        self._now_detail.set_text(detail)
        answers = view.answers(item)
        if not self._answers:
            for answer in answers:
                subject = f"review.answer.{answer.button.action}"
                card = AnswerCard(self.theme, subject, answer)
                card.tapped.connect(view.answer)
                self._answers.append(card)
                self._answer_row.addWidget(card, 1)
        for card, answer in zip(self._answers, answers, strict=True):
            card.set_look(answer)

    def _show_rows(self) -> None:
        looks = self._review.rows()
        if [look.id for look in looks] != list(self._rows):
            empty_layout(self._list)
            self._rows = {}
            for look in looks:
                row = RefusalRow(self.theme, f"review.{look.id}", look)
                row.chosen.connect(self._review.choose)
                self._rows[look.id] = row
                self._list.addWidget(row)
            self._list.addStretch(1)
            return
        for look in looks:
            self._rows[look.id].set_look(look)

    def _panel(self, *parts: QWidget | QLayout) -> Panel:
        panel = Panel(self.theme)
        column = QVBoxLayout(panel)
        pad = self.theme.px(16)
        column.setContentsMargins(pad, pad, pad, pad)
        column.setSpacing(self.theme.px(6))
        for part in parts:
            if isinstance(part, QLayout):
                column.addLayout(part)
            else:
                column.addWidget(part)
        column.addStretch(1)
        return panel

    def _arrange(self) -> None:
        px = self.theme.px
        rows = QWidget()
        rows.setLayout(self._list)
        self._list.setContentsMargins(0, 0, 0, 0)
        left = Panel(self.theme, self)
        inside = QVBoxLayout(left)
        inside.setContentsMargins(px(2), px(2), px(2), px(12))
        inside.addWidget(Scroll(rows, left), 1)
        note = QHBoxLayout()
        note.setContentsMargins(px(16), 0, px(16), 0)
        note.addWidget(self._never)
        inside.addLayout(note)
        tap = self._panel(self._tap_title, self._tap, self._tap_who, self._tap_how)
        why = self._panel(self._why_title, self._why, self._next, self._code)
        events = self._panel(self._events_title, self._events)
        now = self._panel(self._now_title, self._now, self._now_detail)
        top, middle = QHBoxLayout(), QHBoxLayout()
        for row, first, second in ((top, tap, why), (middle, events, now)):
            row.setSpacing(px(12))
            row.addWidget(first, 1)
            row.addWidget(second, 1)
        self._answer_row.setSpacing(px(12))
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(12))
        column.addLayout(top)
        column.addLayout(middle, 1)
        right = QVBoxLayout(self._detail)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(px(12))
        right.addWidget(Scroll(upper, self._detail), 1)
        right.addLayout(self._answer_row)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, px(12))
        row.setSpacing(px(12))
        row.addWidget(left, 10)
        row.addWidget(self._none, 30)
        row.addWidget(self._detail, 30)
