"""File and view in step: what a restart, a compaction and a lost receipt may not change."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dapur import kitchen as rules
from dapur.batch import Point
from dapur.envelope import GENESIS, decode_command
from dapur.sync.effects import ApplyEvents, ApplySnapshot, Settle
from dapur.sync.replica import AT_ONCE
from dapur.temperature import RecordTemperatureArgs
from dapur.wire.messages import Result
from kiosk.desk import Desk, Tapped
from kiosk.local import mirror as mirror_module
from kiosk.local.mirror import REFOLD_TAPS, Mirror
from kiosk.session import Sessions
from tests.support.mini_server import KITCHEN, MiniServer
from tests.support.night import CHICKEN, RINA, SARI, open_night
from tests.support.offline_kiosk import OfflineKiosk


def server_with_night() -> MiniServer:
    server = MiniServer()
    open_night(server)
    return server


def events_since(server: MiniServer, seq: int) -> ApplyEvents:
    bodies = tuple(body for body, _ in server.log[seq:])
    return ApplyEvents(seq + 1, bodies, server.log[-1][1] if bodies else GENESIS)


def deliver(kiosk: OfflineKiosk, server: MiniServer) -> list[Result]:
    """The outbox reaches the server; its receipts."""
    outbox = kiosk.store.outbox_position.outbox
    held = server.outbox(outbox)
    return [
        server.take_one(outbox, kiosk.device, row)
        for row in kiosk.store.rows(len(held.results), 1000)
    ]


async def measured(kiosk: OfflineKiosk, value_c: float = 71.0) -> None:
    answer = kiosk.desk.tap(
        "record_temperature",
        CHICKEN,
        RecordTemperatureArgs(value_c, Point.CORE),
        actor=RINA,
        session=await kiosk.sign_in(RINA),
    )
    assert isinstance(answer, Tapped)


def readings(kiosk: OfflineKiosk) -> list[float]:
    return [reading.value_c for reading in kiosk.mirror.shown.batches[CHICKEN].readings]


async def test_tap_counts_once_when_the_kiosk_restarts_between_its_event_and_its_receipt(
    tmp_path: Path,
) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    server = kiosk.server
    seq = len(server.log)
    await measured(kiosk)
    deliver(kiosk, server)
    kiosk.mirror.grown(events_since(server, seq))
    assert readings(kiosk) == [71.0]
    kiosk.restart()
    assert readings(kiosk) == [71.0]
    assert kiosk.mirror.shown == server.kitchen


async def test_tap_stays_shown_at_every_step_from_finger_to_log(tmp_path: Path) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    server = kiosk.server
    seq = len(server.log)
    await measured(kiosk)
    results = deliver(kiosk, server)
    seen: list[list[float]] = []
    kiosk.mirror.subscribe(lambda: seen.append(readings(kiosk)))
    kiosk.mirror.settled(Settle(tuple(results), len(results), 0))
    kiosk.mirror.grown(events_since(server, seq))
    assert seen == [[71.0], [71.0]]
    assert kiosk.mirror.pending == ()


async def test_replica_is_the_same_after_a_restart_when_it_was_compacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror_module, "COMPACT_EVENTS", 5)
    monkeypatch.setattr(mirror_module, "COMPACT_LATE", 1)
    kiosk = OfflineKiosk(tmp_path / "store")
    server = kiosk.server
    for number in range(13):
        seq = len(server.log)
        await measured(kiosk, 60.0 + number)
        results = deliver(kiosk, server)
        kiosk.mirror.grown(events_since(server, seq))
        kiosk.mirror.settled(Settle(tuple(results), 0, 0))
    snapshot = kiosk.store.snapshot()
    assert snapshot is not None
    assert len(server.log) - 5 < snapshot.seq <= len(server.log)
    kiosk.restart()
    assert kiosk.mirror.shown == server.kitchen
    assert kiosk.mirror.seq == len(server.log)


async def test_replica_is_compacted_at_rest_when_no_stream_of_events_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror_module, "COMPACT_EVENTS", 2)
    monkeypatch.setattr(mirror_module, "STREAM_EVENTS", 3)
    kiosk = OfflineKiosk(tmp_path / "store")
    server = kiosk.server
    seq = len(server.log)
    for number in range(4):
        await measured(kiosk, 60.0 + number)
    deliver(kiosk, server)
    kiosk.mirror.grown(events_since(server, seq))
    told = kiosk.store.snapshot()
    kiosk.mirror.look_after()
    assert kiosk.store.snapshot() == told
    kiosk.mirror.look_after()
    at_rest = kiosk.store.snapshot()
    assert at_rest is not None
    assert at_rest.seq == len(server.log)


async def test_mirror_makes_its_view_in_parts_when_many_taps_wait(tmp_path: Path) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    waiting: list[Callable[[], None]] = []
    mirror = Mirror(kiosk.store, KITCHEN, kiosk.device, lambda _delay_s, work: waiting.append(work))
    kiosk.mirror = mirror
    kiosk.desk = Desk(mirror, kiosk.time)
    kiosk.sessions = Sessions(kiosk.desk, mirror, kiosk.time, kiosk.pins)
    for number in range(REFOLD_TAPS + AT_ONCE):
        await measured(kiosk, 60.0 + number / 10)
    seq = len(kiosk.server.log)
    shown = mirror.shown
    results = deliver(kiosk, kiosk.server)
    mirror.grown(ApplyEvents(seq + 1, *_first_of(kiosk.server, seq)))
    assert mirror.shown is shown
    parts = 0
    while waiting:
        waiting.pop()()
        parts += 1
    assert parts == 2
    assert mirror.shown is not shown
    mirror.grown(events_since(kiosk.server, mirror.seq))
    mirror.settled(Settle(tuple(results), len(results), 0))
    while waiting:
        waiting.pop()()
    assert mirror.shown == kiosk.server.kitchen


def _first_of(server: MiniServer, seq: int) -> tuple[tuple[str, ...], bytes]:
    body, link = server.log[seq]
    return (body,), link


async def test_taps_wait_and_the_state_is_asked_anew_when_a_release_cannot_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    await measured(kiosk)
    monkeypatch.setattr(rules, "STATE_VERSION", 99)
    monkeypatch.setattr(rules, "STATE_OLDEST", 99)
    kiosk.restart()
    assert not kiosk.mirror.filled
    assert kiosk.mirror.seq == 0
    assert len(kiosk.mirror.pending) == 2
    server = kiosk.server
    text = rules.encode_snapshot(server.kitchen)
    kiosk.mirror.replaced(ApplySnapshot("e1", len(server.log), server.log[-1][1], 99, text))
    assert readings(kiosk) == [71.0]


async def test_state_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    before = (kiosk.mirror.shown, kiosk.store.position)
    with pytest.raises(rules.UnreadableSnapshot):
        kiosk.mirror.replaced(ApplySnapshot("e2", 500, b"h" * 32, rules.STATE_VERSION, '{"id": 3}'))
    assert (kiosk.mirror.shown, kiosk.store.position) == before


@pytest.mark.expected_log("set aside")
async def test_taps_of_a_set_aside_outbox_leave_the_view_and_are_listed(tmp_path: Path) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    await measured(kiosk)
    kiosk.mirror.quarantine("fork")
    assert readings(kiosk) == []
    listed = [decode_command(row.bytes).kind for row in kiosk.store.salvaged()]
    assert listed == ["open_session", "record_temperature"]
    assert (await kiosk.sessions.sign_in(SARI, "123456")).state == "ok"


async def test_replica_is_asked_anew_and_taps_wait_when_a_stored_event_changed_on_the_disk(
    tmp_path: Path,
) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    server = kiosk.server
    seq = len(server.log)
    await measured(kiosk, 70.0)
    deliver(kiosk, server)
    kiosk.mirror.grown(events_since(server, seq))
    await measured(kiosk, 71.0)
    kiosk.store.close()
    with closing(sqlite3.connect(kiosk.store.path)) as db:
        db.execute("UPDATE event SET body = replace(body, '{', '[')")
        db.commit()
    kiosk.restart()
    assert kiosk.mirror.seq == 0
    assert not kiosk.mirror.filled
    assert kiosk.store.unsent() >= 1
