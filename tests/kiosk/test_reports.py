"""What a kiosk has to say of itself reaches the inbox: nothing lost, nothing twice, nobody signed in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from dapur.batch import Point
from dapur.envelope import COMMAND_MAX_BYTES, Command, decode_command, encode_command
from dapur.ids import KIOSK, CommandId, OutboxId
from dapur.kiosk_log import ReportClockJumpArgs, ReportSalvagedArgs, Why
from dapur.review import Reason, open_reviews
from dapur.sync.effects import ApplyEvents
from dapur.temperature import RecordTemperatureArgs
from dapur.wire.messages import Outcome, Result
from kiosk import reports as reports_module
from kiosk.desk import Tapped
from kiosk.local.errors import DiskRefused, DiskTrouble
from kiosk.local.rows import Salvaged
from kiosk.reports import ROWS_A_TICK, Reports
from tests.support import loose_taps as taps
from tests.support.mini_server import MiniServer
from tests.support.night import CHICKEN, RINA, open_night
from tests.support.offline_kiosk import OfflineKiosk

SET_ASIDE = pytest.mark.expected_log("set aside")
DAY_MS = 86_400_000


async def measure(kiosk: OfflineKiosk, *values_c: float) -> list[CommandId]:
    """Readings of one person; their ids."""
    session = await kiosk.sign_in(RINA)
    made: list[CommandId] = []
    for value_c in values_c:
        args = RecordTemperatureArgs(value_c, Point.CORE)
        answer = kiosk.desk.tap("record_temperature", CHICKEN, args, actor=RINA, session=session)
        assert isinstance(answer, Tapped)
        made.append(answer.command)
    return made


def started(kiosk: OfflineKiosk) -> Reports:
    return Reports(kiosk.desk, kiosk.mirror)


def outbox(kiosk: OfflineKiosk) -> list[Command]:
    return [decode_command(row.bytes) for row in kiosk.store.rows(0, 1000)]


def reported(kiosk: OfflineKiosk) -> list[ReportSalvagedArgs]:
    return [
        msgspec.json.decode(tap.args, type=ReportSalvagedArgs)
        for tap in outbox(kiosk)
        if tap.kind == "report_salvaged"
    ]


def deliver(kiosk: OfflineKiosk, server: MiniServer) -> list[Result]:
    """The outbox reaches the server."""
    name = kiosk.store.outbox_position.outbox
    held = server.outbox(name)
    rows = kiosk.store.rows(len(held.results), 1000)
    return [server.take_one(name, kiosk.device, row) for row in rows]


def lose(kiosk: OfflineKiosk, *bodies: bytes, why: str = "damaged_file", dseq: int = 0) -> None:
    """Rows that a salvage of another file found."""
    rows = [
        Salvaged(OutboxId("o-9"), CommandId(f"lost-{n}"), dseq, body, False, False, why)
        for n, body in enumerate(bodies)
    ]
    kiosk.store.take_in(rows, "store.damaged-9")


@SET_ASIDE
async def test_taps_of_a_forked_outbox_wait_in_the_inbox_when_nobody_is_signed_in(
    tmp_path: Path,
) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    reports = started(kiosk)
    reports.tick()
    assert outbox(kiosk) == []
    made = await measure(kiosk, 71.0, 72.5)
    kiosk.mirror.quarantine("the server has another command 2 of this outbox")
    kiosk.sessions.lock()
    reports.tick()
    assert {tap.actor for tap in outbox(kiosk)} == {KIOSK}
    assert {args.why for args in reported(kiosk)} == {Why.FORK}
    assert kiosk.store.salvaged() == ()
    assert {result.outcome for result in deliver(kiosk, kiosk.server)} == {Outcome.APPLIED}
    items = open_reviews(kiosk.server.kitchen)
    assert {item.id for item in items} == set(made)
    assert {(item.reason, item.actor, item.about) for item in items} == {
        (Reason.SALVAGED, RINA, CHICKEN)
    }


@SET_ASIDE
async def test_nothing_is_said_again_when_the_kiosk_starts_again(tmp_path: Path) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    await measure(kiosk, 71.0)
    kiosk.mirror.quarantine("fork")
    started(kiosk).tick()
    said = len(outbox(kiosk))
    kiosk.restart()
    started(kiosk).tick()
    assert len(outbox(kiosk)) == said == 2  # the reading, and the sign-in before it


KILLED = """
import os, sys
from pathlib import Path
from kiosk.clock import KioskTime, SystemClock
from kiosk.desk import Desk
from kiosk.local.mirror import Mirror
from kiosk.local.salvage import open_store
from kiosk.reports import Reports
store = open_store(Path(sys.argv[1]))
mirror = Mirror(store, "sppg-test", "K-1")
kept, left = store.reported, [int(sys.argv[2])]
def reported(row):
    if left[0] == 0:
        os._exit(9)
    left[0] -= 1
    kept(row)
