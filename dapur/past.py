"""What may be asked of the past of one kitchen: named queries, their arguments, rows and replies; it asks nothing."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from dapur.figures import Ratio
from dapur.words import Date, Ms

NIGHTS = "nights"
"""`NightsArgs` → `NightsReply`: the serving dates that have batches."""
TRENDS = "trends"
"""`TrendsArgs` → `TrendsReply`: the figures of each night of a span."""
NIGHT_BATCHES = "night_batches"
"""`NightArgs` → `BatchesReply`: the batches of one serving date."""
NIGHT_READINGS = "night_readings"
"""`NightArgs` → `ReadingsReply`: the temperatures of its batches."""
NIGHT_CHECKS = "night_checks"
"""`NightArgs` → `ChecksReply`: the checked items of its batches."""
NIGHT_ALERTS = "night_alerts"
"""`NightArgs` → `AlertsReply`: the alerts about its batches."""
ACTIVITY = "activity"
"""`SpanArgs` → `ActivityReply`: who was signed in or stood at a batch."""
AUDIT = "audit"
"""`AuditArgs` → `AuditReply`: every event, newest first."""

NIGHTS_MAX = 60
"""Nights of one answer: two months of figures fit one frame."""
PAGE_BYTES = 40 * 1024
"""Rows of one answer: a frame holds 64 KiB, and its envelope and the longest row need room."""
HOLDS_BYTES = 8 * 1024
"""The holds of one batch with their notes: ten or more. Longer ones would make a row that no answer has room
for, and are told from the list of events, which has no reasons."""

Skip = Annotated[int, Meta(ge=0, le=1_000_000)]


class HoldRow(msgspec.Struct, frozen=True):
    """One hold of a batch. Times are UTC ms, earliest ends; empty texts and None are not known or not yet."""

    from_ms: int
    by: str
    reason: str = ""
    note: str = ""
    number: int = 0
    """0: not known."""
    until_ms: int | None = None
    released_by: str = ""
    decision: str = ""
    release_note: str = ""

    @property
    def took_ms(self) -> int | None:
        """How long it lasted; None while it does."""
        return None if self.until_ms is None else max(0, self.until_ms - self.from_ms)


class BatchRow(msgspec.Struct, frozen=True):
    """One batch as it stands after event `seq`. Times are UTC ms, earliest ends of intervals."""

    batch: str
    night: str
    """Serving date."""
    code: str
    dish: str
    name: str
    wave: str
    pk: int
    pb: int
    special: int
    planned_prepare_ms: int
    planned_cook_ms: int
    planned_ready_ms: int
    stage: str
    round: int
    preparing_ms: int | None
    """First entry into each stage; a rework does not move them."""
    cooking_ms: int | None
    quality_check_ms: int | None
    completed_ms: int | None
    ended_ms: int | None
    cooking_took_ms: int | None
    """First pass, without the time it was held."""
    held: bool
    holds: int
    held_took_ms: int
    """Of the holds that were released; overlapping ones count once."""
    first_verdict: bool | None
    first_verdict_ms: int | None
    yield_portions: int | None
    waste_kg: float | None
    discarded_portions: int | None
    end_reason: str
    consumption_started_ms: int | None
    consume_by_ms: int | None
    on_time: bool | None
    """Completed at most five minutes late; None while unfinished and for a cancelled batch."""
    seq: int
    hold_rows: tuple[HoldRow, ...] | None = None
    """Oldest first; None where an earlier release wrote the row, and of more than HOLDS_BYTES."""

    @property
    def portions(self) -> int:
        """All classes together."""
        return self.pk + self.pb + self.special


class ReadingRow(msgspec.Struct, frozen=True):
    """One temperature in °C, also of a batch that the kitchen did not know."""

    seq: int
    batch: str
    reading: str
    value_c: float
    point: str
    source: str
    place: str
    probe: str
    low_c: float | None
    high_c: float | None
    within: bool | None
    """Against the dish's limits at that time; None where it has none or the batch was unknown."""
    actor: str
    device: str
    earliest_ms: int
    latest_ms: int
    quality: str
    recorded_ms: int


class CheckRow(msgspec.Struct, frozen=True):
    """One checked item."""

    seq: int
    batch: str
    item: str
    round: int
    passed: bool
    score: int | None
    value: float | None
    corrective_action: str
    note: str
    actor: str
    device: str
    earliest_ms: int
    latest_ms: int
    recorded_ms: int


class AlertRow(msgspec.Struct, frozen=True):
    """One alert as it stands."""

    number: int
    key: str
    rule: str
    about: str
    severity: str
    raised_ms: int
    level: int
    owner: str | None
    acknowledged_ms: int | None
    escalated_ms: int | None
    resolved_ms: int | None
    detail: str


