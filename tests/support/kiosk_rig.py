"""A kiosk's parts for tests, wired as the product wires them, without its window."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from dapur.crew import OpenSessionArgs, session_subject
from dapur.ids import DeviceId, SessionId, StaffId
from kiosk.clock import Clock, KioskTime, SystemClock
from kiosk.desk import Desk, Tapped
from kiosk.link.link import Link
from kiosk.local.mirror import Mirror
from kiosk.local.salvage import open_store
from tests.support.mini_server import KITCHEN, MiniServer, SoftKey


class Rig:
    """One kiosk on its own folder."""

    def __init__(
        self,
        folder: Path,
        url: str,
        *,
        device: str = "K-1",
        key: SoftKey | None = None,
        clock: Clock | None = None,
        seed: int = 1,
    ) -> None:
        self.device = DeviceId(device)
        self.key = key or SoftKey()
        self.store = open_store(folder)
        self.time = KioskTime(clock or SystemClock(), self.store)
        self.mirror = Mirror(self.store, KITCHEN, self.device)
        self.desk = Desk(self.mirror, self.time)
        self.link = Link(
            url,
            self.mirror,
            self.key,
            self.time,
            device=self.device,
            app="test",
            random_=random.Random(seed),
        )
        self.desk.subscribe(self.link.tapped)
        self._task: asyncio.Task[None] | None = None

    def known_to(self, server: MiniServer) -> Rig:
        """Enrolled there."""
        server.devices[self.device] = self.key.public_key
        return self

    def connect(self) -> None:
        """Start the line."""
        self._task = asyncio.get_running_loop().create_task(self.link.run())

    @property
    def hung_up(self) -> bool:
        """The line stopped by itself."""
        return self._task is not None and self._task.done()

    async def ended(self) -> None:
        """Raises what the line ended with."""
        assert self._task is not None
        await self._task

    async def disconnect(self) -> None:
        """Stop the line."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def close(self) -> None:
        """End of the kiosk."""
        await self.disconnect()
        self.store.close()

    def sign_in(self, who: StaffId) -> SessionId:
        """Open a session through the desk, once."""
        session = SessionId(f"{self.device}-{who}")
        if session in self.mirror.shown.sessions:
            return session
        answer = self.desk.tap(
            "open_session", session_subject(session), OpenSessionArgs(), actor=who, session=session
        )
        assert isinstance(answer, Tapped), answer
        return session
