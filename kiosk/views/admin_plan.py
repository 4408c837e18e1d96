"""Tonight's plan: times and portions of each batch; a change is a tap, so it works offline too."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import Signal

from dapur.batch import Batch, Recipe
from dapur.ids import BatchId
from dapur.night import SUBJECT as NIGHT
from dapur.night import OpenNightArgs, Wave
from dapur.planning import CHANGEABLE, DishLimits, PlanBatchArgs
from kiosk.views.admin_form import FormView, clock24, clock_near
from kiosk.views.admin_looks import Field, RecordLook
from kiosk.views.floor import ViewModel
from kiosk.views.looks import ButtonLook, ChipLook

CLOCKS = ("prepare_ms", "cook_ms", "ready_ms")
CLASSES = ("pk", "pb", "special")
_WAVE = "wave:"
TEMPERATURES = ("core_c", "hot_hold_c", "cold_hold_c")


class PlanView(ViewModel):
    """The batches of the open night by wave and time."""

    shown = Signal()

    def notice(self) -> str:
        """What this page is not for."""
        return self.words("admin.plan_what" if self.floor.kitchen.night else "admin.no_night")

    def tools(self) -> tuple[ButtonLook, ...]:
        """Nothing besides the rows: a whole plan comes as a file, by the operator."""
        return ()

    def rows(self) -> tuple[RecordLook, ...]:
        """One line a batch."""
        night = self.floor.kitchen.night
        if night is None:
            return ()
        order = {wave.id: place for place, wave in enumerate(night.waves)}
        batches = [
            each for each in self.floor.kitchen.batches.values() if each.night == night.serving_date
        ]
        waves = tuple(self._wave_row(wave) for wave in night.waves)
        batches.sort(
            key=lambda one: (order.get(one.plan.wave, 99), one.plan.ready_ms, one.plan.code)
        )
        return (*waves, *(self._row(each) for each in batches))

    def _wave_row(self, wave: Wave) -> RecordLook:
        floor, words = self.floor, self.words
        detail = words("admin.wave", stops=len(wave.stops), portions=floor.number(wave.portions))
        departs = words("admin.departs", at=floor.clock(wave.departure_ms))
        change = ButtonLook("change", words("admin.change"), "settings-2", "outlined")
        return RecordLook(f"{_WAVE}{wave.id}", wave.name, detail, departs, None, (change,))

    def _row(self, batch: Batch) -> RecordLook:
        floor, words, plan = self.floor, self.words, batch.plan
        wave = self._wave(plan.wave)
        may = batch.stage in CHANGEABLE
        detail = words(
            "admin.batch",
            wave=wave.name if wave else plan.wave,
            cook=floor.clock(plan.cook_ms),
            ready=floor.clock(plan.ready_ms),
            portions=floor.number(plan.portions),
        )
        buttons = (
            ButtonLook(
                "change",
                words("admin.change"),
                "settings-2",
                "outlined" if may else "blocked",
                enabled=may,
                reason=words("admin.on_fire"),
            ),
            self._copy_button(batch),
            ButtonLook("cancel", words("act.cancel_batch"), "ban", "outlined"),
        )
        chip = ChipLook(words(f"stage.{batch.stage}"), "", "neutral")
        return RecordLook(batch.id, f"{plan.code} {plan.name}", detail, "", chip, buttons)

    def _copy_button(self, batch: Batch) -> ButtonLook:
        words = self.words
        to = self._next_wave(batch)
        there = to is not None and self.floor.batch(_copy_id(batch, to)) is not None
        may = to is not None and not there
        return ButtonLook(
            "copy",
            words("admin.copy"),
            "plus",
            "outlined" if may else "blocked",
            enabled=may,
            reason=words("admin.copied" if there else "admin.one_wave"),
        )

    def _wave(self, wave: str) -> Wave | None:
        night = self.floor.kitchen.night
        return night.wave(wave) if night else None

    def _next_wave(self, batch: Batch) -> Wave | None:
        """The wave after the batch's own; after the last comes the first."""
        night = self.floor.kitchen.night
        waves = night.waves if night else ()
        at = next((place for place, wave in enumerate(waves) if wave.id == batch.plan.wave), None)
        return waves[(at + 1) % len(waves)] if at is not None and len(waves) > 1 else None

    # ---- acts -----------------------------------------------------------------------------------

    def form(self, batch_id: str) -> FormView | None:
        """The sheet on which times, portions and limits are typed; of a wave: its departure."""
        wave = self._wave(batch_id.removeprefix(_WAVE)) if batch_id.startswith(_WAVE) else None
        if wave is not None:
            departure = clock24(self.floor, wave.departure_ms)
            field = Field("departure_ms", self.words("plan.departure_ms"), "clock", departure)
            return FormView(self.floor, wave.name, "truck", (field,))
        batch = self.floor.batch(batch_id)
        if batch is None:
            return None
        floor, words, plan = self.floor, self.words, batch.plan
        fields = [
            Field(key, words(f"plan.{key}"), "clock", clock24(floor, getattr(plan, key)))
            for key in CLOCKS
        ]
        fields += [
            Field(
                key, words(f"plan.{key}"), "whole", str(getattr(plan, key)), "", "", whole_digits=5
            )
            for key in CLASSES
        ]
        for key in TEMPERATURES:
            value = getattr(plan.limits, key)
            if value is not None:
                fields.append(Field(key, words(f"plan.{key}"), "decimal", f"{value:g}", "°C"))
        title = words("admin.plan_title", code=plan.code, name=plan.name)
        return FormView(floor, title, "calendar-clock", tuple(fields))

    def save(self, batch_id: str, form: FormView) -> bool:
        """Change the plan; False when the rules refuse it, the form says why."""
        if batch_id.startswith(_WAVE):
            return self._save_wave(batch_id.removeprefix(_WAVE), form)
        batch = self.floor.batch(batch_id)
        if batch is None:
            return False
        values, plan = form.values(), batch.plan
        limits = {
            key: float(values[key]) if key in values else getattr(plan.limits, key)
            for key in TEMPERATURES
        }
        clocks = {key: clock_near(self.floor, values[key], getattr(plan, key)) for key in CLOCKS}
        # A time that was not touched keeps its seconds: the plan must not differ by them alone.
        for each in form.fields:
            if each.key in clocks and values[each.key] == each.value:
                clocks[each.key] = getattr(plan, each.key)
        args = _args(
            batch,
            plan,
            clocks,
            {key: int(float(values[key])) for key in CLASSES},
            DishLimits(**limits),
        )
        return self._tap(form, "change_plan", batch_id, args, plan.name)

    def _save_wave(self, wave_id: str, form: FormView) -> bool:
        """Another departure; the other waves are told as they stand."""
        night, wave = self.floor.kitchen.night, self._wave(wave_id)
        if night is None or wave is None:
            return False
        departure_ms = clock_near(self.floor, form.values()["departure_ms"], wave.departure_ms)
        waves = tuple(
            replace(each, departure_ms=departure_ms) if each.id == wave_id else each
            for each in night.waves
        )
        told = {**msgspec.to_builtins(night), "waves": msgspec.to_builtins(waves)}
        del told["opened_ms"]
        args = msgspec.convert(told, OpenNightArgs)
        return self._tap(form, "open_night", NIGHT, args, wave.name)

    def _tap(
        self, form: FormView, kind: str, subject: str, args: msgspec.Struct, name: str
    ) -> bool:
        refusal = self.floor.why_not(kind, subject, args)
        if refusal is not None:
            said = self.floor.refusal(refusal)
            form.refuse(f"{said.sentence} {said.next}".strip())
            return False
        if self.floor.tap(kind, subject, args) is None:
            return False
        self.floor.tell("plan", self.words("admin.plan_done", name=name), tone="ok")
        return True

    def copy(self, batch_id: str) -> bool:
        """The same dish for the next wave, moved by the time between the departures."""
        batch = self.floor.batch(batch_id)
        wave = self._next_wave(batch) if batch else None
        own = self._wave(batch.plan.wave) if batch else None
        if batch is None or wave is None or own is None:
            return False
        plan, shift_ms = batch.plan, wave.departure_ms - own.departure_ms
        clocks = {key: getattr(plan, key) + shift_ms for key in CLOCKS}
        limits = DishLimits(**{key: getattr(plan.limits, key) for key in TEMPERATURES})
        args = _args(batch, plan, clocks, {key: getattr(plan, key) for key in CLASSES}, limits)
        args = _moved(args, wave)
        if self.floor.tap("plan_batch", _copy_id(batch, wave), args) is None:
            return False
        told = self.words("admin.copy_done", name=plan.name, wave=wave.name)
        self.floor.tell("plan", told, tone="ok")
        return True


def _args(
    batch: Batch,
    plan: Recipe,
    clocks: dict[str, int],
    portions: dict[str, int],
    limits: DishLimits,
) -> PlanBatchArgs:
    return PlanBatchArgs(
        night=batch.night,
        dish=plan.dish,
        name=plan.name,
        wave=plan.wave,
        code=plan.code,
        limits=limits,
        no_cook=plan.no_cook,
        steps=plan.steps,
        ingredients=plan.ingredients,
        **clocks,
        **portions,
    )


def _moved(args: PlanBatchArgs, wave: Wave) -> PlanBatchArgs:
    return replace(args, wave=wave.id, code=f"{args.code}-{wave.id}"[:64])


def _copy_id(batch: Batch, wave: Wave) -> BatchId:
    return BatchId(f"{batch.id}-{wave.id}"[:64])
