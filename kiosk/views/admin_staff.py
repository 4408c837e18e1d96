"""The people of this kitchen: PIN, roles, team and shift; roles are taps, a PIN goes to the server and is not kept."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Signal

from dapur.access import CHIEFS, NOBODYS, Role
from dapur.crew import RosterStaffArgs, Staff, staff_subject
from dapur.envelope import StepUp
from dapur.ids import StaffId
from dapur.pin import trivial
from dapur.wire.queries import SET_PIN, SetPinArgs
from kiosk.views.admin_form import FormView, clock24, clock_near
from kiosk.views.admin_looks import Field, RecordLook
from kiosk.views.ask_pin import Ask, AskView, ask_query, ask_tap
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, ChipLook, KeyPadLook, OptionLook, SheetLook

GIVEN: tuple[Role, ...] = tuple(
    role for role in Role if role not in NOBODYS and role not in (Role.DEMO, Role.VIEWER)
)
"""Roles that people of a kitchen have."""


class StaffView(ViewModel):
    """Everybody on the roster, by name."""

    shown = Signal()

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self.search = ""
        self.team = ""

    def look_for(self, text: str) -> None:
        """Names that hold these letters."""
        self.search = text.strip()
        self.shown.emit()

    def choose_team(self, team: str) -> None:
        """Only this team; empty for all."""
        self.team = team
        self.shown.emit()

    def notice(self) -> str:
        """Names come from the server; the roster itself is here."""
        if not self.floor.people.link.online:
            return self.words("admin.pin_needs_line")
        return "" if self.rows() else self.words("admin.nobody")

    def tools(self) -> tuple[ButtonLook, ...]:
        """Search, and the next team."""
        words = self.words
        team = self.team or words("admin.all_teams")
        return (
            ButtonLook(
                "search",
                words("admin.search_for", text=self.search)
                if self.search
                else words("admin.search"),
                "search",
                "tonal" if self.search else "neutral",
            ),
            ButtonLook("team", team, "users", "tonal" if self.team else "neutral"),
        )

    def next_team(self) -> None:
        """All, then one team after the other."""
        teams = ["", *sorted({member.team for member in self.floor.kitchen.staff.values()})]
        at = teams.index(self.team) if self.team in teams else 0
        self.choose_team(teams[(at + 1) % len(teams)])

    def rows(self) -> tuple[RecordLook, ...]:
        """Who is looked for, by name."""
        floor = self.floor
        wanted = self.search.casefold()
        members = [
            member
            for member in floor.kitchen.staff.values()
            if (not self.team or member.team == self.team)
            and wanted in floor.name_of(member.id).casefold()
        ]
        return tuple(
            self._row(member) for member in sorted(members, key=lambda one: floor.name_of(one.id))
        )

    def _row(self, member: Staff) -> RecordLook:
        floor, words = self.floor, self.words
        person = floor.people.roster.get(member.id)
        roles = ", ".join(words(f"role.{role}") for role in member.roles) or words("admin.no_roles")
        shift = words(
            "admin.shift",
            start=floor.clock(member.shift_start_ms),
            end=floor.clock(member.shift_end_ms),
        )
        chip = None
        if person is not None and not person.has_pin:
            chip = ChipLook(words("admin.without_pin"), "lock-open", "attention")
        online = floor.people.link.online
        buttons = (
            ButtonLook(
                "pin",
                words("admin.new_pin"),
                "key-round",
                "outlined" if online else "blocked",
                enabled=online,
                reason=words("admin.needs_line"),
            ),
            ButtonLook("roles", words("admin.roles"), "user-cog", "outlined"),
            ButtonLook("shift", words("admin.hours"), "clock", "outlined"),
        )
        detail = f"{roles} · {member.team} · {shift}"
        return RecordLook(member.id, floor.name_of(member.id), detail, "", chip, buttons)

    # ---- acts -----------------------------------------------------------------------------------

    def new_pin(self, staff: str) -> NewPinView:
        """The first of two sheets: the new PIN, twice."""
        return NewPinView(self.floor, StaffId(staff))

    def give_pin(self, staff: str, pin: str) -> AskView:
        """The second: the chief's own PIN."""
        name, words = self.floor.name_of(StaffId(staff)), self.words
        ask = Ask(words("admin.pin_for", name=name), "", "key-round", (words("admin.pin_what"),))

        def request(who: StaffId, own: str) -> tuple[str, msgspec.Struct]:
            return SET_PIN, SetPinArgs(who, own, StaffId(staff), pin)

        def answered(_raw: msgspec.Raw) -> None:
            self.floor.tell("pin_given", words("admin.pin_done", name=name), tone="ok")

        return ask_query(self.floor, ask, request, answered)

    def roles(self, staff: str) -> RolesView | None:
        """Roles and team of a person."""
        member = self.floor.kitchen.staff.get(StaffId(staff))
        return RolesView(self.floor, member) if member is not None else None

    def hours(self, staff: str) -> FormView | None:
        """Begin and end of a person's shift."""
        member = self.floor.kitchen.staff.get(StaffId(staff))
        if member is None:
            return None
        floor, words = self.floor, self.words
        fields = (
            Field(
                "start", words("admin.shift_start"), "clock", clock24(floor, member.shift_start_ms)
            ),
            Field("end", words("admin.shift_end"), "clock", clock24(floor, member.shift_end_ms)),
        )
        return FormView(
            floor,
            words("admin.hours_title", name=floor.name_of(member.id)),
            "clock",
            fields,
            needs_pin=True,
        )

    def change_hours(self, staff: str, values: dict[str, str]) -> AskView | str:
        """The PIN sheet of a new shift, or why the rules refuse it."""
        member = self.floor.kitchen.staff[StaffId(staff)]
        start_ms = clock_near(self.floor, values["start"], member.shift_start_ms)
        end_ms = clock_near(self.floor, values["end"], member.shift_end_ms)
        args = RosterStaffArgs(member.id, member.roles, member.team, start_ms, end_ms)
        return roster_ask(self.floor, args)


