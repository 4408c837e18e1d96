"""A bad cable between a kiosk and its server: a TCP proxy on loopback that delays, thins, loses, cuts and changes."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from tests.failures.frames import Cutter, RawFrame

STEP_S = 0.02
READ_BYTES = 65536
NARROW_BYTES = 4096
AHEAD_BYTES = 16 * 1024

Edit = Callable[[RawFrame], Sequence[bytes]]
"""What goes on in the place of a frame: itself (`frame.raw`), nothing, twice, or frames that were held back."""


class Way:
    """One direction and what is wrong with it; may be changed at any time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.latency_s = 0.0
        self.jitter_s = 0.0
        """Each piece comes `latency_s` ± `jitter_s` late; the order is kept, as TCP does."""
        self.bytes_per_s = 0
        """0: as fast as it goes. What does not fit waits in the sender's buffers, as at a modem."""
        self.swallow = False
        """Bytes vanish, and so does the end of the stream: nobody is told."""
        self.stalled = False
        """Nothing is read any more: what is sent piles up in the sender's buffers."""
        self.cut_at: int | None = None
        """The connection is cut both ways when it has carried so many bytes this way."""
        self.flip_at: int | None = None
        """The lowest bit of this byte (from 0) of a connection is flipped, once."""
        self.edit: Edit | None = None
        """Looks at each frame; set it before the connection is made."""
        self.recording = False
        self.recorded: list[bytearray] = []
        """What each connection carried while `recording`."""
        self.carried = 0
        """Bytes of the newest connection so far."""
        self.carried_all = 0
        """Bytes of all connections."""


