"""The stages of a batch and the one table of its transitions; diagrams, tests and rules read it."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Stage(StrEnum):
    """Where a batch stands; held is a flag beside it."""

    PLANNED = "planned"
    PREPARING = "preparing"
    COOKING = "cooking"
    QUALITY_CHECK = "quality_check"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DISCARDED = "discarded"


class Transition(msgspec.Struct, frozen=True):
    """One allowed way from stage to stage and the command that goes it."""

    source: Stage
    target: Stage
    by: str


TRANSITIONS: tuple[Transition, ...] = (
    Transition(Stage.PLANNED, Stage.PREPARING, "advance_batch"),
    Transition(Stage.PREPARING, Stage.COOKING, "advance_batch"),
    Transition(Stage.PREPARING, Stage.QUALITY_CHECK, "advance_batch"),
    Transition(Stage.COOKING, Stage.QUALITY_CHECK, "advance_batch"),
    Transition(Stage.QUALITY_CHECK, Stage.COMPLETED, "complete_batch"),
    Transition(Stage.PLANNED, Stage.CANCELLED, "cancel_batch"),
    Transition(Stage.PREPARING, Stage.CANCELLED, "cancel_batch"),
    Transition(Stage.COOKING, Stage.CANCELLED, "cancel_batch"),
    Transition(Stage.PREPARING, Stage.DISCARDED, "discard_batch"),
    Transition(Stage.COOKING, Stage.DISCARDED, "discard_batch"),
    Transition(Stage.QUALITY_CHECK, Stage.DISCARDED, "discard_batch"),
    Transition(Stage.COMPLETED, Stage.DISCARDED, "discard_batch"),
    Transition(Stage.QUALITY_CHECK, Stage.COOKING, "start_rework"),
    Transition(Stage.QUALITY_CHECK, Stage.PREPARING, "start_rework"),
    Transition(Stage.PREPARING, Stage.DISCARDED, "release_hold"),
    Transition(Stage.COOKING, Stage.DISCARDED, "release_hold"),
    Transition(Stage.QUALITY_CHECK, Stage.DISCARDED, "release_hold"),
    Transition(Stage.COMPLETED, Stage.DISCARDED, "release_hold"),
    Transition(Stage.QUALITY_CHECK, Stage.COOKING, "release_hold"),
    Transition(Stage.QUALITY_CHECK, Stage.PREPARING, "release_hold"),
    Transition(Stage.COMPLETED, Stage.COOKING, "release_hold"),
    Transition(Stage.COMPLETED, Stage.PREPARING, "release_hold"),
    Transition(Stage.COMPLETED, Stage.QUALITY_CHECK, "release_hold"),
    Transition(Stage.PREPARING, Stage.PLANNED, "undo"),
    Transition(Stage.COOKING, Stage.PREPARING, "undo"),
    Transition(Stage.QUALITY_CHECK, Stage.PREPARING, "undo"),
    Transition(Stage.QUALITY_CHECK, Stage.COOKING, "undo"),
    Transition(Stage.COMPLETED, Stage.QUALITY_CHECK, "undo"),
)
"""Every way there is. Only dishes with `no_cook` skip cooking, and only they come back to
preparing.
"""

ALLOWED: frozenset[tuple[Stage, Stage, str]] = frozenset(
    (row.source, row.target, row.by) for row in TRANSITIONS
)
ORDER: dict[Stage, int] = {stage: place for place, stage in enumerate(Stage)}
"""How far along the way a stage lies; the two terminal stages come last."""
OVER = frozenset({Stage.CANCELLED, Stage.DISCARDED})
"""Terminal: nothing but readings follows."""
FINISHED = OVER | {Stage.COMPLETED}
"""Leaves the window when the night closes, unless held."""
STATUS: dict[Stage, str] = {
    Stage.PLANNED: "PLANNED",
    Stage.PREPARING: "PREPARING",
    Stage.COOKING: "COOKING",
    Stage.QUALITY_CHECK: "QUALITY_CHECK",
    Stage.COMPLETED: "COMPLETED",
    Stage.CANCELLED: "CANCELLED",
    Stage.DISCARDED: "CANCELLED",
}
"""The six names that Bergizi-ID knows."""


def may(source: Stage, target: Stage, by: str) -> bool:
    """Whether the table has this way."""
    return (source, target, by) in ALLOWED


def rework_stage(*, no_cook: bool) -> Stage:
    """Where a batch goes back to when it must be made again."""
    return Stage.PREPARING if no_cook else Stage.COOKING
