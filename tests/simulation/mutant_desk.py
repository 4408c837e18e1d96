"""Bugs of the server's desk and log, each planted into the product's own method; they play nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from dapur import kitchen as rules
from dapur.envelope import Taken
from dapur.ids import KitchenId
from dapur.wire.messages import Outcome, Result, Row
from server.desk import desk as desk_module
from server.desk.desk import Desk, _Cached
from server.desk.draft import Draft, Origin, result_of
from server.desk.folding import Fold, base_of, catch_up
from server.desk.groups import Answer, Submission
from server.desk.ports import Append, OutboxHead, Receipt, Unavailable, UnknownCommit
from server.log.care import LogCare
from tests.simulation.mutant_base import Mutant, Patch
from tests.support.fake_log import FakeLog

# ---- receipts ------------------------------------------------------------------------------------


def _decide_again(
    self: Desk, submission: Submission, origin: Origin, draft: Draft, cached: _Cached
) -> Answer:
    """Every row is decided, also one that came before."""
    head = draft.heads.get(submission.outbox) or self._head(submission, cached)
    results: list[Result] = []
    for row in submission.rows:
        results.append(draft.take(row, head, origin))
        head = draft.heads.get(submission.outbox, head)
    return Answer(tuple(results), 0 if head is None else head.last_dseq, cached.fold.durable)


def _rows_by_number(
    self: Desk, submission: Submission, origin: Origin, draft: Draft, cached: _Cached
) -> Answer:
    """A row is known by its number alone; whose hash it follows is nobody's business."""
    head = draft.heads.get(submission.outbox) or self._head(submission, cached)
    stored = self._stored(submission, head, draft)
    results: list[Result] = []
    for row in submission.rows:
        last = 0 if head is None else head.last_dseq
        if row.dseq > last + 1:
            break
        before = stored.get(row.dseq) or draft.receipt(submission.outbox, row.dseq)
        if row.dseq <= last and before is not None:
            results.append(result_of(before))
        elif row.dseq == last + 1:
            results.append(draft.take(row, head, origin))
            head = draft.heads.get(submission.outbox, head)
    return Answer(tuple(results), 0 if head is None else head.last_dseq, cached.fold.durable)


def _again_with_the_last(
    row: Row, last: int, last_hash: bytes, receipt: Receipt | None, seq: int
) -> Result | None:
    del last, last_hash
    return Result(row.dseq, result_of(receipt).outcome if receipt else Outcome.ALREADY, seq)


def _write_in_two(self: Desk, appends: list[Append]) -> None:
    """Events first; the receipts and outbox heads in a transaction of their own."""
    events = [msgspec.structs.replace(one, receipts=(), outboxes=()) for one in appends]
    rest = [
        msgspec.structs.replace(one, entries=(), expected_seq=one.expected_seq + len(one.entries))
        for one in appends
    ]
    for part in (events, rest):
        if part:
            self._log.append(part)


RECEIPTS = (
    Mutant(
        "dedup_missing",
        "A command that comes again is decided again.",
        (Patch(Desk, "_rows_taken", _decide_again),),
    ),
    Mutant(
        "dedup_in_another_transaction",
        "Events are written in one transaction and what tells a resend in the next.",
        (Patch(Desk, "_write", _write_in_two),),
    ),
    Mutant(
        "fork_unseen",
        "The desk knows a row by its number and does not compare hashes.",
        (Patch(Desk, "_rows_taken", _rows_by_number),),
    ),
    Mutant(
        "resend_gets_a_new_answer",
        "A row that came before is answered with where the log is now, not with its receipt's seq.",
        (Patch(desk_module, "_again", _again_with_the_last),),
    ),
)

# ---- the commit ----------------------------------------------------------------------------------


def _write_or_hope(self: Desk, appends: list[Append]) -> None:
    """The answer goes out whether the commit came through or not: it will be retried later."""
    try:
        if appends:
            self._log.append(appends)
    except Unavailable:
        return


def _write_and_trust(self: Desk, appends: list[Append]) -> None:
    try:
        if appends:
            self._log.append(appends)
    except UnknownCommit:
        # It is nearly always done.
        return


def _unchecked(_self: FakeLog, _append: Append) -> None:
    """Whatever was expected."""


def _doubt_nothing(_self: Desk, kitchens: Iterable[KitchenId]) -> set[KitchenId]:
    return set(kitchens)


