"""Bugs of the two halves of the link, each planted into the product's own session; they play nothing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dapur.envelope import chain
from dapur.sync import kiosk_side
from dapur.sync.effects import ApplyEvents, ClockSample, Effect, NeedRows, Settle, Take
from dapur.sync.kiosk_side import KioskSide, Position
from dapur.sync.server_side import Admission, Entryish, ServerSide
from dapur.wire.messages import Claims, Got, Page, Results, Row, Top, Welcome
from server.desk.ports import DeviceRecord, Head
from server.gateway.admission import Door
from tests.simulation.mutant_base import Mutant, Patch
from tests.simulation.mutant_scenes import flood, forgetful, prompt, steady

# ---- the kiosk's half ----------------------------------------------------------------------------

_welcomed = KioskSide._welcomed
_paged = KioskSide._paged


def _welcomed_with_all_sent(self: KioskSide, frame: Welcome, now_ms: int) -> list[Effect]:
    effects = _welcomed(self, frame, now_ms)
    self._sent = max(self._sent, self._outbox.dseq)
    return [effect for effect in effects if not isinstance(effect, NeedRows)]


def _topped_for_the_clock(self: KioskSide, frame: Top, now_ms: int) -> list[Effect]:
    self._head = max(self._head, frame.head)
    return [ClockSample(frame.echo_ms, now_ms, frame.time_ms)] if frame.echo_ms else []


def _grown_by_count(
    self: KioskSide, first: int, bodies: tuple[str, ...], after_hash: bytes, now_ms: int
) -> list[Effect]:
    del now_ms
    expected = self.position.seq + 1
    self._head = max(self._head, first + len(bodies) - 1)
    if self._replacing or not bodies or first < expected:
        return [] if self._replacing else self._catch_up()
    self.position = Position(self.position.epoch, expected + len(bodies) - 1, after_hash)
    return [ApplyEvents(expected, bodies, after_hash), *self._catch_up()]


def _grown_without_its_overlap(
    self: KioskSide, first: int, bodies: tuple[str, ...], after_hash: bytes, now_ms: int
) -> list[Effect]:
    """Only what follows exactly is taken; the rest is thought to come once more."""
    del now_ms
    self._head = max(self._head, first + len(bodies) - 1)
    if self._replacing or first != self.position.seq + 1 or not bodies:
        return []
    link = self.position.hash
    for body in bodies:
        link = chain(link, body.encode())
    if link != after_hash:
        return self._pull_snapshot()
    self.position = Position(self.position.epoch, first + len(bodies) - 1, link)
    return [ApplyEvents(first, bodies, link)]


def _paged_until_something_comes(self: KioskSide, frame: Page, now_ms: int) -> list[Effect]:
    was_pulling = self._pulling
    effects = _paged(self, frame, now_ms)
    if was_pulling and not frame.bodies:
        self._pulling = True
    return effects


def _settled_by_the_sum(self: KioskSide, frame: Results) -> list[Effect]:
    """The window opens when every row has its own answer in this frame; answers are not stored."""
    self._acked = max(self._acked, frame.acked)
    return [Settle((), frame.acked, frame.durable), *self._want_rows()]


KIOSK = (
    Mutant(
        "rows_above_ack_skipped",
        "What was tapped before the line came up counts as sent.",
        (Patch(KioskSide, "_welcomed", _welcomed_with_all_sent),),
    ),
    Mutant(
        "top_ignored",
        "What the server says of its head is not compared with the replica.",
        (
            Patch(KioskSide, "_topped", _topped_for_the_clock),
            Patch(KioskSide, "_grown", _grown_without_its_overlap),
        ),
    ),
    Mutant(
        "gap_not_noticed",
        "The kiosk counts the events that come instead of reading their numbers.",
        (Patch(KioskSide, "_grown", _grown_by_count),),
        forgetful,
    ),
    Mutant(
        "empty_page_never_ends_a_pull",
        "A pull to which nothing comes is waited for until the line breaks.",
        (Patch(KioskSide, "_paged", _paged_until_something_comes),),
    ),
    Mutant(
        "results_not_stored",
        "The kiosk hears how far the server is and drops the answers themselves.",
        (Patch(KioskSide, "_settled", _settled_by_the_sum),),
    ),
    Mutant(
        "silence_unnoticed",
        "A kiosk waits for ever for a server that fell silent.",
        (Patch(kiosk_side, "SILENT_MS", 10**9),),
    ),
)

# ---- the server's half ---------------------------------------------------------------------------

_admit = ServerSide.admit
_entries = ServerSide.entries


def _admit_without_the_floor(self: ServerSide, found: Admission) -> list[Effect]:
    return _admit(self, msgspec.structs.replace(found, floor=0))


def _hash_of_the_claim(_self: Door, record: DeviceRecord, head: Head, claims: Claims) -> bytes:
    del record, head
    return claims.since_hash


def _admit_any_epoch(self: ServerSide, found: Admission) -> list[Effect]:
    claims = self._claims
    if claims is not None and claims.since <= found.head:
        self._claims = msgspec.structs.replace(
            claims, epoch=found.epoch, since_hash=found.since_hash or claims.since_hash
        )
        found = msgspec.structs.replace(found, since_hash=self._claims.since_hash)
    return _admit(self, found)


def _got_without_top(self: ServerSide, frame: Got, now_ms: int) -> list[Effect]:
    del frame
    self._top_ms = now_ms + 10**9
    return []


def _forward_to_followers(self: ServerSide, first: int, last: int) -> bool:
    if not self._following or self.ended or last <= self._cursor:
        return False
    if first > self._cursor + 1:
        self._following = False
        return False
    self._cursor = last
    return True


def _entries_up_to_the_welcome(
    self: ServerSide, after: int, entries: Sequence[Entryish], head: int
) -> list[Effect]:
    return _entries(self, after, entries, min(head, self._latest))


def _take_any_number(self: ServerSide, rows: tuple[Row, ...]) -> list[Effect]:
    self.unanswered += len(rows)
    return [Take(rows)] if rows else []


SERVER = (
    Mutant(
        "floor_ignored",
        "A kiosk from before the archive is taken at its word and sent to read what is no longer there.",
        (
            Patch(ServerSide, "admit", _admit_without_the_floor),
            Patch(Door, "_hash_at", _hash_of_the_claim),
        ),
        needs=frozenset({"compaction"}),
    ),
    Mutant(
        "epoch_not_compared",
        "A kiosk that comes with the epoch of a lost log is taken for one of this log.",
        (Patch(ServerSide, "admit", _admit_any_epoch),),
    ),
    Mutant(
        "tops_end_after_the_first_got",
        "Once a kiosk has said where it stands, its server never says `top` again.",
        (Patch(ServerSide, "_got", _got_without_top),),
        steady,
    ),
    Mutant(
        "subscribed_after_the_read",
        "What is committed while a kiosk's pages are being read is told to it by nobody.",
        (
            Patch(ServerSide, "forward", _forward_to_followers),
            Patch(ServerSide, "entries", _entries_up_to_the_welcome),
        ),
        prompt,
    ),
    Mutant(
        "commands_unbounded",
        "A kiosk may send as many commands as it likes before the desk has answered any.",
        (Patch(ServerSide, "_take", _take_any_number),),
        flood,
    ),
)
MUTANTS = (*KIOSK, *SERVER)
