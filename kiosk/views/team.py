"""The team page: who is here, where they stand, how much they can still take; it writes through the floor."""

from __future__ import annotations

from collections.abc import Iterable

from dapur import access
from dapur.batch import Batch, Post
from dapur.crew import AssignCrewArgs, ReleaseCrewArgs, Staff
from dapur.figures import utilisation
from dapur.ids import StaffId
from dapur.stage import FINISHED
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import (
    ButtonLook,
    OptionLook,
    PersonLook,
    Segment,
    SegmentsLook,
    SheetLook,
    TopLook,
)
from kiosk.views.naming import crew, role_text, stage_text
from kiosk.views.summary_looks import LoadsLook
from kiosk.views.summary_side import loads

ALL = ""


class TeamView(ViewModel):
    """People of a team, some of them marked to be sent to a batch."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._team = ALL
        self._batch = ""
        self._marked: dict[StaffId, tuple[str, ...]] = {}
        """Who is to be sent, and where each stood when marked."""

    # ---- taps -------------------------------------------------------------------------------

    def about(self, batch: str) -> None:
        """People are looked for, for this batch; empty: for none yet."""
        self._batch = batch if self.floor.batch(batch) is not None else ""
        self._marked = {}

    def choose_team(self, team: str) -> None:
        """Show this team; who is marked stays so."""
        self._team = team
        self.changed.emit()

    def toggle(self, person: str) -> None:
        """Mark a person, or no more."""
        staff = StaffId(person)
        if staff in self._marked:
            del self._marked[staff]
        else:
            self._marked[staff] = self._at(staff)
        self.changed.emit()

    def mark_shown(self) -> None:
        """Mark everybody here of the team that is shown; once more: nobody of it."""
        here = [each.id for each in self._members() if self._is_here(each)]
        if all(each in self._marked for each in here):
            for each in here:
                del self._marked[each]
        else:
            self._marked |= {each: self._at(each) for each in here}
        self.changed.emit()

    @property
    def wish(self) -> str:
        """What the sheet is about: the batch looked for, then who is marked."""
        return ",".join((self._batch, *self._marked))

    @property
    def marked(self) -> str:
        """Who is marked, for the sheet on which they are let go."""
        return ",".join(self._marked)

    # ---- looks ------------------------------------------------------------------------------

    def top(self) -> TopLook:
        """Title, and how many of tonight's people are within their shift."""
        words, staff = self.words, tuple(self.floor.kitchen.staff.values())
        here = sum(map(self._is_here, staff))
        batch = self.floor.batch(self._batch)
        said = words("team.here", here=here, all=len(staff))
        if batch is not None:
            said = words("team.for", name=batch.plan.name, code=batch.plan.code)
        return TopLook(words("team.title"), said, back=words("act.back_board"))

    def teams(self) -> tuple[OptionLook, ...]:
        """All, then each team with how many of it are here."""
        staff = self.floor.kitchen.staff.values()
        names = (ALL, *sorted({each.team for each in staff}))
        return tuple(
            OptionLook(
                name,
                name or self.words("team.all"),
                chosen=name == self._team,
                note=self._count([each for each in staff if name in (ALL, each.team)]),
            )
            for name in names
        )

    def people(self) -> tuple[PersonLook, ...]:
        """Of the team that is shown: who is here first, who is free before who works."""
        # Who was sent meanwhile, from this sheet or another kiosk, needs no mark any more.
        self._marked = {each: at for each, at in self._marked.items() if at == self._at(each)}
        members = sorted(self._members(), key=self._order)
        return tuple(map(self._person, members))

    def loads(self) -> LoadsLook:
        """Bars of the teams, and who could help whom."""
        return loads(self.floor)

    def mark_button(self) -> ButtonLook:
        """Everybody of this team at once."""
        here = [each.id for each in self._members() if self._is_here(each)]
        everyone = bool(here) and all(each in self._marked for each in here)
        text = self.words("team.mark_none" if everyone else "team.mark_all", count=len(here))
        if here:
            return ButtonLook("mark", text, "check-check", "outlined")
        reason = self.words("team.nobody_here")
        return ButtonLook("mark", text, "check-check", "blocked", enabled=False, reason=reason)

    def send_button(self) -> ButtonLook:
        """Send the marked ones; closed with the reason beside it."""
        count, reason = len(self._marked), self.why_not()
        text = self.words("team.send", count=count) if count else self.words("team.send_none")
        if reason:
            return ButtonLook("send", text, "users", "blocked", enabled=False, reason=reason)
        return ButtonLook("send", text, "users", "primary")

    def leave_button(self) -> ButtonLook:
        """Let the marked ones go from where they stand; closed when none of them stands anywhere."""
        reason = self.why_not()
        if not reason and not any(self._at(each) for each in self._marked):
            reason = self.words("leave.none_stands")
        text = self.words("leave.act")
        if reason:
            return ButtonLook("leave", text, "user-minus", "blocked", enabled=False, reason=reason)
        return ButtonLook("leave", text, "user-minus", "outlined")

    def why_not(self) -> str:
        """Why nobody can be sent now; empty when it can be done."""
        floor = self.floor
        if floor.actor is None:
            return self.words("team.sign_in")
        if not floor.kitchen.may(floor.actor, access.ROSTERERS):
            return self.words("team.not_allowed")
        return "" if self._marked else self.words("team.mark_first")

    # ---- inside -----------------------------------------------------------------------------

    def _members(self) -> Iterable[Staff]:
        staff = self.floor.kitchen.staff.values()
        return (each for each in staff if self._team in (ALL, each.team))

    def _at(self, staff: StaffId) -> tuple[str, ...]:
        return tuple(batch.id for batch in places(self.floor, staff))

    def _is_here(self, staff: Staff) -> bool:
        return staff.is_on_shift(self.floor.now_ms)

    def _count(self, staff: list[Staff]) -> str:
        return self.words("team.count", here=sum(map(self._is_here, staff)), all=len(staff))

    def _order(self, staff: Staff) -> tuple[bool, bool, str]:
        busy = bool(places(self.floor, staff.id))
        return (not self._is_here(staff), busy, self.floor.name_of(staff.id))

    def _person(self, staff: Staff) -> PersonLook:
        floor, words = self.floor, self.words
        at = places(floor, staff.id)
        if not self._is_here(staff):
            begins = floor.now_ms < staff.shift_start_ms
            key = "team.comes" if begins else "team.gone"
            said = words(
                key, at=floor.clock(staff.shift_start_ms if begins else staff.shift_end_ms)
            )
        elif at:
            one = f"{at[0].plan.code} {at[0].plan.name}"
            said = one if len(at) == 1 else ", ".join(batch.plan.code for batch in at)
        else:
            said = words("team.free")
        used = utilisation(floor.kitchen, staff, floor.now_ms)
        share = "" if used is None else words("team.used", percent=round(used * 100))
        detail = " · ".join(part for part in (said, share) if part)
        marked = staff.id in self._marked
        return PersonLook(
            staff.id,
            floor.initials_of(staff.id),
            floor.name_of(staff.id),
            detail,
            "signed_in" if marked else "normal",
            chosen=marked,
            state_name=role_text(floor, staff.id),
        )


