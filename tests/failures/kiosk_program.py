"""A real kiosk process without a window, driven by lines of JSON on its standard streams; its parent may kill it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from dapur import kitchen as rules
from dapur.envelope import StepUp
from dapur.ids import BatchId, CommandId, SessionId, StaffId
from dapur.rule import NoArgs
from kiosk.desk import Answer, DiskRefused, Tapped
from kiosk.headless import Headless, identify, open_vault
from kiosk.local.errors import FileDamaged
from kiosk.local.lock import FolderLock
from kiosk.pins import SignIn
from kiosk.settings import Settings
from tests.failures.disk_trace import TRACE_ENV, Recorder
from tests.failures.work import Work

Said = dict[str, Any]
Deed = Callable[..., Awaitable[Said]]


def say(**said: object) -> None:
    """One line to the parent; it is in the pipe when this returns, whatever becomes of us."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Program:
    """The kiosk and what its parent may ask of it; every public coroutine `do_…` is one request."""

    def __init__(self) -> None:
        self._kiosk: Headless | None = None
        self._stop = asyncio.Event()
        self._life: asyncio.Task[int] | None = None
        self._lock: FolderLock | None = None
        self._work: Work | None = None
        trace = os.environ.get(TRACE_ENV)
        self._recorder = None if trace is None else Recorder(Path(trace))

    @property
    def kiosk(self) -> Headless:
        """The open kiosk."""
        assert self._kiosk is not None, "not open yet"
        return self._kiosk

    # ---- life ---------------------------------------------------------------------------------

    async def do_open(
        self, *, data: str, server: str, enrol: str = "", name: str = "", authority: str = ""
    ) -> Said:
        """Be the kiosk of this folder; enrol it first with the code when it is fresh."""
        trusted = Path(authority) if authority else None
        settings = Settings(Path(data), server, enrol, trusted, name)
        self._lock = FolderLock(settings.data)
        vault = open_vault(settings)
        self._kiosk = kiosk = Headless(settings, await identify(settings, vault), vault)
        kiosk.link.subscribe(
            lambda: say(line=str(kiosk.link.status.state), mono_s=time.monotonic())
        )
        self._life = asyncio.create_task(kiosk.run(self._stop))
        self._life.add_done_callback(lambda _: self._stop.set())
        return {"device": kiosk.device, "kitchen": kiosk.identity.kitchen}

    async def do_stop(self) -> Said:
        """End in order."""
        self._stop.set()
        return {}

    async def ended(self) -> int:
        """Wait for the end; the exit code."""
        await self._stop.wait()
        return 0 if self._life is None else await self._life

    # ---- people and taps ----------------------------------------------------------------------

    async def do_sign_in(self, *, staff: str, pin: str) -> Said:
        """Type a PIN at the kiosk."""
        result = await self.kiosk.session.sign_in(StaffId(staff), pin)
        return {"state": str(result.state), "online": result.online, "detail": result.detail}

    async def do_sign_out(self, *, staff: str) -> Said:
        """End somebody's session."""
        answer = self.kiosk.session.sign_out(StaffId(staff))
        return {} if answer is None else self._told(answer, "close_session", "")

    async def do_tap(
        self,
        *,
        kind: str,
        subject: str,
        args: Said,
        actor: str,
        pin: str = "",
        cites: str | None = None,
    ) -> Said:
        """One tap by somebody who is signed in; `pin` is typed again first when it is given."""
        who = StaffId(actor)
        step_up: StepUp | None = None
        if pin:
            result = await self.kiosk.session.step_up(who, pin)
            if result.state is not SignIn.OK:
                return {"refused": f"step-up {result.state}"}
            step_up = result.step_up
        session = self.kiosk.session.session_of(who)
        filled = msgspec.convert(
            args, rules.COMMANDS[kind].args if kind in rules.COMMANDS else NoArgs
        )
        began_s = time.monotonic()
        try:
            answer = self.kiosk.desk.tap(
                kind,
                subject,
                filled,
                actor=who,
                session=session or SessionId(""),
                step_up=step_up,
                cites=None if cites is None else CommandId(cites),
            )
        except DiskRefused as error:
            return {"disk": str(error)}
        return self._told(answer, kind, subject) | {"took_s": time.monotonic() - began_s}

    async def do_work(
        self, *, seed: int, pin: str, taps: int = 0, pace_s: float = 0.0, facts: float = 0.5
    ) -> Said:
        """Tap what the offers allow for those signed in: so many `taps`, or with 0 until `rest`."""
        self._work = Work(
            self.kiosk, seed=seed, pin=pin, pace_s=pace_s, facts=facts, told=self._told
        )
        if not taps:
            self._work.begin()
            return {}
        return {"taps": await self._work.tap(taps)}

    async def do_rest(self) -> Said:
        """No more work; how many taps it was."""
        work, self._work = self._work, None
        return {"taps": 0 if work is None else await work.end()}

    def _told(self, answer: Answer, kind: str, subject: str) -> Said:
        """Say what the screen would say: a confirmation is in the pipe before anything else happens."""
        if not isinstance(answer, Tapped):
            return {"refused": type(answer.refusal).__name__}
        outbox = self.kiosk.store.outbox_position.outbox
        command, dseq = answer.command, answer.dseq
        if self._recorder is not None:
            self._recorder.confirmed(command, dseq)
        say(tapped=command, dseq=dseq, outbox=outbox, kind=kind, subject=subject)
        return {"tapped": command, "dseq": dseq, "outbox": outbox}

    # ---- what is shown ------------------------------------------------------------------------

    async def do_status(self) -> Said:
        """The badge and the counts behind it."""
        kiosk, status = self.kiosk, self.kiosk.link.status
        position = kiosk.store.outbox_position
        return {
            "line": str(status.state),
            "detail": status.detail,
            "unsent": status.unsent,
            "pending": len(kiosk.replica.pending),
            "seq": kiosk.replica.seq,
            "outbox": position.outbox,
            "dseq": position.dseq,
            "answered": kiosk.store.answered(),
            "known": kiosk.replica.filled,
            "signed_in": list(kiosk.session.signed_in),
        }

    async def do_digest(self) -> Said:
        """What this kiosk knows and shows, as sums that can be compared with the fold of the log."""
        replica = self.kiosk.replica
        reviews = [each.id for each in replica.shown.reviews.values() if each.settled is None]
        return await self.do_status() | {
            "base": _digest(rules.encode_snapshot(replica.base)),
            "shown": _digest(rules.encode_snapshot(replica.shown)),
            "reviews": reviews,
            "doubts": len(replica.doubts),
            "salvaged": len(self.kiosk.store.salvaged()),
        }

    async def do_batches(self) -> Said:
        """Batches as shown: id and stage by code."""
        found = self.kiosk.replica.shown.batches.values()
        return {"batches": {b.plan.code: {"id": b.id, "stage": str(b.stage)} for b in found}}

    async def do_batch(self, *, subject: str) -> Said:
        """One batch as shown."""
        return {"batch": msgspec.to_builtins(self.kiosk.replica.shown.batches[BatchId(subject)])}

    # ---- the world around it ------------------------------------------------------------------

    async def do_nudge(self) -> Said:
        """The network is back: try at once."""
        self.kiosk.link.nudge()
        return {}

    async def do_block(self, *, for_s: float) -> Said:
        """Hold up the loop, as a fault of ours would."""
        time.sleep(for_s)  # noqa: ASYNC251 - that is the fault
        return {}

    async def do_narrow(self) -> Said:
        """Give the present connection a small send buffer, as a small device has it."""
        connection = self.kiosk.link._connection
        assert connection is not None
        out = connection._socket.transport.get_extra_info("socket")
        out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return {}

    async def do_memory(self) -> Said:
        """Resident memory of this process, bytes."""
        return {"bytes": _resident_bytes()}


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def _obey(program: Program, line: bytes) -> None:
    request: Said = json.loads(line)
    number, deed = request.pop("id"), request.pop("do")
    work: Deed = getattr(program, f"do_{deed}")
    try:
        say(answer=number, **await work(**request))
    except FileDamaged as error:
        # As in the product: the process ends and salvages at its next start.
        say(answer=number, damaged=str(error))
        await program.do_stop()
    except Exception as error:
        logging.getLogger("tests.failures").exception("%s failed", deed)
        say(answer=number, error=f"{type(error).__name__}: {error}")


async def _listen(program: Program) -> None:
    """Requests in the order they come, but a long one holds up no other."""
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    busy: set[asyncio.Task[None]] = set()
    while line := await reader.readline():
        task = loop.create_task(_obey(program, line))
        busy.add(task)
        task.add_done_callback(busy.discard)
    await program.do_stop()


async def main() -> int:
    """Be a kiosk until told to stop; the exit code."""
    program = Program()
    listening = asyncio.create_task(_listen(program))
    say(ready=True)
    code = await program.ended()
    listening.cancel()
    return code


def run() -> int:
    """Be a kiosk; the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    return asyncio.run(main())


if __name__ == "__main__":
    sys.exit(run())
