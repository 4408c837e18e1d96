"""A few values that are typed on one keypad: fields, what stands in them, what is wrong; it writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec

from dapur.words import Clock
from kiosk.views.admin_looks import Field
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import (
    ButtonLook,
    KeyboardLook,
    KeyPadLook,
    NoteLook,
    OptionLook,
    SheetLook,
)
from kiosk.views.naming import day_text

MINUTE_MS, DAY_MS = 60_000, 86_400_000
WIB_MIN = 420
CLOCK_DIGITS = 4


class FormView(ViewModel):
    """One form. Fields are typed one after the other; `source` asks for a sentence as well."""

    def __init__(
        self,
        floor: Floor,
        title: str,
        icon: str,
        fields: tuple[Field, ...],
        *,
        subtitle: str = "",
        needs_pin: bool = False,
        needs_source: bool = False,
    ) -> None:
        super().__init__(floor)
        self.title, self.subtitle, self.icon = title, subtitle, icon
        self.fields = fields
        self.needs_pin, self.needs_source = needs_pin, needs_source
        self.source = ""
        self.problem = ""
        self._typed: dict[str, str] = {}
        self._switched: dict[str, str] = {}
        self._at = fields[0].key

    # ---- what is typed --------------------------------------------------------------------------

    @property
    def field(self) -> Field:
        """The field that the keypad writes into."""
        return next(each for each in self.fields if each.key == self._at)

    def choose(self, key: str) -> None:
        """Write into another field; a switch is turned over."""
        self._at = key
        self.problem = ""
        if self.field.kind == "switch":
            self._switched[key] = "0" if self.values()[key] == "1" else "1"
        self.changed.emit()

    def typed(self) -> str:
        """What stands on the keypad for the field in hand."""
        return self._typed.get(self._at, "")

    def type(self, entry: str) -> None:
        """The keypad says so; a time takes four digits."""
        if self.field.kind == "clock":
            entry = "".join(sign for sign in entry if sign.isdigit())[:CLOCK_DIGITS]
        self.problem = ""
        self._typed[self._at] = entry
        self.changed.emit()

    def set_source(self, text: str) -> None:
        """Where the new value comes from."""
        self.source = text.strip()
        self.problem = ""
        self.changed.emit()

    def values(self) -> dict[str, str]:
        """Canonical values of all fields: typed ones, else as they were."""
        return {
            each.key: self._switched.get(each.key, "") or self._canonical(each) or each.value
            for each in self.fields
        }

    def _canonical(self, field: Field) -> str:
        typed = self._typed.get(field.key, "").replace(",", ".").replace("−", "-").rstrip(".")
        if field.kind != "clock":
            return typed if any(sign.isdigit() for sign in typed) else ""
        return f"{typed[:2]}:{typed[2:]}" if len(typed) == CLOCK_DIGITS else ""

    def check(self) -> bool:
        """Whether all is typed as it must be; else `problem` names the field."""
        words = self.words
        for each in self.fields:
            typed, value = self._typed.get(each.key, ""), self.values()[each.key]
            if each.kind == "clock" and (
                (typed and len(typed) < CLOCK_DIGITS) or not is_clock(value)
            ):
                self.problem = words("form.bad_clock", field=each.label)
            elif each.kind == "whole" and "." in value.removesuffix(".0"):
                self.problem = words("form.bad_whole", field=each.label)
        if not self.problem and not self.changes:
            self.problem = words("form.nothing_new")
        if not self.problem and self.needs_source and not self.source:
            self.problem = words("form.need_source")
        self.changed.emit()
        return not self.problem

    @property
    def changes(self) -> bool:
        """Whether a value differs from what it was."""
        values = self.values()
        return any(values[each.key] != each.value for each in self.fields)

    def refuse(self, sentence: str) -> None:
        """The rules say no."""
        self.problem = sentence
        self.changed.emit()

    # ---- looks ----------------------------------------------------------------------------------

    def options(self) -> tuple[OptionLook, ...]:
        """One tile a field, with what stands in it."""
        return tuple(self._option(each) for each in self.fields)

    def _option(self, field: Field) -> OptionLook:
        shown = self.shown(field)
        return OptionLook(
            field.key,
            f"{field.label}: {shown}",
            chosen=field.key == self._at,
            note=field.hint,
        )

    def shown(self, field: Field) -> str:
        """A value as people write it."""
        words = self.words
        value = self.values()[field.key]
        typed = self._typed.get(field.key, "")
        if field.kind == "switch":
            return words("form.yes" if float(value or 0) else "form.no")
        if field.kind == "clock":
            mark = "." if words.language == "id" else ":"
            return f"{typed[:2]}{mark}{typed[2:]}" if typed else value.replace(":", mark)
        return f"{typed or self._local(value)} {field.unit}".strip()

    def _local(self, value: str) -> str:
        return value.replace(".", ",") if self.words.language == "id" else value

    def pad(self) -> KeyPadLook:
        """The keys."""
        words, decimal = self.words, self.field.kind == "decimal"
        mark = "," if words.language == "id" else "."
        return KeyPadLook(
            words("act.clear"),
            words("act.delete"),
            words("form.sign") if decimal else "",
            mark if decimal else "",
            enabled=self.field.kind != "switch",
        )

    def note(self) -> NoteLook | None:
        """The sentence that a limit needs."""
        if not self.needs_source:
            return None
        words = self.words
        return NoteLook(
            self.source,
            words("form.source"),
            words("form.source_title"),
            ButtonLook("save", words("act.save"), "check", "primary"),
            ButtonLook("cancel", words("act.cancel"), "", "outlined"),
            keyboard(self.floor),
        )

    def sheet(self) -> SheetLook:
        """Head and foot."""
        words = self.words
        return SheetLook(
            self.title,
            self.problem or self.subtitle,
            self.icon,
            words("act.close"),
            ButtonLook("cancel", words("act.cancel"), "", "outlined"),
            ButtonLook(
                "save",
                words("admin.to_pin" if self.needs_pin else "act.save"),
                "key-round" if self.needs_pin else "check",
                "primary",
            ),
        )


def keyboard(floor: Floor) -> KeyboardLook:
    """The small keyboard's words."""
    words = floor.words
    return KeyboardLook(words("form.shift"), words("act.delete"), words("form.space"))


