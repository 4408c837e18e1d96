"""Rows 19 to 24, 50 and 53 about Redis: hints are lost, doubled, forged or stop; the service goes on by its poll."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import redis as redis_library

from dapur.wire.messages import GoodbyeCode
from server.cli.context import now_ms
from tests.failures.kitchen import scaled
from tests.failures.province import County, Province, open_province, signalled, tap
from tests.support.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(int(scaled(300, 120)))]

POLL_S = 3.0
SLACK_S = 3.0
"""What a busy machine may add; a poll that does not come at all is found all the same."""
REVOKED_WITHIN_S = 5.0
FAST_S = 0.8
"""Less than the shortest time between two polls: only a hint is so fast."""


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    with open_province(tmp_path_factory.mktemp("province")) as opened:
        yield opened


async def told_s(county: County) -> float:
    """One tap at the first server: how long until the kiosk at the second has it."""
    mine, other = county.kiosks
    seq = county.head + 1
    began_s = time.monotonic()
    mine.keep(tap())
    await mine.push()
    await until(lambda: other.position.seq >= seq, within_s=POLL_S + SLACK_S)
    return time.monotonic() - began_s


async def told_fast(county: County) -> None:
    """Hints flow: of a few taps one comes sooner than any poll could bring it."""
    for _ in range(8):
        if await told_s(county) < FAST_S:
            return
    pytest.fail("no tap came by a hint")


async def acked_s(county: County) -> float:
    """One tap at the first server: how long until its answer."""
    began_s = time.monotonic()
    await county.kiosks[0].tap(tap())
    return time.monotonic() - began_s


async def test_tap_at_one_server_is_seen_at_the_other_by_a_hint(province: Province) -> None:
    async with province.opened(2) as county:
        first, second = province.servers
        await told_fast(county)
        assert await province.figure(second, 'dapur_bus_hints_total{fate="received"}') >= 1
        assert await province.figure(first, 'dapur_bus_hints_total{fate="sent"}') >= 1
        assert await province.figure(first, "dapur_bus_up") == 1
        await county.converged()


async def test_row_19_kiosks_converge_when_hints_are_lost_doubled_reordered_and_forged(
    province: Province,
) -> None:
    async with province.opened(2) as county, province.opened(2) as quiet:
        chance = random.Random(19)
        channel = f"dapur:{county.kitchen}:head"
        over_s = time.monotonic() + scaled(60, 2)
        while time.monotonic() < over_s:
            for kiosk in county.kiosks:
                kiosk.keep(tap())
                await kiosk.push()
            origin = f"{chance.getrandbits(64):016x}"
            for seq in (1, county.head, county.head - 1, county.head + 1_000_000):
                for _ in range(2):
                    province.redis.ask("PUBLISH", channel, f"{seq} {origin}")
            for odd in ("", "x", "\x00\xff", '{"seq":1}', f"{2**70} {origin}", "9" * 4000):
                province.redis.ask("PUBLISH", channel, odd)
            province.redis.ask("PUBLISH", f"dapur:{quiet.kitchen}:head", f"99 {origin}")
            if chance.random() < 0.3:
                province.redis.ask("CLIENT", "KILL", "TYPE", "pubsub")
            await asyncio.sleep(0.05)
        await county.converged()
        assert [kiosk.position.seq for kiosk in quiet.kiosks] == [0, 0]
        assert all(kiosk.ended is None for kiosk in county.kiosks + quiet.kiosks)
        assert await province.figure(province.servers[1], 'dapur_bus_hints_total{fate="odd"}') > 0


async def test_row_20_last_hint_before_a_silence_is_made_up_for_by_the_poll(
    province: Province,
) -> None:
    async with province.opened(2) as county:
        await told_fast(county)
        second = province.servers[1]
        before = await province.figure(second, "dapur_poll_repairs_total")
        province.redis.ask("ACL", "SETUSER", "one", "-publish")
        try:
            await told_s(county)
        finally:
            province.redis.ask("ACL", "SETUSER", "one", "+publish")
        assert await province.figure(second, "dapur_poll_repairs_total") > before
        await county.converged()


async def test_row_21_service_goes_on_when_redis_is_killed_and_is_well_when_it_is_back(
    province: Province,
) -> None:
    async with province.opened(2) as county:
        province.redis.kill()
        try:
            for server in province.servers:
                await province.says(server, "degraded: the bus is away")
                assert await province.figure(server, "dapur_bus_up") == 0
            # One who comes only now is served as well.
            await county.kiosks[1].connect()
            assert await told_s(county) < POLL_S + SLACK_S
            lines = province.servers[0].log().count("is away: the poll goes on alone")
            await asyncio.sleep(scaled(60, 1))
            assert province.servers[0].log().count("is away: the poll goes on alone") == lines
        finally:
            province.redis.start()
        await province.well()
        await told_fast(county)
        await county.converged()


async def test_row_22_taps_are_answered_while_redis_is_frozen(province: Province) -> None:
    async with province.opened(2) as county:
        usual_s = max([await acked_s(county) for _ in range(5)])
        province.redis.freeze()
        try:
            over_s = time.monotonic() + scaled(60, 0)
            slowest_s = max([await acked_s(county) for _ in range(20)])
            assert slowest_s < usual_s + 1.0, "an answer waited for Redis"
            assert await told_s(county) < POLL_S + SLACK_S
            await province.says(province.servers[0], "degraded: the bus is silent")
            while time.monotonic() < over_s:
                await acked_s(county)
                await asyncio.sleep(0.2)
        finally:
            province.redis.thaw()
        await province.well()
        await told_fast(county)
        await county.converged()


REFUSALS: dict[str, tuple[str, str, str]] = {
    "full": ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "full"),
    "password": ("ACL SETUSER one off", "ACL SETUSER one on", "closed to us"),
    "replica": ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "read-only"),
    "channels": (
        "ACL SETUSER one resetchannels &nothing",
        "ACL SETUSER one allchannels",
        "closed to us",
    ),
}
"""Lines that break it, that mend it, and what is told."""


@pytest.mark.parametrize("refusal", [*REFUSALS][: int(scaled(4, 2))])
async def test_row_23_service_goes_on_when_redis_takes_nothing_from_us(
    province: Province, refusal: str
) -> None:
    """A full Redis and one that became a replica are found by the bus's own small write."""
    broken, mended, trouble = REFUSALS[refusal]
    async with province.opened(2) as county:
        province.redis.ask(*broken.split())
        try:
            with suppress(redis_library.ResponseError):
                province.redis.ask("CLIENT", "KILL", "USER", "one")
            await province.says(province.servers[0], f"degraded: the bus is {trouble}")
            assert await told_s(county) < POLL_S + SLACK_S
        finally:
            province.redis.ask(*mended.split())
        await province.well()
        await told_fast(county)
        await county.converged()


