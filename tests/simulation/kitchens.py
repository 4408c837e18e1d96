"""The kitchens that every night begins with, made once by the product's desk: people, a night, some batches.

Two batches have come far before it, so that verdicts and completions happen within minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec
from typing_extensions import override

from dapur import crew
from dapur.crew import session_subject
from dapur.envelope import GENESIS, Command, Occurred, StepUp, encode_command
from dapur.ids import SYSTEM, CommandId, DeviceId, KitchenId, OutboxId, SessionId, StaffId
from dapur.wire.messages import Row
from server.desk.desk import Desk
from server.desk.groups import Submission
from server.desk.ports import Append, DeviceRecord
from tests.simulation.books import Books
from tests.support import groups
from tests.support.fake_log import FakeLog
from tests.support.taps import DATE, ITEMS, PEOPLE, WAVES, at, plan_args

EPOCH = "epoch-1"
CREW = ("s-cook", "s-cook2", "s-gizi", "s-kepala", "s-manager", "s-qc", "s-viewer")
BATCHES = ("b1", "b2", "b3", "b4", "b5")
PASSED, CHECKED = "b4", "b5"
"""Their cooking is over when the night begins: one waits for its completion, one for its verdict."""
KITCHENS = (KitchenId("sppg-1"), KitchenId("sppg-2"))
_BEGUN_MS = at(-60)
_DAY = DeviceId("kiosk-day")
"""The kiosk of those who cooked before; it is silent in the night."""


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
        {"code": "G1-04", "dish": "sayur"},
        {"code": "G1-05", "dish": "nasi"},
    )
    wishes += [
        ("plan_batch", batch, plan_args(**dish))
        for batch, dish in zip(BATCHES, dishes, strict=True)
    ]
    return wishes


def _day() -> list[tuple[str, str, str, object]]:
    """Who did what before the night."""
    people = ("s-cook", "s-qc", "s-gizi")
    acts: list[tuple[str, str, str, object]] = [
        (person, "open_session", session_subject(_session(person)), {}) for person in people
    ]
    for batch in (PASSED, CHECKED):
        acts += [
            ("s-cook", "advance_batch", batch, {"to": "preparing"}),
            ("s-cook", "advance_batch", batch, {"to": "cooking"}),
            ("s-cook", "record_temperature", batch, {"value_c": 86.1}),
            ("s-cook", "finish_step", batch, {"step": 2}),
            ("s-cook", "advance_batch", batch, {"to": "quality_check"}),
        ]
        acts += [("s-qc", "record_check", batch, {"item": item, "passed": True}) for item in ITEMS]
    acts.append(("s-gizi", "give_verdict", PASSED, {"passed": True}))
    acts += [(person, "close_session", session_subject(_session(person)), {}) for person in people]
    return acts


def _session(person: str) -> SessionId:
    return SessionId(f"day-{person}")


def _cooked_before(desk: Desk, kitchen: KitchenId) -> None:
    raws = [
        encode_command(
            Command(
                id=CommandId(f"day-{number}"),
                kind=kind,
                subject=subject,
                args=msgspec.Raw(msgspec.json.encode(args)),
                actor=StaffId(person),
                session=_session(person),
                base=0,
                occurred=Occurred(_BEGUN_MS, _BEGUN_MS),
                step_up=StepUp(_BEGUN_MS, online=True),
            )
        )
        for number, (person, kind, subject, args) in enumerate(_day())
    ]
    rows = tuple(Row(*row) for row in groups.rows(1, raws))
    answer = desk.take_group([Submission(kitchen, _DAY, OutboxId("day"), rows)]).answers[0]
    assert all(result.outcome == "applied" for result in answer.results), answer


@cache
def opening(kitchen: KitchenId) -> tuple[Append, ...]:
    """What is in the log of a kitchen when the night begins."""
    log = _Recorder()
    log.create_kitchen(kitchen, epoch=EPOCH)
    day = DeviceRecord(_DAY, kitchen, "day", bytes(32), _BEGUN_MS, None)
    desk = Desk(log, devices=lambda _devices: {_DAY: day}, now_ms=lambda: _BEGUN_MS)
    commands = [
        own_command(f"plan-{number}", *wish, _BEGUN_MS) for number, wish in enumerate(_wishes())
    ]
    results = desk.take_now(kitchen, OutboxId("plan"), commands)
    assert all(result.outcome == "applied" for result in results), results
    _cooked_before(desk, kitchen)
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
