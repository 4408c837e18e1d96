"""Enrols kiosks, knows them again and shuts them out; which kitchen a kiosk has is decided here."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Sequence

import uuid_utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from dapur.ids import DeviceId, KitchenId
from dapur.wire.queries import DeviceInfo
from server.desk.ports import DeviceRecord, Enrolled, QueryError
from server.identity import codes
from server.identity.kitchens import label, must_exist
from server.identity.tables import KEY_BYTES, device, enrolment_code
from server.log.engine import reading, writing
from server.log.scope import of_code, of_devices, of_kitchens, widen

CODE_MS = 10 * 60_000
"""Long enough to walk from the supervisor's screen to the new kiosk (sync.md, identity)."""
CODE_TRIES = 5
"""Wrong secrets for one locator; typing errors happen, guessing needs 2^39."""
CODE_KEPT_MS = 24 * 3_600_000
"""Old codes stay so long, so that a late one is told "expired" and not "wrong"."""
COLLISIONS = 20
"""A locator is one of a million; that twenty in a row are taken means something else is wrong."""
DEVICES_PER_QUERY = 1000
"""SQLite takes 32,766 parameters in one statement; a thousand keeps each statement small."""

_RECORD = (
    device.c.device,
    device.c.kitchen,
    device.c.name,
    device.c.public_key,
    device.c.enrolled_ms,
    device.c.revoked_ms,
)
_SELECT_RECORDS = select(*_RECORD).where(device.c.device.in_(bindparam("devices", expanding=True)))
"""Built once: each command asks, and building it takes as long as running it."""
_log = logging.getLogger(__name__)


