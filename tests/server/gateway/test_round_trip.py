"""A tap's way through the real sockets: hello, submit, results, live events."""

from __future__ import annotations

from dapur.wire.messages import Outcome
from tests.support.gateway import command, open_shop


async def test_kiosk_gets_result_and_event_of_its_own_tap_and_others_the_event() -> None:
    async with open_shop() as shop:
        first = await shop.kiosk("k-1").connect()
        second = await shop.kiosk("k-2").connect()
        [result] = await first.tap(command("no_such_kind", "b1", {}))
        assert result.outcome is Outcome.REFUSED
        assert result.seq == 1
        await first.reached(1)
        await second.reached(1)
        assert first.bodies == second.bodies
        assert "no_such_kind" in second.bodies[1]
        assert shop.head().seq == 1
