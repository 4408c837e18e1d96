"""A real server whose desk is played from standard input: each line `N STAMP` is one committed group of N commands.

Connections, admission, limits, fan-out and the log are the product's own; only the commit is left out,
which has figures of its own.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import threading
from pathlib import Path

import msgspec

from bench.crowd import stamp
from dapur.envelope import Event, Occurred, encode_event
from dapur.ids import CommandId, DeviceId, KitchenId, SessionId, StaffId
from server.app import compose, run_loop
from server.desk.groups import Grown
from server.desk.ports import Entry
from server.gateway.listener import Listener
from server.gateway.services import Services
from server.settings import Settings

EVENT_BYTES = 300
UNSTAMPED = stamp(0).encode()


def body() -> bytes:
    """An event of 300 bytes, as the peers' message is."""
    event = Event(
        kind="temperature_recorded",
        subject="B-001",
        data=msgspec.Raw(
            b'{"value_c":81.5,"point":"core","source":"hand","place":"' + UNSTAMPED + b'"}'
        ),
        command=CommandId("c" * 36),
        actor=StaffId("cook-1"),
        session=SessionId("s"),
        device=DeviceId("device-1"),
        at=Occurred(1_700_000_000_000, 1_700_000_000_005),
        recorded_ms=1_700_000_000_010,
    )
    short = EVENT_BYTES - len(encode_event(event))
    session = SessionId("s" * max(1, 1 + short))
    return encode_event(msgspec.structs.replace(event, session=session))


class Groups:
    """Makes the groups: one event for each of the next kitchens."""

    def __init__(self, services: Services, heads: dict[KitchenId, int]) -> None:
        self._services = services
        self._heads = heads
        self._turn = itertools.cycle(sorted(heads))
        self._body = body()
        self._link = os.urandom(32)

    def publish(self, count: int, stamped: str) -> None:
        """What the writer posts to the loop after a commit."""
        body = self._body.replace(UNSTAMPED, stamped.encode()) if stamped else self._body
        grown = []
        for _ in range(count):
            kitchen = next(self._turn)
            self._heads[kitchen] += 1
            entry = Entry(self._heads[kitchen], self._link, body)
            grown.append(Grown(kitchen, (entry,)))
        self._services.published(grown)


async def main(data: Path, database: str = "", bus: str = "memory") -> None:
    """Serve until standard input ends."""
    parts = compose(Settings(data=data, database=database).database_url, bus=bus)
    services = Services(log=parts.log, identity=parts.identity, bus=parts.bus, key=parts.key)
    services.writer.start()
    listener = Listener(services, strangers_max=20_000)
    port = await listener.open("127.0.0.1", 0)
    groups = Groups(services, parts.log.heads(parts.log.kitchens()))
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def listen() -> None:
        for line in sys.stdin:
            count, _, stamped = line.strip().partition(" ")
            loop.call_soon_threadsafe(groups.publish, int(count), stamped)
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=listen, name="stdin", daemon=True).start()
    await over.wait()
    await listener.close()
    await services.close()
    parts.close()


if __name__ == "__main__":
    run_loop(main(Path(sys.argv[1]), *sys.argv[2:]))
