"""The kitchens that every night begins with, made once by the product's desk: people, a night, some batches."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec
from typing_extensions import override

from dapur import crew
from dapur.envelope import GENESIS, Command, Occurred
from dapur.ids import SYSTEM, CommandId, KitchenId, OutboxId, SessionId
from server.desk.desk import Desk
from server.desk.ports import Append
from tests.simulation.books import Books
from tests.support.fake_log import FakeLog
from tests.support.taps import DATE, PEOPLE, WAVES, at, plan_args

EPOCH = "epoch-1"
CREW = ("s-cook", "s-cook2", "s-gizi", "s-kepala", "s-manager", "s-qc", "s-viewer")
BATCHES = ("b1", "b2", "b3")
KITCHENS = (KitchenId("sppg-1"), KitchenId("sppg-2"))
_BEGUN_MS = at(-60)


def own_command(name: str, kind: str, subject: str, args: object, now_ms: int) -> Command:
    """A command of the server itself."""
    return Command(
        id=CommandId(name),
        kind=kind,
        subject=subject,
        args=msgspec.Raw(msgspec.json.encode(args)),
        actor=SYSTEM,
        session=SessionId(""),
        base=0,
        occurred=Occurred(now_ms, now_ms),
    )


class _Recorder(FakeLog):
    """Remembers what was written, to write it again elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[Append] = []

    @override
    def append(self, appends: Sequence[Append]) -> None:
        super().append(appends)
        self.written += appends


def _wishes() -> list[tuple[str, str, object]]:
    wishes: list[tuple[str, str, object]] = [
        (
            "roster_staff",
            f"staff:{person}",
            crew.RosterStaffArgs(person, PEOPLE[person], "TIM", at(-60), at(480)),
        )
        for person in CREW
    ]
    night = {"serving_date": DATE, "zone": "WIB", "offset_min": 420, "waves": WAVES}
    wishes.append(("open_night", "night:kitchen", night))
    dishes: tuple[dict[str, object], ...] = (
        {"code": "G1-01"},
        {"code": "G1-02", "dish": "tempe"},
        {"code": "G1-03", "no_cook": True},
    )
    wishes += [
        ("plan_batch", batch, plan_args(**dish))
        for batch, dish in zip(BATCHES, dishes, strict=True)
    ]
    return wishes


@cache
def opening(kitchen: KitchenId) -> tuple[Append, ...]:
    """What is in the log of a kitchen when the night begins."""
    log = _Recorder()
    log.create_kitchen(kitchen, epoch=EPOCH)
    desk = Desk(log, devices=lambda _device: None, now_ms=lambda: _BEGUN_MS)
    commands = [
        own_command(f"plan-{number}", *wish, _BEGUN_MS) for number, wish in enumerate(_wishes())
    ]
    results = desk.take_now(kitchen, OutboxId("plan"), commands)
    assert all(result.outcome == "applied" for result in results), results
    return tuple(log.written)


@cache
def _opened(kitchen: KitchenId) -> Books:
    books = Books(kitchen, EPOCH)
    for append in opening(kitchen):
        books.appended(append)
    return books


def opened(kitchen: KitchenId) -> Books:
    """The books of a kitchen when the night begins."""
    ready = _opened(kitchen)
    books = Books(kitchen, EPOCH)
    assert books.hash == GENESIS
    books.bodies = list(ready.bodies)
    page = ready.page()
    books.state, books.hash = page.state, page.hash
    books.outboxes, books.receipts = page.outboxes, page.receipts
    return books
