"""The one thread that writes: gathers what waits, gives it to the desk as one group, posts the answers back."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from dapur.envelope import Command
from dapur.ids import KitchenId, OutboxId
from dapur.wire.messages import GoodbyeCode, Outcome, Result
from server.desk.desk import Desk
from server.desk.groups import Answer, Group, Grown, Submission
from server.desk.ports import Unavailable

GROUP_COMMANDS = 256
"""Larger groups gain nothing (one sync is shared already) and make the first tap wait for the last."""
CALM_COMMANDS = 4_000
"""While more wait, kiosks are not read: their line holds them back without a loss."""
WAITING_COMMANDS = 20_000
"""Some 20 MB of taps; beyond that kiosks keep them on their own disks."""
TIDY_S = 0.5
"""Idle for so long: nobody waits for what can be put in order now."""
TIDY_LATE_S = 10.0
"""In a long rush it is put in order as rarely as this, between two groups."""

_log = logging.getLogger(__name__)

Answered = Callable[[Answer], None]
Published = Callable[[Sequence[Grown]], None]


class Figures(msgspec.Struct, frozen=True):
    """What one group cost, for the metrics."""

    commands: int
    seconds: float
    """From the first decision to the commit."""
    lag_s: float
    """From the commit to the last answer and live frame queued, on the loop."""
    outcomes: tuple[Outcome, ...]
    ages_ms: tuple[int, ...] = ()
    """How old taps of kiosks were when they came."""


class _Cost(msgspec.Struct, frozen=True):
    """When a group began and when it was committed, by the process's counter."""

    commands: int
    began: float
    committed: float

    def figures(self, group: Group) -> Figures:
        """The same, now that all is queued."""
        lag_s = time.perf_counter() - self.committed
        work_s = self.committed - self.began
        return Figures(self.commands, work_s, lag_s, group.outcomes, group.ages_ms)


class _Taken(msgspec.Struct, frozen=True):
    """One submission and who waits for its answer."""

    submission: Submission
    answered: Answered


class _Own(msgspec.Struct, frozen=True):
    """The server's own commands and who waits for their receipts."""

    kitchen: KitchenId
    outbox: OutboxId
    commands: tuple[Command, ...]
    done: asyncio.Future[tuple[Result, ...]]


class _Run(msgspec.Struct, frozen=True):
    """Something small that must run where the desk runs."""

    work: Callable[[], None]


_Job = _Taken | _Own | _Run


