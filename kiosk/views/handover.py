"""The hand-over between chiefs and the end of the night: what is open, who gives, who takes; texts and taps only."""

from __future__ import annotations

from PySide6.QtCore import QObject

from dapur import access
from dapur.access import Role
from dapur.batch import Batch
from dapur.envelope import StepUp
from dapur.handover import (
    SUBJECT,
    HandOver,
    HandOverArgs,
    TakeOverArgs,
    addressed,
    waiting,
)
from dapur.ids import StaffId
from dapur.night import SUBJECT as NIGHT
from dapur.night import CloseNightArgs
from dapur.stage import FINISHED
from kiosk.views.admin_looks import RecordLook
from kiosk.views.ask_pin import Ask, AskView, ask_tap
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, ChipLook, OptionLook, PersonLook, TopLook
from kiosk.views.naming import role_text, stage_text
from kiosk.views.open_matters import counted, counts
from kiosk.views.summary import date_text

PAGE_OF = {
    "alarms": "alerts",
    "checks": "quality",
    "holds": "board",
    "reviews": "review",
    "clocks": "board",
}
"""Where each sort of open matter is settled."""
PRESETS = ("all_well", "look_at_alarms", "second_wave", "supplier_late")
OWN = "own"


class HandOverView(ViewModel):
    """One page for three chiefs; what is chosen is kept until it is done."""

    def __init__(self, floor: Floor, parent: QObject | None = None) -> None:
        super().__init__(floor, parent)
        self._to = ""
        self._note = ""
        self._left: frozenset[str] = frozenset()

    def top(self) -> TopLook:
        """Title."""
        return TopLook(self.words("nav.handover"), self.floor.kitchen_name)

    # ---- what is open -------------------------------------------------------------------------

    def open_lines(self) -> tuple[RecordLook, ...]:
        """Each sort, the settled ones too: a chief wants to see that nothing is open."""
        return tuple(self._open_line(key, count) for key, count in counts(self.floor).items())

    def _open_line(self, key: str, count: int) -> RecordLook:
        words = self.words
        if not count:
            chip = ChipLook(words("handover.none"), "check", "ok")
            return RecordLook(key, words(f"summary.open.{key}.none"), "", "", chip)
        see = ButtonLook("see", words("handover.see"), "chevron-right", "outlined")
        title = words(f"summary.open.{key}", count=self.floor.number(count))
        return RecordLook(key, title, words(f"handover.what.{key}"), "", None, (see,))

    # ---- take ---------------------------------------------------------------------------------

    @property
    def offered(self) -> HandOver | None:
        """The hand-over that waits for somebody."""
        return waiting(self.floor.kitchen)

    def offer(self) -> RecordLook | None:
        """From whom, to whom, since when, and what changed since; with the button to take it."""
        item, floor, words = self.offered, self.floor, self.words
        if item is None:
            return None
        at = floor.clock(item.at.earliest_ms)
        title = words("handover.offer", giver=floor.name_of(item.giver), to=self._whom(item))
        detail = " · ".join(part for part in (at, self._since(item), item.note) if part)
        reason = self._why_not_take(item)
        take = ButtonLook(
            "take",
            words("handover.take"),
            "check",
            "blocked" if reason else "primary",
            enabled=not reason,
            reason=reason,
        )
        pending = floor.waiting(SUBJECT) > 0
        chip = ChipLook(words("handover.unsent"), "cloud-upload", "pending") if pending else None
        return RecordLook(item.id, title, detail, "", chip, (take,))

    def _why_not_take(self, item: HandOver) -> str:
        floor = self.floor
        if floor.actor is None:
            return self.words("handover.sign_in")
        if not addressed(floor.kitchen, item, floor.actor):
            return self.words("handover.not_yours", to=self._whom(item))
        return ""

    def _since(self, item: HandOver) -> str:
        """Then and now, only what differs: in words, for a sign alone says nothing."""
        then, now = counted(item.open), counts(self.floor)
        words, number = self.words, self.floor.number
        parts = [
            words(f"handover.since.{key}", then=number(then[key]), now=number(now[key]))
            for key in then
            if then[key] != now[key]
        ]
        return ", ".join(parts) or words("handover.since.same")

    def _whom(self, item: HandOver) -> str:
        return self.floor.name_of(item.to) if item.to else self.words(f"role.{item.role}")

    def take(self) -> AskView | None:
        """The PIN of who takes the floor."""
        item, floor, words = self.offered, self.floor, self.words
        if item is None or self._why_not_take(item):
            return None
        ask = Ask(
            words("handover.take_title", giver=floor.name_of(item.giver)),
            "",
            "check",
            (*self._told_lines(counts(floor)), *((item.note,) if item.note else ())),
        )

        def act(who: StaffId, step_up: StepUp) -> bool:
            args = TakeOverArgs(item.id)
            done = floor.tap("take_over", SUBJECT, args, step_up=step_up, actor=who)
            if done is not None:
                floor.tell(
                    "handover", words("handover.taken_by", name=floor.name_of(who)), tone="ok"
                )
            return done is not None

        return ask_tap(floor, ask, act, roles=access.HANDERS)

    # ---- give ---------------------------------------------------------------------------------

    def people(self) -> tuple[PersonLook, ...]:
        """To whom: every other chief of the roster, by role and name."""
        floor = self.floor
        chiefs = [
            each
            for each in floor.kitchen.staff.values()
            if access.HANDERS & set(each.roles) and each.id != floor.actor
        ]
        order = (Role.AKUNTAN, Role.AHLI_GIZI, Role.KEPALA)

        def place(staff: StaffId, roles: tuple[Role, ...]) -> tuple[int, str]:
            found = [order.index(role) for role in roles if role in order]
            return (min(found, default=len(order)), floor.name_of(staff))

        chiefs.sort(key=lambda each: place(each.id, each.roles))
        return tuple(self._person(each.id) for each in chiefs)

    def _person(self, staff: StaffId) -> PersonLook:
        floor, chosen = self.floor, staff == self._to
        return PersonLook(
            staff,
            floor.initials_of(staff),
            floor.name_of(staff),
            role_text(floor, staff),
            "signed_in" if chosen else "normal",
            chosen=chosen,
            state_name=self.words("handover.chosen") if chosen else "",
        )

    def choose(self, staff: str) -> None:
        """To this person, or to nobody yet."""
        self._to = "" if staff == self._to else staff
        self.changed.emit()

    def notes(self) -> tuple[OptionLook, ...]:
        """What is said along: a phrase, or a sentence of one's own."""
        words = self.words
        texts = {key: words(f"handover.note.{key}") for key in PRESETS}
        own = self._note if self._note and self._note not in texts.values() else ""
        made = [OptionLook(key, text, chosen=text == self._note) for key, text in texts.items()]
        text = own or words("handover.note_own")
        return (*made, OptionLook(OWN, text, "keyboard", chosen=bool(own)))

    def choose_note(self, key: str) -> None:
        """Say this along, or nothing."""
        text = self.words(f"handover.note.{key}")
        self.write_note("" if text == self._note else text)

    def write_note(self, text: str) -> None:
        """A sentence of one's own."""
        self._note = text.strip()
        self.changed.emit()

    @property
    def note(self) -> str:
        """What is said along."""
        return self._note

    def give_button(self) -> ButtonLook:
        """Closed with the reason."""
        words, reason = self.words, self._why_not_give()
        text = (
            words("handover.give_to", name=self._chosen_name())
            if self._to
            else words("handover.give")
        )
        role = "blocked" if reason else "primary"
        return ButtonLook("give", text, "users", role, not reason, reason)  # type: ignore[arg-type]

    def _chosen_name(self) -> str:
        return self.floor.short_name(StaffId(self._to))

    def _why_not_give(self) -> str:
        floor = self.floor
        if floor.actor is None:
            return self.words("handover.sign_in")
        if not floor.kitchen.may(floor.actor, access.HANDERS):
            return self.words("handover.chiefs_only")
        return "" if self._to else self.words("handover.choose")

    def give(self) -> AskView | None:
        """The PIN of who gives the floor."""
        if self._why_not_give():
            return None
        floor, words, to = self.floor, self.words, self._to
        name = floor.name_of(StaffId(to))
        lines = self._told_lines(counts(floor))
        ask = Ask(
            words("handover.give_title", name=name),
            "",
            "users",
            (*lines, *((self._note,) if self._note else ())),
        )

        def act(who: StaffId, step_up: StepUp) -> bool:
            args = HandOverArgs(to=to, note=self._note)
            if floor.tap("hand_over", SUBJECT, args, step_up=step_up, actor=who) is None:
                return False
            self._to = self._note = ""
            floor.tell("handover", words("handover.given_to", name=name), tone="ok")
            return True

        return ask_tap(floor, ask, act, roles=access.HANDERS)

    def _told_lines(self, found: dict[str, int]) -> tuple[str, ...]:
        """What is open, in one sentence; or that nothing is."""
        words = self.words
        said = [
            words(f"summary.open.{key}", count=self.floor.number(count))
            for key, count in found.items()
            if count
        ]
        return (" · ".join(said) if said else words("summary.settled"),)

    # ---- what was -----------------------------------------------------------------------------

    def history(self) -> tuple[RecordLook, ...]:
        """Tonight's, the newest first; the one that waits stands above."""
        items = [item for item in self.floor.kitchen.handovers if not item.waits]
        return tuple(map(self._was, reversed(items)))

    def _was(self, item: HandOver) -> RecordLook:
        floor, words = self.floor, self.words
        title = words("handover.offer", giver=floor.name_of(item.giver), to=self._whom(item))
        parts = [floor.clock(item.at.earliest_ms), *self._told_lines(counted(item.open)), item.note]
        if item.taken is None:
            chip = ChipLook(words("handover.replaced"), "replace", "neutral")
        else:
            who, at = floor.short_name(item.taken.actor), floor.clock(item.taken.at.earliest_ms)
            chip = ChipLook(words("handover.taken", name=who, at=at), "check", "ok")
        return RecordLook(item.id, title, " · ".join(part for part in parts if part), "", chip)

    # ---- the end of the night -----------------------------------------------------------------

    @property
    def may_close(self) -> bool:
        """Whether the person who taps may end the night: others need not see how."""
        actor = self.floor.actor
        return actor is not None and self.floor.kitchen.may(actor, access.CHIEFS)

    def night(self) -> str:
        """Which night ends, or which has ended."""
        night, words = self.floor.kitchen.night, self.words
        if night is not None:
            return words("handover.night", night=date_text(self.floor, night.serving_date))
        closed = self.floor.kitchen.last_closed
        return words("handover.closed", night=date_text(self.floor, closed)) if closed else ""

    def unfinished(self) -> tuple[OptionLook, ...]:
        """Batches that stay open into the next night: each must be ticked, so that none is forgotten."""
        return tuple(
            OptionLook(
                batch.id,
                f"{batch.plan.code} {batch.plan.name}",
                chosen=batch.id in self._left,
                kind="many",
                note=stage_text(self.floor, batch),
            )
            for batch in self._busy()
        )

    def _busy(self) -> list[Batch]:
        batches = self.floor.kitchen.batches.values()
        busy = [each for each in batches if each.stage not in FINISHED or each.held]
        return sorted(busy, key=lambda each: each.plan.code)

    def toggle(self, batch: str) -> None:
        """This one stays open, or not."""
        self._left ^= {batch}
        self.changed.emit()

    def tick_all(self) -> None:
        """All of them, or none."""
        busy = frozenset(str(each.id) for each in self._busy())
        self._left = frozenset() if busy <= self._left else busy
        self.changed.emit()

    def close_buttons(self) -> tuple[ButtonLook, ButtonLook]:
        """Tick all, and end the night: closed as long as a batch is forgotten."""
        words, busy = self.words, self._busy()
        all_ = bool(busy) and all(each.id in self._left for each in busy)
        tick = ButtonLook(
            "tick",
            words("handover.tick_none" if all_ else "handover.tick_all"),
            "check-check",
            "outlined" if busy else "blocked",
            bool(busy),
            "" if busy else words("handover.nothing_left"),
        )
        reason = self._why_not_close()
        end = ButtonLook(
            "close",
            words("handover.close"),
            "moon",
            "blocked" if reason else "primary",
            not reason,
            reason,
        )
        return tick, end

    def _why_not_close(self) -> str:
        words = self.words
        if self.floor.kitchen.night is None:
            return words("handover.no_night")
        if self.offered is not None:
            return words("handover.take_first")
        missing = [each for each in self._busy() if each.id not in self._left]
        return words("handover.tick_first", count=len(missing)) if missing else ""

    def close(self) -> AskView | None:
        """The PIN of who ends the night."""
        night, floor, words = self.floor.kitchen.night, self.floor, self.words
        if night is None or self._why_not_close():
            return None
        left = tuple(each.id for each in self._busy())
        key = "handover.close_left" if left else "handover.close_clean"
        ask = Ask(
            words("handover.close_title", night=date_text(floor, night.serving_date)),
            "",
            "moon",
            (words(key, count=len(left)), words("handover.close_what")),
            words("handover.close_consent"),
        )

        def act(who: StaffId, step_up: StepUp) -> bool:
            args = CloseNightArgs(night.serving_date, left)
            if floor.tap("close_night", NIGHT, args, step_up=step_up, actor=who) is None:
                return False
            self._left = frozenset()
            floor.tell(
                "handover", words("handover.was_closed"), words("handover.in_record"), tone="ok"
            )
            return True

        return ask_tap(floor, ask, act)
