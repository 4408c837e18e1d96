"""The operator's commands that take all data somewhere: backup, restore, migrate, export."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO

from dapur.ids import DeviceId, KitchenId
from server.cli.context import Rooms, asking, must_be_made, now_ms, opened_at, rooms
from server.cli.output import EXIT_OK, Problem, say
from server.history.tables import history_state
from server.log.care import LogCare
from server.log.copying import (
    Differs,
    NotEmpty,
    copy,
    database,
    epochs,
    kitchen_rows,
    last_taps,
    one_file,
)
from server.log.recovery import Restored, begin
from server.log.schema import SCHEMA, upgrade
from server.log.tables import metadata
from server.log.verify import verify
from server.settings import Settings

PRIVATE = 0o600
SECRETS = {"staff": ("pin_hash",), "device": ("public_key",)}
"""Columns that no export holds."""
NOT_EXPORTED = frozenset({"enrolment_code", "attempt", "attempt_here", history_state.name})
"""Codes, counters of wrong PINs and states that are folded again: nobody's record."""
FORMAT = "dapur-export-1"
LATELY_MS = 24 * 3_600_000
"""A kiosk that was heard within a day before the backup is one that is in use."""


# ---- backup --------------------------------------------------------------------------------------


def backup(settings: Settings, options: argparse.Namespace) -> int:
    """Write one moment of everything into a file, prove it, and tell the logs that they are safe."""
    file: Path = options.file
    if file.exists():
        raise Problem(f"{file} is there already; a backup is never written over")
    must_be_made(settings)
    draft = file.with_name(f"{file.name}.part")
    with rooms(settings) as opened:
        try:
            heads = _written(opened, draft)
            _sound(_sqlite(draft))
            _settle(draft, file)
        finally:
            _unlink(draft)
        for kitchen, seq in heads.items():
            # Kiosks may forget what is in it.
            LogCare(opened.engine).mark_durable(kitchen, seq)
    say(f"{file}: {len(heads)} kitchens, {sum(heads.values())} events, sound")
    return EXIT_OK


def _written(opened: Rooms, draft: Path) -> dict[KitchenId, int]:
    _unlink(draft)
    try:
        draft.touch(mode=PRIVATE)
    except OSError as error:
        raise Problem(str(error)) from error
    upgrade(_sqlite(draft))
    with database(_sqlite(draft)) as target:
        return _copied(lambda: copy(opened.engine, target, metadata, _tell))


def _settle(draft: Path, file: Path) -> None:
    """The whole file under its name, on the disk, without helpers beside it."""
    one_file(draft)
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(file)
    if os.name != "nt":
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
    with _readable(file) as source:
        with asking():
            for one in options.revoke:
                source.identity.revoke(DeviceId(one), now_ms())
        _kiosks_must_be_checked(source, options)
        upgrade(settings.database_url)
        with opened_at(settings.database_url) as target:
            _nobody_serves(target, options)
            restored = _restored(source, epochs(target.engine))
            finish = partial(begin, restored=restored, now_ms=now_ms(), wait_ms=options.wait * 1000)
            _copied(
                lambda: copy(
                    source.engine,
                    target.engine,
                    metadata,
                    _tell,
                    replace=options.replace,
                    finish=finish,
                )
            )
            _report(target)
            _tell_whom_it_waits_for(target)
    return EXIT_OK


def _restored(source: Rooms, lost: Mapping[KitchenId, str]) -> tuple[Restored, ...]:
    """Which log each kitchen loses, and the kiosks that were in use when the backup was made.

    `lost` are the logs in the place of which it is put; where there is none (another disk) it is the
    one that was backed up.
    """
    known = {
        kitchen: {
            each.device: max(each.heard_ms or 0, each.enrolled_ms)
            for each in source.identity.devices(kitchen)
            if each.revoked_ms is None
        }
        for kitchen in epochs(source.engine)
    }
    newest_ms = max((ms for some in known.values() for ms in some.values()), default=0)
    return tuple(
        Restored(
            kitchen,
            lost.get(kitchen, epoch),
            tuple(each for each, ms in known[kitchen].items() if ms > newest_ms - LATELY_MS),
        )
        for kitchen, epoch in sorted(epochs(source.engine).items())
    )


def _tell_whom_it_waits_for(target: Rooms) -> None:
    waiting = target.recoveries.open()
    for kitchen, recovery in waiting.items():
        kiosks = len(target.recoveries.helpers(kitchen))
        say(
            f"{kitchen}: takes commands when its {kiosks} kiosks came, {recovery.wait_ms // 1000} s"
            " after the first at the latest"
        )
    if waiting:
        say("then: dapur-server recovery show")


