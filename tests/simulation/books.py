"""The books of one kitchen, kept beside the product: what was logged, by whom, and whether that was right."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from dapur import crew
from dapur import kitchen as rules
from dapur.access import Role
from dapur.envelope import GENESIS, Command, Event, Malformed, chain, decode_command, decode_event
from dapur.ids import KIOSK, SYSTEM, CommandId, DeviceId, KitchenId, OutboxId, SessionId
from dapur.kitchen import SERVER_DEVICE, Kitchen
from dapur.stage import ALLOWED
from dapur.wire.messages import Outcome
from server.desk.desk import RECORD_MS
from server.desk.ports import Append, Entry, Receipt
from tests.simulation.world import Violation

LEGAL = frozenset((row[0], row[1]) for row in ALLOWED)
REFUSAL_EVENTS = frozenset({"command_refused"})
HOLD_ENDS = frozenset({"hold_released", "batch_discarded"})
GOES_ON = frozenset({"stage_entered", "batch_completed"})


class Page(msgspec.Struct):
    """The books as of one moment, for a backup."""

    state: Kitchen
    length: int
    hash: bytes
    outboxes: dict[OutboxId, int]
    receipts: dict[CommandId, Receipt]
    inbox: set[CommandId]
    brought: set[CommandId]


class Books:
    """Checks every commit of one kitchen; it never looks into the product's memory."""

    def __init__(self, kitchen: KitchenId, epoch: str) -> None:
        self.kitchen = kitchen
        self.epoch = epoch
        self.state = rules.empty(kitchen)
        self.bodies: list[str] = []
        self.former: dict[str, list[str]] = {}
        """Bodies of the epochs before a restore."""
        self.hash = GENESIS
        self.outboxes: dict[OutboxId, int] = {}
        self.receipts: dict[CommandId, Receipt] = {}
        self.inbox: set[CommandId] = set()
        """Taps that ever waited for a person; settled ones leave the state with their night."""
        self.lost: set[CommandId] = set()
        """Commands that a restore took out of the log."""
        self.brought: set[CommandId] = set()
        """Commands whose events a kiosk brought back; their receipts come when they are sent again."""
        self.last_seq: dict[CommandId, int] = {}
        """The last event of each command; a receipt may name a later one after a restore."""
        self.ever: dict[CommandId, Receipt] = {}
        """What they were answered, in whichever log."""
        self._lost_epoch = ""
        self.revoked_ms: dict[DeviceId, int] = {}

    # ---- a commit ------------------------------------------------------------------------------

    def appended(self, append: Append) -> None:
        """Take one group and check it against what came before."""
        if append.expected_seq != len(self.bodies):
            raise Violation("I3", f"appended after {append.expected_seq} of {len(self.bodies)}")
        before = self.state
        events = [self._logged(entry) for entry in append.entries]
        self._check_receipts(append.receipts, len(self.bodies))
        self._check_senders(before, append, events)

    def bring(self, entries: Iterable[Entry]) -> None:
        """Events of the log that was lost are in the log again."""
        lost = self.former.get(self._lost_epoch, [])
        for entry in entries:
            if entry.seq > len(lost) or lost[entry.seq - 1] != entry.body.decode():
                raise Violation("I3", f"event {entry.seq} is not what was lost")
            self.brought.add(self._logged(entry).command)

    def _logged(self, entry: Entry) -> Event:
        link = chain(self.hash, entry.body)
        if entry.seq != len(self.bodies) + 1 or entry.hash != link:
            raise Violation("I3", f"event {entry.seq} does not follow {len(self.bodies)}")
        event = decode_event(entry.body)
        before, self.state = self.state, rules.evolve(self.state, event)
        self.hash = link
        self.bodies.append(entry.body.decode())
        self.last_seq[event.command] = entry.seq
        if self.state.reviews is not before.reviews:
            fresh = self.state.reviews.keys() - before.reviews.keys()
            self.inbox.update(self.state.reviews[name].command for name in fresh)
        self._check_stages(before, event)
        if event.kind == "alert_raised":
            self._check_alert(before, event.subject.partition(":")[2])
        return event

    def _check_alert(self, before: Kitchen, key: str) -> None:
        new = self.state.alerts[key]
        if key in before.alerts:
            raise Violation("I2", f"{key} was raised twice")
        for old in before.alerts.values():
            same = (old.rule, old.about, old.raised_ms) == (new.rule, new.about, new.raised_ms)
            if same and old.resolved_ms is None:
                raise Violation("I2", f"{key} stands already as {old.key}")

    def _check_stages(self, before: Kitchen, event: Event) -> None:
        if before.batches is self.state.batches:
            return
        for name, batch in self.state.batches.items():
            old = before.batches.get(name)
            if old is None:
                continue
            if old.held and not batch.held and event.kind not in HOLD_ENDS:
                raise Violation("I4", f"{event.kind} ended the hold of {name}")
            if old.stage is batch.stage:
                continue
            if old.held and event.kind in GOES_ON:
                raise Violation("I4", f"{event.kind} moved {name}, which is held")
            if (old.stage, batch.stage) not in LEGAL:
                raise Violation("I4", f"{event.kind} took {name}: {old.stage} to {batch.stage}")

    def _check_receipts(self, receipts: Iterable[Receipt], head: int) -> None:
        seqs: dict[OutboxId, int] = {}
        for receipt in receipts:
            seq = seqs.get(receipt.outbox, 0)
            if receipt.dseq != self.outboxes.get(receipt.outbox, 0) + 1:
                raise Violation("I8", f"command {receipt.dseq} of {receipt.outbox} out of turn")
            if not seq <= receipt.seq <= head:
                raise Violation("I8", f"receipt at {receipt.seq} between {seq} and {head}")
            seqs[receipt.outbox] = receipt.seq
            self.outboxes[receipt.outbox] = receipt.dseq
            if receipt.command:
                if receipt.command in self.receipts:
                    raise Violation("I2", f"command {receipt.command} was taken twice")
                self.receipts[receipt.command] = receipt
                if receipt.command in self.brought:
                    self._check_again(receipt)

    def _check_again(self, receipt: Receipt) -> None:
        """I2: what was answered in a lost log has the same answer in this one."""
        before = self.ever.get(receipt.command)
        if before is None or (before.outcome, before.code) != (receipt.outcome, receipt.code):
            raise Violation("I2", f"{receipt.command} was {before} and is {receipt.outcome} now")

    def _check_senders(self, before: Kitchen, append: Append, events: list[Event]) -> None:
        devices = {head.outbox: head.device for head in append.outboxes}
        answered = {receipt.command for receipt in append.receipts}
        for event in events:
            if event.command in self.brought:
                raise Violation("I2", f"{event.kind} of {event.command} for a second time")
            if event.command not in answered:
                raise Violation("I2", f"{event.kind} of {event.command} without its receipt")
        told = {event.command for event in events if event.kind in REFUSAL_EVENTS}
        for receipt in append.receipts:
            if receipt.command in self.brought:
                continue
            if receipt.outcome is Outcome.REFUSED and receipt.command not in told:
                raise Violation("I6", f"{receipt.command} was refused in silence")
            if receipt.outcome is Outcome.APPLIED:
                self._check_sender(before, receipt, devices[receipt.outbox], events)
        for event in events:
            if event.kind in REFUSAL_EVENTS:
                known = self.receipts.get(event.command)
                if known is None or known.outcome is not Outcome.REFUSED:
                    raise Violation("I6", f"{event.command} was not refused, yet told so")

    def _check_sender(
        self, before: Kitchen, receipt: Receipt, device: DeviceId, events: list[Event]
    ) -> None:
        recorded = [event.recorded_ms for event in events if event.command == receipt.command]
        revoked_ms = self.revoked_ms.get(device)
        if revoked_ms is not None and recorded and recorded[0] > revoked_ms + RECORD_MS:
            raise Violation("I12", f"{receipt.command} of {device} applied after its end")
        try:
            command = decode_command(receipt.raw)
        except Malformed as error:
            raise Violation("I6", "what cannot be read was applied") from error
        if command.actor in (SYSTEM, KIOSK):
            if (command.actor == SYSTEM) != (device == SERVER_DEVICE):
                raise Violation("I12", f"{device} spoke as {command.actor}")
            return
        if not self._may(before, command, events):
            raise Violation("I12", f"{command.kind} by {command.actor}, who may not")
        known = before.sessions.get(SessionId(command.session))
        if known is not None and known.closed_ms is not None and command.kind != "close_session":
            raise Violation("I12", f"{receipt.command} applied in an ended session")
        if known is None and SessionId(command.session) not in self.state.sessions:
            raise Violation("I12", f"{receipt.command} applied in a session that nobody opened")
        if known is not None and known.device != device:
            raise Violation("I12", f"{receipt.command} used a session of {known.device}")

    def _may(self, before: Kitchen, command: Command, events: list[Event]) -> bool:
        """Whether the person has, or had when they tapped, a role for this; signing in needs none."""
        if command.kind in crew.SIGNING:
            return True
        tapped_ms = next(one.at.latest_ms for one in events if one.command == command.id)
        roles: set[Role] = set()
        for state in (before, self.state):
            if (staff := state.staff.get(command.actor)) is not None:
                roles.update(staff.roles)
                roles.update(*(one.roles for one in staff.former if tapped_ms < one.until_ms))
        return not roles.isdisjoint(rules.COMMANDS[command.kind].roles)

    # ---- backup --------------------------------------------------------------------------------

    def page(self) -> Page:
        """The books as they are now."""
        return Page(
            self.state,
            len(self.bodies),
            self.hash,
            dict(self.outboxes),
            dict(self.receipts),
            set(self.inbox),
            set(self.brought),
        )

    def restored(self, page: Page, epoch: str) -> None:
        """The log went back to this page."""
        self.former[self.epoch] = self.bodies
        self._lost_epoch = self.epoch
        self.ever |= self.receipts
        self.brought = set(page.brought)
        self.bodies = self.bodies[: page.length]
        self.last_seq = {
            command: seq for command, seq in self.last_seq.items() if seq <= page.length
        }
        self.epoch, self.state, self.hash = epoch, page.state, page.hash
        self.outboxes = dict(page.outboxes)
        self.lost |= self.receipts.keys() - page.receipts.keys()
        self.receipts = dict(page.receipts)
        self.inbox = set(page.inbox)

    def body(self, epoch: str, seq: int) -> str | None:
        """What the log of an epoch has at `seq`."""
        bodies = self.bodies if epoch == self.epoch else self.former.get(epoch, [])
        return bodies[seq - 1] if 0 < seq <= len(bodies) else None
