"""The batch page: clock and stages left, reading and curve in the middle, the side right; it only composes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.screens.batch_side import BatchSide
from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.batch_page import BatchView
from kiosk.views.looks import ButtonLook, TopLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Panel, empty_layout
from kiosk.widgets.block_reason import BlockReason
from kiosk.widgets.curve_slot import CurveSlot
from kiosk.widgets.icon_mark import IconMark
from kiosk.widgets.reading_list import ReadingList
from kiosk.widgets.reading_value import ReadingValue
from kiosk.widgets.stage_list import StageList
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
        self._curve = CurveSlot(theme, "batch.curve")
        self._told = TextBlock(theme, "", "body", weight=600, lines=2)
        self._told.setObjectName("batch.curve.told")
        self._legend = TextBlock(theme, "", "caption", tint="text2")
        self._before = TextBlock(theme, "", "body", tint="text2", lines=2)
        self._readings_title = TextBlock(theme, "", "section")
        self._readings_count = TextBlock(theme, "", "body", tint="text2")
        self._readings = ReadingList(theme)
        self._side = BatchSide(theme, view)
        self._block = BlockReason(theme)
        self._buttons: list[ActionButton] = []
        self._foot_left, self._foot_right = QHBoxLayout(), QHBoxLayout()
        self._foot_keys: tuple[str, ...] = ()
        self._arrange()
        self._measure.tapped.connect(self._on_action_tapped)
        self._curve.chosen.connect(view.choose_point)
        self._side.blocked.connect(self._on_action_blocked)
        self._side.team_wanted.connect(self._on_team_wanted)

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
        view = self._batch
        compact = self.theme.metrics.compact
        text, caption, icon, began, planned = view.clock(compact=compact)
        self._clock.set_role("reading" if compact else "batch")
        self._clock.set_text(text)
        self._clock_caption.set_text(caption)
        self._clock_icon.set_icon(icon)
        self._began.set_text(began)
        self._planned.set_text(planned)
        self._stages.set_look(view.stages(compact=compact))
        self._place_limit(compact=compact)
        title, detail = view.consumption()
        self._limit_title.set_text(title)
        self._limit_detail.set_text(detail)
        self._show_readings()
        self._side.refresh()
        self._show_foot()

    def _place_limit(self, *, compact: bool) -> None:
        """A small window has more room for it under the side (pictures 03 and 12b)."""
        home = self._side.layout() if compact else self._left
        if home is not None and home.indexOf(self._limit) < 0:
            home.addWidget(self._limit)

    def _show_readings(self) -> None:
        view, words, compact = self._batch, self._batch.words, self.theme.metrics.compact
        self._reading.set_look(view.reading())
        measure = words("act.measure" if compact else "act.measure_long")
        self._measure.set_look(ButtonLook("measure", measure, "thermometer", "tonal"))
        curve = view.curve()
        curve_parts: tuple[QWidget, ...] = (self._curve, self._told, self._legend)
        for part in curve_parts:
            part.setVisible(curve is not None)
        if curve is not None:
            self._curve.set_look(curve, words("curve.loading"))
            self._told.set_text(view.told(curve))
            self._legend.set_text(curve.legend)
        rows = view.readings()
        self._before.setVisible(compact)
        self._before.set_text(view.before())
        listed: tuple[QWidget, ...] = (self._readings_title, self._readings_count, self._readings)
        for part in listed:
            part.setVisible(not compact)
        self._readings_title.set_text(words("temp.readings"))
        self._readings_count.set_text(words("temp.count", count=len(rows)))
        self._readings.set_look(rows)

    def _show_foot(self) -> None:
        looks = self._batch.foot()
        block = self._batch.block()
        self._block.setVisible(block is not None)
        if block is not None:
            self._block.set_look(block)
        keys = tuple(look.action for look in looks)
        if keys != self._foot_keys:
            self._foot_keys = keys
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

    def _on_team_wanted(self) -> None:
        self.go.emit("team", self._batch.batch_id)

    def _on_action_blocked(self, action: str, reason: str) -> None:
        self.sheet.emit(f"why:{action}:{reason}", self._batch.batch_id)

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
        self._limit = self._panel(self._limit_title, self._limit_detail)
        left = self._column((clock, 0), (self._panel(self._stages), 1), (self._limit, 0))
        self._left = left.layout()
        middle = self._panel(
            self._row((self._reading, 1), (self._measure, 0)),
            self._curve,
            self._told,
            self._legend,
            self._before,
            self._row((self._readings_title, 1), (self._readings_count, 0)),
            self._readings,
        )
        # The curve takes what the rest of its column leaves, so that nothing there must scroll.
        self._curve.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        columns = QHBoxLayout()
        columns.setSpacing(self.theme.px(12))
        for widget, stretch in ((Scroll(left, self), 20), (middle, 37), (self._side, 24)):
            columns.addWidget(widget, stretch)
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
