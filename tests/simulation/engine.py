"""`simulate(seed)`: one night of whole kitchens with faults, all on the product's own code, in virtual time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from unittest import mock

import msgspec

from dapur import kitchen as rules
from dapur.envelope import Taken
from tests.simulation.night import Night, without
from tests.simulation.swarm import Item, Swarm, drawn
from tests.simulation.troubles import happen
from tests.simulation.world import Violation, World
from tests.support.taps import at

SMALL: dict[str, dict[str, float]] = {
    "tiny_pages": {"dapur.sync.server_side.PAGE_MAX_BYTES": 700},
    # A snapshot that lags would be older than what a kiosk three events behind has.
    "early_snapshot": {
        "dapur.sync.server_side.SNAPSHOT_BEHIND_EVENTS": 3,
        "server.gateway.shelf.SNAPSHOT_LAG_EVENTS": 1,
    },
    "short_snapshots": {"server.desk.desk.SNAPSHOT_EVENTS": 4},
    "compact_often": {"kiosk.local.mirror.COMPACT_EVENTS": 3, "kiosk.local.mirror.COMPACT_LATE": 2},
    "tiny_caches": {
        "server.desk.desk.OUTBOXES_CACHED": 1,
        "server.desk.desk.RECORD_MS": 1,
    },
    "tiny_parcels": {
        "dapur.sync.kiosk_side.SUBMIT_ROWS": 2,
        "dapur.sync.kiosk_side.GOT_EVENTS": 2,
        "kiosk.link.carry.HELD_EVENTS": 3,
        "kiosk.local.store.ROWS_BYTES": 700,
        "server.desk.writer.GROUP_COMMANDS": 2,
    },
    "forgetful": {"kiosk.local.store.EVENTS_KEPT": 2, "kiosk.reports.ROWS_A_TICK": 1},
    "slow_guess": {"dapur.sync.replica.AT_ONCE": 1, "kiosk.local.mirror.REFOLD_TAPS": 1},
    "long_guess": {"dapur.sync.replica.AT_ONCE": 0, "kiosk.local.mirror.REFOLD_EVERY_S": 0.5},
}
"""Limits of the product that a night may have smaller, so that their other side is seen."""


class Outcome(msgspec.Struct):
    """What became of one night."""

    seed: int
    violation: str
    """Empty when all held; else the invariant, then what was seen."""
    digest: int
    steps: int
    virtual_ms: int
    taps: int
    counts: dict[str, int]
    trace: list[str]
    """Empty unless it was asked for."""

    @property
    def invariant(self) -> str:
        """The name of the invariant that did not hold."""
        return self.violation.split(":")[0]


def simulate(
    seed: int,
    *,
    agenda: tuple[Item, ...] | None = None,
    bus: bool = True,
    keep_trace: bool = False,
) -> Outcome:
    """Play one seed. `agenda` plays a part of it only, `bus` without that of the bus (for shrinking)."""
    swarm = drawn(seed)
    if agenda is not None or not bus:
        swarm = without(swarm, swarm.agenda if agenda is None else agenda, bus)
    world = World(seed, at(swarm.minute), keep_trace=keep_trace)
    with quiet(), _smaller(swarm):
        night = Night(world, swarm)
        violation = ""
        try:
            night.run(swarm.agenda, happen)
        except Violation as error:
            violation = str(error)
        except Exception as error:
            violation = f"{type(error).__name__}: {error}"
            if keep_trace:
                raise
        finally:
            night.close()
    if violation:
        world.tell(f"violation {violation}")
    return Outcome(
        seed=seed,
        violation=violation,
        digest=world.digest,
        steps=world.steps,
        virtual_ms=world.now_ms,
        taps=len(night.auditor.taps),
        counts=world.counts,
        trace=world.trace or [],
    )


@contextmanager
def _smaller(swarm: Swarm) -> Iterator[None]:
    with ExitStack() as stack:
        stack.enter_context(small(swarm.shapes))
        if "poison" in swarm.shapes:
            stack.enter_context(mock.patch.object(rules, "take", _poisoned(rules.take)))
        yield


@contextmanager
def small(shapes: Iterable[str]) -> Iterator[None]:
    """The product with the smaller limits of these shapes, as long as this lasts."""
    patches: list[AbstractContextManager[object]] = [
        mock.patch(name, value) for shape in shapes for name, value in SMALL.get(shape, {}).items()
    ]
    with ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch)
        yield


def _poisoned(take: Callable[..., rules.Taking]) -> Callable[..., rules.Taking]:
    """A fault of ours that one command in some meets at the server, every time it is decided."""

    def poisoned(kitchen: rules.Kitchen, taken: Taken, recorded_ms: int) -> rules.Taking:
        if taken.command.id.startswith("tap-") and int(taken.command.id[4:]) % 13 == 0:
            raise ZeroDivisionError(taken.command.kind)
        return take(kitchen, taken, recorded_ms)

    return poisoned


@contextmanager
def quiet() -> Iterator[None]:
    """The product tells of every fault it meets; here they are made on purpose, by the thousand."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
