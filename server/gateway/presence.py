"""Remembers which kiosks live and how far they have stored the log; writes that down now and then, off the loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from dapur.ids import DeviceId
from server.desk.ports import Identity, Unavailable

EVERY_S = 30.0
"""As often as kiosks say `got`: retention and the fleet's list need no more."""

_log = logging.getLogger(__name__)


class Presence:
    """Advisory: nothing is decided from it but how long the log is kept."""

    def __init__(self, identity: Identity, now_ms: Callable[[], int]) -> None:
        self._identity = identity
        self._now_ms = now_ms
        self._heard: dict[DeviceId, int] = {}

    def heard(self, device: DeviceId, seq: int) -> None:
        """A kiosk lives and has stored the log up to `seq`."""
        self._heard[device] = seq

    def write(self) -> None:
        """Write down what was heard since the last time; called in a thread."""
        heard, self._heard = self._heard, {}
        now_ms = self._now_ms()
        try:
            for device, seq in heard.items():
                self._identity.heard(device, got_seq=seq, now_ms=now_ms)
        except Unavailable as error:
            _log.warning("presence is not written: %s", error)

    async def keep_writing(self, every_s: float = EVERY_S) -> None:
        """Write until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await asyncio.to_thread(self.write)