class NewPinView(ViewModel):
    """A new PIN for a person, typed twice; the digits live until the sheet goes."""

    def __init__(self, floor: Floor, staff: StaffId) -> None:
        super().__init__(floor)
        self.staff = staff
        self.filled = 0
        self.problem = ""
        self.pin = ""
        """The agreed digits; empty until both entries are equal."""
        self._first = ""

    def typed(self, count: int) -> None:
        """So many digits stand."""
        self.filled = count
        if count:
            self.problem = ""
        self.changed.emit()

    def enter(self, pin: str) -> None:
        """Six digits came."""
        self.filled = 0
        if self._first:
            first, self._first = self._first, ""
            if pin == first:
                self.pin = pin
            else:
                self.problem = self.words("admin.pin_differs")
        elif trivial(pin):
            self.problem = self.words("ask.pin_trivial")
        else:
            self._first = pin
        self.changed.emit()

    def forget(self) -> None:
        """The sheet goes: nothing stays."""
        self._first = self.pin = ""

    def prompt(self) -> str:
        """What to type now, or what went wrong."""
        if self.problem:
            return self.problem
        return self.words("admin.pin_again" if self._first else "admin.pin_first")

    def sheet(self) -> SheetLook:
        """Head and the way out."""
        words = self.words
        return SheetLook(
            words("admin.pin_for", name=self.floor.name_of(self.staff)),
            words("admin.pin_rule"),
            "key-round",
            words("act.close"),
            ButtonLook("cancel", words("act.cancel"), "", "outlined"),
        )

    def pad(self) -> KeyPadLook:
        """The keys."""
        return KeyPadLook(self.words("act.clear"), self.words("act.delete"))


class RolesView(ViewModel):
    """All roles of a person and the team, before they are signed."""

    def __init__(self, floor: Floor, member: Staff) -> None:
        super().__init__(floor)
        self.member = member
        self._roles = list(member.roles)
        self.team = member.team
        self.problem = ""

    def toggle(self, key: str) -> None:
        """Give or take a role."""
        role = Role(key)
        if role in self._roles:
            self._roles.remove(role)
        else:
            self._roles.append(role)
        self.problem = ""
        self.changed.emit()

    def choose_team(self, team: str) -> None:
        """Another team."""
        self.team = team
        self.problem = ""
        self.changed.emit()

    def options(self) -> tuple[OptionLook, ...]:
        """One tile a role."""
        words = self.words
        return tuple(
            OptionLook(role, words(f"role.{role}"), "", role in self._roles, kind="many")
            for role in GIVEN
        )

    def teams(self) -> tuple[OptionLook, ...]:
        """One tile a team."""
        names = sorted({each.team for each in self.floor.kitchen.staff.values()} | {self.team})
        return tuple(OptionLook(name, name, "users", name == self.team) for name in names)

    def sheet(self) -> SheetLook:
        """Head and foot."""
        words, member = self.words, self.member
        changed = set(self._roles) != set(member.roles) or self.team != member.team
        open_ = changed and bool(self._roles)
        return SheetLook(
            words("admin.roles_title", name=self.floor.name_of(member.id)),
            self.problem or words("admin.roles_what"),
            "user-cog",
            words("act.close"),
            ButtonLook("cancel", words("act.cancel"), "", "outlined"),
            ButtonLook(
                "sign",
                words("admin.to_pin"),
                "key-round",
                "primary" if open_ else "blocked",
                enabled=open_,
                reason=words("admin.one_role" if not self._roles else "admin.nothing_new"),
            ),
        )

    def signature(self) -> AskView | None:
        """The PIN sheet; None when the rules refuse it, `problem` says why."""
        member = self.member
        args = RosterStaffArgs(
            member.id, tuple(self._roles), self.team, member.shift_start_ms, member.shift_end_ms
        )
        made = roster_ask(self.floor, args)
        if isinstance(made, AskView):
            return made
        self.problem = made
        self.changed.emit()
        return None


def roster_ask(floor: Floor, args: RosterStaffArgs) -> AskView | str:
    """The PIN sheet of a change of the roster, or why the rules refuse it from whoever taps now."""
    words = floor.words
    refusal = floor.why_not("roster_staff", staff_subject(args.staff), args)
    if refusal is not None:
        return floor.refusal(refusal).sentence
    name = floor.name_of(StaffId(args.staff))
    lines = (
        ", ".join(words(f"role.{role}") for role in args.roles),
        args.team,
        words(
            "admin.shift",
            start=floor.clock(args.shift_start_ms),
            end=floor.clock(args.shift_end_ms),
        ),
    )

    def act(who: StaffId, step_up: StepUp) -> bool:
        subject = staff_subject(args.staff)
        tapped = floor.tap("roster_staff", subject, args, step_up=step_up, actor=who)
        if tapped is not None:
            floor.tell("roster", words("admin.roles_done", name=name), tone="ok")
        return tapped is not None

    ask = Ask(words("admin.roles_title", name=name), "", "user-cog", lines)
    return ask_tap(floor, ask, act, roles=CHIEFS)
