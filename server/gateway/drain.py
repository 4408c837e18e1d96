"""Ends a server in order: not ready, goodbyes spread out, answers finished, the rest cut; it loses no tap."""

from __future__ import annotations

import asyncio
import logging
import random
import time

from dapur.wire.messages import GoodbyeCode
from server.gateway.connection import Connection
from server.gateway.listener import Listener
from server.gateway.services import Services

SPREAD_S = 15.0
"""Kiosks that come back one by one find the next server awake; all at once they were back within 1.5 s."""
GIVE_UP_S = 25.0
"""Process supervisors kill after 30 s."""
ANSWERS_S = 3.0
"""A group takes milliseconds; a database that hangs must not hold the end up."""
LOOK_S = 0.02
RETRY_S = (0.5, 2.0)
"""How long a kiosk that was told to go waits before it dials again."""

_log = logging.getLogger(__name__)


async def drain(
    services: Services,
    listener: Listener,
    *,
    spread_s: float = SPREAD_S,
    give_up_s: float = GIVE_UP_S,
) -> None:
    """Say goodbye to every kiosk within `spread_s` seconds; all is over after `give_up_s` seconds."""
    deadline_s = time.monotonic() + give_up_s
    listener.ready = False
    connections = list(services.connections.values())
    random.shuffle(connections)
    _log.info("draining %d connections over %.1f s", len(connections), spread_s)
    step_s = spread_s / max(1, len(connections))
    async with asyncio.TaskGroup() as farewells:
        for index, connection in enumerate(connections):
            farewells.create_task(_farewell(connection, index * step_s))
    try:
        async with asyncio.timeout(max(0.0, deadline_s - time.monotonic())):
            await services.emptied()
    except TimeoutError:
        _log.warning("%d connections did not close", len(services.connections))
    await listener.close()


async def _farewell(connection: Connection, delay_s: float) -> None:
    await asyncio.sleep(delay_s)
    give_up_s = time.monotonic() + ANSWERS_S
    # What the desk has is answered first: the kiosk need not ask again.
    while connection.unanswered and time.monotonic() < give_up_s:  # noqa: ASYNC110 - a counter of each connection
        await asyncio.sleep(LOOK_S)
    connection.end(
        GoodbyeCode.RESTART,
        retry_after_s=random.uniform(*RETRY_S),  # noqa: S311 - spreads load, guards nothing
    )
