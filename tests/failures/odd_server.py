"""The product's server with one fault built in, named by the environment; without the name it is the product's."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
import time
from functools import partial

from dapur import kitchen as rules
from dapur.decision import Decision
from dapur.envelope import Taken
from dapur.wire.messages import Limits
from server.__main__ import main
from server.gateway import services
from server.gateway.shelf import Shelf, Snap

FAULT = "DAPUR_TEST_FAULT"
POISON = "racun"
"""A note with this text makes the rule that reads it raise."""
BLOCK_S = 5.0
SNAPSHOT_S = 1.5
FILES = 64


def poison() -> None:
    """A command of one kind breaks the handler, as a fault of ours would."""
    honest = rules.decide

    def decide(kitchen: rules.Kitchen, taken: Taken) -> Decision:
        if taken.command.kind == "note_batch" and POISON.encode() in bytes(taken.command.args):
            raise RuntimeError("a fault of ours")
        return honest(kitchen, taken)

    rules.decide = decide


def block() -> None:
    """SIGUSR1 holds up the loop: Python runs the handler in the loop's thread."""
    signal.signal(signal.SIGUSR1, lambda *_: time.sleep(BLOCK_S))


def late_snapshot() -> None:
    """Much happens between the reading of a snapshot and its sending, from SIGUSR1 on."""
    honest = Shelf.snapshot
    armed = asyncio.Event()
    signal.signal(signal.SIGUSR1, lambda *_: armed.set())

    async def snapshot(self: Shelf, *args: object, **words: object) -> Snap:
        snap: Snap = await honest(self, *args, **words)  # type: ignore[arg-type]
        await asyncio.sleep(SNAPSHOT_S if armed.is_set() else 0)
        return snap

    Shelf.snapshot = snapshot  # type: ignore[method-assign]


def often_signed() -> None:
    """No fault: where the log stands is signed every second, so that a test need not wait for it."""
    vars(services)["Limits"] = partial(Limits, top_every_s=1)


def few_files() -> None:
    """`ulimit -n 64`."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))


ODD = {
    "poison": poison,
    "block": block,
    "late_snapshot": late_snapshot,
    "often_signed": often_signed,
    "few_files": few_files,
}

if __name__ == "__main__":
    ODD[os.environ[FAULT]]()
    sys.exit(main())
