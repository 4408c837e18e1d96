"""How the kiosks of all kitchens are, for who runs the server; advisory, nothing is decided from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from dapur.ids import DeviceId, KitchenId
from dapur.wire.queries import FleetArgs, FleetReply, FleetRow, ProcessRow
from server.desk.ports import Sign
from server.identity.tables import device, device_sign, fleet_desk, kitchen_info, server_process
from server.log.engine import reading, writing
from server.log.scope import EVERY_KITCHEN, of_devices, of_kitchens, widen
from server.log.tables import tenant_head

SILENT_MS = 5 * 60_000
"""A kiosk says how it is every half minute, a server writes that down as often."""
PROCESS_SILENT_MS = 2 * 60_000
PROCESS_KEPT_MS = 24 * 3_600_000
BEHIND_EVENTS = 200
"""A busy kitchen's minute: fewer are on their way."""
CLOCK_MS = 120_000
"""The kiosk shows its banner from here on (`kiosk.clock.OFFSET_SHOWN_MS`)."""
PAGE_ROWS = 100
"""Some 250 bytes each: half a frame."""
RELEASES_MAX = 50
DEVICES_PER_QUERY = 1000

Query = Select[*tuple[Any, ...]]

_BEHIND = func.coalesce(tenant_head.c.seq, 0) - device.c.got_seq
_UNSENT = func.coalesce(device_sign.c.unsent, 0)
_IN_USE = device.c.revoked_ms.is_(None)


class Fleet:
    """Thread-safe; every method is one transaction. All raise Unavailable."""

    def __init__(self, engine: Engine, process: str) -> None:
        """`process`: the name of this server process."""
        self._engine = engine
        self._process = process
        self._started_ms: int | None = None

    # ---- signs of life -------------------------------------------------------------------------

    def heard(self, signs: Mapping[DeviceId, Sign], connections: int, now_ms: int) -> None:
        """These devices live, and this process does; how far a device has the log never goes back."""
        self._started_ms = now_ms if self._started_ms is None else self._started_ms
        process = {
            "process": self._process,
            "started_ms": self._started_ms,
            "heard_ms": now_ms,
            "connections": connections,
        }
        # In one order everywhere: two processes that write the same kiosks never wait in a circle.
        devices = sorted(signs)
        with writing(self._engine, of_devices(devices)) as connection:
            _put(connection, server_process, [process])
            connection.execute(
                delete(server_process).where(server_process.c.heard_ms < now_ms - PROCESS_KEPT_MS)
            )
            for at in range(0, len(devices), DEVICES_PER_QUERY):
                self._write(connection, signs, devices[at : at + DEVICES_PER_QUERY], now_ms)

    def ended(self) -> None:
        """This process is no more."""
        with writing(self._engine) as connection:
            connection.execute(
                delete(server_process).where(server_process.c.process == self._process)
            )

    def _write(
        self,
        connection: Connection,
        signs: Mapping[DeviceId, Sign],
        devices: Sequence[DeviceId],
        now_ms: int,
    ) -> None:
        query = select(device.c.device, device.c.kitchen).where(device.c.device.in_(devices))
        known = {one: KitchenId(kitchen) for one, kitchen in connection.execute(query)}
        some = [each for each in devices if each in known]
        if not some:
            return
        widen(connection, of_kitchens(*set(known.values())))
        seq = bindparam("_seq", type_=BigInteger)
        heard_ms = bindparam("_heard_ms", type_=BigInteger)
        connection.execute(
            update(device)
            .where(device.c.device == bindparam("_device"))
            .values(
                got_seq=case((device.c.got_seq > seq, device.c.got_seq), else_=seq),
                heard_ms=case((device.c.heard_ms > heard_ms, device.c.heard_ms), else_=heard_ms),
            ),
            [{"_device": each, "_seq": signs[each].got_seq, "_heard_ms": now_ms} for each in some],
        )
        _put(connection, device_sign, [self._row(each, signs[each]) for each in some])

    def _row(self, one: DeviceId, sign: Sign) -> dict[str, object]:
        return {
            "device": one,
            "app": sign.app,
            "unsent": sign.unsent,
            "offset_ms": sign.offset_ms,
            "process": self._process,
        }

    # ---- who may see it ------------------------------------------------------------------------

    def show(self, one: DeviceId, now_ms: int, *, allowed: bool) -> None:
        """Whether an operator may see all kitchens at this kiosk. Raises LookupError."""
        with writing(self._engine, of_devices([one])) as connection:
            if connection.scalar(select(device.c.device).where(device.c.device == one)) is None:
                raise LookupError(f"no device {one}")
            if allowed:
                _put(connection, fleet_desk, [{"device": one, "since_ms": now_ms}])
            else:
                connection.execute(delete(fleet_desk).where(fleet_desk.c.device == one))

    def is_shown_at(self, one: DeviceId) -> bool:
        """Whether this kiosk was allowed."""
        with reading(self._engine, of_devices([one])) as connection:
            query = select(fleet_desk.c.device).where(fleet_desk.c.device == one)
            return connection.scalar(query) is not None

    # ---- what is seen --------------------------------------------------------------------------

    def processes(self, now_ms: int) -> tuple[ProcessRow, ...]:
        """Server processes that were heard lately."""
        with reading(self._engine) as connection:
            return tuple(ProcessRow(*row) for row in connection.execute(_processes(now_ms)))

    def seen(self, wanted: FleetArgs, now_ms: int) -> FleetReply:
        """Counts of the whole fleet and one page of it."""
        with reading(self._engine, EVERY_KITCHEN) as connection:
            counts = connection.execute(_counts(now_ms)).one()
            kitchens = connection.scalar(select(func.count()).select_from(kitchen_info)) or 0
            releases = connection.execute(_releases()).all()
            processes = connection.execute(_processes(now_ms)).all()
            rows = [_fleet_row(row) for row in connection.execute(_page(wanted, now_ms))]
        kiosks, *troubles = (int(count or 0) for count in counts)
        silent, behind, unsent, clocks = troubles
        return FleetReply(
            kitchens=int(kitchens),
            kiosks=kiosks,
            silent=silent,
            behind=behind,
            unsent=unsent,
            clocks=clocks,
            releases={row.app: int(row.kiosks) for row in releases},
            processes=tuple(ProcessRow(*row) for row in processes),
            rows=tuple(rows[:PAGE_ROWS]),
            more=len(rows) > PAGE_ROWS,
            now_ms=now_ms,
        )


