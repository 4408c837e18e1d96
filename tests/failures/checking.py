"""The common check after every failure: log, kiosks and disks against what was confirmed; it mends nothing."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine, select

from dapur import kitchen as rules
from dapur.envelope import GENESIS, decode_event
from dapur.ids import KitchenId, OutboxId
from dapur.kitchen import Kitchen
from dapur.review import Reason
from dapur.wire.messages import Outcome
from server.desk.folding import Fold, catch_up, load
from server.desk.ports import Receipt
from server.log.engine import open_engine, reading
from server.log.sql_log import SqlLog
from server.log.tables import receipt
from server.log.verify import verify
from tests.failures.kiosk_process import Confirmed
from tests.failures.kitchen import KITCHEN, OTHER_KITCHEN, OTHER_STAFF, Place

SETTLED_S = 20.0
_REVIEWED = frozenset({Outcome.REFUSED, Outcome.QUARANTINED})
_ALL = 1_000_000

Said = Mapping[str, Any]


class Counted(msgspec.Struct, frozen=True):
    """What a check has looked at."""

    confirmed: int
    applied: int
    """Receipts `applied` or `already` of confirmed taps."""
    refused: int
    waiting: int
    """Confirmed taps that a kiosk without a line still holds."""
    set_aside: int
    """Confirmed taps that came as reports of a lost outbox."""
    double: int
    """Commands with more than one receipt: none, or the check has failed."""
    events: int


async def common_check(
    place: Place, *, waiting: bool = False, set_aside: bool = False, within_s: float = SETTLED_S
) -> Counted:
    """Assert what must hold after every row; the faults are over (`Place.heal`).

    All confirmed taps exactly once in the log (with `waiting` a tap may also be unsent on its kiosk's
    disk, with `set_aside` be an item of the inbox, made of a lost outbox), the log gapless and sound,
    every living kiosk at the fold of the log, refusals visible to all of them, no byte of another
    kitchen on their disks, no traceback in any log.
    """
    engine = open_engine(place.database_url)
    try:
        digests = await _converged(place, engine, waiting=waiting, within_s=within_s)
        held = unsent_on_disks(place) if waiting else set()
        counted = _check_log(place, engine, digests, held=held, set_aside=set_aside)
    finally:
        engine.dispose()
    _check_disks(place)
    _check_papers(place)
    return counted


# ---- kiosks against the log ----------------------------------------------------------------------


async def _converged(
    place: Place, engine: Engine, *, waiting: bool, within_s: float
) -> Sequence[Said]:
    """Wait until all living kiosks know all of the log; their digests."""
    log = SqlLog(engine)
    give_up_s = time.monotonic() + within_s
    while True:
        fold = fold_of(log)
        digests = await asyncio.gather(*(k.ask("digest") for k in place.kiosks if k.alive))
        wrong = [why for said in digests for why in _differs(said, fold, waiting=waiting)]
        if not wrong:
            return digests
        assert time.monotonic() < give_up_s, f"not converged: {wrong}\n{_tails(place)}"
        await asyncio.sleep(0.05)


def _differs(said: Said, fold: Fold, *, waiting: bool) -> list[str]:
    if waiting and said["line"] != "online":
        return []
    wrong = [f"{key} {said[key]}" for key in ("unsent", "pending", "salvaged") if said[key]]
    if said["seq"] != fold.seq:
        return [*wrong, f"seq {said['seq']}, the log is at {fold.seq}"]
    expected = digest_of(fold.kitchen)
    # A wrong state does not get right by waiting, but `pending` taps are folded into what is shown.
    assert said["base"] == expected, f"replica at {said['seq']} is not the fold of the log"
    if not wrong:
        assert said["shown"] == expected, "what is shown is not the fold of the log"
    return wrong


def fold_of(log: SqlLog, kitchen: str = KITCHEN) -> Fold:
    """The state after the whole log, from its first event: no snapshot is trusted."""
    name = KitchenId(kitchen)
    head = log.head(name)
    assert head is not None
    base = Fold(head.epoch, 0, GENESIS, head.durable, rules.empty(name))
    return catch_up(log, name, base, head)


def digest_of(kitchen: Kitchen) -> str:
    """The sum that a kiosk tells of the same state."""
    return hashlib.sha256(rules.encode_snapshot(kitchen).encode()).hexdigest()


# ---- the log -------------------------------------------------------------------------------------


def receipts_of(engine: Engine, kitchen: str = KITCHEN) -> list[Receipt]:
    """Every stored receipt of a kitchen."""
    query = select(receipt.c.outbox).where(receipt.c.kitchen == kitchen).distinct()
    with reading(engine) as connection:
        outboxes = list(connection.scalars(query))
    log = SqlLog(engine)
    return [
        each
        for outbox in outboxes
        for each in log.receipts(KitchenId(kitchen), OutboxId(outbox), 1, _ALL)
    ]


def _check_log(
    place: Place, engine: Engine, digests: Sequence[Said], *, held: set[str], set_aside: bool
) -> Counted:
    for finding in verify(engine):
        assert not finding.wrong, f"{finding.kitchen}: {finding.wrong}"
    log = SqlLog(engine)
    fold = fold_of(log)
    assert digest_of(load(log, KitchenId(KITCHEN)).kitchen) == digest_of(fold.kitchen)
    receipts = receipts_of(engine)
    double = [c for c, n in Counter(r.command for r in receipts if r.command).items() if n > 1]
    assert not double, f"commands with two receipts: {double}"
    _check_events(log, receipts)
    _check_reviews(receipts, fold.kitchen, digests)
    stored: dict[str, Receipt] = {each.command: each for each in receipts}
    reported = _reported(fold.kitchen) if set_aside else set()
    taps = place.confirmed()
    missing = [tap for tap in taps if tap.command not in stored]
    lost = [tap for tap in missing if tap.command not in held | reported]
    assert not lost, f"{len(lost)} confirmed taps are lost: {lost[:5]}\n{_tails(place)}"
    for tap in taps:
        if tap.command in stored:
            _check_place(tap, stored[tap.command])
    outcomes = Counter(stored[tap.command].outcome for tap in taps if tap.command in stored)
    return Counted(
        confirmed=len(taps),
        applied=outcomes[Outcome.APPLIED] + outcomes[Outcome.ALREADY],
        refused=outcomes[Outcome.REFUSED],
        waiting=len([tap for tap in missing if tap.command not in reported]),
        double=len(double),
        set_aside=len([tap for tap in missing if tap.command in reported]),
        events=fold.seq,
    )


def _reported(kitchen: Kitchen) -> set[str]:
    return {str(i.command) for i in kitchen.reviews.values() if i.reason is Reason.SALVAGED}


def _check_place(tap: Confirmed, stored: Receipt) -> None:
    assert (tap.outbox, tap.dseq) == (stored.outbox, stored.dseq), (tap, stored)
    assert stored.outcome not in (Outcome.MALFORMED, Outcome.QUARANTINED), (tap, stored.code)


def _check_events(log: SqlLog, receipts: Sequence[Receipt]) -> None:
    """The events of a command lie together and end where its receipt says: it was applied once."""
    entries = log.read(KitchenId(KITCHEN), 0, limit=_ALL)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    found: dict[str, list[int]] = {}
    for entry in entries:
        found.setdefault(decode_event(entry.body).command, []).append(entry.seq)
    for each in receipts:
        seqs = found.get(each.command, [])
        if each.outcome is Outcome.ALREADY and not seqs:
            continue
        assert seqs == list(range(each.seq - len(seqs) + 1, each.seq + 1)), (each.command, seqs)
        assert seqs, f"{each.command} is {each.outcome} without an event"


def _check_reviews(receipts: Sequence[Receipt], kitchen: Kitchen, digests: Sequence[Said]) -> None:
    """A refused tap is an item in the inbox of every kiosk that has heard of it."""
    items = {each.command for each in kitchen.reviews.values()}
    missing = [r.command for r in receipts if r.outcome in _REVIEWED and r.command not in items]
    assert not missing, f"refused and in no inbox: {missing}"
    still_open = {each.id for each in kitchen.reviews.values() if each.settled is None}
    for said in digests:
        if said["line"] == "online":
            assert set(said["reviews"]) == still_open


# ---- disks and papers ----------------------------------------------------------------------------


def unsent_on_disks(place: Place) -> set[str]:
    """Commands that lie unanswered in the kiosks' files."""
    found: set[str] = set()
    for kiosk in place.kiosks:
        file = kiosk.folder / "store" / "kiosk.db"
        db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            found |= {command for (command,) in db.execute("SELECT id FROM outbox WHERE NOT told")}
        finally:
            db.close()
    return found


def _check_disks(place: Place) -> None:
    for kiosk in place.kiosks:
        for file in (each for each in _files(kiosk.folder) if each.suffix != ".log"):
            content = file.read_bytes()
            for mark in (OTHER_KITCHEN, OTHER_STAFF):
                assert mark.encode() not in content, f"{file} speaks of another kitchen: {mark}"


def _files(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file() and not each.is_socket()]


def _check_papers(place: Place) -> None:
    papers = [server.log() for server in place.servers] + [kiosk.log() for kiosk in place.kiosks]
    for paper in papers:
        assert "Traceback" not in paper, paper[max(0, paper.index("Traceback") - 1000) :][:4000]


def _tails(place: Place) -> str:
    papers = [("server", place.server.log()), *((k.name, k.log()) for k in place.kiosks)]
    return "\n".join(f"--- {name}\n{paper[-1500:]}" for name, paper in papers)
