"""What is told of one hand-over: to whom, what was open then and is now, how it ended; texts, no taps."""

from __future__ import annotations

from dapur.handover import SUBJECT, HandOver
from dapur.ids import CommandId
from kiosk.views.admin_looks import RecordLook
from kiosk.views.floor import Floor
from kiosk.views.looks import ChipLook
from kiosk.views.open_matters import counted, counts


def whom(floor: Floor, item: HandOver) -> str:
    """The person or the role that it was given to."""
    return floor.name_of(item.to) if item.to else floor.words(f"role.{item.role}")


def unsent(floor: Floor) -> set[CommandId]:
    """Own taps that the server has not answered: what they say is a guess."""
    if not floor.waiting(SUBJECT):
        return set()
    return {row.taken.command.id for row in floor.people.replica.pending}


def lines(floor: Floor, found: dict[str, int]) -> tuple[str, ...]:
    """What is open, sort by sort; or that nothing is."""
    said = tuple(_sort(floor, key, count) for key, count in found.items() if count)
    return said or (floor.words("summary.settled"),)


def _sort(floor: Floor, key: str, count: int) -> str:
    if not count:
        return floor.words(f"summary.open.{key}.none")
    return floor.words(f"summary.open.{key}", count=floor.number(count))


def since(floor: Floor, item: HandOver) -> str:
    """Then and now, only what differs: in words, for a sign alone says nothing."""
    then, now = counted(item.open), counts(floor)
    words, number = floor.words, floor.number
    parts = [
        words(f"handover.since.{key}", then=number(then[key]), now=number(now[key]))
        for key in then
        if then[key] != now[key]
    ]
    return ", ".join(parts) or words("handover.since.same")


def compared(floor: Floor, item: HandOver) -> tuple[str, ...]:
    """What is open now, sort by sort; beside what has changed, how many it were then."""
    then, said = counted(item.open), []
    for key, count in counts(floor).items():
        line = _sort(floor, key, count)
        if count != then[key]:
            line = floor.words("handover.was", line=line, then=floor.number(then[key]))
        if count or then[key]:
            said.append(line)
    return tuple(said) or (floor.words("summary.settled"),)


def message(floor: Floor, note: str) -> tuple[str, ...]:
    """What was said along, if anything."""
    return (floor.words("handover.message", note=note),) if note else ()


def line(floor: Floor, item: HandOver) -> RecordLook:
    """One that does not wait any more: who, when, what was open, what was said, how it ended."""
    words = floor.words
    taken = {item.taken.command} if item.taken is not None else set()
    guessed = bool(({item.id} | taken) & unsent(floor))
    parts = (
        floor.clock(item.at.earliest_ms),
        *lines(floor, counted(item.open)),
        item.note,
        words("handover.unsent") if guessed else "",
    )
    return RecordLook(
        item.id,
        words("handover.offer", giver=floor.name_of(item.giver), to=whom(floor, item)),
        " · ".join(part for part in parts if part),
        "",
        _how_it_ended(floor, item, guessed=guessed),
    )


def _how_it_ended(floor: Floor, item: HandOver, *, guessed: bool) -> ChipLook:
    words = floor.words
    if item.taken is None:
        chip = ChipLook(words("handover.replaced"), "replace")
    else:
        who, at = floor.short_name(item.taken.actor), floor.clock(item.taken.at.earliest_ms)
        chip = ChipLook(words("handover.taken", name=who, at=at), "check", "ok")
    return ChipLook(chip.text, "cloud-upload", "pending") if guessed else chip
