"""What a planted bug is: a sentence, the product's attributes that it replaces, and the night that must catch it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import ModuleType
from unittest import mock

import msgspec

from tests.simulation.disk import Disk
from tests.simulation.engine import simulate
from tests.simulation.kitchens import KITCHENS
from tests.simulation.storage import made
from tests.simulation.swarm import drawn

INVARIANTS = frozenset({f"I{number}" for number in range(1, 15)} | {"liveness", "lockout", "time"})
"""What a simulation may say no with; any other name is a crash, and a crash catches nothing."""


class Patch(msgspec.Struct, frozen=True):
    """One attribute of a class, a module or a table of the product, and what takes its place."""

    owner: type | ModuleType | Mapping[str, object]
    name: str
    broken: object

    def present(self) -> object:
        """What stands there now, as it is stored (a method without its binding)."""
        held = self.owner if isinstance(self.owner, Mapping) else vars(self.owner)
        return held[self.name]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The broken one in its place, as long as this lasts."""
        if isinstance(self.owner, Mapping):
            with mock.patch.dict(self.owner, {self.name: self.broken}):
                yield
            return
        with mock.patch.object(self.owner, self.name, self.broken):
            yield


def night(seed: int) -> str:
    """What the simulation of this seed says: an invariant and its detail, or nothing."""
    return simulate(seed).violation


Play = Callable[[int], str]
"""Plays a seed and tells what did not hold, empty when all did."""


class Mutant(msgspec.Struct, frozen=True):
    """A bug that a tired programmer could write."""

    name: str
    breaks: str
    """One sentence."""
    patches: tuple[Patch, ...]
    play: Play = night
    needs: frozenset[str] = frozenset()
    """Only seeds whose nights have these faults and shapes are played."""

    def may_show_in(self, seed: int) -> bool:
        """Whether this seed's night has what the bug waits for."""
        if not self.needs:
            return True
        swarm = drawn(seed)
        return self.needs <= {item.kind for item in swarm.agenda} | {*swarm.shapes, *swarm.bus}

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The product with this bug, as long as this lasts."""
        with ExitStack() as stack:
            for patch in self.patches:
                stack.enter_context(patch.planted())
            yield


def is_invariant(violation: str) -> bool:
    """Whether it was an invariant that failed, and not the code of a clumsy patch."""
    return violation.split(":", maxsplit=1)[0] in INVARIANTS


def warm_up() -> None:
    """Make what every night shares before anything is broken: no bug may stay behind in a cache."""
    for kitchens in (KITCHENS[:1], KITCHENS):
        for sqlite in (False, True):
            made(kitchens, sqlite=sqlite).close()
    Disk(lambda: "blank").close()
