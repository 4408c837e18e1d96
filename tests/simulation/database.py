"""The shared database of all servers with its troubles; what is stored is a real `Log` behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

import msgspec

from dapur.ids import CommandId, DeviceId, KitchenId, OutboxId
from dapur.wire.messages import Outcome
from server.desk.ports import (
    Append,
    BothHeads,
    Conflict,
    DeviceRecord,
    Enrolled,
    Entry,
    Head,
    Helper,
    Log,
    OutboxHead,
    QueryError,
    Receipt,
    Recoveries,
    Recovery,
    Sign,
    Since,
    Standing,
    Stored,
    StoredSnapshot,
    Unavailable,
    UnknownCommit,
)
from tests.simulation.world import World


class Died(BaseException):
    """The process that was writing is gone: nothing of it may go on."""


class Witness(Protocol):
    """Who hears of every commit."""

    def appended(self, append: Append) -> None:
        """This is in the log now."""

    def brought(self, kitchen: KitchenId, entries: Sequence[Entry]) -> None:
        """These events of a lost log are in the log again."""


class Storage(Protocol):
    """Where the log lies."""

    @property
    def log(self) -> Log: ...
    @property
    def recoveries(self) -> Recoveries: ...


class Database:
    """One for all servers: the log, the devices, and when it cannot be reached."""

    def __init__(self, world: World, storage: Storage, witness: Witness) -> None:
        self.world = world
        self._storage = storage
        self.witness = witness
        self.away_until_ms = 0
        self.devices: dict[DeviceId, DeviceRecord] = {}

    @property
    def log(self) -> Log:
        """What is stored: after a restore another one."""
        return self._storage.log

    @property
    def recoveries(self) -> Recoveries:
        """What was restored in it."""
        return self._storage.recoveries

    def reach(self) -> None:
        """Raise Unavailable while it is away."""
        if self.world.now_ms < self.away_until_ms:
            raise Unavailable("the database is away")

    def revoke(self, device: DeviceId) -> None:
        """An administrator ends a device."""
        record = self.devices[device]
        self.devices[device] = msgspec.structs.replace(record, revoked_ms=self.world.utc_ms)


class People:
    """`Identity` as far as the gateway's door and the desk ask it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.got: dict[DeviceId, int] = {}

    def device(self, device: DeviceId) -> DeviceRecord | None:
        """The record of a device."""
        self._database.reach()
        return self._database.devices.get(device)

    def records(self, devices: Sequence[DeviceId]) -> dict[DeviceId, DeviceRecord]:
        """The same of several."""
        self._database.reach()
        return {
            each: self._database.devices[each] for each in devices if each in self._database.devices
        }

    def revoked(self, devices: Sequence[DeviceId]) -> frozenset[DeviceId]:
        """Those of these that are revoked."""
        self._database.reach()
        records = self._database.devices
        return frozenset(one for one in devices if records[one].revoked_ms is not None)

    def enrol(self, code: str, public_key: bytes, now_ms: int) -> Enrolled:
        """Nobody is enrolled at night."""
        raise QueryError("code_wrong", f"{code} {len(public_key)} {now_ms}")

    def heard(self, signs: Mapping[DeviceId, Sign], connections: int, now_ms: int) -> None:
        """Devices live."""
        assert now_ms > 0
        assert connections >= 0
        self.got |= {device: sign.got_seq for device, sign in signs.items()}

    def ended(self) -> None:
        """A night has no orderly end."""

    def answer(
        self, device: DeviceRecord, name: str, args: msgspec.Raw, now_ms: int
    ) -> msgspec.Raw:
        """Nothing is asked at night."""
        raise QueryError("unknown_query", f"{device.device} {name} {bytes(args)!r} {now_ms}")


