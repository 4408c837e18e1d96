"""How far a log may be forgotten, and the archive that goes before it; it deletes nothing itself."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dapur.envelope import Malformed, decode_event
from dapur.ids import KitchenId
from server.desk.ports import Entry, Head, Log

EVENTS_PER_READ = 500
FORMAT = "dapur-archive-1"

Why = str
"""`age`, `kiosk`, `follower`, `nothing`: what keeps the rest."""


class Bound(msgspec.Struct, frozen=True):
    """Events up to `seq` may go; `why` names what keeps the next one."""

    seq: int
    why: Why


def bound(log: Log, kitchen: KitchenId, before_ms: int, kept: Iterable[tuple[Why, int]]) -> Bound:
    """How far the log may be forgotten: by age (recorded before `before_ms`, UTC), and no further than
    each of `kept`. Raises LookupError for an unknown kitchen, Unavailable.
    """
    head = log.head(kitchen)
    if head is None:
        raise LookupError(f"no log of kitchen {kitchen}")
    aged = Bound(_aged(log, kitchen, head, before_ms), "age")
    found = min((aged, *(Bound(seq, why) for why, seq in kept)), key=lambda each: each.seq)
    return Bound(head.floor, "nothing") if found.seq <= head.floor else found


def _aged(log: Log, kitchen: KitchenId, head: Head, before_ms: int) -> int:
    """The last event that was recorded before; by halves, for the log grows with its time."""
    low, high = head.floor, head.seq
    while low < high:
        middle = (low + high + 1) // 2
        (entry,) = log.read(kitchen, middle - 1, limit=1, up_to=middle)
        if _recorded_ms(entry) < before_ms:
            low = middle
        else:
            high = middle - 1
    return low


def _recorded_ms(entry: Entry) -> int:
    try:
        return decode_event(entry.body).recorded_ms
    except Malformed:
        # Of another release: what cannot be read is young, and stays.
        return 2**62


def archive(log: Log, kitchen: KitchenId, up_to: int, folder: Path, key: Ed25519PrivateKey) -> Path:
    """Write the events from the floor up to `up_to` into a file of their own, whole or not at all.

    Its last line is a checkpoint signed by the server: the chain goes on from there. Raises
    LookupError, Unavailable, OSError.
    """
    head = log.head(kitchen)
    if head is None:
        raise LookupError(f"no log of kitchen {kitchen}")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{kitchen}-{head.floor + 1:09}-{up_to:09}.jsonl.gz"
    draft = file.with_name(f"{file.name}.part")
    with draft.open("wb") as raw:
        with gzip.open(raw, "wt", encoding="utf-8") as out:
            first = {"format": FORMAT, "kitchen": kitchen, "after": head.floor}
            out.write(json.dumps(first) + "\n")
            last = b""
            for entry in _entries(log, kitchen, head.floor, up_to):
                last = entry.hash
                line = {"seq": entry.seq, "hash": last.hex(), "body": entry.body.decode()}
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
            signature = key.sign(checkpoint_text(kitchen, up_to, last)).hex()
            end = {"end": up_to, "hash": last.hex(), "signature": signature}
            out.write(json.dumps(end) + "\n")
        raw.flush()
        os.fsync(raw.fileno())
    draft.replace(file)
    return file


def checkpoint_text(kitchen: KitchenId, seq: int, link: bytes) -> bytes:
    """What the server signs at the end of an archive."""
    return b"dapur archive 1\n" + f"{kitchen}\n{seq}\n".encode() + link


def _entries(log: Log, kitchen: KitchenId, after: int, up_to: int) -> Iterator[Entry]:
    while after < up_to:
        some = log.read(kitchen, after, limit=EVENTS_PER_READ, up_to=up_to)
        if not some:
            raise LookupError(f"{kitchen}: event {after + 1} is missing")
        yield from some
        after = some[-1].seq
