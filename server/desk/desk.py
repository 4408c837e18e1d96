"""Takes commands, decides them against the cached fold and has the log write them: one group, one transaction.

Synchronous and without a clock of its own; only the writer thread (or a tool, or the simulator) calls it.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress

import msgspec

from dapur import kitchen as rules
from dapur.envelope import GENESIS, Command, Malformed, chain, decode_command, encode_command
from dapur.ids import CommandId, DeviceId, KitchenId, OutboxId
from dapur.kitchen import SERVER_DEVICE
from dapur.retold import unread
from dapur.wire.messages import GoodbyeCode, Outcome, Result, Row
from server.desk.draft import Draft, Origin, result_of
from server.desk.failpoint import Failpoint, reach
from server.desk.folding import READ_EVENTS, Fold, base_of, catch_up, go_on
from server.desk.groups import Answer, Group, Grown, Submission
from server.desk.ports import (
    Append,
    Conflict,
    DeviceRecord,
    Entry,
    Log,
    OutboxHead,
    Receipt,
    Recoveries,
    Recovery,
    Since,
    StoredSnapshot,
    Unavailable,
    UnknownCommit,
)

ATTEMPTS = 8
"""With a turn of our own only a broken commit fails: so many in a row are no chance."""
PATIENT = 2
"""How often we race with other processes for a commit before we ask for a turn."""
KITCHENS_CACHED = 2_000
"""A busy kitchen's state is some hundred KiB; the least recently used go first."""
OUTBOXES_CACHED = 256
"""Heads kept in memory for one kitchen; it has some ten kiosks, and a stranger may invent many."""
RECORD_MS = 1_000
"""How old a device record may be: a revocation by another process counts within a second."""
LOOKS_MS = 60_000
"""So long after another process was found to write our kitchens too, its events are asked for before
we decide. A look is one way to the database; who looks only after a lost race has written and read in vain.
"""
SNAPSHOT_EVENTS = 1_000
"""A start reads at most so many events on top of a snapshot."""

WAITS = "restored, waits for its kiosks (dapur-server recovery show)"

_log = logging.getLogger(__name__)


class _Cached:
    """What the desk remembers of a kitchen: the fold and the outbox heads, both as of the same commit."""

    def __init__(self, fold: Fold, snapshot_seq: int, recovery: Recovery | None = None) -> None:
        self.fold = fold
        self.recovery = recovery
        self.heads: dict[OutboxId, OutboxHead | None] = {}
        self.snapshot_seq = snapshot_seq
        self.doubtful = False


_Moved = dict[KitchenId, tuple[Entry, ...] | None]
"""What others wrote meanwhile, by kitchen; None: something, the log has to be asked what."""


class _Known(msgspec.Struct, frozen=True):
    """A device record and when it was read."""

    record: DeviceRecord | None
    read_ms: int


