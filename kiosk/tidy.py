"""Frees what refers to itself only between two events of Qt; nothing else of the kiosk is its business.

Python's own collector runs wherever memory is asked for: in the middle of a paint event, or in the
thread that hashes a PIN. When a widget is among what it frees, Qt destroys it there and then, which
ends in a crash or, half destroyed, in an event to an object that has lost its parts.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QTimer

YOUNG_EVERY_MS = 2_000
"""A young collection takes about a millisecond."""
WHOLE_EVERY = 30
"""Each so many young ones all is looked through: once a minute."""
SETTLED_AFTER = 5
"""After so many the window stands: its widgets too are looked through for the last time."""


@contextmanager
def tidied(*, every_ms: int = YOUNG_EVERY_MS) -> Iterator[None]:
    """Collect garbage by a timer of this thread's event loop, and by nothing else, while the block runs."""
    was_enabled = gc.isenabled()
    gc.disable()
    # What stands now (modules, classes, tables of words) stays for ever: never look through it again.
    gc.freeze()
    timer, turns = QTimer(), 0

    def collect() -> None:
        nonlocal turns
        turns += 1
        gc.collect(2 if turns % WHOLE_EVERY == 0 or turns == SETTLED_AFTER else 1)
        if turns == SETTLED_AFTER:
            # 60 ms for a board of a hundred cards: too long for a finger to meet it once a minute.
            gc.freeze()

    timer.timeout.connect(collect)
    timer.start(every_ms)
    try:
        yield
    finally:
        timer.stop()
        gc.unfreeze()
        if was_enabled:
            gc.enable()
