"""The parent's side of a kiosk process: starts, asks, stops and kills it, and remembers what it confirmed."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from dev import die_with_parent
from tests.failures.forker import Forked, fork
from tests.support.waiting import until

ROOT = Path(__file__).resolve().parents[2]
PIN = "135790"
ANSWER_S = 20.0
LINE_MAX_BYTES = 8 * 1024 * 1024

Said = dict[str, Any]
Process = asyncio.subprocess.Process | Forked


class Confirmed(msgspec.Struct, frozen=True):
    """A tap of which the screen said that it is taken."""

    kiosk: str
    command: str
    outbox: str
    dseq: int
    kind: str
    subject: str


class Seen(msgspec.Struct, frozen=True):
    """The badge changed at this moment of the machine's monotonic clock, seconds."""

    state: str
    mono_s: float


class KioskDied(Exception):
    """The process ended before it answered."""


class KioskProcess:
    """One kiosk on its folder; it can be killed and opened again any number of times."""

    def __init__(
        self,
        folder: Path,
        name: str,
        *,
        environment: Mapping[str, str] | None = None,
        root: Path = ROOT,
    ) -> None:
        """`root` is the checkout whose program it is; may be changed between two lives."""
        self.root = root
        self.folder = folder
        self.name = name
        self.confirmed: list[Confirmed] = []
        """Every tap confirmed in all its lives."""
        self.seen: list[Seen] = []
        """Every change of the badge in this life."""
        self.environment = dict(environment or {})
        self._log = folder.with_name(f"{folder.name}.log")
        self._process: Process | None = None
        self._spare: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answers: dict[int, asyncio.Future[Said]] = {}
        self._numbers = itertools.count(1)
        self.opened = False

    # ---- life ---------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Start the program, which then waits: its imports cost more than all the rest."""
        if self._process is not None:
            return
        self.seen.clear()
        self._process, self._spare = self._spare or await self._spawn(), None
        self._reader = asyncio.create_task(self._read(self._process))

    async def warm(self) -> None:
        """Have the next program wait already, so that the next start after a kill is short."""
        if self._spare is None:
            self._spare = await self._spawn()

    async def _spawn(self) -> Process:
        if not self.environment and self.root == ROOT:
            return await fork(self._log, limit=LINE_MAX_BYTES)
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.failures.kiosk_program"),
                cwd=self.root,
                env={**os.environ, **self.environment},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=LINE_MAX_BYTES,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    async def open(self, url: str, *, code: str = "", authority: str = "") -> Said:
        """Open the kiosk's folder and line; enrol with `code` when it is fresh.

        `authority` is the PEM file of the authority behind a `wss://` address.
        """
        await self.prepare()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        data = str(self.folder)
        said = await self.ask(
            "open", data=data, server=url, enrol=code, name=self.name, authority=authority
        )
        self.opened = True
        return said

    @property
    def alive(self) -> bool:
        """Whether it was opened and has not ended."""
        return self.opened and self._process is not None and self._process.returncode is None

    @property
    def running(self) -> bool:
        """Whether there is a process, opened or only prepared."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """The process id while it runs."""
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """Signal it."""
        assert self._process is not None
        self._process.send_signal(number)

    def freeze(self) -> None:
        """SIGSTOP."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.send(signal.SIGCONT)

    async def kill(self) -> None:
        """SIGKILL: a power cut of the process. What it had confirmed until then is in `confirmed`."""
        if self._process is not None and self._process.returncode is None:
            self.send(signal.SIGKILL)
        await self.gone()

    async def dismiss(self) -> None:
        """Kill it and the program that waits for its next start."""
        if self.running:
            await self.kill()
        if self._spare is not None:
            self._process, self._spare = self._spare, None
            self._reader = asyncio.create_task(self._read(self._process))
            await self.kill()

    async def stop(self) -> None:
        """An orderly end."""
        if self._process is None:
            return
        if self._process.returncode is None and self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await self.gone()
        except TimeoutError:
            await self.kill()

    async def gone(self) -> int:
        """Wait until it has ended and all that it said is read; the exit code."""
        process = self._process
        assert process is not None
        assert self._reader is not None
        code = await process.wait()
        await self._reader
        if process.stdin is not None:
            process.stdin.close()
        self._process = None
        self.opened = False
        return code

    # ---- talk ---------------------------------------------------------------------------------

    async def ask(self, do: str, *, within_s: float = ANSWER_S, **words: object) -> Said:
        """Ask something of it (`kiosk_program.Program.do_…`); AssertionError when it failed, KioskDied."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert not words.keys() & {"id", "do"}
        number = next(self._numbers)
        answer: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        process.stdin.write(json.dumps({"id": number, "do": do, **words}).encode() + b"\n")
        try:
            async with asyncio.timeout(within_s):
                said = await answer
        finally:
            self._answers.pop(number, None)
        assert "error" not in said, f"{self.name}: {do}: {said['error']}\n{self.log()[-3000:]}"
        return said

    async def status(self) -> Said:
        """Badge and counts."""
        return await self.ask("status")

    async def online(self, *, within_s: float = 20.0, nudged: bool = True) -> None:
        """Wait for the line; `nudged`: as if somebody pressed "try now" all the while."""
        give_up_s = time.monotonic() + within_s
        while (said := await self.status())["line"] != "online":
            assert time.monotonic() < give_up_s, f"{self.name}: {said}\n{self.log()[-3000:]}"
            if nudged:
                await self.ask("nudge")
            await asyncio.sleep(0.03)

    async def sent(self, *, within_s: float = 20.0, nudged: bool = True) -> None:
        """Wait until every tap is answered and shown from the log; `nudged` as for `online`."""
        give_up_s = time.monotonic() + within_s
        while (said := await self.status())["unsent"] or said["pending"]:
            assert time.monotonic() < give_up_s, f"{self.name}: {said}\n{self.log()[-3000:]}"
            if nudged and said["line"] == "offline":
                await self.ask("nudge")
            await asyncio.sleep(0.03)

    async def sign_in(self, *staff: str, pin: str = PIN) -> None:
        """People type their PINs."""
        for each in staff:
            said = await self.ask("sign_in", staff=each, pin=pin)
            assert said["state"] == "ok", (self.name, each, said)

    async def somebody(self) -> str:
        """Somebody who is signed in: a session ends after a while, or with the outbox that it was in."""
        if not (await self.status())["signed_in"]:
            await self.sign_in("s-nur")
            await self.sent()
        return str((await self.status())["signed_in"][0])

    async def tap(
        self, kind: str, subject: str, *, actor: str, pin: str = "", **args: object
    ) -> Said:
        """One tap; the answer has `tapped` and `dseq`, or `refused`, or `disk`."""
        return await self.ask("tap", kind=kind, subject=subject, args=args, actor=actor, pin=pin)

    async def measure(self, batch: str, actor: str, value_c: float = 80.0) -> str:
        """Tap one reading, which no state refuses; its command id."""
        said = await self.tap("record_temperature", batch, actor=actor, value_c=value_c)
        return str(said["tapped"])

    async def batches(self) -> dict[str, str]:
        """Ids of the batches by code."""
        said = await self.ask("batches")
        return {code: each["id"] for code, each in said["batches"].items()}

    async def any_batch(self) -> str:
        """Id of one batch, always the same."""
        found = await self.batches()
        return found[min(found)]

    async def shows(self, state: str, *, within_s: float) -> float:
        """Wait until the badge has said so since the start; when that was on the monotonic clock."""
        await until(lambda: any(each.state == state for each in self.seen), within_s=within_s)
        return next(each.mono_s for each in self.seen if each.state == state)

    def log(self) -> str:
        """What it logged in all its lives."""
        return self._log.read_text() if self._log.exists() else ""

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            if line.endswith(b"\n"):
                self._heard(json.loads(line))
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(KioskDied(f"{self.name} ended\n{self.log()[-2000:]}"))

    def _heard(self, said: Said) -> None:
        if "answer" in said:
            answer = self._answers.get(said["answer"])
            if answer is not None and not answer.done():
                answer.set_result(said)
        elif "tapped" in said:
            place = (said["outbox"], said["dseq"], said["kind"], said["subject"])
            self.confirmed.append(Confirmed(self.name, said["tapped"], *place))
        elif "line" in said:
            self.seen.append(Seen(said["line"], said["mono_s"]))
