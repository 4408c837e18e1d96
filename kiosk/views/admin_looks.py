"""Plain values of the administration: a row with its buttons, a form with its fields; nothing else."""

from __future__ import annotations

from typing import Literal

import msgspec

from kiosk.views.looks import ButtonLook, ChipLook

FieldKind = Literal["whole", "decimal", "clock", "switch"]


class RecordLook(msgspec.Struct, frozen=True):
    """One line of a list: `value` stands big beside the buttons, grey and struck when it counts no more."""

    key: str
    title: str
    detail: str = ""
    value: str = ""
    chip: ChipLook | None = None
    buttons: tuple[ButtonLook, ...] = ()
    value_off: bool = False


class Field(msgspec.Struct, frozen=True):
    """One value of a form. `value` is canonical: digits with a point, `HH:MM`, or `0` and `1`."""

    key: str
    label: str
    kind: FieldKind
    value: str
    unit: str = ""
    hint: str = ""
    whole_digits: int = 3


class CodeLook(msgspec.Struct, frozen=True):
    """An enrolment code, shown once: what to type on the new kiosk, and how long it is good."""

    title: str
    code: str
    how: str
    left: str
    over: bool = False
