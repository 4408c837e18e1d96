"""Rows 27 and 39 and their kin: several servers write one kitchen, one is killed, all are replaced one by one."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

import msgspec
import pytest
from sqlalchemy import select

from dapur.access import Role
from dapur.crew import ChangeRolesArgs, RosterStaffArgs
from dapur.envelope import Command, Occurred, StepUp, decode_event
from dapur.ids import SYSTEM, KitchenId, OutboxId, SessionId, StaffId
from dapur.wire.messages import Outcome
from dapur.wire.queries import SIGN_IN, SignInArgs
from server.cli.context import now_ms
from server.desk.desk import Desk
from server.history.tables import alert_history
from server.log.engine import reading
from server.log.positions import least
from server.log.scope import of_kitchens
from server.log.shares import RENEW_MS, SHARE_MS, SHARES, share_of
from server.log.tables import follower_lease
from server.log.verify import verify
from tests.failures.kitchen import scaled
from tests.failures.province import County, Province, Roamer, open_province, tap
from tests.support.gateway import Kiosk, command
from tests.support.taps import DATE, MIN, WAVES, plan_args
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


# ---- what the servers do by themselves -----------------------------------------------------------

ORPHANED_S = (SHARE_MS + RENEW_MS) / 1000 + 15.0
"""A dead process's kitchens are another's by then, their past is up to date and their clocks are looked at."""


def holders(province: Province) -> dict[int, str]:
    """Who minds each share; shares that somebody who is gone still has are in it too."""
    query = select(follower_lease.c.follower, follower_lease.c.holder).where(
        follower_lease.c.follower.like("share/%")
    )
    with reading(province.engine) as connection:
        return {int(name.removeprefix("share/")): who for name, who in connection.execute(query)}


def are_divided(province: Province) -> bool:
    """Whether two processes have half of the shares each."""
    return sorted(Counter(holders(province).values()).values()) == [SHARES // 2, SHARES // 2]


def kitchens_of_both(province: Province) -> list[KitchenId]:
    """Two kitchens of each of the two processes."""
    found: dict[str, list[KitchenId]] = defaultdict(list)
    for _ in range(50):
        kitchen = province.county(0).kitchen
        found[holders(province)[share_of(kitchen)]].append(kitchen)
        if len(found) == 2 and min(map(len, found.values())) >= 2:
            break
    two = [each for kitchens in found.values() for each in kitchens[:2]]
    assert len(two) == 4, found
    return two


def plan_late(province: Province, kitchen: KitchenId, batch: str) -> None:
    """Put a batch on the board that should have begun an hour ago; nobody but a clock says so."""
    now = now_ms()
    night = {"serving_date": DATE, "zone": "WIB", "offset_min": 420, "waves": WAVES}
    hour_ms = 60 * MIN
    times = {"prepare_ms": now - 2 * hour_ms, "cook_ms": now - hour_ms, "ready_ms": now + hour_ms}
    commands = [
        command("open_night", "night:kitchen", night, actor=SYSTEM),
        command("plan_batch", batch, plan_args(code=batch, **times), actor=SYSTEM),
    ]
    desk = Desk(province.log, devices=province.identity.records, now_ms=now_ms)
    results = desk.take_now(kitchen, OutboxId("server-test"), commands)
    assert results[-1].outcome is Outcome.APPLIED, results


def alerts_of(province: Province, kitchen: KitchenId) -> list[str]:
    """Every alert that was raised in a kitchen, by its log."""
    events = [decode_event(entry.body) for entry in province.log.read(kitchen, 0, limit=500)]
    return [event.subject for event in events if event.kind == "alert_raised"]


def is_told(province: Province, kitchen: KitchenId, batch: str) -> bool:
    """Whether a clock has raised the alert about a batch, and all of the log is in the past."""
    head = province.log.head(kitchen)
    assert head is not None
    wanted = f"alert:late_start:{batch}:"
    raised = any(alert.startswith(wanted) for alert in alerts_of(province, kitchen))
    return raised and least(province.engine, kitchen) == head.seq


def past_of(province: Province, kitchen: KitchenId) -> list[str]:
    """About which batches the tables of the past have such an alert."""
    query = select(alert_history.c.about).where(
        alert_history.c.kitchen == kitchen, alert_history.c.rule == "late_start"
    )
    with reading(province.engine, of_kitchens(kitchen)) as connection:
        return sorted(connection.scalars(query))


async def all_told(province: Province, kitchens: Sequence[KitchenId], batch: str) -> None:
    """Wait until that is so in every kitchen."""
    give_up_s = time.monotonic() + ORPHANED_S
    for kitchen in kitchens:
        while not await asyncio.to_thread(is_told, province, kitchen, batch):
            assert time.monotonic() < give_up_s, f"{batch} of {kitchen}"
            await asyncio.sleep(0.1)


async def test_kitchens_of_a_killed_server_are_followed_and_watched_by_the_other_once(
    province: Province,
) -> None:
    """Nobody is at a kiosk: what comes into these logs comes from the servers' clocks."""
    await province.well()
    await until(lambda: are_divided(province), within_s=ORPHANED_S)
    kitchens = await asyncio.to_thread(kitchens_of_both, province)
    for kitchen in kitchens:
        plan_late(province, kitchen, "b1")
    await all_told(province, kitchens, "b1")
    first, second = province.servers
    first.kill()
    try:
        for kitchen in kitchens:
            plan_late(province, kitchen, "b2")
        await all_told(province, kitchens, "b2")
        for kitchen in kitchens:
            alerts = alerts_of(province, kitchen)
            assert len(alerts) == len(set(alerts)), alerts
            assert past_of(province, kitchen) == ["b1", "b2"]
        assert [each.wrong for each in verify(province.engine, kitchens)] == [""] * len(kitchens)
        assert f"minds {SHARES} of {SHARES} shares" in second.log()
    finally:
        first.start()


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
        desk = Desk(province.log, devices=province.identity.records, now_ms=now_ms)
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
