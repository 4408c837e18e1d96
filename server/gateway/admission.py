"""Decides who may connect: device record, signature, outbox; it runs in a reader thread and keeps no socket."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dapur import kitchen as rules
from dapur.envelope import GENESIS
from dapur.ids import DeviceId
from dapur.kitchen import SERVER_DEVICE
from dapur.sync.effects import Identify, Register
from dapur.sync.server_side import Admission
from dapur.wire.messages import Claims, GoodbyeCode
from server.desk.ports import (
    BothHeads,
    DeviceRecord,
    Enrolled,
    Head,
    Identity,
    Log,
    OutboxHead,
    QueryError,
    Unavailable,
)

REPLACED_WITHIN_MS = 60_000
REPLACED_ALARM = 3
"""A kiosk on a bad line comes back now and then; two kiosks with one key throw each other out all the time."""

_log = logging.getLogger(__name__)


class TurnedAway(msgspec.Struct, frozen=True):
    """Not admitted, and why; `detail` goes to the kiosk."""

    code: GoodbyeCode
    detail: str
    retry_after_s: float = 0.0


class Welcomed(msgspec.Struct, frozen=True):
    """Admitted: who it is and what the session has to know."""

    record: DeviceRecord
    admission: Admission
    head: Head


def signed_by(public_key: bytes, signature: bytes, text: bytes) -> bool:
    """Whether the holder of this Ed25519 key signed the text."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


class Door:
    """Synchronous; every method may be called from any reader thread."""

    def __init__(
        self,
        log: Log,
        identity: Identity,
        now_ms: Callable[[], int],
        *,
        signed: Callable[[bytes, bytes, bytes], bool] = signed_by,
    ) -> None:
        """`signed(public key, signature, text)` may be another check where there are no real keys."""
        self._log = log
        self._identity = identity
        self._now_ms = now_ms
        self._signed = signed

    def identify(self, asked: Identify) -> Welcomed | TurnedAway:
        """Check a hello: the record, the key, and what the log has of this outbox and replica."""
        return self.identify_all((asked,))[0]

    def identify_all(self, asked: Sequence[Identify]) -> list[Welcomed | TurnedAway]:
        """The same of several at once, in their order: what the database is asked is asked once for all."""
        try:
            records = self._identity.records([each.claims.device for each in asked])
            met = [self._met(each, records.get(each.claims.device)) for each in asked]
            heads = self._log.both_heads(
                [
                    (one.kitchen, each.claims.outbox)
                    for each, one in zip(asked, met, strict=True)
                    if isinstance(one, DeviceRecord)
                ]
            )
            return [
                one
                if isinstance(one, TurnedAway)
                else self._found(one, each.claims, heads.get((one.kitchen, each.claims.outbox)))
                for each, one in zip(asked, met, strict=True)
            ]
        except Unavailable as error:
            _log.warning("admission needs the database: %s", error)
            return [TurnedAway(GoodbyeCode.UNAVAILABLE, "database", 5.0) for _ in asked]

    def register(self, asked: Register) -> Enrolled | TurnedAway:
        """Check an enrolment: the key's signature, then the code."""
        enrol = asked.enrol
        if not self._signed(enrol.public_key, enrol.signature, asked.text):
            return TurnedAway(GoodbyeCode.BAD_CODE, "signature")
        try:
            return self._identity.enrol(enrol.code, enrol.public_key, self._now_ms())
        except QueryError as error:
            _log.warning("an enrolment failed: %s", error.code)
            return TurnedAway(GoodbyeCode.BAD_CODE, error.code)
        except Unavailable:
            return TurnedAway(GoodbyeCode.UNAVAILABLE, "database", 5.0)

    def _met(self, asked: Identify, record: DeviceRecord | None) -> DeviceRecord | TurnedAway:
        """Whether it is the device it says."""
        if record is None or not self._signed(record.public_key, asked.hello.signature, asked.text):
            # One answer for both: a stranger learns nothing about which devices exist.
            _log.warning("no such device or wrong signature: %s", asked.claims.device)
            return TurnedAway(GoodbyeCode.UNKNOWN_DEVICE, "not enrolled here")
        if record.revoked_ms is not None:
            return TurnedAway(GoodbyeCode.REVOKED, "revoked")
        return record

    def _found(
        self, record: DeviceRecord, claims: Claims, heads: BothHeads | None
    ) -> Welcomed | TurnedAway:
        if heads is None:
            _log.error("device %s belongs to %s, which has no log", record.device, record.kitchen)
            return TurnedAway(GoodbyeCode.UNAVAILABLE, "kitchen", 30.0)
        head, outbox = heads.log, heads.outbox
        if outbox is not None and self._is_anothers(outbox, record):
            # It is not told where that outbox stands: it could write what follows.
            _log.error("%s claims the outbox %s of another device", record.device, claims.outbox)
            return TurnedAway(GoodbyeCode.FORK, "the outbox of another device")
        if claims.epoch == head.epoch and claims.since > head.seq:
            # A restored database without a new epoch, or a forged claim: people must look.
            _log.error("%s claims %d beyond %d", record.device, claims.since, head.seq)
        return Welcomed(
            record,
            Admission(
                kitchen=record.kitchen,
                epoch=head.epoch,
                head=head.seq,
                head_hash=head.hash,
                floor=head.floor,
                durable=head.durable,
                acked=0 if outbox is None else outbox.last_dseq,
                acked_hash=GENESIS if outbox is None else outbox.last_hash,
                since_hash=self._hash_at(record, head, claims),
                state_version=rules.STATE_VERSION,
                time_ms=self._now_ms(),
            ),
            head,
        )

    def _is_anothers(self, outbox: OutboxHead, record: DeviceRecord) -> bool:
        if outbox.device == record.device:
            return False
        owner = self._identity.device(outbox.device)
        return outbox.device == SERVER_DEVICE or (owner is not None and owner.revoked_ms is None)

    def _hash_at(self, record: DeviceRecord, head: Head, claims: Claims) -> bytes | None:
        if claims.epoch != head.epoch or claims.since > head.seq:
            return None
        if claims.since == head.seq:
            return head.hash
        if claims.since == 0:
            return GENESIS
        try:
            found = self._log.read(record.kitchen, claims.since - 1, limit=1)
        except LookupError:
            return None
        return found[0].hash if found else None


class Replacements:
    """Notices a device whose connections throw each other out: the mark of a cloned key."""

    def __init__(self) -> None:
        self._times: dict[DeviceId, deque[int]] = {}

    def replaced(self, device: DeviceId, now_ms: int) -> bool:
        """Note one; True when an alarm is due."""
        times = self._times.setdefault(device, deque(maxlen=REPLACED_ALARM))
        times.append(now_ms)
        alarm = len(times) == REPLACED_ALARM and now_ms - times[0] <= REPLACED_WITHIN_MS
        if alarm:
            del self._times[device]
        return alarm