class Desk:
    """`log` is the only truth; all that is remembered here may be forgotten at any time."""

    def __init__(
        self,
        log: Log,
        *,
        devices: Callable[[Sequence[DeviceId]], Mapping[DeviceId, DeviceRecord]],
        now_ms: Callable[[], int],
        kitchens_cached: int = KITCHENS_CACHED,
    ) -> None:
        """`devices` looks up those of these that are known; `now_ms` is UTC; both are called from the
        caller's thread.
        """
        self._log = log
        self.recoveries: Recoveries | None = None
        """What restored kitchens wait for; without it none does."""
        self._devices = devices
        self._now_ms = now_ms
        self._kitchens_cached = kitchens_cached
        self._cache: OrderedDict[KitchenId, _Cached] = OrderedDict()
        self._known: dict[DeviceId, _Known] = {}
        self._shared_ms = -LOOKS_MS
        """When another process was last found to have written our kitchens."""

    # ---- the door ------------------------------------------------------------------------------

    def take_group(self, submissions: Sequence[Submission]) -> Group:
        """Decide and write all of it in one transaction; an answer for each submission, in order.

        Where other processes write the same kitchens meanwhile, each kitchen gets its own.
        A submission without an answer of the log (`fault` unavailable) may or may not be written:
        its kiosk sends it again and gets the stored receipts.
        """
        moved: _Moved = {}
        now_ms = self._now_ms()
        if 0 <= now_ms - self._shared_ms < LOOKS_MS:
            self._freshen(submissions, moved)
        if moved:
            self._shared_ms = now_ms
        for attempt in range(ATTEMPTS):
            if attempt >= PATIENT and len({each.kitchen for each in submissions}) > 1:
                return self._kitchen_by_kitchen(submissions, moved)
            drafts: dict[KitchenId, Draft] = {}
            try:
                with self._turn(submissions, moved, patient=attempt < PATIENT):
                    answers = self._decide(submissions, self._now_ms(), drafts)
                    appends = [one for draft in drafts.values() if (one := draft.append())]
                    self._write(appends)
                if appends:
                    reach(Failpoint.AFTER_COMMIT)
            except Conflict as conflict:
                _log.info("%s: another process was first", conflict.kitchen)
                self._shared_ms = now_ms
                # Where it was first once it was so elsewhere: found one by one, each would cost an attempt.
                moved |= self._doubt([conflict.kitchen])
                self._freshen(submissions, moved)
                continue
            except UnknownCommit:
                _log.warning("a commit is in doubt: the outboxes are read again")
                moved |= self._doubt(drafts)
                continue
            except (Unavailable, MemoryError) as error:
                why = str(error) or "no memory left"
                _log.warning("the log is not available: %s", why)
                self._doubt(drafts)
                return Group(tuple(_unavailable(why) for _ in submissions))
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not take the others along
                self._doubt(drafts)
                return self._apart(submissions, error)
            return self._written(drafts, answers, moved)
        return Group(tuple(_unavailable("the log is contended") for _ in submissions))

    def take_now(
        self, kitchen: KitchenId, outbox: OutboxId, commands: Sequence[Command]
    ) -> tuple[Result, ...]:
        """Give the server's own commands (plan import, watchman) and return their receipts.

        Raises Unavailable when the log cannot take them now, LookupError for an unknown kitchen.
        """
        return self.take_own(kitchen, outbox, commands).answers[0].results

    def take_own(self, kitchen: KitchenId, outbox: OutboxId, commands: Sequence[Command]) -> Group:
        """The same with the new entries; raises as `take_now`."""
        if self._log.head(kitchen) is None:
            raise LookupError(f"no log of kitchen {kitchen}")
        for _ in range(ATTEMPTS):
            rows = self._rows(kitchen, outbox, commands)
            group = self.take_group([Submission(kitchen, SERVER_DEVICE, outbox, rows)])
            answer = group.answers[0]
            if answer.fault is None and len(answer.results) == len(commands):
                return group
            if answer.fault is GoodbyeCode.UNAVAILABLE:
                raise Unavailable(f"{kitchen}: {answer.detail}")
            # Another process used the same outbox in between: make the rows anew.
            self._doubt([kitchen])
        raise Unavailable(f"{kitchen}: outbox {outbox} is contended")

    def fold(self, kitchen: KitchenId) -> Fold | None:
        """The state in memory, None when it is not; may be called from any thread."""
        cached = self._cache.get(kitchen)
        return None if cached is None else cached.fold

    def forget_device(self, device: DeviceId) -> None:
        """Read the record of a device again before its next command (it was revoked just now)."""
        self._known.pop(device, None)

    def save_snapshots(self) -> None:
        """Store the state of kitchens that grew by much since the last time; call when idle."""
        for kitchen, cached in list(self._cache.items()):
            fold = cached.fold
            if fold.seq - cached.snapshot_seq < SNAPSHOT_EVENTS:
                continue
            cached.snapshot_seq = fold.seq
            text = rules.encode_snapshot(fold.kitchen)
            stored = StoredSnapshot(fold.seq, fold.hash, rules.STATE_VERSION, text)
            with suppress(Unavailable):
                # Only a short cut: the next one is as good.
                self._log.save_snapshot(kitchen, stored)

    # ---- deciding ------------------------------------------------------------------------------

    def _decide(
        self,
        submissions: Sequence[Submission],
        received_ms: int,
        drafts: dict[KitchenId, Draft],
    ) -> list[Answer]:
        """Fill `drafts` and answer. Raises Conflict when another process has rows that we lack."""
        self._learn({each.device for each in submissions}, received_ms)
        answers: list[Answer] = []
        failed: dict[KitchenId, str] = {}
        for submission in submissions:
            if submission.kitchen in failed:
                answers.append(_unavailable(""))
                continue
            try:
                answers.append(self._submitted(submission, drafts, received_ms))
            except (Unavailable, LookupError) as error:
                _log.error("%s cannot be served: %s", submission.kitchen, error)
                failed[submission.kitchen] = str(error)
                self._cache.pop(submission.kitchen, None)
                # What was decided of this kitchen before the error is not written either.
                drafts.pop(submission.kitchen, None)
                answers.append(_unavailable(""))
        return [
            _unavailable(failed[submission.kitchen]) if submission.kitchen in failed else answer
            for submission, answer in zip(submissions, answers, strict=True)
        ]

    def _submitted(
        self, submission: Submission, drafts: dict[KitchenId, Draft], received_ms: int
    ) -> Answer:
        record = self._record(submission.device, received_ms)
        own = submission.device == SERVER_DEVICE
        if not own and (record is None or record.kitchen != submission.kitchen):
            _log.error("device %s spoke for %s", submission.device, submission.kitchen)
            return Answer((), 0, 0, GoodbyeCode.UNKNOWN_DEVICE, "not of this kitchen")
        cached = self._load(submission.kitchen)
        if self._waits_for_kiosks(cached):
            # Kiosks may still bring what follows: whatever was decided now would stand in its place.
            return _unavailable(WAITS)
        if submission.kitchen not in drafts:
            drafts[submission.kitchen] = Draft(submission.kitchen, cached.fold)
        draft = drafts[submission.kitchen]
        origin = Origin(
            device=submission.device,
            outbox=submission.outbox,
            revoked=record is not None and record.revoked_ms is not None,
            enrolled_ms=0 if record is None else record.enrolled_ms,
            received_ms=received_ms,
        )
        return self._rows_taken(submission, origin, draft, cached)

    def _rows_taken(
        self, submission: Submission, origin: Origin, draft: Draft, cached: _Cached
    ) -> Answer:
        head = draft.heads.get(submission.outbox) or self._head(submission, cached)
        if head is not None and self._is_anothers(head, origin):
            detail = f"outbox {submission.outbox} belongs to another device"
            _log.error("device %s: %s", submission.device, detail)
            return Answer((), 0, cached.fold.durable, GoodbyeCode.FORK, detail)
        self._check_gap(submission, head)
        stored = self._stored(submission, head, draft)
        durable = cached.fold.durable
        results: list[Result] = []
        not_below = self._answered_before(submission, head, draft, cached)
        for row in submission.rows:
            last, link = (head.last_dseq, head.last_hash) if head is not None else (0, GENESIS)
            if row.dseq > last + 1:
                break
            if row.dseq <= last:
                # The same row twice in one frame has no receipt in the log yet.
                before = stored.get(row.dseq) or draft.receipt(submission.outbox, row.dseq)
                result = _again(row, last, link, before, draft.fold.seq)
                follows = result is not None
            else:
                follows = chain(link, row.bytes) == row.hash
                result = draft.take(row, head, origin, not_below=not_below) if follows else None
            if result is None or not follows:
                detail = f"command {row.dseq} of outbox {submission.outbox} differs from the log"
                _log.error("fork of device %s: %s", submission.device, detail)
                return Answer(tuple(results), last, durable, GoodbyeCode.FORK, detail)
            results.append(result)
            not_below = max(not_below, result.seq)
            head = draft.heads.get(submission.outbox, head)
        return Answer(tuple(results), 0 if head is None else head.last_dseq, durable)

    def _answered_before(
        self, submission: Submission, head: OutboxHead | None, draft: Draft, cached: _Cached
    ) -> int:
        """Let the draft know which of these commands a lost log has answered; the event that the
        receipt before them names. Only in a kitchen that was restored.
        """
        if self.recoveries is None or cached.recovery is None or not cached.recovery.has_answers:
            return 0
        names = [_name(submission.outbox, row) for row in submission.rows]
        draft.brought = self.recoveries.answers(submission.kitchen, names)
        if head is None or not draft.brought:
            return 0
        kitchen, outbox, last = submission.kitchen, submission.outbox, head.last_dseq
        before = draft.receipt(outbox, last) or next(
            iter(self._log.receipts(kitchen, outbox, last, last)), None
        )
        return 0 if before is None else before.seq

    def _is_anothers(self, head: OutboxHead, origin: Origin) -> bool:
        """Whether a living device other than this one writes this outbox; its id is no secret."""
        if head.device == origin.device:
            return False
        # A kiosk that was enrolled anew after its old identity was revoked goes on with its outbox.
        owner = self._record(head.device, origin.received_ms)
        return head.device == SERVER_DEVICE or (owner is not None and owner.revoked_ms is None)

    def _check_gap(self, submission: Submission, head: OutboxHead | None) -> None:
        """Rows that seem to be missing may be with another process: nothing is written then, so no
        append would ever tell that what is remembered here is old.
        """
        last = 0 if head is None else head.last_dseq
        if not submission.rows or submission.rows[0].dseq <= last + 1:
            return
        stored = self._log.outbox_head(submission.kitchen, submission.outbox)
        if stored is not None and stored.last_dseq > last:
            raise Conflict(submission.kitchen)

    def _stored(
        self, submission: Submission, head: OutboxHead | None, draft: Draft
    ) -> dict[int, Receipt]:
        """Receipts of rows that came before: from the log or from this very group."""
        if head is None or not submission.rows or submission.rows[0].dseq > head.last_dseq:
            return {}
        first, last = submission.rows[0].dseq, min(submission.rows[-1].dseq, head.last_dseq)
        found = self._log.receipts(submission.kitchen, submission.outbox, first, last)
        mine = (r for r in draft.receipts if r.outbox == submission.outbox)
        return {receipt.dseq: receipt for receipt in (*found, *mine)}

    def _turn(
        self, submissions: Sequence[Submission], moved: _Moved, *, patient: bool
    ) -> AbstractContextManager[None]:
        """Nothing, or a turn of our own: who is slower to read than the others to write lost every race."""
        if patient:
            return nullcontext()
        kitchens = sorted({submission.kitchen for submission in submissions})
        moved |= self._doubt(kitchens)
        return self._log.held(kitchens)

    # ---- writing -------------------------------------------------------------------------------

    def _write(self, appends: list[Append]) -> None:
        if not appends:
            return
        reach(Failpoint.BEFORE_COMMIT)
        self._log.append(appends)

    def _written(
        self, drafts: dict[KitchenId, Draft], answers: list[Answer], moved: _Moved
    ) -> Group:
        theirs = {each.kitchen: each for each in _grown(moved)}
        grown: list[Grown] = []
        outcomes: list[Outcome] = []
        ages_ms: list[int] = []
        for kitchen, draft in drafts.items():
            cached = self._cache.get(kitchen)
            if cached is not None:
                cached.fold = draft.fold
                cached.heads.update(draft.heads)
            outcomes += [receipt.outcome for receipt in draft.receipts]
            ages_ms += draft.ages_ms
            _tell(kitchen, draft)
            if draft.entries:
                before = theirs.pop(kitchen, Grown(kitchen, ()))
                if kitchen in moved and not before.entries:
                    grown.append(before)
                grown.append(Grown(kitchen, before.entries + draft.entries))
        return Group(tuple(answers), (*theirs.values(), *grown), tuple(outcomes), tuple(ages_ms))

    def _apart(self, submissions: Sequence[Submission], error: Exception) -> Group:
        """A group that the log will not take for a reason of ours: find whose fault it is."""
        if len(submissions) == 1:
            _log.error(
                "a submission of %s cannot be written", submissions[0].device, exc_info=error
            )
            return Group((_unavailable("fault"),))
        groups = [self.take_group([submission]) for submission in submissions]
        return _joined(tuple(group.answers[0] for group in groups), groups)

    def _kitchen_by_kitchen(self, submissions: Sequence[Submission], moved: _Moved) -> Group:
        """A turn that held many heads would keep other processes from all of them: two processes that
        share many kitchens then wait for each other until they lose their time and their kiosks.
        """
        answers: dict[int, Answer] = {}
        groups = [Group((), _grown(moved))]
        for kitchen in sorted({each.kitchen for each in submissions}):
            mine = [place for place, each in enumerate(submissions) if each.kitchen == kitchen]
            group = self.take_group([submissions[place] for place in mine])
            answers.update(zip(mine, group.answers, strict=True))
            groups.append(group)
        return _joined(tuple(answers[place] for place in range(len(submissions))), groups)

    # ---- remembering ---------------------------------------------------------------------------

    def _load(self, kitchen: KitchenId) -> _Cached:
        cached = self._cache.get(kitchen)
        if cached is None or cached.doubtful or self._waits_for_kiosks(cached):
            cached = self._cache[kitchen] = self._reload(kitchen, cached)
            while len(self._cache) > self._kitchens_cached:
                self._cache.popitem(last=False)
        self._cache.move_to_end(kitchen)
        return cached

    def _reload(self, kitchen: KitchenId, cached: _Cached | None) -> _Cached:
        head = self._log.head(kitchen)
        if head is None:
            raise LookupError(f"no log of kitchen {kitchen}")
        if cached is None or head.epoch != cached.fold.epoch or head.seq < cached.fold.seq:
            base = base_of(self._log, kitchen, head)
            fold, snapshot_seq, recovery = catch_up(self._log, kitchen, base, head), base.seq, None
        else:
            fold, snapshot_seq = (
                catch_up(self._log, kitchen, cached.fold, head),
                cached.snapshot_seq,
            )
            recovery = cached.recovery
        if self.recoveries is not None and (recovery is None or recovery.is_open):
            recovery = self.recoveries.of(kitchen)
        return _Cached(fold, snapshot_seq, recovery)

    def _waits_for_kiosks(self, cached: _Cached) -> bool:
        """Whether the log of this kitchen was restored, and what it lacks may still come."""
        return cached.recovery is not None and cached.recovery.is_open

    def _head(self, submission: Submission, cached: _Cached) -> OutboxHead | None:
        outbox = submission.outbox
        if outbox not in cached.heads:
            if len(cached.heads) >= OUTBOXES_CACHED:
                cached.heads.clear()
            cached.heads[outbox] = self._log.outbox_head(submission.kitchen, outbox)
        return cached.heads[outbox]

    def _record(self, device: DeviceId, now_ms: int) -> DeviceRecord | None:
        if device == SERVER_DEVICE:
            return None
        self._learn([device], now_ms)
        return self._known[device].record

    def _learn(self, devices: Collection[DeviceId], now_ms: int) -> None:
        """Have the records of these, read within RECORD_MS: one question for all. Raises Unavailable."""
        wanted = [
            device
            for device in devices
            if device != SERVER_DEVICE
            and (
                (known := self._known.get(device)) is None
                or not 0 <= now_ms - known.read_ms < RECORD_MS
            )
        ]
        if not wanted:
            return
        found = self._devices(wanted)
        if len(self._known) > 10 * self._kitchens_cached:
            self._known.clear()
        self._known |= {device: _Known(found.get(device), now_ms) for device in wanted}

    def _doubt(self, kitchens: Iterable[KitchenId]) -> _Moved:
        """Read these kitchens' heads again before their next command."""
        doubted: _Moved = dict.fromkeys(kitchens)
        for kitchen in doubted.keys() & self._cache.keys():
            self._cache[kitchen].doubtful = True
        return doubted

    def _freshen(self, submissions: Sequence[Submission], moved: _Moved) -> None:
        """Go on with what other processes wrote in these kitchens: one question for all.

        Outbox heads stay: one that another process moved is met by the guard of the append.
        """
        known = {
            kitchen: cached
            for kitchen in sorted({each.kitchen for each in submissions} & self._cache.keys())
            if not (cached := self._cache[kitchen]).doubtful
        }
        spans = {
            kitchen: (cached.fold.seq, cached.fold.seq + READ_EVENTS)
            for kitchen, cached in known.items()
        }
        try:
            found = self._log.since(spans) if spans else {}
        except Unavailable:
            # Whoever reads or writes next says so.
            return
        for kitchen, since in found.items():
            if since.head.seq != known[kitchen].fold.seq:
                before, theirs = moved.get(kitchen, ()), self._go_on(kitchen, known[kitchen], since)
                moved[kitchen] = None if before is None or theirs is None else before + theirs

    def _go_on(self, kitchen: KitchenId, cached: _Cached, since: Since) -> tuple[Entry, ...] | None:
        """Fold it in; all that was new, None when that is not at hand."""
        fold = None
        with suppress(Unavailable):
            fold = go_on(self._log, kitchen, cached.fold, since)
        if fold is None:
            # Restored, broken or away: whoever loads it next finds out which.
            cached.doubtful = True
            return None
        cached.fold = fold
        return since.entries if since.entries and since.entries[-1].seq == fold.seq else None

    def _rows(
        self, kitchen: KitchenId, outbox: OutboxId, commands: Sequence[Command]
    ) -> tuple[Row, ...]:
        head = self._log.outbox_head(kitchen, outbox)
        dseq, link = (0, GENESIS) if head is None else (head.last_dseq, head.last_hash)
        rows: list[Row] = []
        for command in commands:
            raw = encode_command(command)
            dseq, link = dseq + 1, chain(link, raw)
            rows.append(Row(dseq, link, raw))
        return tuple(rows)