def _silent(now_ms: int) -> ColumnElement[bool]:
    return func.coalesce(device.c.heard_ms, 0) < now_ms - SILENT_MS


def _wrong_clock() -> ColumnElement[bool]:
    return func.abs(func.coalesce(device_sign.c.offset_ms, 0)) > CLOCK_MS


def _troubles(now_ms: int) -> tuple[ColumnElement[bool], ...]:
    return (_silent(now_ms), _BEHIND > BEHIND_EVENTS, _UNSENT > 0, _wrong_clock())


def _joined(query: Query) -> Query:
    return (
        query.select_from(device)
        .join(kitchen_info, kitchen_info.c.kitchen == device.c.kitchen)
        .outerjoin(device_sign, device_sign.c.device == device.c.device)
        .outerjoin(tenant_head, tenant_head.c.kitchen == device.c.kitchen)
        .where(_IN_USE)
    )


def _counts(now_ms: int) -> Query:
    troubled = (func.count().filter(trouble) for trouble in _troubles(now_ms))
    return _joined(select(func.count(), *troubled))


def _releases() -> Query:
    app = func.coalesce(device_sign.c.app, "").label("app")
    query = _joined(select(app, func.count().label("kiosks")))
    return query.group_by(app).order_by(func.count().desc(), app).limit(RELEASES_MAX)


def _processes(now_ms: int) -> Query:
    columns = server_process.c
    query = select(columns.process, columns.started_ms, columns.connections)
    return query.where(columns.heard_ms >= now_ms - PROCESS_SILENT_MS).order_by(columns.process)


def _page(wanted: FleetArgs, now_ms: int) -> Query:
    """One row more than a page takes, so that one sees whether there is more."""
    query = _joined(
        select(
            device.c.kitchen,
            kitchen_info.c.name.label("kitchen_name"),
            device.c.device,
            device.c.name,
            func.coalesce(device_sign.c.app, "").label("app"),
            device.c.heard_ms,
            _BEHIND.label("behind"),
            _UNSENT.label("unsent"),
            device_sign.c.offset_ms,
        )
    )
    query = query.where(or_(*_troubles(now_ms)) if wanted.only_troubled else true())
    if wanted.find:
        like = f"%{_literal(wanted.find.lower())}%"
        texts = (device.c.kitchen, kitchen_info.c.name, device.c.device, device.c.name)
        query = query.where(or_(*(func.lower(text).like(like, escape="\\") for text in texts)))
    # Whole half minutes: a page does not turn over while somebody reads it.
    query = query.order_by(
        func.coalesce(device.c.heard_ms, 0) // SILENT_MS, kitchen_info.c.name, device.c.device
    )
    return query.offset(wanted.skip).limit(PAGE_ROWS + 1)


def _literal(text: str) -> str:
    """Without the signs that LIKE reads."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _fleet_row(row: Row[*tuple[Any, ...]]) -> FleetRow:
    kitchen, kitchen_name, one, name, app, heard_ms, behind, unsent, offset_ms = row
    return FleetRow(
        *(kitchen, kitchen_name, DeviceId(one), name, app, heard_ms),
        *(max(0, int(behind)), int(unsent), offset_ms),
    )


def _put(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    """Write rows, whether or not there were ones with the same key."""
    is_postgres = connection.dialect.name == "postgresql"
    insert = postgresql.insert(table) if is_postgres else sqlite.insert(table)
    key = [column.name for column in table.primary_key]
    changed = {name: insert.excluded[name] for name in rows[0] if name not in key}
    connection.execute(insert.on_conflict_do_update(index_elements=key, set_=changed), rows)
