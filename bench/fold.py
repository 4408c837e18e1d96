"""Events folded into a kitchen's state, from the bytes of the log; no disk and no socket takes part."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence

from bench.figure import Figure
from bench.kiosk.machine import real_disk
from bench.kitchens import batch_name, furnish, kitchen_name
from bench.load import rows_of
from bench.wire import Kiosk
from dapur import kitchen as rules
from dapur.crew import OpenSessionArgs, session_subject
from dapur.envelope import decode_event
from dapur.kitchen import Kitchen
from server.cli.context import Rooms
from server.desk.groups import Submission
from server.desk.ports import Entry
from server.settings import Settings

BATCHES, COMMANDS, GROUP = 16, 2_000, 200
"""A real night has 16 batches and some thousand events."""
RUNS = 9


def fold() -> Iterator[Figure]:
    """A whole night's events, decoded and folded one by one."""
    kitchen, entries = _night()
    rates: list[float] = []
    state = rules.empty(kitchen.id)
    for _ in range(RUNS):
        began = time.perf_counter()
        state = rules.empty(kitchen.id)
        for entry in entries:
            state = rules.evolve(state, decode_event(entry.body))
        rates.append(len(entries) / (time.perf_counter() - began))
    assert state == kitchen
    note = (
        f"no gate of its own (the `catch_up` gate rests on it); {len(entries):,} events of "
        f"{BATCHES} batches, decoded too; slowest run {min(rates):,.0f}; Python on one core"
    )
    yield Figure("fold", statistics.median(rates), "events/s", note=note)


def _night() -> tuple[Kitchen, Sequence[Entry]]:
    """A kitchen after a busy night, and its log."""
    with real_disk() as folder:
        device = furnish(folder, kitchens=1, devices=1, batches=BATCHES)[0]
        rooms = Rooms(Settings(data=folder).database_url)
        try:
            kiosk = Kiosk(0, device)
            rows = [kiosk.row("open_session", session_subject(kiosk.session), OpenSessionArgs())]
            rows += rows_of(kiosk, [batch_name(number) for number in range(BATCHES)], COMMANDS)
            for at in range(0, len(rows), GROUP):
                part = tuple(rows[at : at + GROUP])
                rooms.desk.take_group([Submission(device.kitchen, device.id, kiosk.outbox, part)])
            after = rooms.desk.fold(kitchen_name(0))
            assert after is not None
            return after.kitchen, rooms.log.read(kitchen_name(0), 0, limit=after.seq)
        finally:
            rooms.engine.dispose()