class Devices:
    """Thread-safe; every method is one transaction. All raise Unavailable."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # ---- codes ---------------------------------------------------------------------------------

    def new_code(self, kitchen: KitchenId, name: str, now_ms: int) -> tuple[str, int]:
        """A code for one new kiosk that people will call `name`, and UTC ms until when it is good.

        Raises LookupError for an unknown kitchen, ValueError for a bad name.
        """
        name = label(name)
        until_ms = now_ms + CODE_MS
        for _ in range(COLLISIONS):
            code = codes.fresh()
            try:
                self._store_code(kitchen, name, code, until_ms)
            except IntegrityError:
                continue
            return codes.shown(code), until_ms
        raise RuntimeError("no free enrolment code")

    def enrol(self, code: str, public_key: bytes, now_ms: int) -> Enrolled:
        """Use a code. The same key may use it again: the first answer may have been lost.

        Raises QueryError `code_wrong`, `code_expired`, `code_used_up`; `bad_key` for what is no
        Ed25519 key.
        """
        _check_key(public_key)
        typed = codes.read(code)
        if typed is None:
            raise QueryError("code_wrong")
        with writing(self._engine, of_code(codes.locator(typed))) as connection:
            # A refused try is an answer, not an exception: its count has to be committed.
            answer = _use(connection, typed, public_key, now_ms)
        if isinstance(answer, str):
            raise QueryError(answer)
        return answer

    # ---- records -------------------------------------------------------------------------------

    def find(self, one: DeviceId) -> DeviceRecord | None:
        """The record of a device, revoked ones too."""
        return self.records([one]).get(one)

    def records(self, devices: Sequence[DeviceId]) -> dict[DeviceId, DeviceRecord]:
        """The same of those of these that are known."""
        found: dict[DeviceId, DeviceRecord] = {}
        with reading(self._engine, of_devices(devices)) as connection:
            for at in range(0, len(devices), DEVICES_PER_QUERY):
                some = list(devices[at : at + DEVICES_PER_QUERY])
                rows = connection.execute(_SELECT_RECORDS, {"devices": some})
                found.update((row.device, DeviceRecord(*row)) for row in rows)
        return found

    def revoked(self, devices: Sequence[DeviceId]) -> frozenset[DeviceId]:
        """Those of these that are revoked or not known."""
        living: set[str] = set()
        with reading(self._engine, of_devices(devices)) as connection:
            for at in range(0, len(devices), DEVICES_PER_QUERY):
                some = devices[at : at + DEVICES_PER_QUERY]
                query = select(device.c.device).where(
                    device.c.device.in_(some), device.c.revoked_ms.is_(None)
                )
                living.update(connection.scalars(query))
        return frozenset(one for one in devices if one not in living)

    def of_kitchen(self, kitchen: KitchenId) -> tuple[DeviceInfo, ...]:
        """All kiosks of a kitchen by name, revoked ones too."""
        query = (
            select(
                device.c.device,
                device.c.name,
                device.c.enrolled_ms,
                device.c.revoked_ms,
                device.c.heard_ms,
                device.c.got_seq,
            )
            .where(device.c.kitchen == kitchen)
            .order_by(device.c.name, device.c.device)
        )
        with reading(self._engine, of_kitchens(kitchen)) as connection:
            return tuple(DeviceInfo(*row) for row in connection.execute(query))

    def revoke(self, one: DeviceId, now_ms: int, *, kitchen: KitchenId | None = None) -> None:
        """Shut a device out for good; the first time stands.

        With `kitchen` only a device of that kitchen. Raises LookupError for an unknown one.
        """
        of = of_devices([one]) if kitchen is None else of_kitchens(kitchen)
        with writing(self._engine, of) as connection:
            query = select(device.c.kitchen).where(device.c.device == one)
            owner = connection.scalars(query).one_or_none()
            if owner is None or kitchen not in (None, owner):
                raise LookupError(f"no device {one}")
            widen(connection, of_kitchens(KitchenId(owner)))
            connection.execute(
                update(device)
                .where(device.c.device == one, device.c.revoked_ms.is_(None))
                .values(revoked_ms=now_ms)
            )
        _log.info("device %s of %s is revoked", one, owner)

    # ---- inside --------------------------------------------------------------------------------

    def _store_code(self, kitchen: KitchenId, name: str, code: str, until_ms: int) -> None:
        with writing(self._engine, of_kitchens(kitchen)) as connection:
            must_exist(connection, kitchen)
            old_ms = until_ms - CODE_MS - CODE_KEPT_MS
            connection.execute(delete(enrolment_code).where(enrolment_code.c.until_ms < old_ms))
            row = {
                "locator": codes.locator(code),
                "code_hash": codes.digest(code),
                "kitchen": kitchen,
                "name": name,
                "until_ms": until_ms,
                "tries": 0,
            }
            connection.execute(insert(enrolment_code).values(row))


def _check_key(public_key: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public_key)
    except ValueError as error:
        raise QueryError("bad_key", f"a public key has {KEY_BYTES} bytes") from error


def _use(connection: Connection, code: str, public_key: bytes, now_ms: int) -> Enrolled | str:
    """What the code gives, or the error's name; counts a wrong one."""
    mine = enrolment_code.c.locator == codes.locator(code)
    kitchen = connection.scalar(select(enrolment_code.c.kitchen).where(mine))
    if kitchen is None:
        return "code_wrong"
    widen(connection, of_kitchens(KitchenId(kitchen)))
    row = connection.execute(select(enrolment_code).where(mine).with_for_update()).one_or_none()
    if row is None:
        return "code_wrong"
    if row.tries >= CODE_TRIES:
        return "code_used_up"
    if not hmac.compare_digest(row.code_hash, codes.digest(code)):
        connection.execute(update(enrolment_code).where(mine).values(tries=row.tries + 1))
        return "code_wrong"
    if now_ms >= row.until_ms:
        return "code_expired"
    if row.device is not None:
        return _again(connection, DeviceId(row.device), public_key)
    made = DeviceId(str(uuid_utils.uuid7()))
    connection.execute(
        insert(device).values(
            device=made,
            kitchen=row.kitchen,
            name=row.name,
            public_key=public_key,
            enrolled_ms=now_ms,
            got_seq=0,
        )
    )
    connection.execute(update(enrolment_code).where(mine).values(device=made))
    _log.info("device %s enrolled in %s", made, row.kitchen)
    return Enrolled(made, KitchenId(row.kitchen))


def _again(connection: Connection, one: DeviceId, public_key: bytes) -> Enrolled | str:
    record = _record(connection, one)
    if record is None or record.public_key != public_key or record.revoked_ms is not None:
        return "code_used_up"
    return Enrolled(record.device, record.kitchen)


def _record(connection: Connection, one: DeviceId) -> DeviceRecord | None:
    row = connection.execute(select(*_RECORD).where(device.c.device == one)).one_or_none()
    return None if row is None else DeviceRecord(*row)
