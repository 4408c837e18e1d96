"""Remembers which kiosks live and how far they have stored the log; writes that down now and then, off the loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from dapur.ids import DeviceId
from server.desk.ports import Identity, Sign, Unavailable

EVERY_S = 30.0
"""As often as kiosks say `got`: retention and the fleet's list need no more."""

_log = logging.getLogger(__name__)


class Presence:
    """Advisory: nothing is decided from it but how long the log is kept."""

    def __init__(self, identity: Identity, now_ms: Callable[[], int]) -> None:
        self._identity = identity
        self._now_ms = now_ms
        self._heard: dict[DeviceId, Sign] = {}

    def heard(self, device: DeviceId, sign: Sign) -> None:
        """A kiosk lives, and says how it is."""
        self._heard[device] = sign

    def write(self, connections: int) -> None:
        """Write down what was heard since the last time; called in a thread."""
        heard, self._heard = self._heard, {}
        now_ms = self._now_ms()
        try:
            self._identity.heard(heard, connections, now_ms)
        except Unavailable as error:
            _log.warning("presence is not written: %s", error)

    def end(self) -> None:
        """Write down the rest, and that this process is no more; called in a thread."""
        self.write(0)
        try:
            self._identity.ended()
        except Unavailable as error:
            _log.warning("the end is not written: %s", error)

    async def keep_writing(self, connections: Callable[[], int], every_s: float = EVERY_S) -> None:
        """Write until cancelled, at once and then now and then."""
        while True:
            await asyncio.to_thread(self.write, connections())
            await asyncio.sleep(every_s)