def _kiosks_must_be_checked(source: Rooms, options: argparse.Namespace) -> None:
    living = [
        (kitchen, device)
        for kitchen in source.identity.kitchens()
        for device in source.identity.devices(kitchen.id)
        if device.revoked_ms is None
    ]
    if not living or options.devices_checked:
        return
    for kitchen, device in living:
        say(f"{device.device}\t{device.name}\t{kitchen.name}")
    raise Problem(
        "these kiosks will be let in: name those that were shut out since with --revoke DEVICE,"
        " then add --devices-checked"
    )


def _report(target: Rooms) -> None:
    """Where each log stands now, and up to which tap of each kiosk: what is later only kiosks have."""
    for finding in verify(target.engine):
        say(f"{finding.kitchen}: {finding.events} events, {finding.wrong or 'sound'}")
    for kitchen, device, outbox, last in last_taps(target.engine):
        say(f"{kitchen}\t{device}\t{outbox}\ttaps up to {last}; later ones come from the kiosk")


# ---- migrate -------------------------------------------------------------------------------------


def migrate(settings: Settings, options: argparse.Namespace) -> int:  # noqa: ARG001 - one shape
    """Copy everything from one database to an empty one of the other kind, and compare."""
    try:
        upgrade(options.to)
    except ValueError as error:
        raise Problem(str(error)) from error
    with opened_at(options.source) as source, opened_at(options.to) as target:
        _nobody_serves(source, options)
        _copied(lambda: copy(source.engine, target.engine, metadata, _tell))
    say(f"{_sound(options.to)} kitchens moved, counts and hash chains are the same")
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
            with draft.open("x", encoding="utf-8") as out:
                count = _write_export(opened, kitchen, _Hashed(out))
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

    def write(self, value: dict[str, object]) -> None:
        line = json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain) + "\n"
        self._hash.update(line.encode())
        self._out.write(line)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


def _write_export(opened: Rooms, kitchen: KitchenId, out: _Hashed) -> int:
    rows = kitchen_rows(opened.engine, kitchen, metadata, without=NOT_EXPORTED)
    _, head = next(rows)
    out.write({"format": FORMAT, "schema": SCHEMA, "head": head})
    counted: dict[str, int] = {}
    for table, row in rows:
        hidden = SECRETS.get(table, ())
        shown = {name: value for name, value in row.items() if name not in hidden}
        out.write({"table": table, "row": shown})
        counted[table] = counted.get(table, 0) + 1
    out.write({"end": True, "counts": counted, "sha256": out.hexdigest()})
    return sum(counted.values())


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


def _copied(work: Callable[[], dict[KitchenId, int]]) -> dict[KitchenId, int]:
    try:
        return work()
    except NotEmpty as error:
        raise Problem(f"{error}; a restore with --replace loses them") from error
    except Differs as error:
        raise Problem(f"nothing was changed: {error}") from error


def _nobody_serves(opened: Rooms, options: argparse.Namespace) -> None:
    living = () if options.stopped else opened.identity.processes(now_ms())
    if living:
        names = ", ".join(each.process for each in living)
        raise Problem(
            f"stop the servers first: {names} (heard within two minutes; --stopped if it was killed)"
        )


@contextmanager
def _readable(file: Path) -> Iterator[Rooms]:
    """A backup of this or of an older release, untouched: what is done to it is done to a copy."""
    with tempfile.TemporaryDirectory(prefix="dapur-restore-") as folder:
        taken = Path(folder) / "backup.db"
        shutil.copyfile(file, taken)
        taken.chmod(PRIVATE)
        upgrade(_sqlite(taken))
        _sound(_sqlite(taken))
        with opened_at(_sqlite(taken)) as opened:
            yield opened


def _sound(url: str) -> int:
    """How many kitchens; Problem when a chain is broken."""
    with database(url) as engine:
        findings = list(verify(engine))
    for finding in findings:
        if finding.wrong:
            raise Problem(f"{finding.kitchen}: {finding.wrong}")
    return len(findings)


def _sqlite(file: Path) -> str:
    return f"sqlite:///{file}"


def _unlink(file: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        file.with_name(f"{file.name}{end}").unlink(missing_ok=True)


def _tell(table: str, count: int) -> None:
    if count:
        say(f"  {table}: {count}")
