"""The tables of the past; they can be dropped and folded again from the log at any time."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    TypeDecorator,
)
from typing_extensions import override

from dapur.past import HoldRow, PassingRow
from server.log.tables import kitchen_key, kitchen_of_log, metadata

ID_MAX = 64
TEXT_MAX = 200
"""Texts that a key or an index holds; `dapur.recorded.clip` cuts them."""


def _id(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, String(ID_MAX), primary_key=key, nullable=False)


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, String(TEXT_MAX), primary_key=key, nullable=False)


def _number(name: str, *, key: bool = False, maybe: bool = False) -> Column[int]:
    return Column(name, BigInteger, primary_key=key, nullable=maybe, autoincrement=False)


def _real(name: str, *, maybe: bool = False) -> Column[float]:
    return Column(name, Float(53), nullable=maybe)


def _flag(name: str, *, maybe: bool = False) -> Column[bool]:
    return Column(name, Boolean, nullable=maybe)


def _long(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


class Json(TypeDecorator[Any]):
    """A value of `kind` as JSON: it is read with its row and never looked for."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: object) -> None:
        super().__init__()
        self.kind = kind

    @override
    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """To the text of the column."""
        del dialect
        return None if value is None else msgspec.json.encode(value).decode()

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        """From the text of the column."""
        del dialect
        return None if value is None else msgspec.json.decode(value, type=self.kind)


batch_history = Table(
    "batch_history",
    metadata,
    kitchen_key(),
    _text("batch", key=True),
    _id("night"),
    _id("code"),
    _id("dish"),
    _long("name"),
    _id("wave"),
    _number("pk"),
    _number("pb"),
    _number("special"),
    _number("planned_prepare_ms"),
    _number("planned_cook_ms"),
    _number("planned_ready_ms"),
    _id("stage"),
    _number("round"),
    _number("preparing_ms", maybe=True),
    _number("cooking_ms", maybe=True),
    _number("quality_check_ms", maybe=True),
    _number("completed_ms", maybe=True),
    _number("ended_ms", maybe=True),
    _number("cooking_took_ms", maybe=True),
    _flag("held"),
    _number("holds"),
    _number("held_took_ms"),
    _flag("first_verdict", maybe=True),
    _number("first_verdict_ms", maybe=True),
    _number("yield_portions", maybe=True),
    _real("waste_kg", maybe=True),
    _number("discarded_portions", maybe=True),
    _long("end_reason"),
    _number("consumption_started_ms", maybe=True),
    _number("consume_by_ms", maybe=True),
    _flag("on_time", maybe=True),
    _number("seq"),
    Column("hold_rows", Json(tuple[HoldRow, ...])),
)
Index("ix_batch_history_night", batch_history.c.kitchen, batch_history.c.night)

reading = Table(
    "reading",
    metadata,
    kitchen_key(),
    _number("seq", key=True),
    _text("batch"),
    _text("reading"),
    _real("value_c"),
    _id("point"),
    _id("source"),
    _text("place"),
    _text("probe"),
    _real("low_c", maybe=True),
    _real("high_c", maybe=True),
    _flag("within", maybe=True),
    _text("actor"),
    _text("device"),
    _number("earliest_ms"),
    _number("latest_ms"),
    _id("quality"),
    _number("recorded_ms"),
)
Index("ix_reading_batch", reading.c.kitchen, reading.c.batch, reading.c.earliest_ms)

check_result = Table(
    "check_result",
    metadata,
    kitchen_key(),
    _number("seq", key=True),
    _text("batch"),
    _id("item"),
    _number("round"),
    _flag("passed"),
    _number("score", maybe=True),
    _real("value", maybe=True),
    _long("corrective_action"),
    _long("note"),
    _text("actor"),
    _text("device"),
    _number("earliest_ms"),
    _number("latest_ms"),
    _number("recorded_ms"),
)
Index("ix_check_result_batch", check_result.c.kitchen, check_result.c.batch)

alert_history = Table(
    "alert_history",
    metadata,
    kitchen_key(),
    _number("number", key=True),
    _text("key"),
    _id("rule"),
    _text("about"),
    _id("severity"),
    _number("raised_ms"),
    _number("level"),
    Column("owner", String(TEXT_MAX)),
    _number("acknowledged_ms", maybe=True),
    _number("escalated_ms", maybe=True),
    _number("resolved_ms", maybe=True),
    _long("detail"),
)
Index("ix_alert_history_raised", alert_history.c.kitchen, alert_history.c.raised_ms)

staff_activity = Table(
    "staff_activity",
    metadata,
    kitchen_key(),
    _id("kind", key=True),
    _text("subject", key=True),
    _number("place", key=True),
    _text("staff"),
    _number("since_ms"),
    _number("until_ms", maybe=True),
    _text("device"),
    _id("post"),
    _text("by"),
    _flag("offline"),
)
Index("ix_staff_activity_since", staff_activity.c.kitchen, staff_activity.c.since_ms)

audit = Table(
    "audit",
    metadata,
    kitchen_key(),
    _number("seq", key=True),
    _text("kind"),
    _text("subject"),
    _text("actor"),
    _text("session"),
    _text("device"),
    _text("command"),
    _number("earliest_ms"),
    _number("latest_ms"),
    _id("quality"),
    _number("recorded_ms"),
    Column("detail", Text),
    Column("passing", Json(PassingRow)),
)
Index("ix_audit_subject", audit.c.kitchen, audit.c.subject, audit.c.seq)
Index("ix_audit_actor", audit.c.kitchen, audit.c.actor, audit.c.seq)

history_state = Table(
    "history_state",
    metadata,
    kitchen_of_log(),
    _number("seq"),
    Column("state_version", Integer, nullable=False),
    _long("text"),
)
"""The fold at some event, from which the follower goes on after a restart."""

ROWS = (batch_history, reading, check_result, alert_history, staff_activity, audit)
"""Everything that is folded from the log."""
