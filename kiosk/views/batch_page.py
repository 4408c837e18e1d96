"""Everything about one dish: clock, stages with who and when, readings, steps, amounts, team; text and order."""

from __future__ import annotations

import msgspec

from dapur.batch import MINUTE_MS, Batch, Point, Source, Step, consume_by_ms, newest_core, within
from dapur.progress import FinishStepArgs, Preset
from dapur.stage import ORDER, OVER, Stage
from kiosk.views import batch_side, buttons, card
from kiosk.views.curve import curve, told
from kiosk.views.curve_looks import CurveLook
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import (
    Actor,
    BlockLook,
    BlockTone,
    ButtonLook,
    ChipLook,
    ChipTone,
    EventLook,
    ReadingLook,
    ReadingRow,
    SegmentsLook,
    StageRow,
    StageState,
    StepRow,
    TopLook,
)
from kiosk.views.naming import SOURCE_ICONS, crew, reading_place, role_text, subtitle

SHOWN_READINGS = 5
SHOWN_BEFORE = 2
"""Earlier readings named in the one line of a small window."""
_CHIP_TONES: dict[str, ChipTone] = {
    "alarm": "alarm",
    "attention": "attention",
    "held": "held",
    "done": "ok",
}


class BatchView(ViewModel):
    """The batch that the page shows."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self.batch_id = ""
        self._tab, self._point = batch_side.STEPS, ""

    def show(self, batch_id: str) -> None:
        """Show this batch."""
        if batch_id != self.batch_id:
            self._tab, self._point = batch_side.STEPS, ""
        self.batch_id = batch_id
        self.changed.emit()

    @property
    def batch(self) -> Batch | None:
        """The batch, while it is in the window."""
        return self.floor.batch(self.batch_id)

    def finish_step(self, step: str) -> None:
        """Tick a step."""
        batch = self.batch
        if batch is not None:
            args = FinishStepArgs(step=int(step), round=batch.round)
            self.floor.tap("finish_step", batch.id, args)

    def choose_tab(self, tab: str) -> None:
        """Show this part of the side."""
        self._tab = tab
        self.changed.emit()

    def choose_point(self, reading: str) -> None:
        """Tell about this reading of the curve; empty for none."""
        self._point = reading
        self.changed.emit()

    def leave_note(self, preset: str) -> None:
        """Note this phrase."""
        if self.batch is not None:
            batch_side.leave_note(self.floor, self.batch, preset)

    def write_note(self, text: str) -> None:
        """Note this in own words; nothing written is no note."""
        if self.batch is not None and text:
            batch_side.leave_note(self.floor, self.batch, Preset.NOTE, text)

    def take_own_place(self) -> None:
        """Come to the batch, or leave it."""
        if self.batch is not None:
            batch_side.take_own_place(self.floor, self.batch)

    # ---- looks ------------------------------------------------------------------------------

    def top(self) -> TopLook:
        """Name, chip, code."""
        batch, back = self.batch, self.words("act.back_board")
        if batch is None:
            return TopLook(self.words("batch.gone"), back=back)
        alerts = self.floor.alerts_about(batch.id)
        tone = card.tone_of(self.floor, batch, alerts)
        text, icon = card.chip_of(self.floor, batch, alerts, tone)
        chip = ChipLook(text, icon, _CHIP_TONES.get(tone, "neutral")) if text else None
        return TopLook(batch.plan.name, subtitle(self.floor, batch), back=back, chip=chip)

    def clock(self, *, compact: bool = False) -> tuple[str, str, str, str, str]:
        """Numeral, caption, icon, began, planned end; compact: its shorter words."""
        batch = self.batch
        if batch is None:
            return ("–", "", "clock", "", "")
        text, caption, icon = card.clock_of(self.floor, batch)
        entry = batch.entered(batch.stage)
        began = (
            self.words("clock.started", at=self.floor.clock(entry.at.earliest_ms)) if entry else ""
        )
        key = "clock.planned_end_short" if compact else "clock.planned_end"
        end = self.words(key, at=self.floor.clock(batch.plan.ready_ms))
        return text, caption, icon, began, end

    def stages(self, *, compact: bool = False) -> tuple[StageRow, ...]:
        """The way of the batch: who and when, what comes as estimate.

        Compact: why it may not go on stands at the foot alone, where there is room for all of it.
        """
        batch = self.batch
        if batch is None:
            return ()
        way = [Stage.PLANNED, Stage.PREPARING, Stage.COOKING, Stage.QUALITY_CHECK, Stage.COMPLETED]
        if batch.plan.no_cook:
            way.remove(Stage.COOKING)
        if batch.stage in OVER:
            way = [stage for stage in way if batch.entered(stage) or stage is Stage.PLANNED]
            way.append(batch.stage)
        rows = tuple(self._stage_row(batch, stage) for stage in way)
        if compact:
            return tuple(msgspec.structs.replace(row, warning="") for row in rows)
        return rows

    def _stage_row(self, batch: Batch, stage: Stage) -> StageRow:
        floor, words = self.floor, self.words
        entry = batch.entered(stage)
        now = stage is batch.stage
        done = ORDER[stage] < ORDER[batch.stage] or (now and stage in OVER | {Stage.COMPLETED})
        state: StageState = "done" if done else "current" if now else "coming"
        if stage is Stage.PLANNED:
            return StageRow(
                words("stage.planned"),
                words("stage.from_meal"),
                floor.clock(batch.plan.prepare_ms),
                state,
            )
        if entry is None or not (done or now):
            return StageRow(
                words(f"stage.{stage}"),
                words("stage.estimate"),
                floor.clock(self._planned_ms(batch, stage)),
                "coming",
            )
        who = floor.name_of(entry.actor)
        detail = who
        if now and not done:
            ran = floor.span(floor.now_ms - entry.at.earliest_ms)
            detail = words("stage.running", who=floor.short_name(entry.actor), span=ran)
        if now and batch.round > 1:
            detail = f"{detail} · {words('stage.rework', n=batch.round - 1)}"
        warning = ""
        if now and not done and (reasons := buttons.reasons(floor, batch)):
            # The first sentence; all of it, and all reasons, stand beside the button.
            warning = reasons[0].partition(". ")[0]
        return StageRow(
            words(f"stage.{stage}"), detail, floor.clock(entry.at.earliest_ms), state, warning
        )

    def _planned_ms(self, batch: Batch, stage: Stage) -> int:
        plan = batch.plan
        return {Stage.PREPARING: plan.prepare_ms, Stage.COOKING: plan.cook_ms}.get(
            stage, plan.ready_ms
        )

    def consumption(self) -> tuple[str, str]:
        """The consumption clock in words."""
        batch, floor = self.batch, self.floor
        if batch is None:
            return "", ""
        window = int(floor.kitchen.policy.consume_within_min.value * MINUTE_MS)
        until = consume_by_ms(batch, floor.kitchen.policy)
        if until is None or batch.consumption_started_ms is None:
            rule = self.words("batch.consume_rule", span=floor.span(window))
            return self.words("batch.consume_not_running"), rule
        since = floor.clock(batch.consumption_started_ms)
        return (
            self.words("batch.consume_running", at=floor.clock(until)),
            self.words("batch.consume_since", at=since),
        )

    def reading(self) -> ReadingLook:
        """The newest core reading, large."""
        batch, floor = self.batch, self.floor
        if batch is None:
            return ReadingLook("–")
        limit, newest = batch.plan.limits.core_c, newest_core(batch)
        if limit is None:
            return ReadingLook("–", caption=self.words("temp.no_core"), caption_icon="thermometer")
        if newest is None:
            return ReadingLook(
                "–",
                self.words("temp.unit"),
                self.words("temp.title_never"),
                "thermometer",
                verdict=self.words("temp.never"),
                verdict_icon="thermometer",
            )
        age = floor.now_ms - newest.at.earliest_ms
        judged = card.judged_as(floor, batch, newest, floor.alerts_about(batch.id))
        inside = newest.value_c >= limit
        diff = floor.degrees(limit - newest.value_c)
        verdict = self.words("temp.within") if inside else self.words("temp.below", diff=diff)
        return ReadingLook(
            text=floor.degrees(newest.value_c),
            unit=self.words("temp.unit"),
            caption=self.words(
                "temp.title", at=floor.clock(newest.at.earliest_ms), age=floor.ago(age)
            ),
            caption_icon="thermometer",
            judged=judged,
            verdict=verdict,
            verdict_icon="circle-check" if inside else "arrow-up",
            hint=self.words("temp.core_limit", limit=floor.limit(limit)),
        )

    def curve(self) -> CurveLook | None:
        """The curve; None for a dish that has no temperature to follow."""
        batch = self.batch
        if batch is None or (batch.plan.limits.core_c is None and not batch.readings):
            return None
        return curve(self.floor, batch, self._point)

    def told(self, look: CurveLook) -> str:
        """What the tapped point says, else how to ask one."""
        return told(look, self.words("curve.hint") if look.points else "")

    def before(self) -> str:
        """The readings before the newest in one line, for a window without room for a list."""
        rows = self.readings()[1 : 1 + SHOWN_BEFORE]
        if not rows:
            return ""
        return " · ".join(
            (self.words("batch.readings_before"), *(f"{row.clock} {row.value}" for row in rows))
        )

    def readings(self) -> tuple[ReadingRow, ...]:
        """The latest readings, newest first."""
        batch, floor = self.batch, self.floor
        if batch is None:
            return ()
        newest = newest_core(batch)
        rows = []
        for each in reversed(batch.readings[-SHOWN_READINGS:]):
            bad = within(batch.plan.limits, Point(each.point), each.value_c) is False
            loud = bad and each is newest
            rows.append(
                ReadingRow(
                    clock=floor.clock(each.at.earliest_ms),
                    value=f"{floor.degrees(each.value_c)} {self.words('temp.unit')}",
                    place=reading_place(floor, each),
                    source=self.words(f"source.{each.source}"),
                    source_icon=SOURCE_ICONS[Source(each.source)],
                    judged="alarm" if loud else "none",
                    mark_icon="arrow-down-to-line" if loud else "",
                )
            )
        return tuple(rows)

    def steps(self, *, compact: bool = False) -> tuple[StepRow, ...]:
        """The recipe; the current step has the button. Compact: the done ones are one row."""
        batch, floor = self.batch, self.floor
        if batch is None:
            return ()
        done = {row.step: row for row in batch.steps_done}
        current = next((n for n in range(1, len(batch.plan.steps) + 1) if n not in done), 0)
        rows = []
        for number, step in enumerate(batch.plan.steps, start=1):
            minutes = self.words("batch.minutes", n=step.duration_min)
            if number in done:
                at = floor.clock(done[number].at.earliest_ms)
                rows.append(StepRow(str(number), str(number), step_text(step), "done", at))
            elif number == current and batch.stage in (Stage.PREPARING, Stage.COOKING):
                rows.append(
                    StepRow(
                        str(number),
                        str(number),
                        step_text(step),
                        "current",
                        minutes,
                        self._step_button(batch, number),
                    )
                )
            else:
                rows.append(StepRow(str(number), str(number), step_text(step), "coming", minutes))
        finished = [row for row in rows if row.state == "done"]
        if compact and finished:
            text = self.words("batch.step_list", done=len(finished))
            rest = (row for row in rows if row.state != "done")
            return (StepRow("all_done", "", text, "done", finished[-1].note), *rest)
        return tuple(rows)

    def _step_button(self, batch: Batch, number: int) -> ButtonLook:
        args = FinishStepArgs(step=number, round=batch.round)
        stopped = self.floor.why_not("finish_step", batch.id, args)
        if stopped is None:
            return ButtonLook("done", self.words("act.done_step"), "check", "outlined")
        reason = self.floor.refusal(stopped).sentence
        return ButtonLook(
            "done",
            self.words("act.wait_temp"),
            "hourglass",
            "blocked",
            enabled=False,
            reason=reason,
        )

    def tabs(self, *, compact: bool) -> SegmentsLook:
        """The parts of the side that a window of this size shows one at a time."""
        batch = self.batch
        if batch is None:
            return SegmentsLook()
        return batch_side.tabs(self.floor, batch, self._tab, compact=compact)

    def amounts(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What goes in, for this batch's portions."""
        batch, floor = self.batch, self.floor
        if batch is None:
            return "", ()
        title = self.words("batch.amounts", portions=floor.number(batch.plan.portions))
        rows = tuple(
            (each.name, f"{floor.degrees(each.amount)} {each.unit}")
            for each in batch.plan.ingredients
        )
        return title, rows

    def team(self) -> tuple[tuple[Actor, str], ...]:
        """Who works at it."""
        batch, floor = self.batch, self.floor
        if batch is None:
            return ()
        return tuple(
            (Actor(who, floor.initials_of(who), floor.name_of(who)), role_text(floor, who))
            for who in crew(batch)
        )

    def own_place(self) -> ButtonLook | None:
        """The actor's button at the team."""
        return batch_side.own_place(self.floor, self.batch) if self.batch else None

    def others(self) -> ButtonLook | None:
        """Send other people here."""
        return batch_side.others(self.floor, self.batch) if self.batch else None

    def phrases(self) -> tuple[ButtonLook, ...]:
        """What can be noted with one tap."""
        return batch_side.phrases(self.floor) if self.batch else ()

    def events(self) -> tuple[EventLook, ...]:
        """What happened, the newest first."""
        return batch_side.story(self.floor, self.batch) if self.batch else ()

    def block(self) -> BlockLook | None:
        """Why the next stage is closed, all reasons; None when it is open."""
        batch = self.batch
        if batch is None:
            return None
        reasons = buttons.reasons(self.floor, batch)
        if not reasons:
            return None
        target = buttons.target_text(self.floor, batch)
        tone: BlockTone = "alarm" if batch.held else "attention"
        return BlockLook(self.words("blocked.title", stage=target), reasons, "circle-alert", tone)

    def foot(self) -> tuple[ButtonLook, ...]:
        """Hold or release, cancel, and the named stage; measuring has its place at the curve."""
        batch = self.batch
        made = buttons.page_buttons(self.floor, batch) if batch else ()
        return tuple(look for look in made if look.action != buttons.MEASURE)


def step_text(step: Step) -> str:
    """The words of a step; a limit stays on one line with its sign and its unit."""
    return step.text.replace("≥ ", "≥\N{NO-BREAK SPACE}").replace(" °C", "\N{NO-BREAK SPACE}°C")
