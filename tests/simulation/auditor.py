"""Watches all kitchens and kiosks of a night: the invariants while it goes, and the reckoning at its end."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec

from dapur.envelope import Quality
from dapur.ids import CommandId, KitchenId
from dapur.wire.messages import Live, Outcome, Page, ServerFrame, SnapshotPart, Welcome
from kiosk.desk import Tapped
from kiosk.local.mirror import Mirror
from server.desk.ports import Append, Entry
from tests.simulation import pairs
from tests.simulation.books import Books
from tests.simulation.disk import DiskStore
from tests.simulation.kiosk import Kiosk
from tests.simulation.world import Violation, World


class Confirmed(msgspec.Struct):
    """A tap that a screen confirmed."""

    command: CommandId
    kiosk: Kiosk
    kind: str
    given_up: str = ""
    """Why nobody can be asked for it any more: its disk is gone with it."""


class Auditor:
    """`Witness` of the database and `Watcher` of the kiosks."""

    def __init__(self, world: World, books: dict[KitchenId, Books]) -> None:
        self.world = world
        self.books = books
        self.kiosks: list[Kiosk] = []
        self.taps: dict[CommandId, Confirmed] = {}
        self.waits: Callable[[KitchenId], bool] = lambda _kitchen: False
        """Whether a kitchen was restored and its kiosks may still bring what it lacks."""

    # ---- as it goes ----------------------------------------------------------------------------

    def appended(self, append: Append) -> None:
        """A group is in the log."""
        if self.waits(append.kitchen):
            raise Violation("I10", f"{append.kitchen} decided while it waits for what it lost")
        self.books[append.kitchen].appended(append)

    def brought(self, kitchen: KitchenId, entries: Sequence[Entry]) -> None:
        """A kiosk gave back what a restore had lost."""
        self.books[kitchen].bring(entries)

    def confirmed(self, kiosk: Kiosk, tapped: Tapped, kind: str) -> None:
        """A screen confirmed a tap; what claims to be proven time holds the true one."""
        row = kiosk.desk.pending_of(tapped.command)
        if row is None:
            raise Violation("I9", f"{tapped.command} is confirmed and not shown")
        at = row.taken.command.occurred
        if at.quality is Quality.SYNCED and not at.earliest_ms <= self.world.utc_ms <= at.latest_ms:
            raise Violation("time", f"{tapped.command} of {kiosk.name} was not between {at}")
        self.taps[tapped.command] = Confirmed(tapped.command, kiosk, kind)

    def told(self, kiosk: Kiosk, frame: ServerFrame) -> None:
        """I7: what is delivered to a kiosk is of its own kitchen, and as the log has it."""
        books = self.books[kiosk.kitchen]
        match frame:
            case Welcome():
                if frame.kitchen != kiosk.kitchen:
                    raise Violation("I7", f"{kiosk.name} was welcomed by {frame.kitchen}")
                assert kiosk.call is not None
                kiosk.call.epoch = frame.epoch
            case Live() | Page():
                assert kiosk.call is not None
                epoch = kiosk.call.epoch
                for seq, body in enumerate(frame.bodies, frame.first):
                    if books.body(epoch, seq) != body:
                        raise Violation("I7", f"{kiosk.name} was told another event {seq}")
            case SnapshotPart() if frame.part == 1:
                kiosk.whole_seq = max(kiosk.whole_seq, frame.seq)
                if not frame.text.startswith(f'{{"id":"{kiosk.kitchen}"'):
                    raise Violation("I7", f"{kiosk.name} was sent a foreign snapshot")
            case _:
                pass

    def changed(self, kiosk: Kiosk) -> None:
        """I9: no tap leaves the screen but with an answer that the screen's state has reached."""
        now = tuple(row.dseq for row in kiosk.mirror.pending)
        outbox = kiosk.store.outbox_position.outbox
        if len(now) < len(kiosk.shown) and kiosk.shown_outbox == outbox:
            here = set(now)
            for dseq in kiosk.shown:
                if dseq not in here:
                    self._check_gone(kiosk, dseq)
        kiosk.shown, kiosk.shown_outbox = now, outbox
        self._check_folded_once(kiosk)
        before, kiosk.reached = kiosk.reached, kiosk.store.position
        if before is None or before.epoch != kiosk.reached.epoch:
            return
        if kiosk.reached.seq < before.seq:
            raise Violation("I5", f"{kiosk.name} went back from event {before.seq}")

    def _check_folded_once(self, kiosk: Kiosk) -> None:
        """I9: what came as an event is not folded in once more as a waiting tap."""
        books = self.books[kiosk.kitchen]
        if kiosk.store.position.epoch != books.epoch:
            return
        for row in kiosk.mirror.pending:
            command = row.taken.command.id
            # What came within a whole state cannot be told from what did not.
            if kiosk.whole_seq < books.last_seq.get(command, 0) <= kiosk.mirror.seq:
                raise Violation("I9", f"{command} is shown twice on {kiosk.name}")

    def check_durable(self, backed_up: dict[KitchenId, int]) -> None:
        """I10: no kiosk was told that more is durable than the backups hold."""
        for kiosk in self.kiosks:
            if kiosk.alive and kiosk.store.position.epoch == self.books[kiosk.kitchen].epoch:
                durable = kiosk.disk.db.execute("SELECT durable FROM position").fetchone()[0]
                if durable > backed_up[kiosk.kitchen]:
                    raise Violation("I10", f"{kiosk.name} believes {durable} to be durable")

    def _check_gone(self, kiosk: Kiosk, dseq: int) -> None:
        row = kiosk.disk.db.execute(
            "SELECT outcome, seq, told FROM outbox WHERE dseq = ?", (dseq,)
        ).fetchone()
        if row is None:
            # Forgotten: only what is in a backup may be.
            return
        outcome, seq, told = row
        if told or (outcome is not None and seq <= kiosk.mirror.seq):
            return
        raise Violation("I9", f"tap {dseq} vanished from the screen of {kiosk.name}")

    # ---- rest ----------------------------------------------------------------------------------

    def at_rest(self) -> bool:
        """Whether every kiosk has said all and heard all."""
        return not self.restless()

    def restless(self) -> str:
        """Who is not, and why; empty when all are."""
        for kiosk in self.kiosks:
            if kiosk.dismissed or not kiosk.alive:
                continue
            books = self.books[kiosk.kitchen]
            if kiosk.device in books.revoked_ms:
                return f"{kiosk.name} is revoked and goes on"
            if not kiosk.online:
                return f"{kiosk.name} is offline"
            if kiosk.store.unsent() or kiosk.store.salvaged():
                return f"{kiosk.name} has {kiosk.store.unsent()} unanswered"
            if kiosk.mirror.pending or kiosk.mirror.doubts:
                return f"{kiosk.name} shows waiting taps"
            position = kiosk.store.position
            if (position.epoch, position.seq) != (books.epoch, len(books.bodies)):
                return f"{kiosk.name} is at {position.seq} of {len(books.bodies)}"
        return ""

    # ---- the reckoning -------------------------------------------------------------------------

    def reckon(self) -> None:
        """Everything that holds once all is at rest."""
        for kiosk in self.kiosks:
            if not kiosk.dismissed and kiosk.alive:
                self._check_replica(kiosk)
            self._check_disk(kiosk)
        for kitchen in sorted(self.books):
            self._check_reviews(self.books[kitchen])
            pairs.check(self.books[kitchen].state, self.world)
        for tap in self.taps.values():
            self._check_tap(tap)

    def _check_replica(self, kiosk: Kiosk) -> None:
        books = self.books[kiosk.kitchen]
        if kiosk.mirror.base != books.state:
            raise Violation("I5", f"{kiosk.name} has another kitchen than the log")
        if kiosk.mirror.shown != books.state:
            raise Violation("I5", f"{kiosk.name} shows another kitchen than it has")
        if kiosk.store.position.hash != books.hash:
            raise Violation("I5", f"{kiosk.name} has another history than the log")
        if kiosk.mirror.doubts:
            raise Violation("I5", f"{kiosk.name} doubts a tap that is answered")

    def _check_disk(self, kiosk: Kiosk) -> None:
        """A start finds what was there when the kiosk was last awake."""
        again = Mirror(DiskStore(kiosk.disk), kiosk.kitchen, kiosk.device)
        if kiosk.alive and (again.base, again.pending) != (kiosk.mirror.base, kiosk.mirror.pending):
            raise Violation("I5", f"{kiosk.name} would start with another kitchen than it has")

    def _check_reviews(self, books: Books) -> None:
        unheld = {
            name
            for name, receipt in books.receipts.items()
            if receipt.outcome in (Outcome.REFUSED, Outcome.QUARANTINED)
        }
        for name in sorted(unheld - books.inbox):
            raise Violation("I6", f"{name} was not taken and never lay in an inbox")

    def _check_tap(self, tap: Confirmed) -> None:
        books = self.books[tap.kiosk.kitchen]
        receipt = books.receipts.get(tap.command)
        if receipt is not None or tap.given_up:
            return
        if tap.command in books.brought and not tap.kiosk.alive:
            return
        if self._waits(tap) or self._reported(books, tap):
            return
        what = "lost by the restore" if tap.command in books.lost else "lost"
        raise Violation("I1", f"{tap.kind} {tap.command} of {tap.kiosk.name} is {what}")

    def _waits(self, tap: Confirmed) -> bool:
        """It is on the disk of a kiosk that may not or cannot send it."""
        kiosk = tap.kiosk
        if kiosk.alive and not kiosk.dismissed:
            return False
        word = re.compile(rf"\b{tap.command}\b".encode())
        rows = kiosk.disk.db.execute(
            "SELECT bytes FROM outbox UNION ALL SELECT bytes FROM salvaged"
        )
        return any(word.search(body) for (body,) in rows)

    def _reported(self, books: Books, tap: Confirmed) -> bool:
        """A kiosk whose outbox was set aside has told of it, and it lies in the inbox."""
        # A saved sign-in is only in the log, and a report that was itself not taken says all it had to.
        word = re.compile(rf"\b{tap.command}\b")
        return tap.command in books.inbox or any(map(word.search, books.bodies))
