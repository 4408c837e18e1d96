"""Kill rounds (`python -m tests.failures.rounds`): kiosks and server killed at random moments of busy nights."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from server.log.engine import open_engine
from server.log.verify import verify
from tests.failures.checking import Counted, common_check
from tests.failures.kiosk_process import PIN, KioskProcess
from tests.failures.kitchen import PEOPLE, Place, open_place

NIGHT_ROUNDS = 100
"""Then a fresh night: a kitchen of one night never has so many taps that folding them takes the time."""
KIOSKS = 3
PACE_S = 0.06
BETWEEN_S = (0.02, 0.5)
WALK_EVERY = 25
"""Rounds between two walks along the chain of the log, beside the running server."""


class Tally(msgspec.Struct):
    """What was done and what came of it."""

    rounds: int = 0
    kiosk_kills: int = 0
    server_kills: int = 0
    confirmed: int = 0
    applied: int = 0
    refused: int = 0
    double: int = 0
    events: int = 0

    @property
    def lost(self) -> int:
        """Confirmed taps without a receipt; the check would have failed already."""
        return self.confirmed - self.applied - self.refused

    def add(self, night: Counted) -> None:
        """A night is over and checked."""
        self.confirmed += night.confirmed
        self.applied += night.applied
        self.refused += night.refused
        self.double += night.double
        self.events += night.events

    def told(self) -> str:
        """The line for people."""
        return (
            f"{self.rounds} rounds: {self.kiosk_kills} kiosks and {self.server_kills} servers killed;"
            f" {self.confirmed} taps confirmed, {self.applied} applied, {self.refused} refused,"
            f" {self.lost} lost, {self.double} double; {self.events} events"
        )


async def run(folder: Path, rounds: int, *, seed: int) -> Tally:
    """So many rounds, in nights of NIGHT_ROUNDS. AssertionError when anything is lost, double or wrong."""
    tally = Tally()
    dice = random.Random(seed)
    while tally.rounds < rounds:
        most = min(NIGHT_ROUNDS, rounds - tally.rounds)
        async with open_place(folder / f"night-{tally.rounds}", kiosks=KIOSKS) as place:
            night = _Night(place, dice, tally)
            await night.begin()
            for _ in range(most):
                await night.round()
            tally.add(await night.end())
    return tally


class _Night:
    """One busy night on one server."""

    def __init__(self, place: Place, dice: random.Random, tally: Tally) -> None:
        self._place = place
        self._dice = dice
        self._tally = tally
        self._warming: set[asyncio.Task[None]] = set()

    async def begin(self) -> None:
        """Everybody works."""
        for kiosk in self._place.kiosks:
            await self._work(kiosk)
            self._warm(kiosk)

    async def round(self) -> None:
        """Kill a kiosk, the server or both at a random moment, and start them again."""
        await asyncio.sleep(self._dice.uniform(*BETWEEN_S))
        kiosk = self._dice.choice(self._place.kiosks)
        what = self._dice.choices(("kiosk", "server", "both"), (6, 2, 1))[0]
        if what != "kiosk":
            self._place.server.kill()
            self._tally.server_kills += 1
        if what != "server":
            await kiosk.kill()
            self._tally.kiosk_kills += 1
            await self._restart(kiosk)
        if what != "kiosk":
            self._place.restart_server()
        for each in self._place.kiosks:
            await each.ask("nudge")
        self._tally.rounds += 1
        if self._tally.rounds % WALK_EVERY == 0:
            self._walk()

    async def end(self) -> Counted:
        """All rest; the common check."""
        for kiosk in self._place.kiosks:
            await kiosk.ask("rest")
        await asyncio.gather(*self._warming)
        await self._place.heal()
        return await common_check(self._place, within_s=60)

    async def _restart(self, kiosk: KioskProcess) -> None:
        """A kiosk again, with all that it had confirmed, and somebody at it."""
        await self._place.reopen(kiosk)
        self._warm(kiosk)
        said = await kiosk.status()
        mine = [tap for tap in kiosk.confirmed if tap.outbox == said["outbox"]]
        assert len(mine) == len(kiosk.confirmed), f"{kiosk.name} has another outbox than before"
        assert not mine or said["dseq"] >= mine[-1].dseq, f"{kiosk.name} forgot a tap"
        await self._work(kiosk)

    async def _work(self, kiosk: KioskProcess) -> None:
        who = self._dice.choice(PEOPLE)
        said = await kiosk.ask("sign_in", staff=who, pin=PIN)
        assert said["state"] == "ok", (kiosk.name, said)
        await kiosk.ask("work", seed=self._dice.randrange(1 << 30), pin=PIN, pace_s=PACE_S)

    def _warm(self, kiosk: KioskProcess) -> None:
        task = asyncio.create_task(kiosk.warm())
        self._warming.add(task)
        task.add_done_callback(self._warming.discard)

    def _walk(self) -> None:
        engine = open_engine(self._place.database_url)
        try:
            assert [finding.wrong for finding in verify(engine) if finding.wrong] == []
        finally:
            engine.dispose()


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 when no tap was lost and none counted twice."""
    parser = argparse.ArgumentParser("python -m tests.failures.rounds", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dapur-rounds-") as folder:
        tally = asyncio.run(run(Path(folder), options.rounds, seed=options.seed))
    took_s = time.monotonic() - began_s
    sys.stdout.write(f"{tally.told()} (seed {options.seed}, {took_s:.0f} s)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
