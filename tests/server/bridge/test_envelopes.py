"""Every envelope of the platform, as its programs write it: what is read of it, and what we write in its form."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dapur.delivery import TrackDeliveryArgs
from dapur.envelope import Taken, decode_command
from dapur.ids import KitchenId
from dapur.kitchen import SERVER_DEVICE, empty, take
from dapur.notice import PostNoticeArgs
from dapur.rule import Wish
from dapur.wire.messages import Outcome
from server.bridge.message import Message, is_ours
from server.bridge.names import HEARD
from server.bridge.orders import outbox_of, rows_of, wishes_of
from server.bridge.reader import Garbage, Inbound, moment_ms, read
from server.bridge.writer import write
from server.settings import Dialect, Heard, Told

AT_MS = 1_764_003_600_123
ISO = "2025-11-24T17:00:00.123Z"
S = "sppg-1"


def parsed(said: object) -> Inbound:
    """The tolerant reader on a JSON object."""
    return read(json.dumps(said).encode(), max_bytes=100_000)


WORDS = st.sampled_from(
    [
        "id", "type", "eventType", "sppgId", "timestamp", "data", "message", "text", "title", "status",
        "newStatus", "deliveryId", "wave", "temperature", "notes", "severity", "plan", "batches", "name",
        "distribution", "metadata", "novel", "STATUS", "Data",
    ]
)  # fmt: skip


# ---- what comes in -------------------------------------------------------------------------------

NOTICES: dict[str, tuple[dict[str, Any], str, str]] = {
    "RealtimeMessage": (
        {
            "id": "r-1", "type": "inventory_alert", "sppgId": S, "domain": "inventory",
            "data": {"message": "Telur habis"}, "timestamp": AT_MS, "userId": "u-1",
        },
        "Telur habis", "warning",
    ),
    "inventory": (
        {
            "type": "low_stock_alert", "sppgId": S, "timestamp": ISO,
            "data": {"id": "i-1", "name": "Beras", "message": "Stok di bawah batas"},
        },
        "Stok di bawah batas", "warning",
    ),
    "inventory without words": (
        {"type": "stock_movement", "sppgId": S, "data": {"id": "i-1", "name": "Beras"}, "timestamp": ISO},
        "Beras", "info",
    ),
    "distribution notice": (
        {
            "type": "distribution_notification", "title": "Gelombang 1", "message": "berangkat",
            "sppgId": S, "timestamp": ISO,
        },
        "Gelombang 1: berangkat", "info",
    ),
    "menu": (
        {
            "type": "MENU_UPDATED", "data": {"id": "m-1", "menuName": "Ayam kecap", "menuCode": "A1"},
            "sppgId": S, "timestamp": AT_MS,
        },
        "Ayam kecap", "info",
    ),
    "broadcast": (
        {"type": "broadcast", "channel": "x", "message": "Air mati jam 3", "sppgId": S, "timestamp": ISO},
        "Air mati jam 3", "info",
    ),
    "broadcast of an object": (
        {"type": "broadcast", "channel": "x", "message": {"text": "Gas tiba"}, "sppgId": S, "timestamp": ISO},
        "Gas tiba", "info",
    ),
    "helper": (
        {"type": "hr.shift", "sppgId": S, "data": {"message": "Shift berubah"}, "timestamp": ISO},
        "Shift berubah", "info",
    ),
    "created": (
        {
            "eventType": "PRODUCTION_CREATED", "timestamp": ISO, "correlationId": "prod-p1",
            "data": {
                "id": "p1", "batchNumber": "PROD-20251124-001", "menuName": "Soto",
                "plannedPortions": 300, "productionDate": "2025-11-24", "status": "PLANNED",
                "estimatedCost": 1,
            },
            "metadata": {"createdBy": "u", "sppgId": S, "subscriptionPlan": "BASIC"},
        },
        "Soto", "info",
    ),
    "any case": (
        {"TYPE": "X", "SppgID": S, "DATA": {"Message": "huruf besar", "PRIORITY": "urgent"}, "Timestamp": ISO},
        "huruf besar", "warning",
    ),
    "odd characters": (
        {"type": "x", "sppgId": S, "data": {"message": " dua\nbaris\u0000\u202e "}, "timestamp": ISO},
        "dua baris", "info",
    ),
    "too long": (
        {"type": "x", "sppgId": S, "data": {"message": "a" * 900}, "timestamp": ISO}, "a" * 500, "info",
    ),
}  # fmt: skip


def asked(topic: Heard, said: object) -> Wish:
    """The one command that a message makes."""
    (wish,) = wishes_of(topic, parsed(said), empty(KitchenId(S)), AT_MS)
    return wish


@pytest.mark.parametrize("name", NOTICES)
def test_reader_makes_a_notice_of_every_form(name: str) -> None:
    said, text, level = NOTICES[name]
    inbound = parsed(said)
    assert (set(inbound.tenants), inbound.at_ms) == ({S}, AT_MS)
    args = asked("system:notice", said).args
    assert isinstance(args, PostNoticeArgs)
    assert (args.text, args.level) == (text, level)


DELIVERIES: dict[str, tuple[dict[str, Any], tuple[str, str, float | None]]] = {
    "code": (
        {
            "type": "distribution_status_changed", "sppgId": S, "timestamp": ISO,
            "distribution": {"id": "d1", "distributionCode": "DIST-1", "status": "IN_TRANSIT"},
        },
        ("delivery:d1", "IN_TRANSIT", None),
    ),
    "completed": (
        {
            "type": "distribution_completed", "sppgId": S, "timestamp": ISO,
            "distribution": {"distributionCode": "DIST-1", "status": "COMPLETED"},
        },
        ("delivery:DIST-1", "COMPLETED", None),
    ),
    "newer word": (
        {"type": "x", "sppgId": S, "data": {"deliveryId": "v-2", "status": "departed", "departureTemp": 66}},
        ("delivery:v-2", "DEPARTED", 66.0),
    ),
    "older word": (
        {"type": "x", "sppgId": S, "data": {"id": "v-2", "newStatus": "RETURNED", "arrivalTemp": 999}},
        ("delivery:v-2", "RETURNED", None),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DELIVERIES)
def test_reader_makes_a_tracked_delivery_of_every_form(name: str) -> None:
    said, (subject, status, temp_c) = DELIVERIES[name]
    wish = asked("distribution:tracking", said)
    assert isinstance(wish.args, TrackDeliveryArgs)
    assert (wish.subject, wish.args.status.value, wish.args.temp_c) == (subject, status, temp_c)


@pytest.mark.parametrize(
    ("said", "at_ms"),
    [
        (ISO, AT_MS),
        ("2025-11-25T00:00:00.123+07:00", AT_MS),
        ("2025-11-24T17:00:00.123", AT_MS),
        (AT_MS, AT_MS),
        (AT_MS / 1000, AT_MS),
        (1_764_003_600, 1_764_003_600_000),
        (-1, None),
        (True, None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (1e300, None),
        ([], None),
    ],
)
def test_reader_takes_times_in_every_form_and_odd_ones_for_none(
    said: Any, at_ms: int | None
) -> None:
    assert moment_ms(said) == at_ms


def test_reader_keeps_what_it_does_not_know() -> None:
    assert parsed({"type": "x", "sppgId": S, "novel": {"A": 1}}).fields["novel"] == {"A": 1}


def test_message_is_known_by_its_id_and_without_one_by_its_bytes() -> None:
    first = {"type": "x", "id": "m-1", "sppgId": S, "data": {"message": "a"}}
    again = first | {"data": {"message": "b"}}
    assert outbox_of("system:notice", parsed(first)) == outbox_of("system:notice", parsed(again))
    assert outbox_of("system:notice", parsed(first)) != outbox_of("production:plan", parsed(first))
    bare = {"type": "x", "sppgId": S, "correlationId": "prod-1"}
    assert parsed(bare).id == parsed(bare).id != parsed(bare | {"type": "y"}).id
    assert len(outbox_of("system:notice", parsed({"id": "x" * 5000}))) <= 64


def test_same_message_makes_the_same_rows_whenever_it_comes() -> None:
    inbound = parsed(NOTICES["menu"][0])
    wished = wishes_of("system:notice", inbound, empty(KitchenId(S)), AT_MS)
    outbox = outbox_of("system:notice", inbound)
    rows = rows_of(outbox, wished, inbound.at_ms, AT_MS + 5)
    assert rows == rows_of(outbox, wished, inbound.at_ms, AT_MS + 99)
    assert [row.dseq for row in rows] == [1]


@pytest.mark.parametrize(
    "payload", [b"", b"nul", b'"x"', b"1", b"{}{}", b'{"a":', b"\xff", b"[" * 5000]
)
def test_reader_names_what_is_no_message(payload: bytes) -> None:
    with pytest.raises(Garbage):
        read(payload, max_bytes=100_000)


JSON = st.recursive(
    st.sampled_from([None, True, 10**400, -(10**4000), 1e308, 0.5, "FAILED", "D-1", ""])
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(WORDS, JSON, max_size=10))
def test_nothing_that_json_can_say_is_more_than_garbage(said: dict[str, Any]) -> None:
    try:
        inbound = parsed(said)
    except Garbage:
        return
    for topic in HEARD:
        try:
            wished = wishes_of(topic, inbound, empty(KitchenId(S)), AT_MS)
            rows = rows_of(outbox_of(topic, inbound), wished, inbound.at_ms, AT_MS)
        except Garbage:
            continue
        for row in rows:
            command = decode_command(row.bytes)
            taken = Taken(command, SERVER_DEVICE, command.occurred, AT_MS)
            taking = take(empty(KitchenId(S)), taken, AT_MS)
            assert taking.outcome is Outcome.APPLIED, (taking.code, command)


@pytest.mark.parametrize("name", ["id", "sppgId", "timestamp", "status", "temperature", "message"])
def test_number_of_thousands_of_digits_is_passed_over(name: str) -> None:
    said = b'{"type":"x","data":{"message":"hai","id":"D-1","status":"FAILED"},"%s":1%s}'
    inbound = read(said % (name.encode(), b"0" * 4_000), max_bytes=100_000)
    assert inbound.at_ms is None
    for topic in ("system:notice", "distribution:tracking"):
        (known,) = [each for each in HEARD if each == topic]
        assert wishes_of(known, inbound, empty(KitchenId(S)), AT_MS)


# ---- what goes out -------------------------------------------------------------------------------

BATCH = {
    "batchId": "b1", "batchNumber": "G1-02", "menuId": "ayam", "menuName": "Ayam kecap",
    "servingDate": "2025-11-25", "status": "COOKING", "stage": "cooking", "plannedPortions": 214,
}  # fmt: skip
ALERT = {
    "alertId": "overdue:b1:1",
    "rule": "overdue",
    "severity": "HIGH",
    "about": "b1",
    "detail": "12",
}
WAVE = {
    "distributionId": "2025-11-25-G1",
    "waveName": "Gelombang 1",
    "status": "PREPARING",
    "stage": "ready",
}
USED = BATCH | {"items": [{"name": "Ayam", "quantityUsed": 42.5, "unit": "kg"}]}


def message(topic: Told, kind: str, data: dict[str, Any]) -> Message:
    """One that a person caused."""
    return Message(
        topic,
        kind,
        KitchenId(S),
        "e-1",
        12,
        0,
        AT_MS,
        AT_MS + 1,
        420,
        data,
        {"id": "s-nur", "device": "k"},
    )


STATUS = message("production:status", "production.stage_changed", BATCH)
PLANNED = message("production:status", "production.planned", BATCH | {"status": "PLANNED"})
CHECKED = message("production:quality", "production.quality_checked", BATCH | {"passed": True})
RAISED = message("production:alerts", "production.alert_raised", ALERT)
TRACKED = message("distribution:tracking", "distribution.status_changed", WAVE)
STOCK = message("inventory:usage", "inventory.stock_used", USED)
LOCAL = "2025-11-25T00:00:00.123+07:00"

FORMS: list[tuple[Message, Dialect, dict[str, Any]]] = [
    (STATUS, "strict", {
        "v": 1, "type": "production.stage_changed", "sppgId": S, "seq": 12, "epoch": "e-1",
        "timestamp": LOCAL, "data": BATCH, "actor": {"id": "s-nur", "device": "k"},
    }),
    (STATUS, "realtime", {
        "type": "production_update", "sppgId": S, "domain": "production", "timestamp": AT_MS,
        "userId": "s-nur",
    }),
    (TRACKED, "realtime", {"type": "distribution_update", "domain": "distribution"}),
    (STOCK, "realtime", {"type": "inventory_alert", "domain": "inventory"}),
    (PLANNED, "created", {
        "eventType": "PRODUCTION_CREATED", "timestamp": LOCAL, "correlationId": "prod-b1",
        "data": {
            "id": "b1", "batchNumber": "G1-02", "menuName": "Ayam kecap", "plannedPortions": 214,
            "productionDate": "2025-11-25", "status": "PLANNED", "estimatedCost": None,
        },
        "metadata": {"createdBy": "s-nur", "sppgId": S, "subscriptionPlan": None},
    }),
    (STATUS, "created", {"eventType": "STATUS_CHANGED"}),
    (PLANNED, "client", {"type": "PRODUCTION_CREATED", "productionId": "b1"}),
    (STATUS, "client", {
        "type": "STATUS_CHANGED", "productionId": "b1", "data": BATCH | {"newStatus": "COOKING"},
        "timestamp": LOCAL, "userId": "s-nur",
    }),
    (CHECKED, "client", {"type": "QUALITY_CHECK_ADDED", "productionId": "b1"}),
    (STATUS, "update", {
        "type": "production_update", "productionId": "b1", "data": BATCH, "timestamp": AT_MS,
        "updatedBy": "s-nur",
    }),
    (RAISED, "update", {
        "type": "production_alert", "productionId": "b1", "timestamp": AT_MS,
        "alert": ALERT | {
            "id": "overdue:b1:1", "type": "overdue", "message": "12", "severity": "HIGH",
            "timestamp": AT_MS,
        },
    }),
    (TRACKED, "distribution", {
        "type": "distribution_status_changed", "sppgId": S, "timestamp": LOCAL,
        "distribution": WAVE | {"id": "2025-11-25-G1", "distributionCode": "2025-11-25-G1"},
    }),
    (TRACKED, "distribution_notice", {
        "type": "distribution_notification", "title": "Gelombang 1", "message": "Gelombang 1: ready",
        "sppgId": S, "timestamp": LOCAL,
    }),
    (STOCK, "inventory", {"type": "stock_movement", "sppgId": S, "timestamp": LOCAL}),
    (STATUS, "broadcast", {"type": "broadcast", "channel": "c", "sppgId": S, "timestamp": LOCAL}),
    (STATUS, "event", {
        "type": "production.stage_changed", "sppgId": S, "data": BATCH, "timestamp": LOCAL,
    }),
]  # fmt: skip


@pytest.mark.parametrize(("told", "dialect", "fields"), FORMS)
def test_writer_has_the_fields_of_every_form_exactly(
    told: Message, dialect: Dialect, fields: dict[str, Any]
) -> None:
    written = write(told, dialect, "c")
    assert written is not None
    said = msgspec.json.decode(written)
    assert {name: said[name] for name in fields} == fields
    assert (said["id"], said["seq"], said["epoch"]) == (told.id, 12, "e-1")


@pytest.mark.parametrize(
    ("told", "dialect"),
    [
        (RAISED, "created"), (RAISED, "client"), (STOCK, "client"), (TRACKED, "update"),
        (STATUS, "distribution"), (STATUS, "distribution_notice"), (STATUS, "inventory"),
    ],
)  # fmt: skip
def test_writer_is_silent_where_a_form_has_no_word(told: Message, dialect: Dialect) -> None:
    assert write(told, dialect, "c") is None


def test_every_form_of_ours_is_known_again_as_our_echo() -> None:
    for told, dialect, _ in FORMS:
        written = write(told, dialect, "c")
        assert written is not None
        inbound = read(written, max_bytes=100_000)
        epoch, seq = inbound.fields["epoch"], inbound.fields["seq"]
        assert is_ours(inbound.id, KitchenId(S), epoch, seq)
        assert not is_ours(inbound.id, KitchenId("sppg-2"), epoch, seq)
        assert not is_ours(inbound.id, KitchenId(S), epoch, 13)
        assert not is_ours("m-1", KitchenId(S), epoch, seq)
        assert not is_ours(inbound.id, KitchenId(S), None, seq)


def test_id_is_a_uuid_of_version_7_with_the_time_of_the_event() -> None:
    found = uuid.UUID(STATUS.id)
    assert (found.version, found.variant) == (7, uuid.RFC_4122)
    assert found.int >> 80 == AT_MS + 1
    assert STATUS.id == STATUS.id != msgspec.structs.replace(STATUS, place=1).id
    assert datetime.fromisoformat(STATUS.time).timestamp() * 1000 == pytest.approx(AT_MS)
