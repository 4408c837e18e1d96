"""The bridge over a real Redis: in order, at least once, once only inwards, and nothing by garbage."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.exceptions import NoPermissionError, ResponseError

from dapur.delivery import DeliveryStatus
from dapur.ids import KitchenId, OutboxId
from server.desk.ports import OutboxHead, Unavailable
from server.log.sql_log import SqlLog
from server.settings import Alias
from tests.support.bridge_rig import Rig, Said, envelope, open_bridge, strict
from tests.support.gateway import KITCHEN, OTHER_KITCHEN
from tests.support.redis_process import RedisProcess, own_redis
from tests.support.taps import DATE, WAVES, at, plan_args
from tests.support.waiting import until

NIGHT = {"serving_date": DATE, "zone": "WIB", "offset_min": 420, "waves": WAVES}


@pytest.fixture(scope="module")
def place() -> Iterator[RedisProcess]:
    """One Redis for this file; whoever breaks it mends it."""
    with own_redis() as made:
        yield made


async def begin(rig: Rig) -> None:
    """A night with one batch."""
    await rig.give("open_night", "night:kitchen", NIGHT)
    await rig.give("plan_batch", "b1", plan_args())


async def test_platform_hears_what_a_kitchen_does_in_order_and_in_the_strict_form(
    tmp_path: Path, place: RedisProcess
) -> None:
    async with open_bridge(tmp_path, place.address()) as rig:
        await begin(rig)
        await rig.give("record_temperature", "b1", {"value_c": 81.5, "place": "Panci 2"})
        await rig.give("hold_batch", "b1", {"reason": "allergen"})
        await until(lambda: len(rig.platform.on("production:status")) == 2)
        planned, held = rig.platform.on("production:status")
        assert (planned["type"], held["type"]) == ("production.planned", "production.hold_changed")
        assert planned["data"]["status"] == "PLANNED"
        assert (held["data"]["status"], held["data"]["held"]) == ("PLANNED", True)
        assert planned["data"]["menuName"] == "Ayam kecap"
        assert (planned["v"], planned["sppgId"], planned["epoch"]) == (1, KITCHEN, "e-1")
        assert planned["timestamp"].endswith("+07:00")
        (measured,) = rig.platform.on("production:temperature")
        assert (measured["data"]["temperature"], measured["data"]["within"]) == (81.5, True)
        first = rig.platform.on("distribution:tracking")[0]
        assert first["data"]["status"] == "SCHEDULED"
        mine = [
            said["seq"] for channel, said in rig.platform.heard if channel.startswith("realtime:")
        ]
        assert mine == sorted(mine)
        assert len({said["id"] for _, said in rig.platform.heard}) == len(rig.platform.heard)


async def test_bridge_drops_its_own_echo_on_a_channel_of_both_ways(
    tmp_path: Path, place: RedisProcess
) -> None:
    async with open_bridge(tmp_path, place.address()) as rig:
        await begin(rig)
        await rig.ended("distribution:tracking", "echo", 2)
        assert not rig.shop.state().deliveries


async def test_word_of_the_platform_is_taken_once_however_often_and_wherever_it_comes(
    tmp_path: Path, place: RedisProcess
) -> None:
    legacy = Alias("sppg:{sppgId}:inventory", "in", "inventory:alerts")
    async with open_bridge(tmp_path, place.address(), (legacy,)) as rig:
        await rig.well()
        low = envelope(
            "inventory.low_stock_alert", {"message": "Stok beras tinggal 12 kg"}, own="m-1"
        )
        for _ in range(3):
            await rig.platform.say("inventory:alerts", low)
        await rig.platform.shout(f"sppg:{KITCHEN}:inventory", low)
        await rig.ended("inventory:alerts", "already", 3)
        (notice,) = rig.shop.state().notices
        assert (notice.text, notice.level) == ("Stok beras tinggal 12 kg", "warning")
        await rig.platform.say("inventory:alerts", low | {"id": "m-2"})
        await rig.ended("inventory:alerts", "applied", 2)
        assert len(rig.shop.state().notices) == 2


async def test_delivery_is_tracked_by_the_platform(tmp_path: Path, place: RedisProcess) -> None:
    async with open_bridge(tmp_path, place.address()) as rig:
        await rig.well()
        data = {"id": "D-7", "status": "delivered", "arrivalTemp": 63.24, "unknown": [1]}
        await rig.platform.say("distribution:tracking", envelope("distribution.status", data))
        await rig.ended("distribution:tracking", "applied")
        delivery = rig.shop.state().deliveries["D-7"]
        assert (delivery.status, delivery.temp_c) == (DeliveryStatus.DELIVERED, 63.2)


STOP = {
    "id": "sd-1",
    "name": "SDN 1",
    "kind": "school",
    "meal": "07:45",
    "travel_min": 15,
    "pk": 120,
}
PLAN: Said = {
    "format": 1,
    "kitchen": KITCHEN,
    "name": "Dapur",
    "serving_date": DATE,
    "zone": "WIB",
    "waves": [{"id": "G1", "name": "Gelombang 1", "departure": "06:30", "stops": [STOP]}],
    "batches": [
        {
            "code": "G1-02", "dish": "ayam", "name": "Ayam kecap", "wave": "G1",
            "prepare": "00:30", "cook": "02:00", "ready": "04:30", "pk": 120,
        }
    ],
}  # fmt: skip


def plan(portions: int) -> Said:
    """The plan with so many portions."""
    (batch,) = PLAN["batches"]
    return PLAN | {"batches": [batch | {"pk": portions}]}


async def test_plan_comes_over_the_channel_and_over_the_stream_and_an_old_one_never_comes_back(
    tmp_path: Path, place: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.bridge.streams.EVERY_S", 0.05)
    key = f"{strict('production:plan')}:stream"
    place.ask("DEL", key)
    async with open_bridge(tmp_path, place.address()) as rig:
        await rig.well()
        await rig.platform.say("production:plan", envelope("production.plan", plan(120), own="p-1"))
        await rig.ended("production:plan", "applied")
        batch_id = f"{DATE}-G1-02"
        assert rig.shop.state().batches[batch_id].plan.pk == 120  # type: ignore[index]
        await rig.platform.add(key, envelope("production.plan", plan(150), own="p-2"))
        await rig.ended("production:plan", "applied", 2)
        assert rig.shop.state().batches[batch_id].plan.pk == 150  # type: ignore[index]
        await rig.platform.add(key, envelope("production.plan", plan(120), own="p-1"))
        await rig.ended("production:plan", "already")
        assert rig.shop.state().batches[batch_id].plan.pk == 150  # type: ignore[index]
        await until(lambda: place.ask("XPENDING", key, "dapur")["pending"] == 0)


GARBAGE: dict[str, tuple[str, bytes | Said, str]] = {
    "no json": ("system:notice", b"{", "not_json"),
    "deep": ("system:notice", b"[" * 10_000, "not_json"),
    "bytes": ("system:notice", b"\xff\x00", "not_json"),
    "a list": ("system:notice", b"[]", "no_object"),
    "a megabyte": ("system:notice", b'{"a":"' + b"x" * 1_000_000 + b'"}', "too_large"),
    "no tenant": ("system:notice", b'{"type":"x","message":"y"}', "no_tenant"),
    "another tenant": ("system:notice", envelope("x", {"message": "y"}, sppgId="sppg-2"), "tenant"),
    "a tenant inside": ("system:notice", envelope("x", {"sppgId": "sppg-2", "message": "y"}), "tenant"),
    "no words": ("system:notice", envelope("x", {}), "no_text"),
    "no status": ("distribution:tracking", envelope("x", {"id": "D-1", "status": "?"}), "bad_status"),
    "no delivery": (
        "distribution:tracking", envelope("x", {"id": "a b", "status": "FAILED"}), "bad_delivery",
    ),
    "no plan": ("production:plan", envelope("x", {"batches": []}), "bad_plan"),
    "a plan of others": (
        "production:plan", envelope("x", plan(1) | {"kitchen": OTHER_KITCHEN}), "tenant",
    ),
    "limits": (
        "production:plan",
        envelope("x", plan(1) | {"policy": {"core_c": {"value": 78, "source": "SE", "valid_from": "2026-01-01"}}}),
        "policy",
    ),
}  # fmt: skip


@pytest.mark.expected_log("dropped a message of the platform")
async def test_garbage_changes_nothing_and_is_counted(tmp_path: Path, place: RedisProcess) -> None:
    async with open_bridge(tmp_path, place.address()) as rig:
        await rig.well()
        for topic, said, _ in GARBAGE.values():
            await rig.platform.say(topic, said)
        stranger = envelope("x", {"message": "y"}, sppgId="sppg-9")
        await rig.platform.say("system:notice", stranger, kitchen="sppg-9")
        await rig.ended("system:notice", "unknown_kitchen")
        counted: dict[tuple[str, str], int] = {}
        for topic, _, why in GARBAGE.values():
            counted[topic, why] = counted.get((topic, why), 0) + 1
        for (topic, why), times in counted.items():
            await rig.ended(topic, why, times)
        assert (rig.shop.head().seq, rig.shop.head(OTHER_KITCHEN).seq) == (0, 0)


@pytest.mark.expected_log("dropped a message of the platform")
async def test_plan_that_the_kitchen_refuses_changes_nothing(
    tmp_path: Path, place: RedisProcess
) -> None:
    async with open_bridge(tmp_path, place.address()) as rig:
        await rig.well()
        other = plan(120) | {"serving_date": "2026-11-24"}
        await rig.give("open_night", "night:kitchen", NIGHT)
        before = rig.shop.head().seq
        await rig.platform.say("production:plan", envelope("production.plan", other))
        await rig.ended("production:plan", "refused")
        assert rig.shop.head().seq == before
        assert not rig.shop.state().reviews


@pytest.mark.expected_log("dropped a message of the platform")
async def test_stream_goes_on_after_garbage_and_after_its_group_was_deleted(
    tmp_path: Path, place: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.bridge.streams.EVERY_S", 0.05)
    key = f"{strict('production:plan')}:stream"
    place.ask("DEL", key)
    async with open_bridge(tmp_path, place.address()) as rig:
        await rig.well()
        for fields in (("message", "{"), ("a", "1", "b", "2"), ("payload", "[]")):
            place.ask("XADD", key, "*", *fields)
        await rig.ended("production:plan", "not_json", 2)
        await rig.ended("production:plan", "no_object")
        place.ask("XGROUP", "DESTROY", key, "dapur")
        await rig.platform.add(key, envelope("production.plan", plan(120), own="p-1"), "data")
        await rig.ended("production:plan", "applied")
        place.ask("DEL", key)
        await rig.platform.add(key, envelope("production.plan", plan(130), own="p-2"), "anything")
        await rig.ended("production:plan", "applied", 2)
        await until(lambda: place.ask("XPENDING", key, "dapur")["pending"] == 0)


@pytest.mark.expected_log("a message of the platform waits")
async def test_plan_waits_in_the_stream_while_the_database_is_away(
    tmp_path: Path, place: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.bridge.streams.EVERY_S", 0.05)
    monkeypatch.setattr("server.bridge.inward.AGAIN_S", 0.01)
    key = f"{strict('production:plan')}:stream"
    place.ask("DEL", key)
    away = [True]
    head = SqlLog.outbox_head

    def broken(log: SqlLog, kitchen: KitchenId, outbox: OutboxId) -> OutboxHead | None:
        if away[0]:
            raise Unavailable("the database is away")
        return head(log, kitchen, outbox)

    monkeypatch.setattr(SqlLog, "outbox_head", broken)
    async with open_bridge(tmp_path, place.address()) as rig:
        await rig.well()
        await rig.platform.add(key, envelope("production.plan", plan(120), own="p-1"))
        await until(lambda: pending(place, key) == 1)
        assert rig.shop.head().seq == 0
        away[0] = False
        await rig.ended("production:plan", "applied")
        await until(lambda: pending(place, key) == 0)


def pending(place: RedisProcess, key: str) -> int:
    """Entries that were taken and are not done; −1 before there is a group."""
    try:
        return int(place.ask("XPENDING", key, "dapur")["pending"])
    except ResponseError:
        return -1


async def test_alias_says_the_same_in_an_older_form(tmp_path: Path, place: RedisProcess) -> None:
    aliases = (
        Alias("sppg:{sppgId}:production:created", "out", "production:status", "created"),
        Alias("updates:{sppgId}", "out", "production:status", "broadcast"),
    )
    async with open_bridge(tmp_path, place.address(), aliases) as rig:
        await begin(rig)
        await until(lambda: len(rig.platform.on("production:status")) == 1)
        heard = dict(rig.platform.heard)
        created = heard[f"sppg:{KITCHEN}:production:created"]
        assert created["eventType"] == "PRODUCTION_CREATED"
        assert created["metadata"]["sppgId"] == KITCHEN
        assert heard[f"updates:{KITCHEN}"]["channel"] == f"updates:{KITCHEN}"


@pytest.mark.expected_log("is away: what it has to say waits")
async def test_what_is_to_be_said_waits_while_redis_is_away_and_comes_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.bus.platform.RETRY_MAX_S", 0.1)
    monkeypatch.setattr("server.bridge.publisher.REST_MS", 50)
    with own_redis() as mine:
        async with open_bridge(tmp_path, mine.address()) as rig:
            await begin(rig)
            await until(lambda: len(rig.platform.on("production:status")) == 1)
            mine.kill()
            await until(lambda: rig.bridge.trouble == "away")
            await rig.give("hold_batch", "b1", {"reason": "allergen"})
            mine.start()
            again = await rig.platform.listen("*")
            await rig.well()
            await until(lambda: len(rig.platform.on("production:status")) == 2)
            again.cancel()
            await asyncio.gather(again, return_exceptions=True)
            assert rig.platform.on("production:status")[1]["data"]["held"] is True


@pytest.mark.expected_log(
    "is full: what it has to say waits", "cannot be read: command not allowed"
)
async def test_full_redis_gets_nothing_until_it_has_room(
    tmp_path: Path, place: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.bus.platform.BEAT_S", 0.1)
    monkeypatch.setattr("server.bus.platform.RETRY_MAX_S", 0.1)
    monkeypatch.setattr("server.bridge.publisher.REST_MS", 50)
    async with open_bridge(tmp_path, place.address()) as rig:
        await rig.well()
        place.ask("CONFIG", "SET", "maxmemory", "1")
        try:
            await until(lambda: rig.bridge.trouble == "full")
            await begin(rig)
            assert rig.platform.on("production:status") == []
        finally:
            place.ask("CONFIG", "SET", "maxmemory", "0")
        await until(lambda: len(rig.platform.on("production:status")) == 1)


async def test_users_of_the_document_may_do_what_they_need_and_no_more(
    tmp_path: Path, place: RedisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.bridge.streams.EVERY_S", 0.05)
    document = (Path(__file__).parents[3] / "docs" / "bridge.md").read_text(encoding="utf-8")
    lines = [line.split() for line in document.splitlines() if line.startswith("ACL SETUSER")]
    for words in lines:
        place.ask(*words)
    key = f"{strict('production:plan')}:stream"
    place.ask("DEL", key)
    url = f"redis://dapur:WORD@127.0.0.1:{place.port}/0"
    saas = f"redis://saas:WORD@127.0.0.1:{place.port}/0"
    async with open_bridge(tmp_path, url, heard="realtime:*", platform_url=saas) as rig:
        await begin(rig)
        await until(lambda: len(rig.platform.on("production:status")) == 1)
        await rig.platform.say("system:notice", envelope("x", {"message": "hai"}))
        await rig.ended("system:notice", "applied")
        await rig.platform.add(key, envelope("production.plan", plan(120)))
        await rig.ended("production:plan", "applied")
        with pytest.raises(NoPermissionError):
            await rig.platform.shout(f"dapur:{KITCHEN}:head", b"9 00000000")


def test_plan_of_these_tests_is_one_that_plan_import_would_take() -> None:
    from dapur.plan import read_plan

    assert read_plan(json.dumps(PLAN)).batches[0].pk == 120
    assert at(0)
