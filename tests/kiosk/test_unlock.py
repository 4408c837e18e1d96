"""A chief lets a locked person try again: a tap first, then the counters, and the chief goes again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from dapur.access import CHIEFS
from dapur.ids import StaffId
from dapur.wire.queries import UNLOCK, UnlockArgs
from kiosk.link.errors import QueryFailed, TimedOut
from kiosk.local.errors import DiskRefused, DiskTrouble
from kiosk.pins import SignIn
from kiosk.unlock import Unlocking
from tests.support.night import BUDI, RINA
from tests.support.offline_kiosk import OfflineKiosk

PIN = "123456"


class Server:
    """What the server answers, and what is lifted here."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, msgspec.Struct]] = []
        self.fails: QueryFailed | None = None
        self.lifted: list[StaffId] = []
        self.cannot_lift = False

    async def query(self, name: str, args: msgspec.Struct, *, timeout_s: float) -> msgspec.Raw:
        assert timeout_s
        self.asked.append((name, args))
        if self.fails is not None:
            raise self.fails
        return msgspec.Raw(b"{}")

    async def lift(self, staff: StaffId) -> None:
        if self.cannot_lift:
            raise OSError("no room")
        self.lifted.append(staff)


@pytest.fixture
def kiosk(tmp_path: Path) -> OfflineKiosk:
    return OfflineKiosk(tmp_path / "store")


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def unlocking(kiosk: OfflineKiosk, server: Server) -> Unlocking:
    parts = cast("Any", server)
    return Unlocking(kiosk.sessions, kiosk.desk, parts, parts)


def chief(kiosk: OfflineKiosk) -> StaffId:
    staff = kiosk.mirror.shown.staff
    return next(who for who in staff if kiosk.mirror.shown.may(who, CHIEFS))


def told(kiosk: OfflineKiosk) -> list[tuple[str, StaffId]]:
    return [(each.kind, each.to) for each in kiosk.mirror.shown.notices]


async def test_chief_unlocks_here_and_at_the_server_and_does_not_stay(
    kiosk: OfflineKiosk, server: Server, unlocking: Unlocking
) -> None:
    await kiosk.sign_in(BUDI)
    who = chief(kiosk)
    done = await unlocking.unlock(who, PIN, RINA)
    assert (done.done, done.at_server) == (True, True)
    assert server.asked == [(UNLOCK, UnlockArgs(who, PIN, RINA))]
    assert server.lifted == [RINA]
    assert told(kiosk) == [("staff_unlocked", RINA)]
    assert kiosk.sessions.signed_in == (BUDI,)
    assert kiosk.sessions.actor == BUDI
    left = [each for each in kiosk.mirror.shown.sessions.values() if each.closed_ms is None]
    assert who not in {each.staff for each in left if each.device == kiosk.device}


async def test_chief_who_was_here_stays(kiosk: OfflineKiosk, unlocking: Unlocking) -> None:
    who = chief(kiosk)
    await kiosk.sign_in(who)
    assert (await unlocking.unlock(who, PIN, RINA)).done
    assert kiosk.sessions.actor == who


async def test_chief_unlocks_this_kiosk_alone_without_a_line(
    kiosk: OfflineKiosk, server: Server, unlocking: Unlocking
) -> None:
    kiosk.pins.online = False
    done = await unlocking.unlock(chief(kiosk), PIN, RINA)
    assert (done.done, done.at_server, server.asked) == (True, False, [])
    assert server.lifted == [RINA]
    assert told(kiosk) == [("staff_unlocked", RINA)]


async def test_server_that_does_not_answer_keeps_its_lock_and_that_is_told(
    kiosk: OfflineKiosk, server: Server, unlocking: Unlocking
) -> None:
    server.fails = TimedOut("no answer in time")
    done = await unlocking.unlock(chief(kiosk), PIN, RINA)
    assert (done.done, done.at_server, server.lifted) == (True, False, [RINA])


@pytest.mark.parametrize(("who", "pin"), [(BUDI, PIN), ("", "000000")])
async def test_nobody_is_unlocked_without_the_right_and_the_right_pin(
    kiosk: OfflineKiosk, server: Server, unlocking: Unlocking, who: str, pin: str
) -> None:
    done = await unlocking.unlock(StaffId(who) or chief(kiosk), pin, RINA)
    assert not done.done
    assert (done.check.state is SignIn.WRONG) == (done.refusal is None)
    assert (server.asked, server.lifted, told(kiosk)) == ([], [], [])
    assert kiosk.sessions.signed_in == ()


@pytest.mark.expected_log("nobody is unlocked")
async def test_nobody_is_unlocked_when_the_disk_takes_nothing(
    kiosk: OfflineKiosk, server: Server, unlocking: Unlocking, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = chief(kiosk)
    await kiosk.sign_in(who)
    server.cannot_lift = True
    assert (await unlocking.unlock(who, PIN, RINA)).disk

    def refuse(*_: object, **__: object) -> None:
        raise DiskRefused(DiskTrouble.FULL, "no room")

    monkeypatch.setattr(kiosk.desk, "tap", refuse)
    assert (await unlocking.unlock(who, PIN, RINA)).disk
    assert server.lifted == []
