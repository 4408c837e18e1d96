"""The operator's commands after a restore: what came back from the kiosks, and to wait no longer."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import UTC, datetime

from dapur.envelope import decode_event
from dapur.ids import CommandId, KitchenId
from dapur.kitchen import SERVER_DEVICE
from server.cli.context import Rooms, now_ms, rooms
from server.cli.output import EXIT_OK, say
from server.desk.ports import Helper, Recovery, Standing
from server.settings import Settings

READ_EVENTS = 1000
WHY = {
    "all": "all kiosks came",
    "time": "the time was up",
    "operator": "ended by hand",
    "nobody": "there was no kiosk to wait for",
}


def recovery_show(settings: Settings, options: argparse.Namespace) -> int:
    """What the last restore lacked, what of it came back, and what nobody held."""
    with rooms(settings) as opened:
        told = False
        for kitchen in _named(opened, options.kitchen):
            recovery = opened.recoveries.of(kitchen)
            if recovery is not None:
                told = True
                _tell(opened, recovery, opened.recoveries.helpers(kitchen))
        if not told:
            say("nothing was restored here")
    return EXIT_OK


def recovery_end(settings: Settings, options: argparse.Namespace) -> int:
    """Let kitchens take commands though some kiosks have not come."""
    with rooms(settings) as opened:
        for kitchen in _named(opened, options.kitchen):
            if opened.recoveries.end(kitchen, now_ms()):
                say(f"{kitchen}: waits no longer; its kiosks come back within seconds")
    return EXIT_OK


def _named(opened: Rooms, kitchen: str | None) -> Iterable[KitchenId]:
    return opened.log.kitchens() if kitchen is None else (opened.kitchen(kitchen),)


def _tell(opened: Rooms, recovery: Recovery, helpers: tuple[Helper, ...]) -> None:
    kitchen = recovery.kitchen
    say(f"{kitchen}: put back to event {recovery.seq} at {_at(recovery.began_ms)}")
    missing = [each for each in helpers if each.standing is not Standing.DONE]
    if recovery.is_open:
        say(f"  waits for {len(missing)} of {len(helpers)} kiosks")
    else:
        say(f"  over: {WHY.get(recovery.how, recovery.how)}")
    proved = max((each.seq for each in helpers), default=0)
    if proved > recovery.seq:
        say(f"  signed heads prove that the log once went to event {proved}")
    if recovery.brought > recovery.seq:
        say(f"  brought as events: {recovery.seq + 1} to {recovery.brought}")
    if taps := _taps_since(opened, recovery):
        say(f"  brought as commands: {taps} taps from before the restore")
    if proved > recovery.brought:
        say(
            f"  nobody held: events {recovery.brought + 1} to {proved}"
            " (of their commands only those that are counted above came)"
        )
    names = {each.device: each.name for each in opened.identity.devices(kitchen)}
    for each in helpers:
        told = each.told if each.standing is Standing.DONE else each.told or "never came back"
        say(f"  {each.device}\t{names.get(each.device, '')}\t{told}")


def _taps_since(opened: Rooms, recovery: Recovery) -> int:
    """Commands of kiosks that are in the log behind what was brought, though they are older than the restore."""
    found: set[CommandId] = set()
    head = opened.log.head(recovery.kitchen)
    after = recovery.brought if head is None else max(recovery.brought, head.floor)
    while entries := opened.log.read(recovery.kitchen, after, limit=READ_EVENTS):
        for entry in entries:
            event = decode_event(entry.body)
            if event.device != SERVER_DEVICE and event.at.latest_ms < recovery.began_ms:
                found.add(event.command)
        after = entries[-1].seq
    return len(found)


def _at(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