async def test_row_24_poll_makes_up_for_what_redis_cut_off_while_a_server_was_stopped(
    province: Province,
) -> None:
    async with province.opened(2) as county:
        second, limit = province.servers[1], "client-output-buffer-limit"
        usual = province.redis.ask("CONFIG", "GET", limit)[limit.encode()]
        province.redis.ask("CONFIG", "SET", limit, "pubsub 1mb 512kb 1")
        signalled(second, signal.SIGSTOP)
        try:
            flood = b"9" * 1_000_000
            for _ in range(100):
                await county.kiosks[0].tap(tap())
                province.redis.ask("PUBLISH", f"dapur:{county.kitchen}:head", flood)
                if b"user=two" not in province.redis.ask("CLIENT", "LIST", "TYPE", "pubsub"):
                    break
                await asyncio.sleep(0.1)  # it waits for a second whether the reader comes back
            else:
                pytest.fail("Redis did not cut the stopped server")
        finally:
            signalled(second, signal.SIGCONT)
            province.redis.ask("CONFIG", "SET", limit, usual)
        await county.converged()
        await province.well()
        await told_fast(county)


async def test_row_50_socket_of_a_revoked_kiosk_is_closed_at_another_server_while_redis_is_away(
    province: Province,
) -> None:
    async with province.opened(2) as county:
        other = county.kiosks[1]
        province.redis.freeze()
        try:
            began_s = time.monotonic()
            await asyncio.to_thread(province.identity.revoke, other.device, now_ms())
            await until(lambda: other.close_code is not None, within_s=REVOKED_WITHIN_S + SLACK_S)
            assert time.monotonic() - began_s < REVOKED_WITHIN_S + SLACK_S / 2
            assert other.end.code is GoodbyeCode.REVOKED
            await other.connect()
            assert other.end.code is GoodbyeCode.REVOKED
            await county.kiosks[0].tap(tap())
        finally:
            province.redis.thaw()
        await province.well()
