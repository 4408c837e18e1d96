"""Everything about one dish: clock, stages with who and when, readings, steps, amounts, team; text and order."""

from __future__ import annotations

from dapur.batch import MINUTE_MS, Batch, Point, Source, consume_by_ms, newest_core, within
from dapur.progress import FinishStepArgs
from dapur.stage import ORDER, OVER, Stage
from kiosk.views import buttons, card
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import (
    Actor,
    BandLook,
    BlockLook,
    BlockTone,
    ButtonLook,
    ChipLook,
    ChipTone,
    EventLook,
    ReadingLook,
    ReadingRow,
    StageRow,
    StageState,
    StepRow,
    TopLook,
)
from kiosk.views.naming import SOURCE_ICONS, crew, reading_place, role_text, subtitle
from kiosk.views.story import lines_since

SHOWN_READINGS = 6
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

    def show(self, batch_id: str) -> None:
        """Show this batch."""
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

    def clock(self) -> tuple[str, str, str, str, str]:
        """Numeral, caption, icon, began, planned end."""
        batch = self.batch
        if batch is None:
            return ("–", "", "clock", "", "")
        text, caption, icon = card.clock_of(self.floor, batch)
        entry = batch.entered(batch.stage)
        began = (
            self.words("clock.started", at=self.floor.clock(entry.at.earliest_ms)) if entry else ""
        )
        end = self.words("clock.planned_end", at=self.floor.clock(batch.plan.ready_ms))
        return text, caption, icon, began, end

    def stages(self) -> tuple[StageRow, ...]:
        """The way of the batch: who and when, what comes as estimate."""
        batch = self.batch
        if batch is None:
            return ()
        way = [Stage.PLANNED, Stage.PREPARING, Stage.COOKING, Stage.QUALITY_CHECK, Stage.COMPLETED]
        if batch.plan.no_cook:
            way.remove(Stage.COOKING)
        if batch.stage in OVER:
            way = [stage for stage in way if batch.entered(stage) or stage is Stage.PLANNED]
            way.append(batch.stage)
        return tuple(self._stage_row(batch, stage) for stage in way)

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
            detail = words("stage.running", who=who, span=ran)
        if now and batch.round > 1:
            detail = f"{detail} · {words('stage.rework', n=batch.round - 1)}"
        warning = ""
        if now and not done and (reasons := buttons.reasons(floor, batch)):
            warning = reasons[0]
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

    def band(self) -> BandLook | None:
        """The newest value against its limit."""
        batch = self.batch
        return card.band_of(batch, newest_core(batch)) if batch else None

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

    def steps(self) -> tuple[StepRow, ...]:
        """The recipe; the current step has the button."""
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
                rows.append(StepRow(str(number), str(number), step.text, "done", at))
            elif number == current and batch.stage in (Stage.PREPARING, Stage.COOKING):
                rows.append(
                    StepRow(
                        str(number),
                        str(number),
                        step.text,
                        "current",
                        minutes,
                        self._step_button(batch, number),
                    )
                )
            else:
                rows.append(StepRow(str(number), str(number), step.text, "coming", minutes))
        return tuple(rows)

    def _step_button(self, batch: Batch, number: int) -> ButtonLook:
        args = FinishStepArgs(step=number, round=batch.round)
        stopped = self.floor.why_not("finish_step", batch.id, args)
        if stopped is None:
            return ButtonLook("done", self.words("act.done_step"), "check", "tonal")
        reason = self.floor.refusal(stopped).sentence
        return ButtonLook(
            "done",
            self.words("act.wait_temp"),
            "hourglass",
            "blocked",
            enabled=False,
            reason=reason,
        )

    def steps_count(self) -> str:
        """How many steps are done."""
        batch = self.batch
        if batch is None or not batch.plan.steps:
            return ""
        done = len({row.step for row in batch.steps_done})
        return self.words("batch.steps_of", done=done, total=len(batch.plan.steps))

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

    def events(self) -> tuple[EventLook, ...]:
        """What happened, newest last."""
        batch = self.batch
        return lines_since(self.floor, batch, 0)[-6:] if batch else ()

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
        """Hold or release, measure, cancel, and the named stage."""
        batch = self.batch
        return buttons.page_buttons(self.floor, batch) if batch else ()
