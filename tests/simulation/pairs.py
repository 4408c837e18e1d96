"""I14: pairs of taps on the states that nights reach, in both orders, clash only as the table declares."""

from __future__ import annotations

from random import Random

import msgspec

from dapur import kitchen as rules
from dapur.conflicts import Clash, declared
from dapur.crew import Session
from dapur.envelope import Command, Occurred, StepUp, Taken
from dapur.ids import CommandId
from dapur.kitchen import Kitchen, Taking
from dapur.wire.messages import Outcome
from tests.simulation import crew
from tests.simulation.world import Violation, World
from tests.support.clash import clash

PAIRS = 4
"""Of each kitchen at the end of its night; a thousand nights try some thousands."""


def check(kitchen: Kitchen, world: World) -> None:
    """Play some pairs. Raises Violation."""
    random = world.chance(f"pairs/{kitchen.id}")
    present = [one for one in kitchen.sessions.values() if one.closed_ms is None]
    if len(present) < 2 or not kitchen.batches:
        return
    for number in range(PAIRS):
        one, other = random.sample(present, 2)
        first = _made(kitchen, one, f"pair-{number}-a", world.utc_ms + 1_000, random)
        second = _made(kitchen, other, f"pair-{number}-b", world.utc_ms + 2_000, random)
        if first is not None and second is not None:
            _play(kitchen, first, second)


def _made(
    kitchen: Kitchen, session: Session, name: str, now_ms: int, random: Random
) -> Taken | None:
    wish, cites = crew.wish(kitchen, session.staff, session.id, now_ms, random)
    if wish is None or cites is not None:
        return None
    moment = Occurred(now_ms, now_ms)
    command = Command(
        CommandId(name),
        wish.kind,
        wish.subject,
        msgspec.Raw(msgspec.json.encode(wish.args)),
        session.staff,
        session.id,
        rules.subject_version(kitchen, wish.subject),
        moment,
        step_up=StepUp(now_ms, online=True),
    )
    return Taken(command, session.device, moment, now_ms)


def _play(kitchen: Kitchen, a: Taken, b: Taken) -> None:
    first_a, first_b = _give(kitchen, a), _give(kitchen, b)
    if Outcome.REFUSED in (first_a.outcome, first_b.outcome):
        # A kiosk writes no tap that is refused on what it shows (facts aside).
        return
    one = (first_a, _give(first_a.kitchen, b))
    other = (_give(first_b.kitchen, a), first_b)
    kinds = (a.command.kind, b.command.kind)
    found = clash(kitchen, one, other, a.command.subject)
    if found is not Clash.COMMUTES and found not in declared(*kinds):
        refused = [taking.code for taking in (*one, *other)]
        stages = sorted((batch.id, batch.stage.value) for batch in kitchen.batches.values())
        raise Violation(
            "I14",
            f"{kinds[0]} of {a.command.subject} by {a.command.actor} and {kinds[1]} of"
            f" {b.command.subject} by {b.command.actor}: {found} ({refused} on {stages})",
        )


def _give(kitchen: Kitchen, taken: Taken) -> Taking:
    return rules.take(kitchen, taken, taken.received_ms)
