"""What the desk needs from the rooms around it; each port has two makers that pass one contract test."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

import msgspec

from dapur.ids import CommandId, DeviceId, KitchenId, OutboxId
from dapur.wire.messages import Outcome

MESSAGE = "bridge-"
"""Begins the outbox of a message of the platform: one message, one outbox, and it never grows."""


class Head(msgspec.Struct, frozen=True):
    """Where the log of one kitchen stands."""

    epoch: str
    seq: int
    hash: bytes
    """Chain after event `seq`; `GENESIS` when empty."""
    floor: int
    """Events up to and including this seq are archived and can no longer be read."""
    durable: int
    """Events up to this seq are in a verified backup or on a second machine."""


class Entry(msgspec.Struct, frozen=True):
    """One event of the log: `hash` = chain(previous hash, body)."""

    seq: int
    hash: bytes
    body: bytes


class Since(msgspec.Struct, frozen=True):
    """What a log has after some seq, at one moment."""

    head: Head
    entries: tuple[Entry, ...]
    """Without a gap from there on, oldest first; none where they are archived."""


class OutboxHead(msgspec.Struct, frozen=True):
    """Last command of one kiosk database that is in the log; kept for ever."""

    outbox: OutboxId
    device: DeviceId
    last_dseq: int
    last_hash: bytes
    last_earliest_ms: int
    """Earliest time of that command: the next one cannot have happened before it."""


class BothHeads(msgspec.Struct, frozen=True):
    """Where the log of a kitchen and one outbox there stand, at one moment."""

    log: Head
    outbox: OutboxHead | None
    """None: no command of it came to this kitchen yet."""


class Receipt(msgspec.Struct, frozen=True):
    """What became of one command, stored in the transaction that stored its events."""

    outbox: OutboxId
    dseq: int
    row_hash: bytes
    command: CommandId
    """Empty when the bytes could not be read."""
    outcome: Outcome
    code: str
    seq: int
    """The log reached this seq with the command."""
    raw: bytes
    """The command as it came: upcast later, replayed after a repair."""


class Append(msgspec.Struct, frozen=True):
    """All that one group writes for one kitchen."""

    kitchen: KitchenId
    expected_seq: int
    entries: tuple[Entry, ...]
    receipts: tuple[Receipt, ...]
    outboxes: tuple[OutboxHead, ...]


class StoredSnapshot(msgspec.Struct, frozen=True):
    """A kitchen's state after `seq`, as text of `state_version`; only a short cut, never the truth."""

    seq: int
    hash: bytes
    state_version: int
    text: str


class Conflict(Exception):
    """Another process appended to this kitchen first: catch up and decide again."""

    def __init__(self, kitchen: KitchenId) -> None:
        super().__init__(f"the log of {kitchen} moved on")
        self.kitchen = kitchen


class Unavailable(Exception):
    """The database cannot be used now (away, locked, full). Nothing was answered, nothing may be assumed."""


class UnknownCommit(Unavailable):
    """The commit may or may not have happened: read the outbox heads again, never trust memory."""


class Away(Unavailable):
    """Another system cannot be used now; what was to be said to it waits."""


