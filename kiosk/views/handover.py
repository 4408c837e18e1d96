"""The hand-over between chiefs: what is open, who gives, who takes, what was; texts and taps only."""

from __future__ import annotations

from PySide6.QtCore import QObject

from dapur import access
from dapur.access import Role
from dapur.envelope import StepUp
from dapur.handover import SUBJECT, HandOver, HandOverArgs, TakeOverArgs, addressed, waiting
from dapur.ids import StaffId
from kiosk.views import handover_story as story
from kiosk.views.admin_looks import RecordLook
from kiosk.views.ask_pin import Ask, AskView, ask_tap
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, ButtonRole, ChipLook, OptionLook, PersonLook, TopLook
from kiosk.views.naming import role_text
from kiosk.views.night_end import NightEndView
from kiosk.views.open_matters import counts, new_alerts

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
        self.end = NightEndView(floor)
        self.end.setParent(self)
        self.end.shown.connect(self.changed)

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
        detail = words(f"handover.what.{key}", new=self.floor.number(len(new_alerts(self.floor))))
        return RecordLook(key, title, detail, "", None, (see,))

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
        title = words("handover.offer", giver=floor.name_of(item.giver), to=story.whom(floor, item))
        detail = " · ".join(part for part in (at, story.since(floor, item), item.note) if part)
        reason = self._why_not_take(item)
        take = ButtonLook(
            "take",
            words("handover.take"),
            "check",
            "blocked" if reason else "primary",
            enabled=not reason,
            reason=reason,
        )
        unsent = item.id in story.unsent(floor)
        chip = ChipLook(words("handover.unsent"), "cloud-upload", "pending") if unsent else None
        return RecordLook(item.id, title, detail, "", chip, (take,))

    def _why_not_take(self, item: HandOver) -> str:
        floor = self.floor
        if floor.actor is None:
            return self.words("handover.sign_in")
        if not addressed(floor.kitchen, item, floor.actor):
            return self.words("handover.not_yours", to=story.whom(self.floor, item))
        return ""

    def take(self) -> AskView | None:
        """The PIN of who takes the floor."""
        item, floor, words = self.offered, self.floor, self.words
        if item is None or self._why_not_take(item):
            return None
        ask = Ask(
            words("handover.take_title", giver=floor.name_of(item.giver)),
            "",
            "check",
            (*story.compared(floor, item), *story.message(floor, item.note)),
        )

        def act(who: StaffId, step_up: StepUp) -> bool:
            args = TakeOverArgs(item.id)
            done = floor.tap("take_over", SUBJECT, args, step_up=step_up, actor=who)
            if done is not None:
                floor.tell(
                    "handover", words("handover.taken_by", name=floor.name_of(who)), tone="ok"
                )
            return done is not None

        return ask_tap(floor, ask, act, roles=access.HANDERS, only=floor.actor)

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
        role: ButtonRole = "blocked" if reason else "primary"
        return ButtonLook("give", text, "users", role, not reason, reason)

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
        ask = Ask(
            words("handover.give_title", name=name),
            "",
            "users",
            (*story.lines(floor, counts(floor)), *story.message(floor, self._note)),
        )

        def act(who: StaffId, step_up: StepUp) -> bool:
            args = HandOverArgs(to=to, note=self._note)
            if floor.tap("hand_over", SUBJECT, args, step_up=step_up, actor=who) is None:
                return False
            self._to = self._note = ""
            floor.tell("handover", words("handover.given_to", name=name), tone="ok")
            return True

        return ask_tap(floor, ask, act, roles=access.HANDERS, only=floor.actor)

    # ---- what was -----------------------------------------------------------------------------

    def history(self) -> tuple[RecordLook, ...]:
        """Tonight's, the newest first; the one that waits stands above."""
        items = [item for item in self.floor.kitchen.handovers if not item.waits]
        return tuple(story.line(self.floor, item) for item in reversed(items))