class Writer:
    """Every method but the thread's own is called on the loop's thread."""

    def __init__(
        self,
        desk: Desk,
        *,
        published: Published,
        measured: Callable[[Figures], None] = lambda _figures: None,
        waiting_max: int = WAITING_COMMANDS,
    ) -> None:
        """`published` gets new entries after the answers were given, both on the loop."""
        self._desk = desk
        self._published = published
        self._measured = measured
        self._waiting_max = waiting_max
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, name="writer", daemon=True)
        self._room = asyncio.Event()
        self._room.set()
        self._tidied_s = time.monotonic()
        self._since: deque[float] = deque()
        self.waiting = 0
        """Commands that are with the desk and unanswered."""
        self.taken = 0
        """Commands that kiosks have given since the start."""

    def start(self) -> None:
        """Begin to take commands."""
        self._thread.start()

    async def stop(self) -> None:
        """Finish what waits, then end the thread."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        # The last answers were posted by the thread; let them be given.
        await asyncio.sleep(0)

    def submit(self, submission: Submission, answered: Answered) -> None:
        """Have rows decided; `answered` is called once, on the loop."""
        if self.waiting + len(submission.rows) > self._waiting_max:
            answered(Answer((), 0, 0, GoodbyeCode.UNAVAILABLE, "too many commands wait"))
            return
        self._count(len(submission.rows))
        self.taken += len(submission.rows)
        # One thread answers in the order of asking: the first here is the oldest.
        self._since.append(time.monotonic())
        self._jobs.put(_Taken(submission, answered))

    @property
    def oldest_s(self) -> float:
        """How long the submission waits that waits longest; 0 when none does."""
        return time.monotonic() - self._since[0] if self._since else 0.0

    async def calm(self) -> None:
        """Wait until little enough waits that more may be read from a kiosk."""
        await self._room.wait()

    def _count(self, commands: int) -> None:
        self.waiting += commands
        if self.waiting > CALM_COMMANDS:
            self._room.clear()
        else:
            self._room.set()

    async def own(
        self, kitchen: KitchenId, outbox: OutboxId, commands: Sequence[Command]
    ) -> tuple[Result, ...]:
        """Have the server's own commands decided. Raises Unavailable, LookupError."""
        done: asyncio.Future[tuple[Result, ...]] = self._loop.create_future()
        self._jobs.put(_Own(kitchen, outbox, tuple(commands), done))
        return await done

    def run(self, work: Callable[[], None]) -> None:
        """Run something small between two groups (forget a device)."""
        self._jobs.put(_Run(work))

    # ---- the thread ----------------------------------------------------------------------------

    def _work(self) -> None:
        carried: _Job | None = None
        while True:
            job = carried if carried is not None else self._next()
            carried = None
            if job is None:
                return
            if isinstance(job, _Taken):
                group, carried, ended = self._gather(job)
                self._take(group)
                if ended:
                    return
            elif isinstance(job, _Own):
                self._take_own(job)
            else:
                job.work()
            if time.monotonic() - self._tidied_s > TIDY_LATE_S:
                self._tidy()

    def _next(self) -> _Job | None:
        try:
            return self._jobs.get(timeout=TIDY_S)
        except queue.Empty:
            self._tidy()
            return self._jobs.get()

    def _gather(self, first: _Taken) -> tuple[list[_Taken], _Job | None, bool]:
        """All that waits now, up to one group; what does not belong to it is carried over."""
        group = [first]
        commands = len(first.submission.rows)
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, None, False
            if job is None:
                return group, None, True
            if not isinstance(job, _Taken):
                return group, job, False
            commands += len(job.submission.rows)
            if commands > GROUP_COMMANDS:
                return group, job, False
            group.append(job)

    def _take(self, taken: list[_Taken]) -> None:
        began = time.perf_counter()
        submissions = [job.submission for job in taken]
        try:
            group = self._desk.take_group(submissions)
        except Exception:  # noqa: BLE001 - a fault of ours must not end the only writer
            _log.exception("a group failed")
            fault = Answer((), 0, 0, GoodbyeCode.UNAVAILABLE, "fault")
            group = Group(tuple(fault for _ in taken))
        commands = sum(len(submission.rows) for submission in submissions)
        self._post(self._deliver, taken, group, _Cost(commands, began, time.perf_counter()))

    def _take_own(self, job: _Own) -> None:
        began = time.perf_counter()
        try:
            group = self._desk.take_own(job.kitchen, job.outbox, job.commands)
        except (Unavailable, LookupError) as error:
            self._post(_fail, job.done, error)
            return
        except Exception:  # noqa: BLE001 - as above
            _log.exception("own commands failed")
            self._post(_fail, job.done, Unavailable("fault"))
            return
        cost = _Cost(len(job.commands), began, time.perf_counter())
        self._post(self._deliver_own, job.done, group, cost)

    def _tidy(self) -> None:
        self._tidied_s = time.monotonic()
        try:
            self._desk.save_snapshots()
        except Exception:  # noqa: BLE001 - only a short cut is lost
            _log.exception("a snapshot failed")

    def _post(self, call: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *args)
        except RuntimeError:
            # The loop is closed: nobody is left to be answered.
            _log.info("answers after the end were dropped")

    # ---- back on the loop ----------------------------------------------------------------------

    def _deliver(self, taken: list[_Taken], group: Group, cost: _Cost) -> None:
        self._count(-cost.commands)
        for _ in taken:
            self._since.popleft()
        for job, answer in zip(taken, group.answers, strict=True):
            try:
                job.answered(answer)
            except Exception:  # noqa: BLE001 - one connection's fault must not cost the others their answers
                _log.exception("an answer could not be given")
        self._published(group.grown)
        self._measured(cost.figures(group))

    def _deliver_own(
        self, done: asyncio.Future[tuple[Result, ...]], group: Group, cost: _Cost
    ) -> None:
        if not done.done():
            done.set_result(group.answers[0].results)
        self._published(group.grown)
        self._measured(cost.figures(group))


def _fail(done: asyncio.Future[tuple[Result, ...]], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