class Log(Protocol):
    """The event log. Synchronous: called from the writer thread and from reader threads, never from the loop."""

    def create_kitchen(self, kitchen: KitchenId, *, epoch: str) -> None:
        """Make an empty log; a second call changes nothing."""

    def kitchens(self) -> tuple[KitchenId, ...]:
        """All kitchens that have a log."""

    def head(self, kitchen: KitchenId) -> Head | None:
        """Where the log stands; None for an unknown kitchen."""

    def heads(self, kitchens: Sequence[KitchenId]) -> dict[KitchenId, int]:
        """Seq of each known kitchen, in one query."""

    def read(
        self, kitchen: KitchenId, after: int, *, limit: int, up_to: int | None = None
    ) -> tuple[Entry, ...]:
        """Events with after < seq (≤ up_to), oldest first, at most `limit`; LookupError below the floor."""

    def since(self, wanted: Mapping[KitchenId, tuple[int, int]]) -> dict[KitchenId, Since]:
        """Head of each known kitchen and its events after one seq up to another, in one transaction:
        asked one by one, each kitchen costs three ways to the database and back.
        """

    def outbox_head(self, kitchen: KitchenId, outbox: OutboxId) -> OutboxHead | None:
        """The last command of an outbox, None for one never seen in this kitchen."""

    def both_heads(
        self, asked: Collection[tuple[KitchenId, OutboxId]]
    ) -> dict[tuple[KitchenId, OutboxId], BothHeads]:
        """Head and outbox head of each of these whose kitchen is known, in one query: after a
        restart thousands of kiosks ask in the same seconds.
        """

    def receipts(
        self, kitchen: KitchenId, outbox: OutboxId, first: int, last: int
    ) -> tuple[Receipt, ...]:
        """Stored receipts with first ≤ dseq ≤ last, in order."""

    def append(self, appends: Sequence[Append]) -> None:
        """Write all of it in one durable transaction, or nothing.

        Raises Conflict (expected_seq is not the head), UnknownCommit, Unavailable.
        """

    def held(self, kitchens: Sequence[KitchenId]) -> AbstractContextManager[None]:
        """Wait for a turn, then keep others from appending to these kitchens until the block ends.

        What this thread appends inside is committed at the end of the block; it raises what
        `append` raises. Nothing else may be written inside.
        """

    def snapshot(self, kitchen: KitchenId, *, state_version: int) -> StoredSnapshot | None:
        """Newest stored snapshot of that version."""

    def save_snapshot(self, kitchen: KitchenId, snapshot: StoredSnapshot) -> None:
        """Keep a snapshot; older ones of the same version may be forgotten."""


class Library(Protocol):
    """The past of the kitchens. Called on the loop's thread."""

    @property
    def names(self) -> frozenset[str]:
        """Of the queries that it answers."""
        ...

    async def answer(
        self, kitchen: KitchenId, name: str, args: msgspec.Raw, now_ms: int
    ) -> msgspec.Raw:
        """The reply's JSON, of this kitchen alone. Raises QueryError, Unavailable."""
        ...

    async def close(self) -> None:
        """No more questions come."""


class Recovery(msgspec.Struct, frozen=True):
    """A kitchen's log was put back to a backup: how far it has what came after."""

    kitchen: KitchenId
    epoch: str
    """Of the log that was lost."""
    seq: int
    """Where the backup ended."""
    hash: bytes
    began_ms: int
    wait_ms: int
    """How long kiosks are waited for once the first has come."""
    first_ms: int | None
    done_ms: int | None
    """No more is waited for; None: no command is decided yet."""
    how: str
    """Why it is over: all (came), time, operator, nobody (to wait for)."""
    brought: int
    """The log has the lost one's events up to here."""
    has_answers: bool
    """Whether commands of this kitchen may have been answered in events that were brought, now or by
    an earlier restore."""

    @property
    def is_open(self) -> bool:
        """Whether kiosks are still waited for."""
        return self.done_ms is None


class Standing(StrEnum):
    """What became of one kiosk while its kitchen was recovered."""

    AWAITED = "awaited"
    BRINGING = "bringing"
    DONE = "done"


class Helper(msgspec.Struct, frozen=True):
    """One kiosk of a kitchen that was restored."""

    device: DeviceId
    standing: Standing
    seq: int
    """How far it can prove that the lost log went."""
    told: str
    """What it brought, or why nothing."""
    at_ms: int | None


class Stored(msgspec.Struct, frozen=True):
    """The answer to a command whose events were brought by a kiosk."""

    command: CommandId
    outcome: Outcome
    code: str
    seq: int


class Over(Exception):
    """Kiosks are no longer waited for: nothing more can be brought."""