class ServerLog:
    """The log as one server process sees it: its next append may meet a trouble."""

    def __init__(self, database: Database, alive: Callable[[], bool]) -> None:
        self._database = database
        self._alive = alive
        self.next_append: list[Callable[[Callable[[], None]], None]] = []
        """Troubles that wait for an append; each gets the write itself."""
        self._turn: list[Append] | None = None
        """What was appended in a held turn, whose commit comes at its end."""
        self._afterwards: BaseException | None = None

    # ---- reads ---------------------------------------------------------------------------------

    def create_kitchen(self, kitchen: KitchenId, *, epoch: str) -> None:
        """As the log."""
        self._database.log.create_kitchen(kitchen, epoch=epoch)

    def kitchens(self) -> tuple[KitchenId, ...]:
        """As the log."""
        return self._database.log.kitchens()

    def head(self, kitchen: KitchenId) -> Head | None:
        """As the log."""
        self._database.reach()
        return self._database.log.head(kitchen)

    def heads(self, kitchens: Sequence[KitchenId]) -> dict[KitchenId, int]:
        """As the log."""
        self._database.reach()
        return self._database.log.heads(kitchens)

    def read(
        self, kitchen: KitchenId, after: int, *, limit: int, up_to: int | None = None
    ) -> tuple[Entry, ...]:
        """As the log."""
        self._database.reach()
        return self._database.log.read(kitchen, after, limit=limit, up_to=up_to)

    def since(self, wanted: Mapping[KitchenId, tuple[int, int]]) -> dict[KitchenId, Since]:
        """As the log."""
        self._database.reach()
        return self._database.log.since(wanted)

    def outbox_head(self, kitchen: KitchenId, outbox: OutboxId) -> OutboxHead | None:
        """As the log."""
        self._database.reach()
        return self._database.log.outbox_head(kitchen, outbox)

    def both_heads(
        self, asked: Collection[tuple[KitchenId, OutboxId]]
    ) -> dict[tuple[KitchenId, OutboxId], BothHeads]:
        """As the log."""
        self._database.reach()
        return self._database.log.both_heads(asked)

    def receipts(
        self, kitchen: KitchenId, outbox: OutboxId, first: int, last: int
    ) -> tuple[Receipt, ...]:
        """As the log."""
        self._database.reach()
        return self._database.log.receipts(kitchen, outbox, first, last)

    def snapshot(self, kitchen: KitchenId, *, state_version: int) -> StoredSnapshot | None:
        """As the log."""
        self._database.reach()
        return self._database.log.snapshot(kitchen, state_version=state_version)

    def save_snapshot(self, kitchen: KitchenId, snapshot: StoredSnapshot) -> None:
        """As the log."""
        self._database.reach()
        self._database.log.save_snapshot(kitchen, snapshot)

    # ---- the write -----------------------------------------------------------------------------

    def append(self, appends: Sequence[Append]) -> None:
        """As the log, with the trouble that waits for it."""

        def write() -> None:
            if not self._alive():
                raise Died
            self._database.reach()
            self._database.log.append(appends)
            if self._turn is None:
                self._stored(appends)
            else:
                self._turn += appends

        self._database.reach()
        try:
            if self.next_append:
                self.next_append.pop(0)(write)
            else:
                write()
        except (UnknownCommit, Died) as trouble:
            if not self._turn:
                raise
            # In a turn the commit is its end: what goes wrong after the writing goes wrong there.
            self._afterwards = trouble

    @contextmanager
    def held(self, kitchens: Sequence[KitchenId]) -> Iterator[None]:
        """A desk takes a whole group at one moment: it always has the turn."""
        self._database.reach()
        turn = self._turn = []
        try:
            with self._database.log.held(kitchens):
                yield
        finally:
            self._turn, trouble = None, self._afterwards
            self._afterwards = None
        self._stored(turn)
        if trouble is not None:
            raise trouble

    def _stored(self, appends: Sequence[Append]) -> None:
        for append in appends:
            self._tell(append)
            self._database.witness.appended(append)

    def _tell(self, append: Append) -> None:
        refused = sum(one.outcome is Outcome.REFUSED for one in append.receipts)
        self._database.world.tell(
            f"log {append.kitchen} {append.expected_seq}+{len(append.entries)}"
            f" receipts {len(append.receipts)} refused {refused}"
        )


class ServerRecoveries:
    """What restored kitchens wait for, as one server process sees it."""

    def __init__(self, database: Database, alive: Callable[[], bool]) -> None:
        self._database = database
        self._alive = alive

    @property
    def _stored(self) -> Recoveries:
        if not self._alive():
            raise Died
        self._database.reach()
        return self._database.recoveries

    def open(self) -> dict[KitchenId, Recovery]:
        """As stored."""
        return self._stored.open()

    def of(self, kitchen: KitchenId) -> Recovery | None:
        """As stored."""
        return self._stored.of(kitchen)

    def answers(self, kitchen: KitchenId, commands: Sequence[CommandId]) -> dict[CommandId, Stored]:
        """As stored."""
        return self._stored.answers(kitchen, commands)

    def helpers(self, kitchen: KitchenId) -> tuple[Helper, ...]:
        """As stored."""
        return self._stored.helpers(kitchen)

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
        """As stored."""
        self._stored.note(kitchen, device, standing, seq=seq, told=told, now_ms=now_ms)
        self._database.world.tell(f"recovery {kitchen} {device} {standing} {seq} {told}")

    def bring(
        self, kitchen: KitchenId, entries: Sequence[Entry], answers: Sequence[Stored]
    ) -> None:
        """As stored, with its witness."""
        self._stored.bring(kitchen, entries, answers)
        self._database.world.tell(f"brought {kitchen} {entries[0].seq} to {entries[-1].seq}")
        self._database.world.count("tail_brought")
        self._database.witness.brought(kitchen, entries)

    def settle(self, kitchen: KitchenId, now_ms: int) -> bool:
        """As stored."""
        return self._stored.settle(kitchen, now_ms)

    def end(self, kitchen: KitchenId, now_ms: int) -> bool:
        """As stored."""
        return self._stored.end(kitchen, now_ms)


# ---- troubles of one append ----------------------------------------------------------------------


def contended(kitchen: KitchenId) -> Callable[[Callable[[], None]], None]:
    """A deadlock: the database undid it, as if another had been first."""

    def trouble(_write: Callable[[], None]) -> None:
        raise Conflict(kitchen)

    return trouble


def answer_lost(*, done: bool) -> Callable[[Callable[[], None]], None]:
    """The connection broke at the commit, which was done or not."""

    def trouble(write: Callable[[], None]) -> None:
        if done:
            write()
        raise UnknownCommit("the answer to the commit was lost")

    return trouble


def died(*, done: bool) -> Callable[[Callable[[], None]], None]:
    """The process ends right before or right after its commit."""

    def trouble(write: Callable[[], None]) -> None:
        if done:
            write()
        raise Died

    return trouble
