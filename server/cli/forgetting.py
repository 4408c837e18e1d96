"""The operator's command that lets the oldest go: archive first, then the log's floor, then the audit."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from dapur.ids import KitchenId
from server.cli.context import Rooms, now_ms, rooms
from server.cli.output import EXIT_OK, Problem, say
from server.history.follower import History
from server.history.forgetting import forget_audit, old_audit
from server.log.care import LogCare
from server.log.positions import least
from server.log.roles import may_forget
from server.settings import Settings
from server.upkeep.retention import Bound, archive, bound
from server.upkeep.snapshots import store

DAY_MS = 86_400_000
LIVING_DAYS = 90
"""A kiosk that was heard within this time is waited for (sync.md, retention)."""
SAID = {
    "age": "the next one is younger",
    "kiosk": "a kiosk has not stored more",
    "follower": "the tables of the past are not further",
    "nothing": "nothing to forget",
}


def forget(settings: Settings, options: argparse.Namespace) -> int:
    """Archive and forget events beyond their time, and rows of the audit beyond theirs."""
    if options.events_days < LIVING_DAYS or options.audit_days < LIVING_DAYS:
        raise Problem(f"less than {LIVING_DAYS} days would take what living kiosks may need")
    folder: Path = options.archive or settings.data / "archive"
    with rooms(settings) as opened:
        if not options.dry_run and not may_forget(opened.engine):
            raise Problem("only the owner of the tables may delete events")
        wanted = [opened.kitchen(options.kitchen)] if options.kitchen else opened.log.kitchens()
        for kitchen in wanted:
            _events(opened, kitchen, options, folder)
            _messages(opened, kitchen, options)
            _audit(opened, kitchen, options)
    return EXIT_OK


def _events(opened: Rooms, kitchen: KitchenId, options: argparse.Namespace, folder: Path) -> None:
    care = LogCare(opened.engine)
    floor = care.floor(kitchen)
    before_ms = now_ms() - options.events_days * DAY_MS
    found = bound(opened.log, kitchen, before_ms, _kept(opened, kitchen))
    count = found.seq - floor
    if not count or options.dry_run:
        verb = "would go" if count else "go"
        say(f"{kitchen}: {count} events {verb}, {SAID[found.why]}")
        return
    try:
        file = archive(opened.log, kitchen, found.seq, folder, opened.identity.server_key())
    except OSError as error:
        raise Problem(f"nothing was forgotten: {error}") from error
    _have_snapshot(opened, kitchen, found)
    care.raise_floor(kitchen, found.seq)
    say(f"{kitchen}: {count} events are in {file}, {SAID[found.why]}")


def _messages(opened: Rooms, kitchen: KitchenId, options: argparse.Namespace) -> None:
    """What is remembered so that no message of the platform counts twice, beyond its events' time."""
    if not options.dry_run and (gone := LogCare(opened.engine).forget_messages(kitchen)):
        say(f"{kitchen}: {gone} messages of the platform are not remembered any more")


def _have_snapshot(opened: Rooms, kitchen: KitchenId, found: Bound) -> None:
    """Without one no server could fold the kitchen again."""
    if store(opened.log, kitchen).seq < found.seq:
        raise Problem(f"{kitchen}: its state cannot be kept, nothing was forgotten")


def _kept(opened: Rooms, kitchen: KitchenId) -> Iterator[tuple[str, int]]:
    """What must stay for whom: each living kiosk, and what follows the log."""
    heard_after_ms = now_ms() - LIVING_DAYS * DAY_MS
    for device in opened.identity.devices(kitchen):
        if device.revoked_ms is None and (device.heard_ms or 0) >= heard_after_ms:
            yield "kiosk", device.got_seq
    yield "follower", History(opened.engine, opened.log).floors().get(kitchen, 0)
    yield "follower", least(opened.engine, kitchen) or 0


def _audit(opened: Rooms, kitchen: KitchenId, options: argparse.Namespace) -> None:
    before_ms = now_ms() - options.audit_days * DAY_MS
    if options.dry_run:
        say(f"{kitchen}: {old_audit(opened.engine, kitchen, before_ms)} rows of the audit would go")
    else:
        say(
            f"{kitchen}: {forget_audit(opened.engine, kitchen, before_ms)} rows of the audit are gone"
        )
