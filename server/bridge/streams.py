"""Reads the plans that wait in streams, kitchen after kitchen; an entry is done when the log has it or never will."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from dapur.ids import KitchenId
from server.bridge.inward import Inward
from server.bridge.names import Route, stream
from server.bridge.ports import Platform
from server.desk.ports import Away, Log, Unavailable

GROUP = "dapur"
CONSUMER = "bridge"
"""One name for all processes: who takes over finds what the one before did not finish."""
EVERY_S = 1.0
LOOKED_AT_ONCE = 500
"""Kitchens without a stream that are looked at in one round: a first plan is found soon enough."""
ENTRIES_AT_ONCE = 10
FIELDS = (b"message", b"data", b"payload", b"json")
"""Where the JSON stands in an entry; of an entry with one field, there."""

_log = logging.getLogger(__name__)


class Streams:
    """Used on the loop's thread, by the process that holds the lease."""

    def __init__(
        self, platform: Platform, log: Log, inward: Inward, holds: Callable[[], bool]
    ) -> None:
        """`holds` says in a thread whether this process reads the streams now."""
        self._platform = platform
        self._log = log
        self._inward = inward
        self._holds = holds
        self._joined: dict[KitchenId, bool] = {}
        """Kitchens with a stream; True while something taken before is not done."""
        self._last = KitchenId("")

    async def keep_reading(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                done = await self.round()
            except Away:
                done = 0
            except Unavailable as error:
                _log.warning("the plans wait: %s", error)
                done = 0
            except Exception:  # noqa: BLE001 - one odd entry must not end the reading
                _log.exception("the plans could not be read")
                done = 0
            if not done:
                await asyncio.sleep(EVERY_S)

    async def round(self) -> int:
        """Look at every stream that is known and at some that might be; how many entries are done."""
        if not await asyncio.to_thread(self._holds):
            # Who reads them meanwhile may leave something behind.
            self._joined = dict.fromkeys(self._joined, True)
            return 0
        kitchens = await asyncio.to_thread(self._log.kitchens)
        done = 0
        for kitchen in [each for each in self._joined if each in set(kitchens)]:
            done += await self._read(kitchen)
        await self._join([each for each in kitchens if each not in self._joined])
        return done

    async def _join(self, kitchens: list[KitchenId]) -> None:
        """Make the group of streams that came into being; a kitchen without one costs a look."""
        ahead = sorted(kitchens, key=lambda each: (each <= self._last, each))[:LOOKED_AT_ONCE]
        if not ahead:
            return
        self._last = ahead[-1]
        there = await self._platform.ask([("EXISTS", stream(each)) for each in ahead])
        for kitchen, found in zip(ahead, there, strict=True):
            if found == 1:
                command = ("XGROUP", "CREATE", stream(kitchen), GROUP, "0")
                said = (await self._platform.ask([command]))[0]
                if not isinstance(said, Exception) or str(said).startswith("BUSYGROUP"):
                    self._joined[kitchen] = True
                else:
                    _log.warning("the plans of %s cannot be read: %s", kitchen, said)

    async def _read(self, kitchen: KitchenId) -> int:
        """First what was taken before and not done, then what is new."""
        key = stream(kitchen)
        pending = self._joined[kitchen]
        said = (
            await self._platform.ask(
                [
                    (
                        *("XREADGROUP", "GROUP", GROUP, CONSUMER),
                        *("COUNT", str(ENTRIES_AT_ONCE), "STREAMS", key),
                        "0" if pending else ">",
                    )
                ]
            )
        )[0]
        if isinstance(said, Exception):
            # The stream or its group was deleted: it is looked for again.
            del self._joined[kitchen]
            return 0
        entries = _entries(said)
        if pending and not entries:
            self._joined[kitchen] = False
            return await self._read(kitchen)
        route = Route("production:plan", kitchen, strict=True)
        for number, (name, fields) in enumerate(entries):
            payload = _payload(fields)
            if payload is not None and not await self._inward.take(route, payload):
                self._joined[kitchen] = True
                return number
            await self._platform.ask([("XACK", key, GROUP, name)])
        return len(entries)


def _entries(said: object) -> list[tuple[bytes, object]]:
    """Id and fields of each entry, as RESP3 has them; nothing for what has another shape."""
    streamed = said.values() if isinstance(said, Mapping) else ()
    entries = [entry for each in streamed if isinstance(each, list) for entry in each]
    return [
        (entry[0], entry[1])
        for entry in entries
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], bytes)  # noqa: PLR2004 - id, fields
    ]


def _payload(fields: object) -> bytes | None:
    """The JSON of an entry; None for one that was deleted before it was read."""
    if not isinstance(fields, list):
        return None
    named = dict(zip(fields[::2], fields[1::2], strict=False))
    found = next((named[name] for name in FIELDS if name in named), None)
    if found is None and len(named) == 1:
        found = next(iter(named.values()))
    return found if isinstance(found, bytes) else b""