def _name(outbox: OutboxId, row: Row) -> CommandId:
    """By what a lost log's answer to this row is known."""
    try:
        return decode_command(row.bytes).id
    except Malformed:
        return unread(outbox, row.dseq)


def _again(
    row: Row, last: int, last_hash: bytes, receipt: Receipt | None, seq: int
) -> Result | None:
    """The stored answer to a row that came before; None when it was another row."""
    if receipt is not None:
        return result_of(receipt) if receipt.row_hash == row.hash else None
    if row.dseq == last and row.hash != last_hash:
        return None
    # Its receipt was archived long ago: it is in the log, that is all that is still known.
    return Result(row.dseq, Outcome.ALREADY, seq)


def _tell(kitchen: KitchenId, draft: Draft) -> None:
    """A line for each command with its ids; loud enough to be read when it did not simply hold."""
    wordy = _log.isEnabledFor(logging.DEBUG)
    for receipt in draft.receipts:
        plain = receipt.outcome is Outcome.APPLIED or receipt.outcome is Outcome.ALREADY
        if plain and not wordy:
            continue
        _log.log(
            logging.DEBUG if plain else logging.INFO,
            "command %d of outbox %s: %s %s",
            receipt.dseq,
            receipt.outbox,
            receipt.outcome.value,
            receipt.code,
            extra={
                "kitchen": kitchen,
                "device": draft.heads[receipt.outbox].device,
                "command": receipt.command,
            },
        )


def _grown(moved: _Moved) -> tuple[Grown, ...]:
    return tuple(Grown(kitchen, moved[kitchen] or ()) for kitchen in sorted(moved))


def _unavailable(detail: str) -> Answer:
    return Answer((), 0, 0, GoodbyeCode.UNAVAILABLE, detail)


def _joined(answers: tuple[Answer, ...], groups: Sequence[Group]) -> Group:
    """What became of all of them, with the answers in the order of the asking."""
    return Group(
        answers,
        tuple(grown for group in groups for grown in group.grown),
        tuple(outcome for group in groups for outcome in group.outcomes),
        tuple(age_ms for group in groups for age_ms in group.ages_ms),
    )
