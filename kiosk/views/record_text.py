"""A night's record in words: head, batches, alerts, people, limits; it asks nobody and shows nothing."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dapur.batch import Line
from dapur.ids import StaffId
from dapur.past import AlertRow, BatchRow, CheckRow, HoldRow, ReadingRow
from dapur.policy import NAMES
from kiosk.past import Night
from kiosk.record.document import Document, Section
from kiosk.record.gaps import entered_late, silent
from kiosk.record.handovers import Passing
from kiosk.record.tables import moment
from kiosk.record.tonight import UNTOLD
from kiosk.views import figures_text as text
from kiosk.views.admin_policy import PolicyView
from kiosk.views.floor import WIB_MIN, Floor
from kiosk.views.naming import day_text
from kiosk.views.record_spans import handover_section, hold_section
from kiosk.views.story import line_look
from kiosk.views.summary import date_text

SIGN = "▲ "
"""Before what is out of the ordinary: on grey paper nothing but a sign and a word can be told apart."""


class Told(msgspec.Struct, frozen=True):
    """A night, what happened to each batch, and from where and when (UTC ms) it is known."""

    night: Night
    lines: Mapping[str, tuple[Line, ...]]
    at_ms: int
    tonight: bool
    holds: Mapping[str, tuple[HoldRow, ...]]
    """By batch; a batch that is missing has none that is known."""
    passings: tuple[Passing, ...]
    """Hand-overs between chiefs, oldest first."""


def document(floor: Floor, told: Told, kiosks: Mapping[str, str]) -> Document:
    """The whole record in the chosen language; `kiosks`: names by device id, other ids stay as they are."""
    writer = _Writer(floor, told, kiosks)
    words = floor.words
    return Document(
        words("record.paper", kitchen=floor.kitchen_name),
        writer.facts(),
        (
            writer.overview(),
            *(section for batch in told.night.batches for section in writer.batch(batch)),
            writer.alerts(),
            handover_section(floor, told.passings, SIGN),
            writer.people(),
            writer.limits(),
        ),
        words("record.foot"),
    )


class _Writer:
    """One document; keeps what every section needs."""

    def __init__(self, floor: Floor, told: Told, kiosks: Mapping[str, str]) -> None:
        self._floor, self._told, self._kiosks = floor, told, kiosks
        self._words = floor.words
        self._codes = {row.batch: row.code for row in told.night.batches}
        self._unmeasured_ms = int(floor.kitchen.policy.unmeasured_min.value * 60_000)

    # ---- pieces -----------------------------------------------------------------------------

    def _clock(self, at_ms: int | None) -> str:
        return self._floor.clock(at_ms) if at_ms else "–"

    def _name(self, staff: str | None) -> str:
        return self._floor.name_of(StaffId(staff)) if staff else "–"

    def _kiosk(self, device: str) -> str:
        return self._kiosks.get(device, device)

    def _heads(self, *names: str) -> tuple[str, ...]:
        return tuple(self._words(f"record.head.{name}") for name in names)

    def _number(self, number: float | None) -> str:
        if number is None:
            return "–"
        whole = number == int(number)
        return self._floor.number(int(number)) if whole else self._floor.degrees(number)

    # ---- head -------------------------------------------------------------------------------

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Kitchen, night, portions, waves, who signed, and from when this knowledge is."""
        words, night = self._words, self._told.night
        at = self._floor.kitchen.night
        offset_min = at.offset_min if at is not None else WIB_MIN
        at_ms = self._told.at_ms
        date = (moment(at_ms, offset_min) or "")[:10]
        made = f"{day_text(self._floor, date)} {self._clock(at_ms)}" if date else "–"
        source = "record.from_kiosk" if self._told.tonight else "record.from_server"
        waves = sorted({row.wave for row in night.batches})
        signers = sorted(
            {
                self._name(line.actor)
                for lines in self._told.lines.values()
                for line in lines
                if line.kind in ("verdict_given", "batch_completed", "hold_released")
            }
        )
        facts = (
            ("kitchen", self._floor.kitchen_name),
            ("night", date_text(self._floor, night.serving_date)),
            ("zone", f"{at.zone if at is not None else 'WIB'} (UTC{offset_min / 60:+g})"),
            ("batches", self._floor.number(len(night.batches))),
            ("portions", self._floor.number(sum(row.portions for row in night.batches))),
            ("waves", ", ".join(self._wave(each) for each in waves) or "–"),
            ("signed", ", ".join(signers) or "–"),
            ("state", words(source, at=made, seq=self._floor.number(night.seq))),
        )
        return tuple((words(f"record.fact.{key}"), value) for key, value in facts)

    def _wave(self, wave_id: str) -> str:
        night = self._floor.kitchen.night
        wave = night.wave(wave_id) if night is not None else None
        return wave.name if wave is not None else wave_id

    def overview(self) -> Section:
        """One line a batch: yield, waste, limit."""
        rows = self._told.night.batches
        return Section(
            self._words("record.overview"),
            () if rows else (self._words("record.no_batches"),),
            self._heads("code", "dish", "stage", "planned", "ready", "limit", "yield", "waste"),
            tuple(
                (
                    row.code,
                    row.name,
                    self._stage(row),
                    self._clock(row.planned_ready_ms),
                    self._clock(row.completed_ms),
                    self._clock(row.consume_by_ms),
                    self._number(row.yield_portions),
                    "–" if row.waste_kg is None else f"{self._number(row.waste_kg)} kg",
                )
                for row in rows
            ),
            frozenset(n for n, row in enumerate(rows) if row.held or row.on_time is False),
        )

    def _stage(self, row: BatchRow) -> str:
        stage = self._words(f"stage.{row.stage}")
        if row.held:
            return f"{SIGN}{self._words('record.held', stage=stage)}"
        return f"{SIGN}{self._words('record.late', stage=stage)}" if row.on_time is False else stage

    # ---- a batch ----------------------------------------------------------------------------

    def batch(self, row: BatchRow) -> tuple[Section, ...]:
        """What happened, what was measured, what was checked."""
        night = self._told.night
        readings = [each for each in night.readings if each.batch == row.batch]
        checks = [each for each in night.checks if each.batch == row.batch]
        held = self._told.holds.get(row.batch, ())
        return (
            Section(f"{row.code} · {row.name}", self._notes(row, readings, listed=bool(held))),
            *((hold_section(self._floor, held, SIGN),) if held else ()),
            self._happened(row),
            self._measured(readings),
            self._checked(checks),
        )

    def _notes(self, row: BatchRow, readings: list[ReadingRow], *, listed: bool) -> tuple[str, ...]:
        """`listed`: its holds have a table of their own."""
        words = self._words
        notes = [
            words(
                "record.batch",
                portions=self._floor.number(row.portions),
                wave=self._wave(row.wave),
                stage=words(f"stage.{row.stage}"),
                limit=self._clock(row.consume_by_ms),
            )
        ]
        if row.completed_ms is not None:
            notes.append(
                words(
                    "record.came_out",
                    portions=self._number(row.yield_portions),
                    planned=self._floor.number(row.portions),
                    waste=self._number(row.waste_kg),
                )
            )
        if row.end_reason:
            notes.append(SIGN + words("record.ended", reason=row.end_reason))
        if row.holds and not listed:
            held = text.span(row.held_took_ms, language=words.language)
            notes.append(SIGN + words("record.holds", count=row.holds, span=held))
        gaps = silent(row, readings, self._unmeasured_ms, self._told.at_ms)
        notes += [
            SIGN + words("record.gap", begin=self._clock(begin), end=self._clock(end))
            for begin, end in gaps
        ]
        return tuple(notes)

    def _happened(self, row: BatchRow) -> Section:
        lines = self._told.lines.get(row.batch, ())
        rows: list[tuple[str, ...]] = []
        marked: set[int] = set()
        for line in lines:
            look = line_look(self._floor, self._with_detail(row, line))
            late = self._late(line.at_ms, line.recorded_ms)
            odd = bool(late) or look.tone != "neutral"
            if odd:
                marked.add(len(rows))
            title = (SIGN if odd else "") + look.title
            rows.append((look.clock, title, look.detail, self._kiosk(line.device), late))
        none = () if rows else (self._words("record.no_lines"),)
        heads = self._heads("at", "what", "who", "device", "entered")
        return Section(
            self._words("record.happened"), none, heads, tuple(rows), frozenset(marked), 3
        )

    def _with_detail(self, row: BatchRow, line: Line) -> Line:
        """Where an earlier release kept none: the stage is known by its time, the rest is a dash."""
        if line.detail != UNTOLD:
            return line
        entered = {
            row.preparing_ms: "preparing",
            row.cooking_ms: "cooking",
            row.quality_check_ms: "quality_check",
        }
        detail = entered.get(line.at_ms, UNTOLD) if line.kind == "stage_entered" else UNTOLD
        if line.kind == "batch_completed" and row.yield_portions is not None:
            detail = str(row.yield_portions)
        if line.kind in ("batch_cancelled", "batch_discarded") and row.end_reason:
            detail = row.end_reason
        return msgspec.structs.replace(line, detail=detail)

    def _late(self, at_ms: int, recorded_ms: int) -> str:
        if not entered_late(at_ms, recorded_ms):
            return ""
        return self._words("record.entered_late", at=self._clock(recorded_ms))

    def _measured(self, readings: list[ReadingRow]) -> Section:
        words = self._words
        return Section(
            words("record.readings"),
            () if readings else (words("record.no_readings"),),
            self._heads("at", "value", "point", "limits", "judged", "source", "who", "entered"),
            tuple(
                (
                    self._clock(row.earliest_ms),
                    f"{self._floor.degrees(row.value_c)} °C",
                    words(f"record.point.{row.point}"),
                    self._limits(row),
                    self._judged(row),
                    " ".join(filter(None, (words(f"source.{row.source}"), row.probe, row.place))),
                    self._name(row.actor),
                    self._late(row.earliest_ms, row.recorded_ms),
                )
                for row in readings
            ),
            frozenset(n for n, row in enumerate(readings) if row.within is False),
            3,
        )

    def _limits(self, row: ReadingRow) -> str:
        low = "" if row.low_c is None else f"≥ {self._floor.limit(row.low_c)}"
        high = "" if row.high_c is None else f"≤ {self._floor.limit(row.high_c)}"
        return " ".join(filter(None, (low, high))) or "–"

    def _judged(self, row: ReadingRow) -> str:
        if row.within is None:
            return "–"
        return self._words("record.inside") if row.within else SIGN + self._words("record.outside")

    def _checked(self, checks: list[CheckRow]) -> Section:
        words = self._words
        return Section(
            words("record.checks"),
            () if checks else (words("record.no_checks"),),
            self._heads("at", "item", "round", "verdict", "score", "corrective", "who"),
            tuple(
                (
                    self._clock(row.earliest_ms),
                    words(f"qc.item.{row.item}"),
                    str(row.round),
                    words("qc.pass") if row.passed else SIGN + words("qc.fail"),
                    "–" if row.score is None else str(row.score),
                    " · ".join(filter(None, (row.corrective_action, row.note))) or "–",
                    self._name(row.actor),
                )
                for row in checks
            ),
            frozenset(n for n, row in enumerate(checks) if not row.passed),
            3,
        )

    # ---- the night --------------------------------------------------------------------------

    def alerts(self) -> Section:
        """Every alert about these batches."""
        words, rows = self._words, self._told.night.alerts
        return Section(
            words("record.alerts"),
            () if rows else (words("record.no_alerts"),),
            self._heads("raised", "what", "severity", "about", "owner", "taken", "resolved"),
            tuple(self._alert(row) for row in rows),
            frozenset(n for n, row in enumerate(rows) if row.resolved_ms is None),
        )

    def _alert(self, row: AlertRow) -> tuple[str, ...]:
        words = self._words
        rule, severity = f"rule.{row.rule}", f"alert.{row.severity}"
        still = SIGN + words("record.unresolved")
        return (
            self._clock(row.raised_ms),
            words(rule) if words.has(rule) else row.rule,
            words(severity) if words.has(severity) else row.severity,
            self._codes.get(row.about, row.about),
            self._name(row.owner),
            self._clock(row.acknowledged_ms),
            still if row.resolved_ms is None else self._clock(row.resolved_ms),
        )

    def people(self) -> Section:
        """Who was signed in where; a sign-in without the server says so."""
        words = self._words
        rows = [each for each in self._told.night.activity if each.kind == "session"]
        return Section(
            words("record.people"),
            () if rows else (words("record.no_people"),),
            self._heads("who", "device", "since", "until", "how"),
            tuple(
                (
                    self._name(row.staff),
                    self._kiosk(row.device),
                    self._clock(row.since_ms),
                    self._clock(row.until_ms),
                    words("record.offline") if row.offline else words("record.online"),
                )
                for row in rows
            ),
        )

    def limits(self) -> Section:
        """The policy record as it is now, each value with its source."""
        words, policy = self._words, self._floor.kitchen.policy
        texts = PolicyView(self._floor)
        rows = []
        for name in NAMES:
            limit = getattr(policy, name)
            value = texts.value_text(name, limit.value)
            rows.append((texts.label(name), value, limit.source, limit.valid_from))
        return Section(
            words("record.limits"),
            (words("record.limits_note"),),
            self._heads("limit_name", "limit_value", "limit_source", "limit_from"),
            tuple(rows),
        )
