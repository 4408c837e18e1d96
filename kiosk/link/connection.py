"""One connection to the server, from its first frame to its last: pumps the pure session's effects."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from time import monotonic

import msgspec
from websockets.exceptions import ConnectionClosed

from dapur.ids import DeviceId
from dapur.sync.effects import Ended
from dapur.wire.codec import BadFrame, decode_server, encode
from dapur.wire.messages import CLOSE_CODES, ClientFrame, GoodbyeCode, ServerFrame
from kiosk.clock import KioskTime
from kiosk.link.asking import Asking, Done
from kiosk.link.carry import Carrier
from kiosk.link.gather import Gather
from kiosk.link.key import Key
from kiosk.link.line import Line
from kiosk.link.outgoing import Outgoing
from kiosk.link.signature import signed_by
from kiosk.local.mirror import Mirror

WATCH_S = 0.5
"""How often the watchdog looks: a frozen server shows within half a second of its limit."""
READ_S = 0.005
"""Frames at hand are read without a turn of the loop: after so much work with them it gets one, for the
screen and the finger."""
WHOLE_FRAME_MS = 120_000
"""The largest frame takes 65 s at 8 kbit/s; bytes that never make one are no server's."""

_CODES = {number: code for code, number in CLOSE_CODES.items()}
_FAULT = Ended(None, 0.0, "a fault in this program")
_log = logging.getLogger(__name__)


class Connection:
    """One socket. All its work is done in the loop's thread; a new socket gets a new one."""

    def __init__(
        self,
        socket: Line,
        mirror: Mirror,
        key: Key,
        time: KioskTime,
        *,
        device: DeviceId,
        app: str,
        on_admitted: Callable[[], None],
        server_key: bytes,
    ) -> None:
        self._socket = socket
        self._time = time
        self._asking = Asking(time.mono_ms)
        self._heard_bytes = 0
        self.heard_ms: int | None = None
        self._framed_ms = now = time.mono_ms()
        self._out = Outgoing(socket, now)
        self._carrier = Carrier(
            mirror,
            time,
            device=device,
            app=app,
            put=self._put,
            sign=key.sign,
            on_reply=self._asking.answer,
            on_admitted=on_admitted,
        )
        if server_key:
            self._carrier.is_servers = lambda text, signature: signed_by(
                server_key, signature, text
            )
        self._carrier.on_held = Gather(self._carrier.flush).wanted

    @property
    def served_ms(self) -> int:
        """For how long it was a line, now that it is over."""
        return self._carrier.served_ms(self._time.mono_ms())

    def tapped(self) -> None:
        """The outbox grew: send what is new."""
        self._carrier.tapped()

    def ask(self, name: str, args: msgspec.Struct, done: Done, timeout_s: float) -> None:
        """Ask a question; `done` is called once, at the latest when this connection ends."""
        number, effects = self._carrier.side.ask(name, args)
        self._asking.add(number, done, timeout_s)
        self._carrier.carry(effects)

    async def serve(self) -> Ended:
        """Serve until it is over. Raises FileDamaged when the local file broke."""
        helpers = [
            asyncio.create_task(self._out.pump(), name="link writer"),
            asyncio.create_task(self._watch(), name="link watchdog"),
        ]
        for helper in helpers:
            helper.add_done_callback(self._helped)
        try:
            over = await self._read()
            if over.code is not None:
                await self._socket.close()
            if self._carrier.damage is not None:
                raise self._carrier.damage
            return over
        finally:
            self._carrier.over = self._carrier.over or _FAULT
            self._socket.transport.abort()
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            self._asking.fail_all()

    # ---- tasks ------------------------------------------------------------------------------

    async def _read(self) -> Ended:
        closed = Ended(None, 0.0, "the server closed the line")
        worked_s = 0.0
        try:
            async for message in self._socket:
                began_s = monotonic()
                now = self.heard_ms = self._framed_ms = self._time.mono_ms()
                self._carrier.receive(decode_server(message), now)
                if self._carrier.over is not None:
                    return self._carrier.over
                worked_s += monotonic() - began_s
                if worked_s > READ_S:
                    worked_s = 0.0
                    await asyncio.sleep(0)
        except BadFrame as error:
            return Ended(GoodbyeCode.BAD_FRAME, 0.0, str(error))
        except ConnectionClosed as error:
            self._carrier.flush()
            closed = Ended(None, 0.0, str(error))
        code = _CODES.get(self._socket.close_code or 0)
        # A goodbye can be lost; its close code then still says why.
        return self._carrier.over or (closed if code is None else Ended(code, 0.0, closed.detail))

    async def _watch(self) -> None:
        """The one timer of a connection; it aborts, for a close would wait for a dead peer."""
        while self._carrier.over is None:
            await asyncio.sleep(WATCH_S)
            now = self._time.mono_ms()
            self._asking.expire()
            if self._coming(now):
                self._carrier.side.heard(now)
            self._carrier.tick(now)
            self._out.beat(now)
            if self._out.stuck(now):
                self._carrier.carry([Ended(None, 0.0, "the server takes no byte")])
        if self._carrier.over.code is None:
            self._socket.transport.abort()

    def _coming(self, now: int) -> bool:
        """Whether a part of a frame came since the last look."""
        before, self._heard_bytes = self._heard_bytes, self._socket.heard_bytes
        return self._heard_bytes > before and now - self._framed_ms < WHOLE_FRAME_MS

    def _helped(self, task: asyncio.Task[None]) -> None:
        """A helper that died of a fault takes the connection with it: none may live unwatched."""
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed by a fault of ours", task.get_name(), exc_info=error)
            self._carrier.over = self._carrier.over or _FAULT
            self._socket.transport.abort()

    def _put(self, frame: ClientFrame | ServerFrame) -> bool:
        return self._out.put(encode(frame))
