"""The holds of a batch and the hand-overs of a night as parts of its record; words only, it asks nobody."""

from __future__ import annotations

import re

from dapur.ids import StaffId
from dapur.past import HoldRow
from kiosk.record.document import Section
from kiosk.record.handovers import Passing
from kiosk.views.floor import Floor
from kiosk.views.handover_story import lines
from kiosk.views.open_matters import counted

UNKNOWN = "–"
_COUNTED = re.compile(r"(?<=\d) ")
"""Paper is broken into lines by Qt, which knows no counts: they are held together here."""


def hold_section(floor: Floor, spans: tuple[HoldRow, ...], sign: str) -> Section:
    """Who stopped the batch, why and for how long, who let it go on; `sign` stands before one that is open."""
    words = floor.words
    return Section(
        words("record.hold_table"),
        (),
        tuple(
            words(f"record.head.{name}")
            for name in ("hold", "from", "held_by", "why", "to", "took", "released_by", "decision")
        ),
        tuple(_hold(floor, span, sign) for span in spans),
        frozenset(n for n, span in enumerate(spans) if span.until_ms is None),
        3,
    )


def _hold(floor: Floor, span: HoldRow, sign: str) -> tuple[str, ...]:
    words = floor.words
    why = words(f"hold.{span.reason}") if words.has(f"hold.{span.reason}") else span.reason
    decision = f"release.to.{span.decision}"
    to = words(decision) if words.has(decision) else span.decision
    return (
        f"H-{span.number:04d}" if span.number else UNKNOWN,
        floor.clock(span.from_ms),
        _name(floor, span.by),
        ": ".join(part for part in (why, span.note) if part) or UNKNOWN,
        sign + words("record.still_held") if span.until_ms is None else floor.clock(span.until_ms),
        UNKNOWN if span.took_ms is None else floor.span(span.took_ms),
        _name(floor, span.released_by),
        ": ".join(part for part in (to, span.release_note) if part) or UNKNOWN,
    )


def handover_section(floor: Floor, passings: tuple[Passing, ...], sign: str) -> Section:
    """Who gave the kitchen to whom and what was open; `sign` stands before one that nobody took."""
    words = floor.words
    return Section(
        words("record.handovers"),
        () if passings else (words("record.no_handovers"),),
        tuple(
            words(f"record.head.{name}")
            for name in ("at", "giver", "receiver", "was_open", "message", "taken_over")
        ),
        tuple(_passing(floor, each, sign) for each in passings),
        frozenset(n for n, each in enumerate(passings) if not each.taker and not each.replaced),
    )


def _passing(floor: Floor, passing: Passing, sign: str) -> tuple[str, ...]:
    words = floor.words
    if passing.taken_ms is not None:
        ended = f"{floor.clock(passing.taken_ms)} {_name(floor, passing.taker)}"
    elif passing.replaced:
        ended = words("handover.replaced")
    else:
        ended = sign + words("record.not_taken")
    role = words(f"role.{passing.role}") if passing.role else UNKNOWN
    return (
        floor.clock(passing.at_ms),
        _name(floor, passing.giver),
        _name(floor, passing.to) if passing.to else role,
        UNKNOWN
        if passing.open is None
        else _COUNTED.sub("\N{NO-BREAK SPACE}", "; ".join(lines(floor, counted(passing.open)))),
        passing.note or UNKNOWN,
        ended,
    )


def _name(floor: Floor, staff: str) -> str:
    return floor.name_of(StaffId(staff)) if staff else UNKNOWN
