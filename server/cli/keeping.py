"""The operator's commands that take all data somewhere: backup, restore, migrate, export."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import tempfile
import uuid
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection, Engine, select, update

from dapur.ids import KitchenId
from server.cli.context import must_be_made, now_ms, rooms
from server.cli.output import EXIT_OK, Problem, say
from server.history import tables as history_tables
from server.identity.fleet import PROCESS_SILENT_MS
from server.identity.tables import device, kitchen_info, server_process
from server.log.care import LogCare
from server.log.copying import (
    Differs,
    NotEmpty,
    copy,
    empty,
    must_be_empty,
    rows_of,
    still,
    tables,
)
from server.log.engine import open_engine, reading, writing
from server.log.schema import SCHEMA, check, upgrade
from server.log.tables import metadata, outbox_head, tenant_head
from server.log.verify import verify
from server.settings import Settings

PRIVATE = 0o600
SECRETS = {"staff": ("pin_hash",), "device": ("public_key",)}
"""Columns that no export holds."""
NOT_EXPORTED = frozenset(
    {"enrolment_code", "attempt", "attempt_here", history_tables.history_state.name}
)
"""Codes, counters of wrong PINs and states that are folded again: nobody's record."""
FORMAT = "dapur-export-1"


# ---- backup --------------------------------------------------------------------------------------


def backup(settings: Settings, options: argparse.Namespace) -> int:
    """Write one moment of everything into a file, prove it, and tell the logs that they are safe."""
    file: Path = options.file
    if file.exists():
        raise Problem(f"{file} is there already; a backup is never written over")
    must_be_made(settings)
    draft = file.with_name(f"{file.name}.part")
    with _opened(settings.database_url) as engine:
        try:
            heads = _copied_into(engine, draft)
            _sound(f"sqlite:///{draft}")
            _settle(draft, file)
        finally:
            for left in (draft, *_companions(draft)):
                left.unlink(missing_ok=True)
        for kitchen, seq in heads.items():
            # Kiosks may forget what is in it.
            LogCare(engine).mark_durable(kitchen, seq)
    say(f"{file}: {len(heads)} kitchens, {sum(heads.values())} events, sound")
    return EXIT_OK


def _copied_into(engine: Engine, draft: Path) -> dict[KitchenId, int]:
    for left in (draft, *_companions(draft)):
        left.unlink(missing_ok=True)
    try:
        draft.touch(mode=PRIVATE)
    except OSError as error:
        raise Problem(str(error)) from error
    upgrade(f"sqlite:///{draft}")
    with _opened(f"sqlite:///{draft}") as target, still(engine) as source:
        with writing(target) as connection:
            copy(source, connection, metadata, _tell)
        with reading(target) as connection:
            query = select(tenant_head.c.kitchen, tenant_head.c.seq)
            return {KitchenId(kitchen): seq for kitchen, seq in connection.execute(query)}


def _settle(draft: Path, file: Path) -> None:
    """The whole file under its name, on the disk, without helpers beside it."""
    with _opened(f"sqlite:///{draft}") as engine, engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.rollback()
        connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# ---- restore -------------------------------------------------------------------------------------


def restore(settings: Settings, options: argparse.Namespace) -> int:
    """Put a backup in the place of what is there: all of it or nothing; kiosks bring what came after.

    Devices that were shut out after the backup was made would live again: the operator names them.
    """
    file: Path = options.file
    if not file.is_file():
        raise Problem(f"{file}: no such file")
    with _readable(file) as engine, reading(engine) as source:
        _devices_must_be_checked(source, options)
        with _opened(settings.database_url) as target:
            upgrade(settings.database_url)
            _nobody_serves(target)
            with writing(target) as connection:
                _put(source, connection, options)
        _report(settings.database_url)
    return EXIT_OK


def _put(source: Connection, target: Connection, options: argparse.Namespace) -> None:
    if options.replace:
        empty(target, metadata)
    try:
        must_be_empty(target)
    except NotEmpty as error:
        raise Problem(f"{error}; with --replace they are lost") from error
    empty(target, metadata)
    try:
        copy(source, target, metadata, _tell)
    except Differs as error:
        raise Problem(str(error)) from error
    # Each kitchen's log is another one than the kiosks knew: they take it anew and bring what it lacks.
    for kitchen in target.scalars(select(tenant_head.c.kitchen)).all():
        fresh = update(tenant_head).where(tenant_head.c.kitchen == kitchen)
        target.execute(fresh.values(epoch=uuid.uuid4().hex))
    for one in options.revoke:
        done = target.execute(
            update(device).where(device.c.device == one).values(revoked_ms=now_ms())
        )
        if not done.rowcount:
            raise Problem(f"no device {one} in the backup")


def _devices_must_be_checked(source: Connection, options: argparse.Namespace) -> None:
    query = (
        select(device.c.device, device.c.name, kitchen_info.c.name)
        .join(kitchen_info, kitchen_info.c.kitchen == device.c.kitchen)
        .where(device.c.revoked_ms.is_(None), device.c.device.not_in(options.revoke))
        .order_by(kitchen_info.c.name, device.c.name)
    )
    living = source.execute(query).all()
    if not living or options.devices_checked:
        return
    for one, name, kitchen in living:
        say(f"{one}\t{name}\t{kitchen}")
    raise Problem(
        "these kiosks will be let in: name those that were shut out since with --revoke DEVICE,"
        " then add --devices-checked"
    )