store.reported = reported
Reports(Desk(mirror, KioskTime(SystemClock(), store)), mirror).tick()
sys.exit(0)
"""


def lived_until(folder: Path, marks: int) -> int:
    """A process that dies in place of mark number `marks` + 1; its exit code."""
    argv = [sys.executable, "-c", KILLED, str(folder), str(marks)]
    return subprocess.run(argv, check=False).returncode


@SET_ASIDE
async def test_every_saved_tap_is_one_item_when_the_kiosk_dies_between_report_and_mark(
    tmp_path: Path,
) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    made = await measure(kiosk, *(70.0 + n for n in range(6)))
    kiosk.mirror.quarantine("fork")
    kiosk.store.close()
    assert [lived_until(kiosk.folder, marks) for marks in (0, 0, 2, 1, 9)] == [9, 9, 9, 9, 0]
    kiosk.restart()
    assert kiosk.store.salvaged() == ()
    assert len(reported(kiosk)) == len(made) + 1 + 4
    deliver(kiosk, kiosk.server)
    items = [item.id for item in open_reviews(kiosk.server.kitchen)]
    assert sorted(items) == sorted(made)


@SET_ASIDE
async def test_tap_that_is_known_to_be_in_the_log_is_not_reported_after_a_fork(
    tmp_path: Path,
) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    seq = len(kiosk.server.log)
    await measure(kiosk, 71.0)
    deliver(kiosk, kiosk.server)
    bodies = tuple(body for body, _ in kiosk.server.log[seq:])
    # Its event came, its receipt did not.
    kiosk.mirror.grown(ApplyEvents(seq + 1, bodies, kiosk.server.log[-1][1]))
    kiosk.mirror.quarantine("fork")
    started(kiosk).tick()
    assert outbox(kiosk) == []


def test_report_fits_into_a_command_whatever_was_saved(tmp_path: Path) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    long = taps.command(1, padding=7800)
    bodies = (
        encode_command(long),
        b"\xff\x00" * 4000,
        b'{"id":"' + b'"\\' * 4000,
        "é".encode() * 4000,
        b"",
    )
    lose(kiosk, *bodies)
    assert len(bodies[0]) > 7_900
    started(kiosk).tick()
    rows = kiosk.store.rows(0, 100)
    assert len(rows) == len(bodies)
    assert all(len(row.bytes) <= COMMAND_MAX_BYTES for row in rows)
    assert kiosk.store.salvaged() == ()
    deliver(kiosk, kiosk.server)
    items = open_reviews(kiosk.server.kitchen)
    assert len(items) == len(bodies)
    (readable,) = [item for item in items if item.kind]
    assert (readable.id, readable.actor, readable.args) == (long.id, "rina", "null")


def test_report_names_an_outbox_whose_name_a_broken_page_spoiled(tmp_path: Path) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    row = Salvaged(OutboxId("o\x00\ud7ff!" * 50), CommandId("x y"), -3, b"?", False, False, "fork")
    kiosk.store.take_in([row], "store.damaged-1")
    started(kiosk).tick()
    assert {result.outcome for result in deliver(kiosk, kiosk.server)} == {Outcome.APPLIED}
    assert len(open_reviews(kiosk.server.kitchen)) == 1


@SET_ASIDE
async def test_report_that_was_lost_itself_is_sent_as_it_was(tmp_path: Path) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    reports = started(kiosk)
    (made,) = await measure(kiosk, 71.0)
    kiosk.mirror.quarantine("fork")
    kiosk.clock.set_wall(kiosk.clock.wall + DAY_MS)
    kiosk.time.on_jump(reports.jumped)
    kiosk.time.tick()
    reports.tick()
    before = reported(kiosk)
    kiosk.mirror.quarantine("fork again")
    reports.tick()
    assert reported(kiosk) == before
    assert sorted(tap.kind for tap in outbox(kiosk)) == [
        "report_clock_jump",
        "report_salvaged",
        "report_salvaged",
    ]
    deliver(kiosk, kiosk.server)
    assert [item.id for item in open_reviews(kiosk.server.kitchen)] == [made]


def test_screen_stays_quick_when_much_was_saved(tmp_path: Path) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    lose(kiosk, *(taps.body(n)[1] for n in range(2 * ROWS_A_TICK + 1)))
    reports = started(kiosk)
    sizes = []
    for _ in range(4):
        reports.tick()
        sizes.append(len(outbox(kiosk)))
    assert sizes == [ROWS_A_TICK, 2 * ROWS_A_TICK, 2 * ROWS_A_TICK + 1, 2 * ROWS_A_TICK + 1]


def test_reports_wait_and_nothing_is_lost_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise DiskRefused(DiskTrouble.FULL, "no room")

    kiosk = OfflineKiosk(tmp_path / "store")
    lose(kiosk, taps.body(1)[1], taps.body(2)[1])
    reports = started(kiosk)
    kiosk.time.on_jump(reports.jumped)
    kiosk.clock.set_wall(kiosk.clock.wall - DAY_MS)
    kiosk.time.tick()
    with monkeypatch.context() as patch:
        patch.setattr(kiosk.store, "tap", full)
        reports.tick()
    assert len(kiosk.store.salvaged()) == 2
    with monkeypatch.context() as patch:
        patch.setattr(kiosk.store, "reported", full)
        reports.tick()
    reports.tick()
    assert kiosk.store.salvaged() == ()
    kinds = [tap.kind for tap in outbox(kiosk)]
    assert kinds == ["report_salvaged"] * 3 + ["report_clock_jump"]


def test_clock_that_was_set_is_in_the_log_when_nobody_is_signed_in(tmp_path: Path) -> None:
    kiosk = OfflineKiosk(tmp_path / "store")
    reports = started(kiosk)
    kiosk.time.on_jump(reports.jumped)
    before = kiosk.clock.wall
    kiosk.clock.set_wall(before - 365 * DAY_MS)
    kiosk.time.tick()
    reports.tick()
    (tap,) = outbox(kiosk)
    args = msgspec.json.decode(tap.args, type=ReportClockJumpArgs)
    assert args == ReportClockJumpArgs(before, before - 365 * DAY_MS, "boot-1")
    deliver(kiosk, kiosk.server)
    assert open_reviews(kiosk.server.kitchen) == ()
    assert msgspec.json.decode(kiosk.server.log[-1][0])["kind"] == "clock_jumped"


def test_clock_that_is_set_for_ever_does_not_fill_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports_module, "JUMPS_A_START", 3)
    kiosk = OfflineKiosk(tmp_path / "store")
    reports = started(kiosk)
    kiosk.time.on_jump(reports.jumped)
    for _ in range(10):
        kiosk.clock.set_wall(kiosk.clock.wall + DAY_MS)
        kiosk.time.tick()
        reports.tick()
    assert len(outbox(kiosk)) == 3


def test_kiosk_of_an_empty_kitchen_reports_too(tmp_path: Path) -> None:
    server = MiniServer()
    open_night(server)
    kiosk = OfflineKiosk(tmp_path / "store", server)
    kiosk.store.forget_replica()
    kiosk.restart()
    assert not kiosk.mirror.filled
    lose(kiosk, taps.body(1)[1])
    started(kiosk).tick()
    assert len(reported(kiosk)) == 1
