"""What becomes of two taps made by kiosks that did not know of each other: the declared classes.

A test plays every pair on every kind of state in both orders and compares what happens with this
table (kitchen.md, "When two kiosks were offline"). It decides nothing.
"""

from __future__ import annotations

from enum import StrEnum


class Clash(StrEnum):
    """How two orders of the same two taps may differ."""

    COMMUTES = "commutes"
    """Same state, same answers; a review may tell of it."""
    IDEMPOTENT = "idempotent"
    """One intent: the second is "already", and what the batch is stays the same."""
    HOLD_WINS = "hold_wins"
    """Whatever comes first, the batch ends held."""
    LAST_WINS = "last_wins"
    """Both are taken; the log's order decides, both stand in the journal."""
    CONFLICT = "conflict"
    """In one order a tap is refused; the refusal waits in the inbox for a named person."""


_C = frozenset({Clash.CONFLICT})
_I = frozenset({Clash.IDEMPOTENT})
_H = frozenset({Clash.HOLD_WINS})
_L = frozenset({Clash.LAST_WINS})

_ROWS: tuple[tuple[str, tuple[str, ...], frozenset[Clash]], ...] = (
    # The same intent twice is one intent.
    ("acknowledge_alert", ("acknowledge_alert", "raise_alert"), _I),
    ("cancel_batch", ("cancel_batch",), _I),
    ("change_roles", ("change_roles",), _I),
    ("close_night", ("close_night",), _I),
    ("close_session", ("close_session",), _I),
    ("complete_batch", ("complete_batch",), _I),
    ("discard_batch", ("discard_batch",), _I),
    ("finish_step", ("finish_step",), _I),
    ("mute_alert", ("raise_alert",), _I),
    ("raise_alert", ("raise_alert",), _I),
    ("report_salvaged", ("report_salvaged",), _I),
    ("roster_staff", ("roster_staff",), _I),
    ("set_policy", ("set_policy",), _I),
    ("start_rework", ("start_rework",), _I),
    ("undo", ("undo",), _I),
    # By intent, unless a stage or a plan that the server has not seen yet lies between.
    ("advance_batch", ("advance_batch", "cancel_batch"), _C | _I),
    ("plan_batch", ("plan_batch",), _C | _I),
    # The first answer to a review stands; what was handed up is no longer everybody's to answer.
    ("settle_review", ("settle_review",), _C | _I),
    # Two decisions on one hold: the same is one, another one is refused aloud.
    ("release_hold", ("release_hold", "discard_batch"), _C | _I),
    # Safety: hold and fail win in either order.
    (
        "hold_batch",
        (
            "advance_batch", "complete_batch", "finish_step", "give_verdict", "start_rework",
            "undo",
        ),
        _H,
    ),
    ("give_verdict", ("complete_batch", "undo"), _C | _H),
    ("give_verdict", ("give_verdict",), _C | _H | _I),
    # Last in the log's order, visible to both.
    ("assign_crew", ("assign_crew",), _I | _L),
    ("assign_crew", ("release_crew",), _L),
    ("change_plan", ("change_plan",), _I | _L),
    ("open_night", ("open_night",), _I | _L),
    ("set_policy", ("plan_batch", "change_plan"), _L),
    ("undo", ("advance_batch", "finish_step"), _C | _L),
    ("undo", ("complete_batch",), _L),
    ("hand_over", ("close_night", "hand_over"), _L),
    (
        "close_night",
        (
            "close_session", "post_notice", "record_temperature", "release_hold", "track_delivery",
            "unlock_staff",
        ),
        _L,
    ),
    ("close_night", ("cancel_batch", "complete_batch", "discard_batch"), _C | _L),
    # A tap from before the cancelling is kept beside it; a later one is refused.
    ("cancel_batch", ("record_check",), _C | _L),
    ("cancel_batch", ("finish_step",), _C | _I | _L),
    # One takes away what the other needs, or brings it: the loser waits in the inbox.
    ("resolve_alert", ("acknowledge_alert", "mute_alert", "raise_alert"), _C),
    ("escalate_alert", ("acknowledge_alert", "mute_alert", "raise_alert"), _C),
    (
        "advance_batch",
        (
            "change_plan", "close_night", "discard_batch", "finish_step", "give_verdict",
            "plan_batch", "record_check", "record_temperature", "release_hold", "start_rework",
        ),
        _C,
    ),
    (
        "assign_crew",
        ("cancel_batch", "close_night", "discard_batch", "plan_batch", "release_hold"),
        _C,
    ),
    (
        "cancel_batch",
        (
            "change_plan", "complete_batch", "discard_batch", "hold_batch", "plan_batch",
            "release_hold", "start_rework", "undo",
        ),
        _C,
    ),
    ("change_plan", ("close_night", "discard_batch", "finish_step", "plan_batch", "undo"), _C),
    # A wave is taken out of the night while a batch is moved into it.
    ("open_night", ("change_plan", "plan_batch"), _C),
    (
        "close_night",
        (
            "finish_step", "give_verdict", "hold_batch", "open_night", "plan_batch",
            "release_crew", "undo",
        ),
        _C,
    ),
    (
        "complete_batch",
        ("discard_batch", "record_check", "record_temperature", "release_hold", "start_rework"),
        _C,
    ),
    (
        "discard_batch",
        ("finish_step", "give_verdict", "hold_batch", "record_check", "start_rework", "undo"),
        _C,
    ),
    ("finish_step", ("record_temperature", "release_hold", "start_rework"), _C),
    ("give_verdict", ("record_check", "record_temperature", "release_hold", "start_rework"), _C),
    ("plan_batch", ("hold_batch", "release_crew"), _C),
    ("release_hold", ("hold_batch", "record_check", "start_rework"), _C),
    ("start_rework", ("record_check", "undo"), _C),
    ("record_check", ("undo",), _C),
    # The floor is given anew, or the night ends, before it was taken.
    ("take_over", ("close_night", "hand_over"), _C),
    ("take_over", ("take_over",), _I),
)  # fmt: skip


def _table() -> dict[tuple[str, str], frozenset[Clash]]:
    found: dict[tuple[str, str], frozenset[Clash]] = {}
    for first, others, clashes in _ROWS:
        for other in others:
            pair = (min(first, other), max(first, other))
            if pair in found:
                raise ValueError(f"declared twice: {pair}")
            found[pair] = clashes
    return found


CLASHES = _table()
"""By pair of command kinds in alphabetical order; a pair that is not here always commutes."""


def declared(one: str, other: str) -> frozenset[Clash]:
    """How two taps of these kinds may clash, beside commuting."""
    return CLASHES.get((min(one, other), max(one, other)), frozenset())
