"""A stranger's kiosk: speaks `dapur.v1` from the text of docs/protocol.md; imports nothing of Dapur."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import random
import time
import uuid
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.exceptions import ConnectionClosed

from tests.strangers.log_copy import ChainBroken, Gap, LogCopy
from tests.strangers.outbox import Outbox, Result
from tests.strangers.wire import (
    Frame,
    Goodbye,
    Socket,
    b64,
    enrol_frame,
    goodbye,
    hello_frame,
    open_socket,
    verify_top,
)

SILENT_S = 15.0
BEAT_S = 5.0
SALVAGED_MAX_CHARS = 4000
GOT_EVENTS = 100
PATIENCE = 5
ROW_OVERHEAD_BYTES = 200
FOR_A_PERSON = {"unknown_device", "revoked", "bad_code", "bad_frame", "upgrade"}
# This program keeps the state as text and opens none of it, so it goes with what the schema says.
SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "protocol.schema.json"
STATES = [json.loads(SCHEMA.read_text())["state_version"]]


class QueryFailed(Exception):
    """A query was answered with an error, whose stable code this holds."""


class Stranger:
    """One device with its folder: key, identity, outbox, copy of the log."""

    def __init__(self, url: str, home: Path) -> None:
        """Open what `home` holds, or begin there."""
        home.mkdir(parents=True, exist_ok=True)
        self.url, self.home = url, home
        self.key = _key(home / "key")
        self.outbox = Outbox(home / "outbox.jsonl")
        self.copy = LogCopy(home / "log.jsonl")
        self.identity: Frame = {}
        if (home / "identity.json").exists():
            self.identity = json.loads((home / "identity.json").read_text())
        self.welcome: Frame = {}
        self.heard: list[Frame] = []
        self.offset_ms, self.doubt_ms = 0, 60_000
        self.up_to_date = False
        self.ended: Goodbye | None = None
        self._socket: Socket | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()
        self._replies: dict[int, Frame] = {}
        self._asked = self._sent = self._said = self._parts_left = 0

    # ---- becoming a device, coming back

    async def enrol(self, code: str) -> None:
        """Turn a code into an identity (section 2); come again when too many do so at once (section 7)."""
        for left in reversed(range(PATIENCE)):
            try:
                await self._enrol(code)
            except Goodbye as end:
                if end.code != "too_fast" or not left:
                    raise
                await asyncio.sleep(end.retry_after_s)
            else:
                break

    async def _enrol(self, code: str) -> None:
        socket, nonce = await open_socket(self.url)
        await socket.send(json.dumps(enrol_frame(self.key, nonce, code)))
        answer = json.loads(await socket.recv())
        if answer["type"] != "enrolled":
            raise await goodbye(socket, answer)
        (self.home / "identity.json").write_text(json.dumps(answer))
        self.identity = answer
        await socket.wait_closed()

    def claims(self) -> Frame:
        """What this device says of itself (section 3)."""
        return {
            "device": self.identity["device"],
            "outbox": self.outbox.id,
            "dseq": self.outbox.dseq,
            "hash": b64(self.outbox.hash),
            "epoch": self.copy.epoch,
            "since": self.copy.seq,
            "since_hash": b64(self.copy.hash),
            "app": "stranger 1",
            "states": STATES,
            "sent_ms": _ticks_ms(),
        }

    async def hello(self, **claims: Any) -> tuple[Socket, Frame]:
        """Say hello on a bare connection; `claims` replace what the device would say of itself."""
        socket, nonce = await open_socket(self.url)
        await socket.send(json.dumps(hello_frame(self.key, nonce, self.claims() | claims)))
        return socket, json.loads(await socket.recv())

    async def connect(self) -> Frame:
        """Say hello and begin to listen; the welcome.

        Raises:
            Goodbye: the server does not want this device, or the outbox is a fork.
        """
        socket, answer = await self.hello()
        if answer["type"] != "welcome":
            raise await goodbye(socket, answer)
        self._on_clock(answer)
        if not self.outbox.holds(answer["acked"], b64decode(answer["acked_hash"])):
            await socket.close()
            raise Goodbye("fork", 1000, detail="seen by the device")
        self.welcome, self._socket, self.ended = answer, socket, None
        self.up_to_date, self._sent, self.heard, self._replies = False, 0, [answer], {}
        duties = (self._hear(), self._beat(socket), self._say_got())
        self._tasks = [asyncio.create_task(duty) for duty in duties]
        return self.welcome

    async def serve(self, *, first_wait_s: float = 0.5) -> None:
        """Stay connected until a goodbye needs a person; come back from every other end.

        Raises:
            Goodbye: one that a person must see.
        """
        tries = 0
        while True:
            began = time.monotonic()
            wait_s = await self._serve_once()
            tries = 0 if time.monotonic() - began > 30 else tries + 1
            await asyncio.sleep(wait_s or random.uniform(0, min(30.0, first_wait_s * 2**tries)))

    async def _serve_once(self) -> float:
        try:
            await self.connect()
            await self.catch_up()
            await self.send_outbox()
            await self.until(lambda: False, within_s=None)
        except Goodbye as end:
            if end.code in FOR_A_PERSON:
                raise
            if end.code == "fork":
                self.begin_new_outbox()
            return end.retry_after_s
        except (OSError, EOFError, ConnectionClosed, TimeoutError):
            pass  # No server there, or none that answers: the pause of the caller is the answer.
        finally:
            await self.close()
        return 0.0

    def begin_new_outbox(self) -> None:
        """Put the outbox aside and report what it holds without a receipt (sections 7 and 8)."""
        lost, self.outbox = self.outbox, self.outbox.put_aside()
        me = {"actor": "kiosk:self", "session": ""}
        for row in lost.unanswered():
            args = {"outbox": lost.id, "dseq": row.dseq, "tap": _id_of(row.raw), "why": "fork"}
            text = row.raw.decode(errors="replace")[:SALVAGED_MAX_CHARS]
            args |= {"text": text, "verified": True, "answered": False}
            self.tap("report_salvaged", f"kiosk:{self.identity['device']}", args, **me)

    async def close(self) -> None:
        """Leave in an orderly way."""
        if self._socket is not None:
            await self._socket.close()
        await self._rest()

    async def cut(self) -> None:
        """Lose the cable: nothing is said, nothing more is heard."""
        if self._socket is not None:
            self._socket.transport.abort()
        await self._rest()

    async def _rest(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks, self._socket, self.up_to_date = [], None, False

    # ---- what a device does

    async def catch_up(self) -> None:
        """Pull until up to date, by events or by a snapshot as the welcome said."""
        if self.welcome["mode"] == "snapshot":
            await self.pull(part=1)
        else:
            await self.pull()
        await self.until(lambda: self.up_to_date)

    async def pull(self, *, part: int = 0) -> None:
        """Ask for what follows the copy, or from part `part` of a snapshot on."""
        self.up_to_date = False
        since, pages = self.copy.seq, self.welcome["limits"]["window_pages"]
        self._parts_left = pages
        await self.send({"type": "pull", "since": since, "pages": pages, "part": part})

    async def ask(self, name: str, args: Frame) -> Any:
        """The value of a query (section 6).

        Raises:
            QueryFailed: with the stable code of the error.
        """
        self._asked += 1
        asked = self._asked
        await self.send({"type": "query", "id": asked, "name": name, "args": args})
        await self.until(lambda: asked in self._replies)
        reply = self._replies.pop(asked)
        if reply["error"]:
            raise QueryFailed(reply["error"])
        return reply["value"]

    def command(self, kind: str, subject: str, args: Frame, **more: Any) -> Frame:
        """A command of now (section 5); `more` gives actor, session and what else differs."""
        now = _ticks_ms() + self.offset_ms
        occurred = {"earliest_ms": now - self.doubt_ms, "latest_ms": now + self.doubt_ms}
        return {
            "id": str(uuid.uuid4()),
            "kind": kind,
            "subject": subject,
            "args": args,
            "base": 0,
            "occurred": occurred | {"quality": "synced"},
            "schema": 1,
        } | more

    def tap(self, kind: str, subject: str, args: Frame, **more: Any) -> int:
        """Store a command; it travels with the next `send_outbox`."""
        return self.outbox.add(json.dumps(self.command(kind, subject, args, **more)).encode())

    async def settle(self, dseq: int) -> Result:
        """Send what waits; the receipt of row `dseq`."""
        await self.send_outbox()
        await self.until(lambda: dseq in self.outbox.results)
        return self.outbox.results[dseq]

    async def send_outbox(self) -> None:
        """Submit what has no receipt, as far as the window and the frames allow."""
        limits = self.welcome["limits"]
        waiting = self.outbox.unanswered()[: limits["window_commands"]]
        rows: list[Frame] = []
        size = 0
        for row in (row.frame() for row in waiting if row.dseq > self._sent):
            row_bytes = len(row["bytes"]) + ROW_OVERHEAD_BYTES
            if rows and size + row_bytes > limits["frame_bytes"] - ROW_OVERHEAD_BYTES:
                await self.send({"type": "submit", "rows": rows})
                rows, size = [], 0
            rows.append(row)
            size += row_bytes
            self._sent = row["dseq"]
        if rows:
            await self.send({"type": "submit", "rows": rows})

    async def sign_in(self, staff: str, pin: str) -> str:
        """Check a PIN and open a session; its id.

        Raises:
            QueryFailed: the PIN is wrong, or the session was refused.
        """
        await self.ask("sign_in", {"staff": staff, "pin": pin})
        session = str(uuid.uuid4())
        who = {"actor": staff, "session": session}
        result = await self.settle(self.tap("open_session", f"session:{session}", {}, **who))
        if result.outcome != "applied":
            raise QueryFailed(result.code)
        return session

    async def got(self) -> None:
        """Say how far the log is stored."""
        self._said = self.copy.seq
        await self.send({"type": "got", "seq": self.copy.seq, "sent_ms": _ticks_ms()})

    async def send(self, frame: Frame) -> None:
        """One frame; if the connection is gone, `until` tells why."""
        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(json.dumps(frame))

    async def until(self, done: Callable[[], bool], *, within_s: float | None = 10.0) -> None:
        """Wait until `done`.

        Raises:
            Goodbye: the connection ended before.
            TimeoutError: it took longer than `within_s`.
        """
        async with asyncio.timeout(within_s):
            while not done():
                if self.ended:
                    raise self.ended
                await self.news()

    async def news(self) -> None:
        """Wait until something was heard, or the connection ended."""
        await self._news.wait()

    # ---- what a device hears

    async def _hear(self) -> None:
        assert self._socket is not None
        socket, end = self._socket, Goodbye("", 0)
        try:
            while True:
                frame = json.loads(await socket.recv())
                if frame["type"] == "goodbye":
                    end = await goodbye(socket, frame)
                    break
                await self._on(frame)
                self.heard.append(frame)
                self._tell()
        except ConnectionClosed:
            end = Goodbye("", socket.close_code or 0)
        finally:
            self.ended = end
            self._tell()

    async def _on(self, frame: Frame) -> None:
        try:
            match frame["type"]:
                case "page" | "live":
                    await self._on_events(frame)
                case "snapshot":
                    await self._on_part(frame)
                case "results":
                    await self._on_results(frame)
                case "top":
                    await self._on_top(frame)
                case "reply":
                    self._replies[frame["id"]] = frame
                case _:
                    pass  # A later version may say more than this one knows.
        except Gap:
            await self.pull()
        except ChainBroken:
            await self.pull(part=1)

    async def _on_events(self, frame: Frame) -> None:
        if not self.copy.epoch:
            self.copy.begin(self.welcome["epoch"])
        self.copy.take(frame["first"], frame["bodies"], b64decode(frame["hash"]))
        if frame["type"] == "page" and frame["last"]:
            if self.copy.seq < frame["head"]:
                await self.pull()
            else:
                self.up_to_date = True
        if self.copy.seq - self._said >= GOT_EVENTS:
            await self.got()

    async def _on_part(self, frame: Frame) -> None:
        self._parts_left -= 1
        following = self.copy.take_part(frame)
        if not following:
            await self.pull()
        elif not self._parts_left or frame["part"] == frame["parts"]:
            await self.pull(part=following)

    async def _on_results(self, frame: Frame) -> None:
        for result in frame["results"]:
            self.outbox.settle(Result(**result))
        if not frame["results"]:
            self._sent = frame["acked"]
        await self.send_outbox()

    async def _on_top(self, frame: Frame) -> None:
        self.check_top(frame)
        if frame["echo_ms"]:
            self._on_clock(frame)
        if frame["head"] > self.copy.seq and self.up_to_date:
            await self.pull()

    def check_top(self, frame: Frame) -> None:
        """Raise InvalidSignature unless this kitchen's server signed this `top`."""
        welcome = self.welcome
        verify_top(frame, self.identity["server_key"], welcome["kitchen"], welcome["epoch"])

    def _on_clock(self, frame: Frame) -> None:
        round_ms = _ticks_ms() - frame["echo_ms"]
        self.doubt_ms = round_ms // 2 + 1
        self.offset_ms = frame["time_ms"] - (frame["echo_ms"] + round_ms // 2)

    async def _beat(self, socket: Socket) -> None:
        with contextlib.suppress(ConnectionClosed):
            while socket.silent_s < SILENT_S:
                await asyncio.sleep(BEAT_S)
                await socket.pong()
            socket.transport.abort()

    async def _say_got(self) -> None:
        while True:
            await asyncio.sleep(self.welcome["limits"]["got_every_s"])
            await self.got()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _key(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        path.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
        path.chmod(0o600)
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())


def _id_of(raw: bytes) -> str:
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return str(json.loads(raw)["id"])
    return f"row-{hashlib.sha256(raw).hexdigest()[:32]}"


def _ticks_ms() -> int:
    return time.monotonic_ns() // 1_000_000
