"""The batch page: clock and stages left, readings in the middle, steps and team right; it only composes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.batch_page import BatchView
from kiosk.views.looks import ButtonLook, TopLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.avatar import Avatar
from kiosk.widgets.base import Panel, empty_layout
from kiosk.widgets.block_reason import BlockReason
from kiosk.widgets.event_line import EventLine
from kiosk.widgets.icon_mark import IconMark
from kiosk.widgets.limit_band import LimitBand
from kiosk.widgets.reading_list import ReadingList
from kiosk.widgets.reading_value import ReadingValue
from kiosk.widgets.stage_list import StageList
from kiosk.widgets.step_list import StepList
from kiosk.widgets.text_block import TextBlock

LEAST_FOOT_MM = 34.0


class BatchPage(Page):
    """Everything about one dish."""

    def __init__(self, theme: Theme, view: BatchView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._batch = view
        self._clock_icon = IconMark(theme, "clock", 20, "text2")
        self._clock_caption = TextBlock(theme, "", "body", tint="text2")
        self._clock = TextBlock(theme, "", "batch")
        self._began = TextBlock(theme, "", "body", tint="text2")
        self._planned = TextBlock(
            theme, "", "body", tint="text2", align=Qt.AlignmentFlag.AlignRight
        )
        self._stages = StageList(theme)
        self._limit_title = TextBlock(theme, "", "body")
        self._limit_detail = TextBlock(theme, "", "caption", tint="text2", lines=2)
        self._reading = ReadingValue(theme)
        self._measure = ActionButton(theme, "batch.measure", ButtonLook("measure", ""), size="page")
        self._band = LimitBand(theme, stretch=True)
        self._readings_title = TextBlock(theme, "", "section")
        self._readings_count = TextBlock(theme, "", "body", tint="text2")
        self._readings = ReadingList(theme)
        self._story_title = TextBlock(theme, "", "section")
        self._story = QVBoxLayout()
        self._steps_title = TextBlock(theme, "", "section")
        self._steps_count = TextBlock(theme, "", "body", tint="text2")
        self._steps = StepList(theme, "batch.step")
        self._amounts_title = TextBlock(theme, "", "body")
        self._amounts = QGridLayout()
        self._team_title = TextBlock(theme, "", "section")
        self._team = QGridLayout()
        self._block = BlockReason(theme)
        self._buttons: list[ActionButton] = []
        self._foot_left, self._foot_right = QHBoxLayout(), QHBoxLayout()
        self._shown: dict[str, object] = {}
        self._arrange()
        self._measure.tapped.connect(self._on_action_tapped)
        self._steps.tapped.connect(self._on_step_tapped)

    @override
    def top(self) -> TopLook:
        """Name and chip."""
        return self._batch.top()

    @override
    def show_subject(self, subject: str) -> None:
        """The batch."""
        self._batch.show(subject)

    @override
    def refresh(self) -> None:
        """Show the batch as it is."""
        view, words = self._batch, self._batch.words
        text, caption, icon, began, planned = view.clock()
        self._clock.set_role("reading" if self.theme.metrics.compact else "batch")
        self._clock.set_text(text)
        self._clock_caption.set_text(caption)
        self._clock_icon.set_icon(icon)
        self._began.set_text(began)
        self._planned.set_text(planned)
        self._stages.set_look(view.stages())
        title, detail = view.consumption()
        self._limit_title.set_text(title)
        self._limit_detail.set_text(detail)
        reading = view.reading()
        self._reading.set_look(reading)
        self._band.set_look(view.band(), reading.judged)
        self._measure.set_look(
            ButtonLook("measure", words("act.measure_long"), "thermometer", "tonal")
        )
        rows = view.readings()
        self._readings_title.set_text(words("temp.readings"))
        self._readings_count.set_text(words("temp.count", count=len(rows)))
        self._readings.set_look(rows)
        self._story_title.set_text(words("batch.history"))
        self._steps_title.set_text(words("batch.steps"))
        self._steps_count.set_text(view.steps_count())
        self._steps.set_look(view.steps())
        self._show_story()
        self._show_amounts()
        self._show_team()
        self._show_foot()

    def _changed(self, part: str, value: object) -> bool:
        if self._shown.get(part) == value:
            return False
        self._shown[part] = value
        return True

    def _show_story(self) -> None:
        lines = self._batch.events()
        if self._changed("story", lines):
            empty_layout(self._story)
            for look in lines:
                self._story.addWidget(EventLine(self.theme, look))

    def _show_amounts(self) -> None:
        title, rows = self._batch.amounts()
        self._amounts_title.set_text(title if rows else "")
        if self._changed("amounts", rows):
            empty_layout(self._amounts)
            for place, (name, amount) in enumerate(rows):
                self._amounts.addWidget(TextBlock(self.theme, name), place, 0)
                right = Qt.AlignmentFlag.AlignRight
                self._amounts.addWidget(
                    TextBlock(self.theme, amount, weight=600, align=right), place, 1
                )

    def _show_team(self) -> None:
        people = self._batch.team()
        words = self._batch.words
        self._team_title.set_text(words("batch.team") if people else words("batch.no_team"))
        if self._changed("team", people):
            empty_layout(self._team)
            for place, (actor, role) in enumerate(people):
                row = QHBoxLayout()
                row.setSpacing(self.theme.px(8))
                row.addWidget(Avatar(self.theme, actor.initials, size=40, name=actor.name))
                names = QVBoxLayout()
                names.setSpacing(0)
                names.addWidget(TextBlock(self.theme, actor.name, weight=600))
                names.addWidget(TextBlock(self.theme, role, "caption", tint="text2"))
                row.addLayout(names, 1)
                self._team.addLayout(row, place // 2, place % 2)

    def _show_foot(self) -> None:
        looks = self._batch.foot()
        block = self._batch.block()
        self._block.setVisible(block is not None)
        if block is not None:
            self._block.set_look(block)
        keys = tuple(look.action for look in looks)
        if self._changed("foot", keys):
            self._build_foot(looks)
        for button, look in zip(self._buttons, looks, strict=True):
            button.set_look(look)

    def _build_foot(self, looks: tuple[ButtonLook, ...]) -> None:
        empty_layout(self._foot_left)
        empty_layout(self._foot_right)
        self._buttons = []
        main = len(looks) - 1
        for place, look in enumerate(looks):
            button = ActionButton(self.theme, f"batch.{look.action}", look, size="page")
            button.setMinimumWidth(self.theme.mm(LEAST_FOOT_MM * (2 if place == main else 1)))
            button.tapped.connect(self._on_action_tapped)
            button.blocked.connect(self._on_action_blocked)
            self._buttons.append(button)
            last = place == main and look.action in ("advance", "complete", "check")
            (self._foot_right if last else self._foot_left).addWidget(button)

    def _on_action_tapped(self, action: str) -> None:
        self.sheet.emit(action, self._batch.batch_id)

    def _on_action_blocked(self, action: str, reason: str) -> None:
        self.sheet.emit(f"why:{action}:{reason}", self._batch.batch_id)

    def _on_step_tapped(self, step: str, _action: str) -> None:
        self._batch.finish_step(step)

    # ---- layout -----------------------------------------------------------------------------

    def _panel(self, *parts: QWidget | QLayout) -> Panel:
        panel = Panel(self.theme)
        column = QVBoxLayout(panel)
        pad = self.theme.px(16)
        column.setContentsMargins(pad, pad, pad, pad)
        column.setSpacing(self.theme.px(8))
        for part in parts:
            if isinstance(part, QLayout):
                column.addLayout(part)
            else:
                column.addWidget(part)
        return panel

    def _row(self, *parts: tuple[QWidget, int]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(8))
        for widget, stretch in parts:
            row.addWidget(widget, stretch)
        return row

    def _column(self, *panels: tuple[Panel, int]) -> QWidget:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self.theme.px(12))
        for panel, stretch in panels:
            column.addWidget(panel, stretch)
        if not any(stretch for _, stretch in panels):
            column.addStretch(1)
        return inside

    def _arrange(self) -> None:
        clock = self._panel(
            self._row((self._clock_icon, 0), (self._clock_caption, 1)),
            self._clock,
            self._row((self._began, 1), (self._planned, 1)),
        )
        left = self._column(
            (clock, 0),
            (self._panel(self._stages), 1),
            (self._panel(self._limit_title, self._limit_detail), 0),
        )
        reading = self._panel(
            self._row((self._reading, 1), (self._measure, 0)),
            self._band,
            self._row((self._readings_title, 1), (self._readings_count, 0)),
            self._readings,
        )
        middle = self._column((reading, 1), (self._panel(self._story_title, self._story), 0))
        right = self._column(
            (
                self._panel(self._row((self._steps_title, 1), (self._steps_count, 0)), self._steps),
                0,
            ),
            (self._panel(self._amounts_title, self._amounts), 0),
            (self._panel(self._team_title, self._team), 0),
        )
        columns = QHBoxLayout()
        columns.setSpacing(self.theme.px(12))
        for widget, stretch in ((left, 10), (middle, 15), (right, 13)):
            columns.addWidget(Scroll(widget, self), stretch)
        foot = QHBoxLayout()
        foot.setSpacing(self.theme.px(12))
        foot.addLayout(self._foot_left)
        foot.addStretch(1)
        foot.addWidget(self._block)
        foot.addLayout(self._foot_right)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, self.theme.px(12))
        outer.setSpacing(self.theme.px(12))
        outer.addLayout(columns, 1)
        outer.addLayout(foot)