def _nobody_serves(engine: Engine) -> None:
    with reading(engine) as connection:
        living = connection.scalars(
            select(server_process.c.process).where(
                server_process.c.heard_ms >= now_ms() - PROCESS_SILENT_MS
            )
        ).all()
    if living:
        raise Problem(f"stop the servers first: {', '.join(living)} (heard within two minutes)")


def _report(url: str) -> None:
    """Where each log stands now, and up to which tap of each kiosk: what is later only kiosks have."""
    with _opened(url) as engine:
        for finding in verify(engine):
            state = finding.wrong or "sound"
            say(f"{finding.kitchen}: {finding.events} events, {state}")
        with reading(engine) as connection:
            heads = outbox_head.c
            query = select(heads.kitchen, heads.device, heads.outbox, heads.last_dseq)
            for kitchen, one, outbox, last in connection.execute(query.order_by(heads.kitchen)):
                say(
                    f"{kitchen}\t{one}\t{outbox}\ttaps up to {last}; later ones come from the kiosk"
                )


# ---- migrate -------------------------------------------------------------------------------------


def migrate(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001 - one shape
    """Copy everything from one database to an empty one of the other kind, and compare."""
    upgrade(options.to)
    with _opened(options.source) as source_engine, _opened(options.to) as target_engine:
        check(source_engine)
        _nobody_serves(source_engine)
        with still(source_engine) as source, writing(target_engine) as target:
            try:
                must_be_empty(target)
                empty(target, metadata)
                copy(source, target, metadata, _tell)
            except (NotEmpty, Differs) as error:
                raise Problem(f"{options.to}: {error}") from error
    kitchens = _sound(options.to)
    say(f"{kitchens} kitchens moved, counts and hash chains are the same")
    return EXIT_OK


# ---- export --------------------------------------------------------------------------------------


def export(settings: Settings, options: argparse.Namespace) -> int:
    """Write all that is known of one kitchen as JSON lines, without secrets."""
    file: Path = options.file
    if file.exists():
        raise Problem(f"{file} is there already")
    with rooms(settings) as opened:
        kitchen = opened.kitchen(options.kitchen)
        draft = file.with_name(f"{file.name}.part")
        try:
            with draft.open("x", encoding="utf-8") as out, still(opened.engine) as source:
                count = _write_export(source, kitchen, _Hashed(out))
            draft.replace(file)
        except OSError as error:
            raise Problem(str(error)) from error
        finally:
            draft.unlink(missing_ok=True)
    say(f"{file}: {count} rows of {kitchen}")
    return EXIT_OK


class _Hashed:
    """Lines into a file, and a hash over them."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._hash = hashlib.sha256()
        self.lines = 0

    def write(self, value: dict[str, object]) -> None:
        line = json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain) + "\n"
        self._hash.update(line.encode())
        self._out.write(line)
        self.lines += 1

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def _write_export(source: Connection, kitchen: KitchenId, out: _Hashed) -> int:
    head = (
        source.execute(select(tenant_head).where(tenant_head.c.kitchen == kitchen)).mappings().one()
    )
    out.write({"format": FORMAT, "schema": SCHEMA, "head": dict(head)})
    counted: dict[str, int] = {}
    for table in tables(metadata):
        if "kitchen" not in table.c or table.name in NOT_EXPORTED:
            continue
        counted[table.name] = 0
        for rows in rows_of(source, table, {"kitchen": kitchen}):
            for row in rows:
                out.write({"table": table.name, "row": _open(table.name, row)})
            counted[table.name] += len(rows)
    out.write({"end": True, "counts": counted, "sha256": out.hexdigest()})
    return sum(counted.values())


def _open(table: str, row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name not in SECRETS.get(table, ())}


def _plain(value: object) -> object:
    """Bodies of events and commands are JSON themselves; hashes are hexadecimal, what is left base64."""
    if not isinstance(value, bytes):
        raise TypeError(type(value).__name__)
    if len(value) == hashlib.sha256().digest_size:
        return value.hex()
    try:
        return json.loads(value)
    except ValueError:
        return {"base64": b64encode(value).decode()}


# ---- shared --------------------------------------------------------------------------------------


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    try:
        engine = open_engine(url)
    except ValueError as error:
        raise Problem(str(error)) from error
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _readable(file: Path) -> Iterator[Engine]:
    """A backup of this or of an older release, untouched: an older one is brought up in a copy."""
    with tempfile.TemporaryDirectory(prefix="dapur-restore-") as folder:
        taken = Path(folder) / "backup.db"
        shutil.copyfile(file, taken)
        taken.chmod(PRIVATE)
        url = f"sqlite:///{taken}"
        upgrade(url)
        _sound(url)
        with _opened(url) as engine:
            yield engine


def _sound(url: str) -> int:
    """How many kitchens; Problem when a chain is broken."""
    with _opened(url) as engine:
        findings = list(verify(engine))
    for finding in findings:
        if finding.wrong:
            raise Problem(f"{finding.kitchen}: {finding.wrong}")
    return len(findings)


def _companions(file: Path) -> tuple[Path, ...]:
    return tuple(file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm", "-journal"))


def _tell(table: str, count: int) -> None:
    if count:
        say(f"  {table}: {count}")
