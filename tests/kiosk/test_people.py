"""The roster is asked for after every arrival at the server, however short the line was gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from dapur.ids import StaffId
from kiosk.link.link import Link
from kiosk.people import People, RosterWatch
from tests.support.waiting import until

RINA, BUDI = StaffId("s-rina"), StaffId("s-budi")


class Wire:
    """A line that goes and comes when it is told to."""

    def __init__(self) -> None:
        self.online = False
        self.listeners: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def turn(self, *, online: bool) -> None:
        self.online = online
        for listener in tuple(self.listeners):
            listener()


class Names:
    """Counts how often the server was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def refresh(self) -> bool:
        self.asked += 1
        await asyncio.sleep(0)
        return True


async def looked(watch: RosterWatch) -> None:
    """One tick of the kiosk, and whatever it began."""
    watch.look()
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_roster_is_asked_for_again_when_the_line_broke_between_two_looks() -> None:
    wire, names, wanted = Wire(), Names(), {RINA}
    watch = RosterWatch(cast(People, names), cast(Link, wire), lambda: frozenset(wanted))
    await looked(watch)
    assert names.asked == 0, "there is no line"
    wire.turn(online=True)
    await looked(watch)
    await looked(watch)
    assert names.asked == 1
    wire.turn(online=False)
    wire.turn(online=True)
    await looked(watch)
    assert names.asked == 2
    wanted.add(BUDI)
    await looked(watch)
    assert names.asked == 3
    await watch.close()
    assert not wire.listeners


async def test_roster_that_is_being_asked_for_when_the_line_breaks_is_asked_for_once_more() -> None:
    wire, names = Wire(), Names()
    watch = RosterWatch(cast(People, names), cast(Link, wire), lambda: frozenset({RINA}))
    wire.turn(online=True)
    watch.look()
    wire.turn(online=False)
    wire.turn(online=True)
    watch.look()
    await until(lambda: names.asked == 1)
    await looked(watch)
    assert names.asked == 2
    await watch.close()
