"""Rows 27 and 39 and their kin: several servers write one kitchen, one is killed, all are replaced one by one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial

import msgspec
import pytest

from dapur.access import Role
from dapur.crew import ChangeRolesArgs, RosterStaffArgs
from dapur.envelope import Command, Occurred, StepUp
from dapur.ids import SYSTEM, OutboxId, SessionId, StaffId
from dapur.wire.messages import Outcome
from dapur.wire.queries import SIGN_IN, SignInArgs
from server.cli.context import now_ms
from server.desk.desk import Desk
from tests.failures.kitchen import scaled
from tests.failures.province import County, Province, Roamer, open_province, tap
from tests.support.gateway import Kiosk, command
from tests.support.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(int(scaled(300, 120)))]

TAPS = int(scaled(350, 100))
"""Of each kiosk: fewer than the burst after which a device is told that it is too fast."""
PACE_S = 0.01
LONG_TAPS, LONG_PACE_S = int(scaled(1_000, 100)), scaled(0.06, 0.01)
"""As many as a device may send for as long as it likes."""


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    with open_province(tmp_path_factory.mktemp("province")) as opened:
        yield opened


async def tap_along(county: County, taps: int = TAPS, pace_s: float = PACE_S) -> None:
    """All kiosks of a kitchen tap at the same time, online or not."""

    async def one(number: int) -> None:
        kiosk = county.kiosks[number]
        for _ in range(taps):
            kiosk.keep(tap())
            await kiosk.push()
            await asyncio.sleep(pace_s)

    await asyncio.gather(*(one(number) for number in range(len(county.kiosks))))


def _beyond(county: County, seq: int, tapping: asyncio.Task[None]) -> bool:
    """Whether the log has grown, or has nothing more to grow by."""
    return tapping.done() or county.head > seq


@asynccontextmanager
async def roaming(county: County) -> AsyncIterator[list[Roamer]]:
    """Kiosks that come back by themselves, at whichever server takes them."""
    servers = county.province.servers
    roamers = [Roamer(kiosk, servers) for kiosk in county.kiosks]
    try:
        yield roamers
    finally:
        for roamer in roamers:
            await roamer.end()


async def test_row_27_nothing_is_lost_or_doubled_when_two_servers_write_the_same_kitchens(
    province: Province,
) -> None:
    """Both have kiosks of both kitchens, so groups overlap and meet each other's commits in any order."""
    async with province.opened(4) as one, province.opened(4) as two:
        await asyncio.gather(tap_along(one), tap_along(two))
        await one.converged()
        await two.converged()
        assert [county.head for county in (one, two)] == [4 * TAPS, 4 * TAPS]
        logs = "".join(server.log() for server in province.servers)
        assert "another process was first" in logs, "they did not meet"


async def test_kiosks_of_a_killed_server_go_on_at_the_other_and_lose_nothing(
    province: Province,
) -> None:
    first, _ = province.servers
    async with province.opened(4) as county, roaming(county) as roamers:
        tapping = asyncio.create_task(tap_along(county))
        mine = county.kiosks[0]
        await until(lambda: len(mine.results) > TAPS // 10)
        first.kill()
        try:
            await tapping
            await county.converged()
            assert all(roamer.moves for roamer in roamers[::2]), "the killed one had served nobody"
            assert not any(roamer.moves for roamer in roamers[1::2]), "the other had let go"
        finally:
            first.start()


async def test_row_39_rolling_restart_under_load_loses_and_doubles_nothing(
    province: Province,
) -> None:
    async with province.opened(4) as county, roaming(county) as roamers:
        tapping = asyncio.create_task(tap_along(county, LONG_TAPS, LONG_PACE_S))
        for _ in range(int(scaled(5, 1))):
            for server in province.servers:
                await until(partial(_beyond, county, county.head, tapping))
                await asyncio.to_thread(server.stop)
                assert "ended in order" in server.log().splitlines()[-1]
                server.start()
                await province.says(server, "ready")
        await tapping
        await county.converged()
        assert all(roamer.moves for roamer in roamers)


# ---- people at several servers -------------------------------------------------------------------

BOSS, HEAD, COOK = StaffId("s-boss"), StaffId("s-head"), StaffId("s-cook")


def signed(kiosk: Kiosk, who: StaffId, kind: str, subject: str, args: object) -> Command:
    """A tap of somebody who is signed in at this kiosk and gave the PIN just now."""
    tap_ = command(kind, subject, args, actor=who)
    now = tap_.occurred.latest_ms
    return msgspec.structs.replace(
        tap_,
        session=SessionId(f"{who}@{kiosk.device}"),
        occurred=Occurred(now, now),
        step_up=StepUp(now, online=True),
    )


async def sign_in(kiosk: Kiosk, who: StaffId) -> None:
    """Open a session, as a kiosk does that has checked a PIN."""
    opened = signed(kiosk, who, "open_session", f"session:{who}@{kiosk.device}", {})
    [result] = await kiosk.tap(opened)
    assert result.outcome is Outcome.APPLIED, result


def rostered(kiosk: Kiosk, by: StaffId, who: StaffId, *roles: Role) -> Command:
    """Put somebody on the roster, which only a head may."""
    args = RosterStaffArgs(who, roles, "Tim", 0, 1)
    return signed(kiosk, by, "roster_staff", f"staff:{who}", args)


async def test_right_that_was_taken_at_one_server_is_gone_at_the_next_tap_at_another(
    province: Province,
) -> None:
    async with province.opened(2) as county:
        here, there = county.kiosks
        first = [
            command(
                "roster_staff", f"staff:{who}", RosterStaffArgs(who, (Role.KEPALA,), "Tim", 0, 1)
            )
            for who in (BOSS, HEAD)
        ]
        first = [
            msgspec.structs.replace(each, actor=SYSTEM, session=SessionId("")) for each in first
        ]
        desk = Desk(province.log, devices=province.identity.device, now_ms=now_ms)
        await asyncio.to_thread(desk.take_now, county.kitchen, OutboxId("server-test"), first)
        await sign_in(here, BOSS)
        await sign_in(there, HEAD)
        [result] = await there.tap(rostered(there, HEAD, COOK, Role.STAFF_DAPUR))
        assert result.outcome is Outcome.APPLIED, result
        taken = signed(here, BOSS, "change_roles", f"staff:{HEAD}", ChangeRolesArgs(HEAD, ()))
        [result] = await here.tap(taken)
        assert result.outcome is Outcome.APPLIED, result
        [result] = await there.tap(rostered(there, HEAD, COOK, Role.KEPALA))
        assert (result.outcome, result.code) == (Outcome.REFUSED, "not_allowed")


async def test_wrong_pins_are_counted_together_whichever_server_hears_them(
    province: Province,
) -> None:
    async with province.opened(1) as county:
        [kiosk] = county.kiosks
        province.identity.add_staff(county.kitchen, COOK, "Siti")
        province.identity.set_pin(county.kitchen, COOK, "502817")
        errors = []
        for number in range(5):
            kiosk.url = province.servers[number % 2].url
            await kiosk.connect()
            kiosk.replies.clear()
            reply = await kiosk.ask(SIGN_IN, SignInArgs(COOK, "502818"))
            errors.append((reply.error, reply.detail.partition("/")[0]))
        assert errors[:4] == [("pin_wrong", str(tries)) for tries in (1, 2, 3, 4)]
        assert errors[4][0] == "pin_locked"