class ActivityRow(msgspec.Struct, frozen=True):
    """A person signed in at a kiosk (`session`) or standing at a batch (`assignment`)."""

    kind: str
    subject: str
    """Session or batch."""
    place: int
    """Order of the assignments of one batch; 0 for a session."""
    staff: str
    since_ms: int
    until_ms: int | None
    device: str
    post: str
    by: str
    offline: bool


class PassingRow(msgspec.Struct, frozen=True):
    """What a chief gave with the kitchen: to a person or to a role (the other is empty), and how much was open."""

    to: str
    role: str
    note: str
    alerts: int
    checks: int
    holds: int
    reviews: int
    clocks: int


class AuditRow(msgspec.Struct, frozen=True):
    """One event: who did what to what, where and when, and when the server heard of it."""

    seq: int
    kind: str
    subject: str
    actor: str
    session: str
    device: str
    command: str
    earliest_ms: int
    latest_ms: int
    quality: str
    recorded_ms: int
    detail: str | None = None
    """The one word or text that the batch's story has of it; None where an earlier release wrote the row."""
    passing: PassingRow | None = None
    """Of a hand-over."""


class NightFigures(msgspec.Struct, frozen=True):
    """One night in numbers, by the definitions of `dapur.figures`."""

    night: str
    productions: int
    """Batches not cancelled."""
    by_stage: dict[str, int]
    portions_planned: int
    portions_completed: int
    waste_kg: float
    mean_cooking_ms: int | None
    cooked: int
    qc_pass: Ratio
    on_time: Ratio
    held: int
    """Batches that were held at least once."""
    held_took_ms: int


class AuditFilter(msgspec.Struct, frozen=True):
    """What an audit page shows; empty means all. `subject` is a batch id or `staff:…`, `alert:…`."""

    actor: str = ""
    device: str = ""
    kind: str = ""
    subject: str = ""
    from_ms: int | None = None
    """Recorded at or after (UTC ms)."""
    until_ms: int | None = None
    """Recorded before (UTC ms)."""


class NightsArgs(msgspec.Struct, frozen=True):
    """How many, newest first."""

    limit: Annotated[int, Meta(ge=1, le=NIGHTS_MAX)] = NIGHTS_MAX


class NightsReply(msgspec.Struct, frozen=True):
    """Serving dates, newest first. `seq`: up to which event of the log every answer is true."""

    nights: tuple[str, ...]
    seq: int


class TrendsArgs(msgspec.Struct, frozen=True):
    """Two serving dates, both included."""

    first_night: Date
    last_night: Date


class TrendsReply(msgspec.Struct, frozen=True):
    """The newest nights of the span, oldest of them first."""

    nights: tuple[NightFigures, ...]
    seq: int


class NightArgs(msgspec.Struct, frozen=True):
    """A serving date; `skip` so many rows that one has already."""

    night: Date
    skip: Skip = 0


class SpanArgs(msgspec.Struct, frozen=True):
    """From `from_ms` until before `until_ms` (UTC ms); `skip` so many rows that one has already."""

    from_ms: Ms
    until_ms: Ms
    skip: Skip = 0


class AuditArgs(msgspec.Struct, frozen=True):
    """`before_seq`: the `seq` of the last row that one has; None begins at the newest."""

    wanted: AuditFilter = AuditFilter()
    before_seq: Annotated[int, Meta(ge=1)] | None = None


class BatchesReply(msgspec.Struct, frozen=True):
    """By planned end. `more`: ask again, skipping what one has."""

    rows: tuple[BatchRow, ...]
    more: bool
    seq: int


class ReadingsReply(msgspec.Struct, frozen=True):
    """By time. `more` as above."""

    rows: tuple[ReadingRow, ...]
    more: bool
    seq: int


class ChecksReply(msgspec.Struct, frozen=True):
    """In order of the log. `more` as above."""

    rows: tuple[CheckRow, ...]
    more: bool
    seq: int


class AlertsReply(msgspec.Struct, frozen=True):
    """By the time they were raised. `more` as above."""

    rows: tuple[AlertRow, ...]
    more: bool
    seq: int


class ActivityReply(msgspec.Struct, frozen=True):
    """By beginning. `more` as above."""

    rows: tuple[ActivityRow, ...]
    more: bool
    seq: int


class AuditReply(msgspec.Struct, frozen=True):
    """Newest first. `more`: ask again with the last `seq`."""

    rows: tuple[AuditRow, ...]
    more: bool
    seq: int
