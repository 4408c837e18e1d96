"""One kitchen's part of a group while it is decided: rows in, entries and receipts out; it touches no log."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

import msgspec

from dapur import kitchen as rules
from dapur.envelope import Command, Malformed, Taken, chain, decode_command, encode_event
from dapur.ids import SYSTEM, CommandId, DeviceId, KitchenId, OutboxId
from dapur.kitchen import SERVER_DEVICE, Kitchen
from dapur.retold import unread
from dapur.wire.messages import COUNT_MAX, ID_PATTERN, Result, Row
from server.desk.folding import Fold
from server.desk.ports import Append, Entry, OutboxHead, Receipt, Stored

EVENT_MAX_BYTES = 24 * 1024
"""A command is at most 8 KiB; an event of three times that is a fault of its noun (a frame is 64 KiB)."""

_log = logging.getLogger(__name__)
_id = re.compile(ID_PATTERN)


class Origin(msgspec.Struct, frozen=True):
    """Where rows come from and what the server knows of it at receipt."""

    device: DeviceId
    outbox: OutboxId
    revoked: bool
    enrolled_ms: int
    received_ms: int


class Draft:
    """Folds rows into a kitchen's state and keeps what would have to be written."""

    def __init__(self, kitchen: KitchenId, fold: Fold) -> None:
        self._kitchen_id = kitchen
        self._base = fold
        self._state: Kitchen = fold.kitchen
        self._seq = fold.seq
        self._hash = fold.hash
        self._entries: list[Entry] = []
        self._receipts: list[Receipt] = []
        self._heads: dict[OutboxId, OutboxHead] = {}
        self.brought: Mapping[CommandId, Stored] = {}
        """Answers of a lost log to commands that come again."""
        self.ages_ms: list[int] = []
        """How old taps of kiosks were when they came."""

    @property
    def fold(self) -> Fold:
        """The state once this draft is written."""
        base = self._base
        return Fold(base.epoch, self._seq, self._hash, base.durable, self._state)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """New events."""
        return tuple(self._entries)

    @property
    def receipts(self) -> tuple[Receipt, ...]:
        """Receipts of the commands decided here."""
        return tuple(self._receipts)

    @property
    def heads(self) -> dict[OutboxId, OutboxHead]:
        """Outboxes that moved."""
        return self._heads

    def append(self) -> Append | None:
        """What the log has to write, None when nothing was decided."""
        if not self._receipts:
            return None
        heads = tuple(self._heads[outbox] for outbox in sorted(self._heads))
        return Append(self._kitchen_id, self._base.seq, self.entries, self.receipts, heads)

    def receipt(self, outbox: OutboxId, dseq: int) -> Receipt | None:
        """The receipt of a row that came earlier in this very group."""
        for receipt in self._receipts:
            if receipt.outbox == outbox and receipt.dseq == dseq:
                return receipt
        return None

    def take(
        self, row: Row, head: OutboxHead | None, origin: Origin, *, not_below: int = 0
    ) -> Result:
        """Decide one row that follows `head`, whose receipt named event `not_below`."""
        not_before = origin.enrolled_ms if head is None else head.last_earliest_ms
        earliest = min(not_before, origin.received_ms)
        command_id = CommandId("")
        try:
            command = decode_command(row.bytes)
            _check(command)
        except Malformed as error:
            stored = self.brought.get(unread(origin.outbox, row.dseq)) if self.brought else None
            taking = stored or self._malformed(row, str(error), origin)
        else:
            at = command.occurred.within(not_before_ms=not_before, received_ms=origin.received_ms)
            command_id, earliest = command.id, at.earliest_ms
            taking = self.brought.get(command_id) or self._decide(
                Taken(command, origin.device, at, origin.received_ms), origin
            )
            if origin.device != SERVER_DEVICE:
                self.ages_ms.append(origin.received_ms - at.latest_ms)
        receipt = Receipt(
            outbox=origin.outbox,
            dseq=row.dseq,
            row_hash=row.hash,
            command=command_id,
            outcome=taking.outcome,
            code=taking.code,
            # Answers that name no event of their own stand between: no later one may name an earlier.
            seq=max(taking.seq, not_below) if isinstance(taking, Stored) else self._seq,
            raw=row.bytes,
        )
        self._receipts.append(receipt)
        self._heads[origin.outbox] = OutboxHead(
            outbox=origin.outbox,
            device=origin.device,
            last_dseq=row.dseq,
            last_hash=row.hash,
            last_earliest_ms=earliest,
        )
        return result_of(receipt)

    def _decide(self, taken: Taken, origin: Origin) -> rules.Taking:
        if origin.revoked:
            return self._quarantine(taken, "device_revoked")
        if taken.command.actor == SYSTEM and origin.device != SERVER_DEVICE:
            # A kiosk that speaks in the server's name is forged or broken; a person looks at it.
            return self._quarantine(taken, "not_the_server")
        try:
            taking = rules.take(self._state, taken, taken.received_ms)
            return self._keep(taking, event_max_bytes=EVENT_MAX_BYTES)
        except MemoryError:
            # The machine's fault and not the tap's: it is not answered and comes again.
            raise
        except Exception:  # noqa: BLE001 - whatever a rule raises, the taps behind this one must go on
            _log.exception("command %s (%s) is poison", taken.command.id, taken.command.kind)
            return self._quarantine(taken, "fault")

    def _quarantine(self, taken: Taken, reason: str) -> rules.Taking:
        return self._keep(rules.quarantine(self._state, taken, reason, taken.received_ms))

    def _malformed(self, row: Row, problem: str, origin: Origin) -> rules.Taking:
        return self._keep(
            rules.malformed(
                self._state,
                outbox=origin.outbox,
                dseq=row.dseq,
                problem=problem,
                device=origin.device,
                recorded_ms=origin.received_ms,
            )
        )

    def _keep(self, taking: rules.Taking, *, event_max_bytes: int | None = None) -> rules.Taking:
        """Chain the events of a taking; nothing is kept when one of them cannot be written."""
        seq, link = self._seq, self._hash
        fresh: list[Entry] = []
        for event in taking.events:
            body = encode_event(event)
            if event_max_bytes is not None and len(body) > event_max_bytes:
                raise ValueError(f"event {event.kind}: {len(body)} bytes")
            seq, link = seq + 1, chain(link, body)
            fresh.append(Entry(seq, link, body))
        self._entries += fresh
        self._seq, self._hash, self._state = seq, link, taking.kitchen
        return taking


def _check(command: Command) -> None:
    """Bounds that the envelope leaves open; Malformed names the field."""
    if not _id.match(command.id):
        raise Malformed("command: id is no id")
    if not -COUNT_MAX <= command.base <= COUNT_MAX:
        raise Malformed("command: base is out of range")


def result_of(receipt: Receipt) -> Result:
    """A stored receipt as the kiosk hears it."""
    return Result(receipt.dseq, receipt.outcome, receipt.seq, receipt.code)