def _reload_the_fold(self: Desk, kitchen: KitchenId, cached: _Cached | None) -> _Cached:
    head = self._log.head(kitchen)
    if head is None:
        raise LookupError(kitchen)
    if cached is None or head.epoch != cached.fold.epoch or head.seq < cached.fold.seq:
        base = base_of(self._log, kitchen, head)
        return _Cached(catch_up(self._log, kitchen, base, head), base.seq)
    fresh = _Cached(catch_up(self._log, kitchen, cached.fold, head), cached.snapshot_seq)
    fresh.heads = cached.heads
    return fresh


def _trust_memory(_self: Desk, _submission: Submission, _head: OutboxHead | None) -> None:
    """What is remembered of an outbox is right."""


def _keep_the_epoch(_self: object, kitchen: KitchenId, epoch: str) -> None:
    del kitchen, epoch


COMMIT = (
    Mutant(
        "ack_before_commit",
        "Results go out although the database was away at the commit.",
        (Patch(Desk, "_write", _write_or_hope),),
    ),
    Mutant(
        "unknown_commit_trusted",
        "A commit whose answer was lost counts as done.",
        (Patch(Desk, "_write", _write_and_trust),),
    ),
    Mutant(
        "expected_seq_unchecked",
        "The log takes a group whatever was written since it was decided.",
        (Patch(FakeLog, "_check", _unchecked),),
    ),
    Mutant(
        "conflict_not_caught_up",
        "After a conflict the desk decides again on the same old state.",
        (Patch(Desk, "_doubt", _doubt_nothing),),
    ),
    Mutant(
        "heads_kept_over_a_reload",
        "The fold is read again after a conflict, the outbox heads beside it are not.",
        (Patch(Desk, "_reload", _reload_the_fold),),
    ),
    Mutant(
        "memory_of_an_outbox_trusted",
        "Rows behind a gap are waited for although another process has them already.",
        (Patch(Desk, "_check_gap", _trust_memory),),
    ),
    Mutant(
        "epoch_not_rotated",
        "A restored log keeps the epoch of the one that was lost.",
        (Patch(FakeLog, "rotate_epoch", _keep_the_epoch), Patch(LogCare, "rotate_epoch", _keep_the_epoch)),
    ),
)  # fmt: skip

# ---- who may -------------------------------------------------------------------------------------

_decide = Desk._decide
_draft_decide = Draft._decide


def _decide_whoever_it_is(self: Draft, taken: Taken, origin: Origin) -> rules.Taking:
    return _draft_decide(self, taken, msgspec.structs.replace(origin, revoked=False))


def _without_a_net(self: Draft, taken: Taken, origin: Origin) -> rules.Taking:
    if origin.revoked:
        return self._quarantine(taken, "device_revoked")
    return self._keep(rules.take(self._state, taken, taken.received_ms))


def _decide_by_kitchen(
    self: Desk,
    submissions: Sequence[Submission],
    received_ms: int,
    drafts: dict[KitchenId, Draft],
) -> list[Answer]:
    """Kitchen by kitchen, newest outbox first; the answers are left in that order."""
    ordered = sorted(submissions, key=lambda one: (one.kitchen, one.outbox), reverse=True)
    return _decide(self, ordered, received_ms, drafts)


def _any_fold(self: Desk, _kitchen: KitchenId) -> Fold | None:
    return next((cached.fold for cached in self._cache.values()), None)


WHO = (
    Mutant(
        "revoked_device_applied",
        "Commands of a revoked device are applied like those of any other.",
        (Patch(Draft, "_decide", _decide_whoever_it_is),),
    ),
    Mutant(
        "revocation_remembered_too_long",
        "The desk reads the record of a device once and never again.",
        (Patch(desk_module, "RECORD_MS", 10**9),),
    ),
    Mutant(
        "poison_not_caught",
        "A command on which our own code fails stops the outbox behind it.",
        (Patch(Draft, "_decide", _without_a_net),),
    ),
    Mutant(
        "results_to_another_connection",
        "The answers of a group come in another order than its submissions.",
        (Patch(Desk, "_decide", _decide_by_kitchen),),
    ),
    Mutant(
        "fold_of_any_kitchen",
        "A snapshot is made from whichever kitchen's state is in memory.",
        (Patch(Desk, "fold", _any_fold),),
    ),
)
MUTANTS = (*RECEIPTS, *COMMIT, *WHO)