class AssignView(ViewModel):
    """Sending some people to one batch: which, as what, and whether they leave where they are."""

    def __init__(self, floor: Floor, wish: str) -> None:
        """`wish` is that of `TeamView`."""
        super().__init__(floor)
        batch, *people = wish.split(",")
        self.people = tuple(map(StaffId, people))
        self._batch = batch
        self._post = Post.HELPER
        self._leave = any(places(floor, each) for each in self.people)

    def choose(self, batch: str) -> None:
        """Where to."""
        self._batch = batch
        self.changed.emit()

    def choose_post(self, post: str) -> None:
        """Lead or help; only one leads."""
        self._post = Post(post)
        self.changed.emit()

    def toggle_leave(self, _key: str) -> None:
        """Whether they leave the batches where they stand."""
        self._leave = not self._leave
        self.changed.emit()

    def save(self) -> bool:
        """Send them; True when every tap is on disk."""
        batch = self.floor.batch(self._batch)
        if batch is None:
            return False
        for staff in self.people:
            if not self._send(staff, batch):
                return False
        count = len(self.people)
        title = self.words("team.sent", count=count, name=batch.plan.name)
        self.floor.tell(f"team.{batch.id}", title, batch.plan.code, tone="ok")
        return True

    def _send(self, staff: StaffId, batch: Batch) -> bool:
        left = [each for each in places(self.floor, staff) if self._leave and each.id != batch.id]
        args = AssignCrewArgs(staff=staff, post=self._post)
        if self.floor.tap("assign_crew", batch.id, args) is None:
            return False
        return all(
            self.floor.tap("release_crew", each.id, ReleaseCrewArgs(staff=staff)) is not None
            for each in left
        )

    # ---- looks ------------------------------------------------------------------------------

    def sheet(self) -> SheetLook:
        """Who, and the button that says where to."""
        words, names = self.words, [self.floor.short_name(each) for each in self.people]
        batch = self.floor.batch(self._batch)
        text = words("team.to", name=batch.plan.name) if batch else words("team.send_none")
        return SheetLook(
            title=words("team.send", count=len(names)),
            subtitle=", ".join(names),
            icon="users",
            close_name=words("act.close"),
            cancel=ButtonLook("cancel", words("act.cancel"), "", "outlined"),
            confirm=ButtonLook(
                "save",
                text,
                "arrow-right",
                "primary" if batch else "blocked",
                enabled=batch is not None,
                reason="" if batch else words("team.choose_batch"),
            ),
        )

    def batches(self) -> tuple[OptionLook, ...]:
        """Where work is still to be done, by planned end."""
        found = [each for each in self.floor.kitchen.batches.values() if is_open(each)]
        found.sort(key=lambda each: (each.plan.ready_ms, each.plan.code))
        return tuple(
            OptionLook(
                each.id,
                each.plan.name,
                "users",
                each.id == self._batch,
                note=self.words(
                    "team.batch",
                    code=each.plan.code,
                    stage=stage_text(self.floor, each),
                    count=len(crew(each)),
                ),
            )
            for each in found
        )

    def posts(self) -> SegmentsLook | None:
        """Helper or lead; several people only help."""
        if len(self.people) != 1:
            return None
        said = tuple(
            Segment(post.value, self.words(f"team.post.{post}")) for post in reversed(Post)
        )
        return SegmentsLook(said, self._post.value)

    def leave(self) -> OptionLook | None:
        """Whether they leave where they stand; None when nobody stands anywhere."""
        if not any(places(self.floor, each) for each in self.people):
            return None
        return OptionLook("leave", self.words("team.leave_others"), "log-out", self._leave, "many")


def places(floor: Floor, staff: StaffId) -> tuple[Batch, ...]:
    """The batches with work where a person stands now."""
    return tuple(
        each for each in floor.kitchen.batches.values() if is_open(each) and staff in crew(each)
    )


def is_open(batch: Batch) -> bool:
    """Whether people still work at it."""
    return batch.stage not in FINISHED