class Recoveries(Protocol):
    """What restored kitchens wait for. Synchronous, thread-safe, called off the loop; all raise Unavailable."""

    def open(self) -> dict[KitchenId, Recovery]:
        """Kitchens that still wait for kiosks."""

    def of(self, kitchen: KitchenId) -> Recovery | None:
        """The last restore of a kitchen; None when there was none."""

    def answers(self, kitchen: KitchenId, commands: Sequence[CommandId]) -> dict[CommandId, Stored]:
        """Of these commands those whose events were brought."""

    def note(
        self,
        kitchen: KitchenId,
        device: DeviceId,
        standing: Standing,
        *,
        seq: int,
        told: str,
        now_ms: int,
    ) -> None:
        """What became of a kiosk; the first one starts the clock."""

    def bring(
        self, kitchen: KitchenId, entries: Sequence[Entry], answers: Sequence[Stored]
    ) -> None:
        """Put events of the lost log behind what is there, all or none. Raises Conflict, Over."""

    def settle(self, kitchen: KitchenId, now_ms: int) -> bool:
        """Whether it is over; ends it when all came or the time is up."""

    def end(self, kitchen: KitchenId, now_ms: int) -> bool:
        """End it by hand; whether it was open."""

    def helpers(self, kitchen: KitchenId) -> tuple[Helper, ...]:
        """Every kiosk that was awaited or came, by name."""


Heard = Callable[[KitchenId, int], None]
"""The log of this kitchen is said to reach this seq."""
Missed = Callable[[Sequence[KitchenId]], None]
"""Hints of these kitchens may have been lost: look where their logs stand."""


class Bus(Protocol):
    """'Kitchen k has a new head': may lose, double, reorder and lie; nothing depends on it."""

    @property
    def trouble(self) -> str:
        """Why hints do not flow now, in a few words for everybody; empty when they do."""

    def publish(self, kitchen: KitchenId, seq: int) -> None:
        """Tell the other processes; never blocks, never raises."""

    def subscribe(self, heard: Heard, missed: Missed) -> Callable[[], None]:
        """Call these on the loop; returns what ends the subscription."""

    def attend(self, kitchen: KitchenId) -> None:
        """Somebody here wants this kitchen's hints; a second time changes nothing."""

    def leave(self, kitchen: KitchenId) -> None:
        """Nobody here wants them any more."""

    async def run(self) -> None:
        """Carry hints until cancelled; it never raises."""


class DeviceRecord(msgspec.Struct, frozen=True):
    """A kiosk as the server knows it: the kitchen of everything it says comes from here."""

    device: DeviceId
    kitchen: KitchenId
    name: str
    public_key: bytes
    """Ed25519, 32 bytes."""
    enrolled_ms: int
    revoked_ms: int | None


class QueryError(Exception):
    """A query that gets no value: a stable code and, for people who read logs, a detail."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Enrolled(msgspec.Struct, frozen=True):
    """Answer to a right enrolment code."""

    device: DeviceId
    kitchen: KitchenId


class Sign(msgspec.Struct, frozen=True):
    """How a kiosk last said it is; advisory."""

    got_seq: int
    """How far it has stored the log."""
    app: str = ""
    unsent: int = 0
    offset_ms: int | None = None
    """By how much its clock is ahead of the server's."""


class Identity(Protocol):
    """Devices and people. Synchronous, thread-safe, called off the loop."""

    def device(self, device: DeviceId) -> DeviceRecord | None:
        """The record of a device, revoked ones too."""

    def records(self, devices: Sequence[DeviceId]) -> dict[DeviceId, DeviceRecord]:
        """The same of those of these that are known, in one query."""

    def revoked(self, devices: Sequence[DeviceId]) -> frozenset[DeviceId]:
        """Those of these devices that are revoked or no longer known, in one query."""

    def enrol(self, code: str, public_key: bytes, now_ms: int) -> Enrolled:
        """Use a one-time code; QueryError `code_wrong`, `code_expired`, `code_used_up`."""

    def heard(self, signs: Mapping[DeviceId, Sign], connections: int, now_ms: int) -> None:
        """Remember that these devices live and how they are, and that this server process lives."""

    def ended(self) -> None:
        """This server process ends in order."""

    def answer(
        self, device: DeviceRecord, name: str, args: msgspec.Raw, now_ms: int
    ) -> msgspec.Raw:
        """Answer a named query (sign_in, roster, …) for this device's kitchen; QueryError names what is wrong."""