class _Link:
    """One connection: two sockets and what each way has carried."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.near, self.far = near, far
        self.over = False

    def abort(self) -> None:
        self.over = True
        for writer in (self.near, self.far):
            writer.transport.abort()


class Cable:
    """Listens on a free port and carries each connection to `target` (a port of loopback)."""

    def __init__(self, target: int, *, seed: int = 1) -> None:
        self.target = target
        """Where new connections go; may be changed."""
        self.up = Way("up")
        self.down = Way("down")
        self.connections = 0
        self.port = 0
        self._dice = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._plugged = True

    @property
    def url(self) -> str:
        """Where a kiosk connects to."""
        return f"ws://127.0.0.1:{self.port}/"

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0, limit=AHEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    def narrow(self) -> None:
        """From the next connection on this end takes a few kilobytes ahead of what is read."""
        assert self._server is not None
        for each in self._server.sockets:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW_BYTES)

    async def close(self) -> None:
        """End of the test."""
        self.pull()
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # ---- what can be done to it ---------------------------------------------------------------

    def pull(self) -> None:
        """Cut everything; new connections are refused at once."""
        self._plugged = False
        self.cut()

    def plug(self) -> None:
        """Let new connections through."""
        self._plugged = True

    def cut(self) -> None:
        """Cut every connection; new ones may come."""
        for link in tuple(self._links):
            link.abort()

    def leave_hanging(self) -> None:
        """Cut the kiosk's end only: the server's socket stays as it is, its bytes with it."""
        for link in tuple(self._links):
            link.over = True
            link.near.transport.abort()

    def silence(self, *, up: bool = True, down: bool = True) -> None:
        """Swallow one or both ways."""
        self.up.swallow, self.down.swallow = up, down

    def heal(self) -> None:
        """A good cable again; connections that were half swallowed cannot be mended and are cut."""
        fresh_up, fresh_down = Way("up"), Way("down")
        for way, fresh in ((self.up, fresh_up), (self.down, fresh_down)):
            broken = way.swallow or way.stalled
            way.latency_s = way.jitter_s = fresh.latency_s
            way.bytes_per_s = fresh.bytes_per_s
            way.cut_at, way.flip_at, way.edit = None, None, None
            way.swallow = way.stalled = False
            if broken:
                self.cut()
        self._plugged = True

    # ---- inside -------------------------------------------------------------------------------

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._plugged:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self.connections += 1
        link = _Link(writer, far_writer)
        self._links.add(link)
        for way, source, sink in (
            (self.up, reader, far_writer),
            (self.down, far_reader, writer),
        ):
            way.carried = 0
            pipe = _Pipe(way, link, sink, self._dice)
            for work in (pipe.take(source), pipe.give()):
                task = asyncio.ensure_future(work)
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                task.add_done_callback(partial(self._ended, link))

    def _ended(self, link: _Link, _task: asyncio.Task[None]) -> None:
        if link.near.transport.is_closing() and link.far.transport.is_closing():
            self._links.discard(link)


class _Pipe:
    """One direction of one connection."""

    def __init__(
        self, way: Way, link: _Link, sink: asyncio.StreamWriter, dice: random.Random
    ) -> None:
        self._way = way
        self._link = link
        self._sink = sink
        self._dice = dice
        self._carried = 0
        self._cutter = Cutter()
        self._edited = way.edit is not None
        self._record = bytearray()
        if way.recording:
            way.recorded.append(self._record)
        self._flight: asyncio.Queue[tuple[float, bytes | None]] = asyncio.Queue()
        self._due_s = 0.0

    async def take(self, source: asyncio.StreamReader) -> None:
        """Read at the rate of the line, spoil, and put on the way; b'' is the end."""
        loop = asyncio.get_running_loop()
        paid_s = loop.time()
        with suppress(OSError, asyncio.CancelledError):
            while data := await self._read(source):
                if self._way.bytes_per_s:
                    paid_s = max(paid_s, loop.time()) + len(data) / self._way.bytes_per_s
                    await asyncio.sleep(max(0.0, paid_s - loop.time()))
                self._put(data)
        if not self._way.swallow and not self._link.over:
            self._fly(b"")

    async def _read(self, source: asyncio.StreamReader) -> bytes:
        while self._way.stalled:  # noqa: ASYNC110 - set from outside at any time
            await asyncio.sleep(STEP_S)
        return await source.read(self._most())

    def _most(self) -> int:
        rate = self._way.bytes_per_s
        return max(1, int(rate * STEP_S)) if rate else READ_BYTES

    def _put(self, data: bytes) -> None:
        if self._way.swallow:
            return
        if self._edited:
            data = b"".join(self._edit(data))
        data = self._flipped(data)
        cut = self._way.cut_at
        if cut is not None and self._carried + len(data) >= cut:
            self._go(data[: cut - self._carried])
            self._fly(None)
            return
        self._go(data)

    def _edit(self, data: bytes) -> list[bytes]:
        found: list[bytes] = []
        for piece in self._cutter.feed(data):
            if isinstance(piece, bytes):
                found.append(piece)
            else:
                edit = self._way.edit
                found += [piece.raw] if edit is None else edit(piece)
        return found

    def _flipped(self, data: bytes) -> bytes:
        at = self._way.flip_at
        if at is None or not self._carried <= at < self._carried + len(data):
            return data
        spoiled = bytearray(data)
        spoiled[at - self._carried] ^= 1
        self._way.flip_at = None
        return bytes(spoiled)

    def _go(self, data: bytes) -> None:
        self._carried += len(data)
        self._way.carried = self._carried
        self._way.carried_all += len(data)
        if self._way.recording:
            self._record += data
        if data:
            self._fly(data)

    def _fly(self, data: bytes | None) -> None:
        """None: cut when all before it has come."""
        way = self._way
        late_s = max(0.0, way.latency_s + self._dice.uniform(-way.jitter_s, way.jitter_s))
        self._due_s = max(self._due_s, asyncio.get_running_loop().time() + late_s)
        self._flight.put_nowait((self._due_s, data))

    async def give(self) -> None:
        """Write what has come through."""
        loop = asyncio.get_running_loop()
        with suppress(OSError, asyncio.CancelledError):
            while True:
                due_s, data = await self._flight.get()
                await asyncio.sleep(max(0.0, due_s - loop.time()))
                if data is None:
                    await self._flushed()
                    self._link.abort()
                    return
                if data == b"":
                    self._sink.close()
                    return
                self._sink.write(data)
                await self._sink.drain()

    async def _flushed(self) -> None:
        """The bytes before a cut have left this process."""
        for _ in range(100):
            if not self._sink.transport.get_write_buffer_size():
                return
            await asyncio.sleep(0.01)
