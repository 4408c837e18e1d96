"""What one seed is made of: which faults it has, how often and when; drawn before anything happens."""

from __future__ import annotations

from hashlib import blake2b
from random import Random

import msgspec

from dapur.wire.messages import Limits

TIMED = (
    # Lines.
    "cut", "half_open", "deaf_up", "deaf_down", "clog", "slow_line", "resend", "flip",
    # Servers.
    "server_crash", "crash_before_commit", "crash_after_commit", "crash_before_publish", "zombie",
    "server_freeze", "drain", "rehello",
    # The database.
    "database_away", "contended", "commit_lost", "commit_unknown", "restore",
    # Kiosks.
    "kiosk_kill", "kiosk_freeze", "power_cut", "power_cut_before", "power_cut_after", "disk_full",
    "old_image", "clone", "night_off", "damage",
    # Clocks.
    "clock_jump", "reboot",
    # People with rights.
    "revoke", "change_role", "change_plan", "compaction", "backup", "close_night",
)  # fmt: skip
"""Faults that happen at a moment; each is counted when it really had its effect."""
BUS = ("bus_loss", "bus_double", "bus_late")
SHAPES = (
    "tiny_queue", "tiny_pages", "tiny_windows", "early_snapshot", "short_snapshots", "compact_often",
    "slow_guess", "long_guess",
    "clock_off", "clock_drift", "two_kitchens", "watchman", "poison", "tiny_caches", "tiny_parcels",
    "forgetful", "sqlite",
)  # fmt: skip
"""What a whole night is like."""
COUNTED = (*TIMED, *BUS, *SHAPES, "overflow", "dial_refused", "tail_brought")
NEVER_WITH_RESTORE = frozenset({"old_image", "clone", "revoke", "damage"})
"""A restore loses what no living kiosk holds: these lose kiosks, and both at once lose taps rightly."""
SQLITE_EVERY = 50


class Item(msgspec.Struct, frozen=True):
    """Something that happens at a moment of the night; `key` seeds its own choices."""

    at_ms: int
    kind: str
    key: int


class Swarm(msgspec.Struct):
    """One seed, drawn."""

    servers: int
    kiosks: tuple[int, ...]
    """For each kitchen."""
    minute: int
    """When the night begins, after local midnight."""
    length_ms: int
    shapes: tuple[str, ...]
    bus: dict[str, float]
    agenda: tuple[Item, ...]
    limits: Limits = Limits()
    queue_frames: int = 256
    live_lost: float = 0.0
    """Share of the live frames that a server forgets, as no server of ours should."""
    read_events: int = 500


def drawn(seed: int) -> Swarm:
    """What this seed is made of."""
    random = Random(f"{seed}/swarm")
    length_ms = random.choice((15_000, 30_000, 60_000))
    shapes = [shape for shape in SHAPES if shape != "sqlite" and _drawn(seed, shape) < 0.3]
    if seed % SQLITE_EVERY == 0:
        shapes.append("sqlite")
    kiosks = tuple(random.randint(1, 3) for _ in range(2 if "two_kitchens" in shapes else 1))
    if kiosks == (1,):
        kiosks = (2,)
    agenda = _agenda(seed, length_ms, sum(kiosks))
    return Swarm(
        servers=random.choice((1, 2, 2, 2, 3)),
        kiosks=kiosks,
        minute=random.choice((-30, 31, 121, 250)),
        length_ms=length_ms,
        shapes=tuple(shapes),
        bus={fault: _drawn(seed, fault) for fault in BUS if _drawn(seed, fault) < 0.5},
        agenda=agenda,
        limits=_limits(random, shapes, agenda),
        queue_frames=random.randint(2, 6) if "tiny_queue" in shapes else 256,
        read_events=random.randint(1, 3) if "tiny_pages" in shapes else 500,
    )


def _drawn(seed: int, name: str) -> float:
    """0…1 for each name: a new fault leaves the nights without it as they were."""
    # Sixty of them a night: a generator for each would be a twentieth of all the time.
    digest = blake2b(f"{seed}/{name}/drawn".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / 2**48


def _limits(random: Random, shapes: list[str], agenda: tuple[Item, ...]) -> Limits:
    # A night is short: a restored log has a tail only where heads are signed in between.
    top_every_s = 1 if any(item.kind == "restore" for item in agenda) else Limits().top_every_s
    if "tiny_windows" not in shapes:
        return Limits(top_every_s=top_every_s)
    return Limits(
        window_commands=random.randint(1, 4),
        window_pages=random.randint(1, 2),
        top_every_s=top_every_s,
    )


def _agenda(seed: int, length_ms: int, kiosks: int) -> tuple[Item, ...]:
    chosen = [fault for fault in TIMED if _drawn(seed, fault) < 0.25]
    if "restore" in chosen:
        chosen = [fault for fault in chosen if fault not in NEVER_WITH_RESTORE]
    items: list[Item] = []
    for fault in chosen:
        own = Random(f"{seed}/{fault}")
        items += [_item(own, fault, length_ms) for _ in range(own.choice((1, 1, 2, 4)))]
    taps = Random(f"{seed}/taps")
    items += [_item(taps, "tap", length_ms) for _ in range(kiosks * taps.randint(4, 18))]
    return tuple(sorted(items, key=lambda item: (item.at_ms, item.kind, item.key)))


def _item(random: Random, kind: str, length_ms: int) -> Item:
    return Item(random.randint(500, length_ms), kind, random.getrandbits(40))
