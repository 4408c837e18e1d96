"""A kiosk on a real socket: arrives, taps, is told, is cut, comes back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from dapur.batch import HoldReason, Point
from dapur.hold import HoldBatchArgs
from dapur.notice import PostNoticeArgs
from dapur.progress import AdvanceBatchArgs
from dapur.stage import Stage
from dapur.temperature import RecordTemperatureArgs
from dapur.wire.messages import GoodbyeCode, Limits, Query, Reply
from kiosk.desk import Tapped, WouldBeRefused
from kiosk.link import connection as connection_module
from kiosk.link.enrol import enrol
from kiosk.link.errors import EnrolRefused, NotOnline, Refused, TimedOut
from kiosk.link.status import LinkState
from kiosk.local.errors import FileDamaged
from tests.support.kiosk_rig import Rig
from tests.support.mini_server import KITCHEN, MiniServer, SoftKey
from tests.support.night import BUDI, CHICKEN, RINA, open_night
from tests.support.thin_line import ThinLine
from tests.support.waiting import until


class Asked(msgspec.Struct, frozen=True):
    """Args of a query that only this test knows."""

    word: str


@asynccontextmanager
async def a_server(limits: Limits = Limits()) -> AsyncIterator[MiniServer]:  # noqa: B008 - frozen
    server = MiniServer(limits=limits)
    await server.start()
    open_night(server)
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def a_kiosk(server: MiniServer, folder: Path, device: str = "K-1") -> AsyncIterator[Rig]:
    kiosk = Rig(folder / device, server.url, device=device).known_to(server)
    try:
        yield kiosk
    finally:
        await kiosk.close()


def caught_up(kiosk: Rig, server: MiniServer) -> Callable[[], bool]:
    """Everything sent, everything told."""
    return lambda: (
        kiosk.link.online
        and kiosk.mirror.seq == len(server.log)
        and kiosk.store.unsent() == 0
        and not kiosk.mirror.pending
    )


def measure(kiosk: Rig, value_c: float) -> None:
    answer = kiosk.desk.tap(
        "record_temperature",
        CHICKEN,
        RecordTemperatureArgs(value_c, Point.CORE),
        actor=RINA,
        session=kiosk.sign_in(RINA),
    )
    assert isinstance(answer, Tapped)


async def test_kiosk_shows_the_kitchen_when_it_connects(tmp_path: Path) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        assert kiosk.mirror.shown == server.kitchen
        assert kiosk.time.synced
        status = kiosk.link.status
        assert (status.state, status.unsent, status.retry_in_s) == (LinkState.ONLINE, 0, None)
        assert status.last_heard_ms is not None


async def test_tap_is_in_the_log_once_and_on_the_other_kiosk_when_online(tmp_path: Path) -> None:
    async with (
        a_server() as server,
        a_kiosk(server, tmp_path) as one,
        a_kiosk(server, tmp_path, "K-2") as two,
    ):
        one.connect()
        two.connect()
        await until(caught_up(one, server))
        await until(caught_up(two, server))
        session = one.sign_in(RINA)
        answer = one.desk.tap(
            "advance_batch", CHICKEN, AdvanceBatchArgs("preparing"), actor=RINA, session=session
        )
        assert isinstance(answer, Tapped)
        assert one.mirror.shown.batches[CHICKEN].stage is Stage.PREPARING
        await until(lambda: two.mirror.shown.batches[CHICKEN].stage is Stage.PREPARING)
        await until(caught_up(one, server))
        assert server.ids().count(answer.command) == 1


async def test_taps_made_offline_arrive_in_order_when_the_line_comes_back(tmp_path: Path) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        await kiosk.disconnect()
        for number in range(260):
            measure(kiosk, 60 + number / 100)
        assert kiosk.link.status.unsent == 261
        shown = kiosk.mirror.shown.batches[CHICKEN]
        kiosk.connect()
        await until(caught_up(kiosk, server))
        readings = server.kitchen.batches[CHICKEN].readings
        assert [r.value_c for r in readings] == [r.value_c for r in shown.readings]
        assert len(readings) == 260


async def test_view_never_loses_a_tap_when_receipts_are_lost_with_the_line(
    tmp_path: Path,
) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        server.lose_results = True
        seen: list[int] = []
        kiosk.mirror.subscribe(
            lambda: seen.append(len(kiosk.mirror.shown.batches[CHICKEN].readings))
        )
        measure(kiosk, 71.5)
        head = len(server.log)
        await until(lambda: len(server.log) > head + 1)
        server.lose_results = False
        server.cut()
        await until(lambda: kiosk.link.status.state is not LinkState.ONLINE)
        await until(caught_up(kiosk, server))
        assert seen == sorted(seen)
        assert len(server.kitchen.batches[CHICKEN].readings) == 1


async def test_replica_is_there_when_the_kiosk_starts_without_a_server(tmp_path: Path) -> None:
    async with a_server() as server:
        async with a_kiosk(server, tmp_path) as kiosk:
            kiosk.connect()
            await until(caught_up(kiosk, server))
            await kiosk.disconnect()
            measure(kiosk, 64.0)
            shown = kiosk.mirror.shown
        async with a_kiosk(server, tmp_path) as again:
            assert again.mirror.shown == shown
            assert again.link.status.unsent == 2


async def test_decision_is_refused_at_once_and_not_written_when_the_rules_say_no(
    tmp_path: Path,
) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        session = kiosk.sign_in(BUDI)
        before = kiosk.store.outbox_position
        answer = kiosk.desk.tap(
            "advance_batch",
            CHICKEN,
            AdvanceBatchArgs("quality_check"),
            actor=BUDI,
            session=session,
        )
        assert isinstance(answer, WouldBeRefused)
        assert kiosk.store.outbox_position == before


async def test_refusal_by_the_server_comes_back_as_a_review_item(tmp_path: Path) -> None:
    async with (
        a_server() as server,
        a_kiosk(server, tmp_path) as one,
        a_kiosk(server, tmp_path, "K-2") as two,
    ):
        for kiosk in (one, two):
            kiosk.connect()
            await until(caught_up(kiosk, server))
            await kiosk.disconnect()
        for kiosk, who, steps in ((one, RINA, 2), (two, BUDI, 1)):
            session = kiosk.sign_in(who)
            for args in (AdvanceBatchArgs("preparing"), AdvanceBatchArgs("cooking"))[:steps]:
                kiosk.desk.tap("advance_batch", CHICKEN, args, actor=who, session=session)
        two.desk.tap(
            "hold_batch",
            CHICKEN,
            HoldBatchArgs(HoldReason.QUALITY),
            actor=BUDI,
            session=two.sign_in(BUDI),
        )
        two.connect()
        await until(caught_up(two, server))
        one.connect()
        await until(caught_up(one, server))
        (review,) = one.mirror.shown.reviews.values()
        assert review.device == one.device
        await until(caught_up(two, server))
        assert two.mirror.shown == one.mirror.shown == server.kitchen


async def test_query_is_answered_or_fails_with_one_named_reason(tmp_path: Path) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:

        def answer(query: Query) -> Reply:
            if query.name == "echo":
                return Reply(query.id, query.args)
            return Reply(query.id, error="unknown_query", detail=query.name)

        server.answer = answer
        with pytest.raises(NotOnline):
            await kiosk.link.query("echo", Asked("a"))
        kiosk.connect()
        await until(caught_up(kiosk, server))
        raw = await kiosk.link.query("echo", Asked("halo"))
        assert msgspec.json.decode(raw, type=Asked) == Asked("halo")
        with pytest.raises(Refused, match="unknown_query"):
            await kiosk.link.query("nothing", Asked("a"))
        server.frozen = True
        with pytest.raises(TimedOut):
            await kiosk.link.query("echo", Asked("a"), timeout_s=0.2)
        waiting = asyncio.ensure_future(kiosk.link.query("echo", Asked("b")))
        await asyncio.sleep(0)
        server.cut()
        with pytest.raises(NotOnline):
            await waiting
        server.frozen = False


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (GoodbyeCode.REVOKED, LinkState.REVOKED),
        (GoodbyeCode.UNKNOWN_DEVICE, LinkState.UNKNOWN_DEVICE),
    ],
)
async def test_kiosk_stops_and_says_so_when_it_may_not_come_back(
    tmp_path: Path, code: GoodbyeCode, state: LinkState
) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        server.say_goodbye(code)
        await until(lambda: kiosk.hung_up)
        assert kiosk.link.status.state is state
        assert len(server.connects) == 1
        measure(kiosk, 66.0)
        assert kiosk.link.status.unsent == 2


async def test_kiosk_keeps_tapping_and_asks_for_an_update_when_the_server_is_too_new(
    tmp_path: Path,
) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        server.say_goodbye(GoodbyeCode.UPGRADE)
        await until(lambda: kiosk.link.status.state is LinkState.UPGRADE)
        retry = kiosk.link.status.retry_in_s
        assert retry is not None
        assert retry > 50
        measure(kiosk, 66.0)
        kiosk.link.nudge()
        await until(caught_up(kiosk, server))


async def test_kiosk_waits_as_long_as_a_goodbye_asks(tmp_path: Path) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        server.say_goodbye(GoodbyeCode.RESTART, retry_after_s=20.0)
        await until(lambda: kiosk.link.status.state is LinkState.OFFLINE)
        retry = kiosk.link.status.retry_in_s
        assert retry is not None
        assert 19.5 < retry <= 25.0


async def test_kiosk_that_was_too_fast_rests_however_often_it_is_nudged(tmp_path: Path) -> None:
    """Each dial would spend what the server gives back: with a nudge at every wait it never got through."""
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        before = len(server.connects)
        server.say_goodbye(GoodbyeCode.TOO_FAST, retry_after_s=1.0)
        await until(lambda: kiosk.link.status.state is LinkState.OFFLINE)
        began = kiosk.time.mono_ms()
        measure(kiosk, 66.0)
        while len(server.connects) == before:
            kiosk.link.nudge()
            await asyncio.sleep(0.01)
        assert kiosk.time.mono_ms() - began > 900
        await until(caught_up(kiosk, server))


async def test_kiosk_waits_as_long_as_a_busy_server_asks_at_the_door(tmp_path: Path) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        server.refuse_status = (503, "12")
        kiosk.connect()
        await until(lambda: kiosk.link.status.retry_in_s is not None)
        retry = kiosk.link.status.retry_in_s
        assert retry is not None
        assert 11.5 < retry <= 15.0
        assert "503" in kiosk.link.status.detail


async def test_kiosk_does_not_hammer_when_the_server_accepts_and_closes(tmp_path: Path) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        server.hang_up = GoodbyeCode.UNAVAILABLE
        kiosk.connect()
        await asyncio.sleep(3.0)
        # The library's own loop connects here 800 times a second.
        assert 1 <= len(server.connects) <= 12
        assert kiosk.link.status.state in (LinkState.OFFLINE, LinkState.CONNECTING)


@pytest.mark.expected_log("set aside")
async def test_kiosk_begins_a_new_outbox_when_the_server_knows_another_of_its_name(
    tmp_path: Path,
) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        measure(kiosk, 70.0)
        await until(caught_up(kiosk, server))
        await kiosk.disconnect()
        # As if the disk had been put back: the rows of this outbox are others now.
        outbox = kiosk.store.outbox_position.outbox
        server.outbox(outbox).hash = b"x" * 32
        measure(kiosk, 71.0)
        kiosk.connect()
        await until(lambda: kiosk.store.outbox_position.outbox != outbox)
        lost = kiosk.store.salvaged()
        assert len(lost) >= 1
        await until(lambda: kiosk.link.online, within_s=15)
        measure(kiosk, 72.0)
        await until(caught_up(kiosk, server))
        values = [reading.value_c for reading in server.kitchen.batches[CHICKEN].readings]
        assert values == [70.0, 72.0]


test_kiosk_begins_a_new_outbox_when_the_server_knows_another_of_its_name = pytest.mark.expected_log(
    "set aside"
)(test_kiosk_begins_a_new_outbox_when_the_server_knows_another_of_its_name)


async def test_kiosk_takes_a_whole_state_when_the_epoch_changed(tmp_path: Path) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        server.epoch = "epoch-2"
        server.cut()
        await until(lambda: kiosk.store.position.epoch == "epoch-2")
        assert kiosk.mirror.shown == server.kitchen


async def test_badge_says_offline_within_15_s_when_the_server_freezes_while_sending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ten times as fast as life: the same code with a tenth of its limits.
    monkeypatch.setattr("kiosk.link.outgoing.STUCK_MS", 1_000)
    monkeypatch.setattr("dapur.sync.kiosk_side.SILENT_MS", 1_500)
    monkeypatch.setattr(connection_module, "WATCH_S", 0.05)
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        server.frozen = True
        began = kiosk.time.mono_ms()
        for number in range(60):
            answer = kiosk.desk.tap(
                "record_temperature",
                CHICKEN,
                RecordTemperatureArgs(60 + number / 10, Point.CORE, place="x" * 60),
                actor=RINA,
                session=kiosk.sign_in(RINA),
            )
            assert isinstance(answer, Tapped)
        await until(lambda: kiosk.link.status.state is LinkState.OFFLINE, within_s=3)
        assert kiosk.time.mono_ms() - began < 2_000
        server.frozen = False
        monkeypatch.undo()
        await until(caught_up(kiosk, server))


@pytest.mark.parametrize("big_reply", [False, True])
async def test_thin_line_is_not_cut_when_much_is_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, big_reply: bool
) -> None:
    # Thirty times as fast as life: 8 kbit/s, and half a second for the 15 s of silence.
    monkeypatch.setattr("dapur.sync.kiosk_side.SILENT_MS", 500)
    monkeypatch.setattr("kiosk.link.outgoing.STUCK_MS", 350)
    monkeypatch.setattr(connection_module, "WATCH_S", 0.02)
    async with a_server() as server, ThinLine(server.port, 30_000) as line:
        kiosk = Rig(tmp_path / "thin", line.url).known_to(server)
        for number in range(0 if big_reply else 150):
            note = PostNoticeArgs(f"{number} " + "x" * 450)
            server.system("post_notice", "notice:kitchen", note)
        server.answer = lambda query: Reply(query.id, msgspec.Raw(b'"' + b"y" * 40_000 + b'"'))
        ticker = asyncio.get_running_loop().create_task(_ticking(server))
        try:
            kiosk.connect()
            await until(caught_up(kiosk, server), within_s=20)
            if big_reply:
                assert len(await kiosk.link.query("history", Asked("all"))) > 40_000
            assert line.connections == 1
            assert kiosk.link.online
        finally:
            ticker.cancel()
            await kiosk.close()


async def _ticking(server: MiniServer) -> None:
    while True:
        await server.tick()
        await asyncio.sleep(0.02)


async def test_idle_line_is_left_when_the_server_falls_silent_or_only_trickles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dapur.sync.kiosk_side.SILENT_MS", 300)
    monkeypatch.setattr(connection_module, "WHOLE_FRAME_MS", 900)
    monkeypatch.setattr(connection_module, "WATCH_S", 0.02)
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(lambda: kiosk.link.online)
        began = kiosk.time.mono_ms()
        await until(lambda: not kiosk.link.online, within_s=2)
        assert 250 < kiosk.time.mono_ms() - began < 800
        kiosk.link.nudge()
        await until(lambda: kiosk.link.online)
        began = kiosk.time.mono_ms()
        # A box in between that pings for a server which is gone.
        while kiosk.link.online:
            await server.ping()
            await asyncio.sleep(0.05)
            assert kiosk.time.mono_ms() - began < 2_000
        assert kiosk.time.mono_ms() - began > 700


async def test_every_tap_is_in_the_log_once_when_the_line_is_cut_again_and_again(
    tmp_path: Path,
) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        dice = random.Random(11)
        taps: list[str] = []
        session = kiosk.sign_in(RINA)
        for number in range(240):
            answer = kiosk.desk.tap(
                "record_temperature",
                CHICKEN,
                RecordTemperatureArgs(60 + number / 20, Point.CORE),
                actor=RINA,
                session=session,
            )
            assert isinstance(answer, Tapped)
            taps.append(answer.command)
            if dice.random() < 0.1:
                server.lose_results = dice.random() < 0.5
                await asyncio.sleep(dice.uniform(0, 0.02))
                server.cut()
            if dice.random() < 0.3:
                await asyncio.sleep(0)
                kiosk.link.nudge()
        server.lose_results = False
        server.cut()
        await until(lambda: not kiosk.link.online)
        kiosk.link.nudge()
        await until(caught_up(kiosk, server), within_s=40)
        assert [command for command in server.ids() if command in set(taps)] == taps
        assert kiosk.mirror.shown == server.kitchen


async def test_line_works_the_same_on_the_loop_of_qt(qapp: object, tmp_path: Path) -> None:
    assert type(asyncio.get_running_loop()).__module__ == "qasync"
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        for number in range(30):
            measure(kiosk, 60 + number)
        await until(caught_up(kiosk, server))
        server.cut()
        await until(lambda: not kiosk.link.online)
        await until(caught_up(kiosk, server))
        assert len(server.kitchen.batches[CHICKEN].readings) == 30


@pytest.mark.parametrize("nonsense", ["{", '{"type":"top"}', b"\x00\xff", "x" * 70_000])
async def test_kiosk_hangs_up_and_keeps_its_state_when_the_server_talks_nonsense(
    tmp_path: Path, nonsense: str | bytes
) -> None:
    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        shown = kiosk.mirror.shown
        await server.say(nonsense)
        await until(lambda: kiosk.link.status.state is not LinkState.ONLINE)
        assert kiosk.link.status.detail
        assert kiosk.mirror.shown == shown
        await until(caught_up(kiosk, server))


@pytest.mark.expected_log("by a fault of ours")
@pytest.mark.parametrize("place", ["grown", "tick"])
async def test_line_comes_back_when_a_fault_of_ours_broke_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        with monkeypatch.context() as patch:
            if place == "grown":
                patch.setattr(kiosk.mirror, "grown", fail)
                measure(kiosk, 71.0)
            else:
                assert kiosk.link._connection is not None
                patch.setattr(kiosk.link._connection._carrier.side, "tick", fail)
            await until(lambda: kiosk.link.status.state is not LinkState.ONLINE)
        await until(caught_up(kiosk, server))


async def test_line_ends_and_says_why_when_the_file_broke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise FileDamaged(tmp_path, "a page")

    async with a_server() as server, a_kiosk(server, tmp_path) as kiosk:
        kiosk.connect()
        await until(caught_up(kiosk, server))
        monkeypatch.setattr(kiosk.store, "rows", broken)
        measure(kiosk, 71.0)
        await until(lambda: kiosk.hung_up)
        with pytest.raises(FileDamaged):
            await kiosk.ended()


async def test_kiosk_becomes_a_device_when_it_shows_a_good_code() -> None:
    async with a_server() as server:
        server.code = "1234-5678"
        key = SoftKey()
        enrolled = await enrol(server.url, "1234-5678", key)
        assert enrolled.kitchen == KITCHEN
        assert server.devices[enrolled.device] == key.public_key


async def test_enrolling_says_why_when_the_code_is_wrong() -> None:
    async with a_server() as server:
        with pytest.raises(EnrolRefused) as refused:
            await enrol(server.url, "0000-0000", SoftKey())
        assert refused.value.code == GoodbyeCode.BAD_CODE
