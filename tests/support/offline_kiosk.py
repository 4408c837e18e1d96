"""A kiosk that was told a small night once and has no line: desk and sessions on a fake clock."""

from __future__ import annotations

from pathlib import Path

from dapur import kitchen as rules
from dapur.ids import DeviceId, SessionId, StaffId
from dapur.sync.effects import ApplySnapshot
from kiosk.clock import KioskTime
from kiosk.desk import Desk
from kiosk.local.mirror import Mirror
from kiosk.local.salvage import open_store
from kiosk.pins import SignIn, SignInResult
from kiosk.session import Sessions
from tests.support.clock import FakeClock
from tests.support.mini_server import KITCHEN, MiniServer
from tests.support.night import open_night


class FixedPins:
    """Everybody's PIN is 123456."""

    def __init__(self) -> None:
        self.online = True
        self.asked: list[tuple[StaffId, bool]] = []

    async def check(self, staff: StaffId, pin: str, *, signing_in: bool) -> SignInResult:
        self.asked.append((staff, signing_in))
        if pin != "123456":
            return SignInResult(SignIn.WRONG, tries=1, online=self.online)
        return SignInResult(SignIn.OK, online=self.online)


class OfflineKiosk:
    """Its parts, wired as the product wires them."""

    def __init__(self, folder: Path, server: MiniServer | None = None) -> None:
        if server is None:
            server = MiniServer()
            open_night(server)
        self.server = server
        self.clock = FakeClock(wall_ms=server.now_ms())
        self.folder = folder
        self.device = DeviceId("K-1")
        self._open()
        seq = len(server.log)
        text = rules.encode_snapshot(server.kitchen)
        self.mirror.replaced(ApplySnapshot("e1", seq, server.log[-1][1], rules.STATE_VERSION, text))

    def _open(self) -> None:
        self.store = open_store(self.folder)
        self.time = KioskTime(self.clock, self.store)
        self.mirror = Mirror(self.store, KITCHEN, self.device)
        self.desk = Desk(self.mirror, self.time)
        self.pins = FixedPins()
        self.sessions = Sessions(self.desk, self.mirror, self.time, self.pins)

    def restart(self) -> None:
        """The process ends and starts again."""
        self.store.close()
        self._open()

    async def sign_in(self, staff: StaffId) -> SessionId:
        """With the right PIN."""
        result = await self.sessions.sign_in(staff, "123456")
        assert result.state is SignIn.OK, result
        session = self.sessions.session_of(staff)
        assert session is not None
        return session
