"""The kitchen's limits: value, source, since when; a change is a tap that a chief signs, so it works offline too."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import Signal

from dapur.access import CHIEFS, Role
from dapur.envelope import StepUp
from dapur.ids import StaffId
from dapur.policy import BOUNDS, COMMON_WINDOW_MIN, NAMES, SUBJECT, Limit, SetPolicyArgs, problem
from kiosk.views.admin_form import FormView, date
from kiosk.views.admin_looks import Field, RecordLook
from kiosk.views.ask_pin import Ask, AskView, ask_tap
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook
from kiosk.views.naming import day_text

UNITS: tuple[tuple[str, str], ...] = (
    ("_min", "min"),
    ("_c", "c"),
    ("_h", "h"),
    ("_rp", "rp"),
    ("_pct", "pct"),
    ("_s", "s"),
)
"""By the end of a limit's name: the word of its unit."""
NO_UNIT = frozenset({"score_min"})
_SWITCH = (0.0, 1.0)


class PolicyView(ViewModel):
    """Every limit, as it holds now."""

    shown = Signal()

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self.search = ""

    def look_for(self, text: str) -> None:
        """Limits whose name holds these letters."""
        self.search = text.strip()
        self.shown.emit()

    def notice(self) -> str:
        """Where a limit comes from must be said."""
        return self.words("admin.policy_what")

    def tools(self) -> tuple[ButtonLook, ...]:
        """Search."""
        words = self.words
        text = words("admin.search_for", text=self.search) if self.search else words("admin.search")
        return (ButtonLook("search", text, "search", "tonal" if self.search else "neutral"),)

    def rows(self) -> tuple[RecordLook, ...]:
        """One line a limit."""
        wanted = self.search.casefold()
        names = [name for name in NAMES if wanted in self.label(name).casefold()]
        return tuple(self._row(name) for name in names)

    def _row(self, name: str) -> RecordLook:
        limit, words = self.limit(name), self.words
        change = ButtonLook("change", words("admin.change"), "settings-2", "outlined")
        detail = words(
            "admin.limit_from", source=limit.source, date=day_text(self.floor, limit.valid_from)
        )
        return RecordLook(
            name, self.label(name), detail, self.value_text(name, limit.value), None, (change,)
        )

    def limit(self, name: str) -> Limit:
        """The record's own line."""
        limits: dict[str, Limit] = msgspec.structs.asdict(self.floor.kitchen.policy)
        return limits[name]

    def label(self, name: str) -> str:
        """A limit in words."""
        return self.words(f"policy.{name}")

    def unit(self, name: str) -> str:
        """Its unit in words; empty for none."""
        if name in NO_UNIT:
            return ""
        for end, unit in UNITS:
            if name.endswith(end):
                return self.words(f"unit.{unit}")
        return ""

    def value_text(self, name: str, value: float) -> str:
        """A value with its unit, yes or no."""
        if BOUNDS[name] == _SWITCH:
            return self.words("form.yes" if value else "form.no")
        return f"{self._number(value)} {self.unit(name)}".strip()

    def _number(self, value: float) -> str:
        floor = self.floor
        return floor.number(int(value)) if value == int(value) else floor.degrees(value)

    # ---- acts -----------------------------------------------------------------------------------

    def form(self, name: str) -> FormView:
        """The sheet on which a new value is typed."""
        low, high = BOUNDS[name]
        limit = self.limit(name)
        switch = BOUNDS[name] == _SWITCH
        value = f"{limit.value:g}"
        hint = (
            ""
            if switch
            else self.words("admin.bounds", low=self._number(low), high=self._number(high))
        )
        field = Field(
            "value",
            self.words("admin.value"),
            "switch" if switch else "decimal",
            value,
            self.unit(name),
            hint,
            whole_digits=len(f"{high:.0f}"),
        )
        return FormView(
            self.floor,
            self.label(name),
            "shield-check",
            (field,),
            subtitle=self.words(
                "admin.limit_from", source=limit.source, date=day_text(self.floor, limit.valid_from)
            ),
            needs_pin=True,
            needs_source=True,
        )

    def signature(self, name: str, form: FormView) -> AskView | None:
        """The PIN sheet of the new value; None when the rules refuse it, the form says why."""
        floor, words = self.floor, self.words
        value = float(form.values()["value"])
        limits = {name: Limit(value, form.source, date(floor, floor.now_ms))}
        wrong = problem(limits)
        if wrong is not None:
            low, high = BOUNDS[name]
            form.refuse(
                words("admin.out_of_bounds", low=self._number(low), high=self._number(high))
            )
            return None
        longer = name == "consume_within_min" and value > COMMON_WINDOW_MIN
        args = SetPolicyArgs(limits)

        def act(who: StaffId, step_up: StepUp) -> bool:
            tapped = floor.tap("set_policy", SUBJECT, args, step_up=step_up, actor=who)
            if tapped is not None:
                floor.tell("policy", words("admin.policy_done", name=self.label(name)), tone="ok")
            return tapped is not None

        before = self.value_text(name, self.limit(name).value)
        lines = [
            words("admin.from_to", before=before, after=self.value_text(name, value)),
            words("admin.source_is", source=form.source),
        ]
        if longer:
            lines.append(words("admin.kepala_only"))
        ask = Ask(self.label(name), "", "shield-check", tuple(lines))
        roles = frozenset({Role.KEPALA}) if longer else CHIEFS
        return ask_tap(floor, ask, act, roles=roles)