def is_clock(text: str) -> bool:
    """Whether this is a time of day, `HH:MM`."""
    try:
        msgspec.convert(text, Clock)
    except msgspec.ValidationError:
        return False
    return True


def _offset_min(floor: Floor) -> int:
    night = floor.kitchen.night
    return night.offset_min if night else WIB_MIN


def _local_time(floor: Floor, at_ms: int) -> datetime:
    zone = timezone(timedelta(minutes=_offset_min(floor)))
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)


def clock24(floor: Floor, at_ms: int) -> str:
    """`HH:MM` in the kitchen."""
    return f"{_local_time(floor, at_ms):%H:%M}"


def day(floor: Floor, at_ms: int) -> str:
    """The day in the kitchen, as `22 Nov 2026`."""
    return day_text(floor, date(floor, at_ms))


def date(floor: Floor, at_ms: int) -> str:
    """The day as records write it, `2026-11-22`."""
    return f"{_local_time(floor, at_ms):%Y-%m-%d}"


def clock_near(floor: Floor, clock: str, near_ms: int) -> int:
    """UTC ms of this time of day, on the day that brings it nearest to what it was."""
    hours, minutes = (int(part) for part in clock.split(":"))
    offset_ms = _offset_min(floor) * MINUTE_MS
    midnight_ms = (near_ms + offset_ms) // DAY_MS * DAY_MS - offset_ms
    wished_ms = midnight_ms + (hours * 60 + minutes) * MINUTE_MS
    return min((wished_ms + days * DAY_MS for days in (-1, 0, 1)), key=lambda at: abs(at - near_ms))
