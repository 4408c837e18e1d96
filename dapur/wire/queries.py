"""Arguments and replies of the named queries; a query asks identity, it never enters the log."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from dapur.ids import DeviceId, StaffId
from dapur.wire.messages import ID_PATTERN, Word

SIGN_IN = "sign_in"
"""`SignInArgs` → `SignInReply`: the first PIN check of a person on a kiosk."""
STEP_UP = "step_up"
"""`SignInArgs` → `SignInReply`: the PIN again, for a weighty decision."""
ROSTER = "roster"
"""`RosterArgs` → `RosterReply`: the only way by which names of people reach a kiosk."""
SET_PIN = "set_pin"
"""`SetPinArgs` → `DoneReply`: a first or a new PIN; also ends a lock-out. KEPALA or ADMIN."""
UNLOCK = "unlock"
"""`UnlockArgs` → `DoneReply`: end a person's lock-out at every kiosk, keep the PIN. KEPALA or ADMIN."""
DEVICES = "devices"
"""`DevicesArgs` → `DevicesReply`: the kiosks of this kitchen."""
ENROLMENT_CODE = "enrolment_code"
"""`EnrolmentCodeArgs` → `EnrolmentCodeReply`: let one more kiosk in. KEPALA or ADMIN."""
REVOKE_DEVICE = "revoke_device"
"""`RevokeDeviceArgs` → `DoneReply`: shut a kiosk out for good. KEPALA or ADMIN."""
FLEET = "fleet"
"""`FleetArgs` → `FleetReply`: how the kiosks of all kitchens are. OPERATOR, at a kiosk that the
server's operator allowed."""
AUTHORITIES = "authorities"
"""`AuthoritiesArgs` → `AuthoritiesReply`: by what to know the server from now on."""

NAME_MAX = 80
"""A longer name of a person, kitchen or kiosk fits no tile."""


class QueryCode(StrEnum):
    """Errors of these queries, as they stand in `reply.error`."""

    BAD_ARGS = "bad_args"
    UNKNOWN_QUERY = "unknown_query"
    PIN_WRONG = "pin_wrong"
    """Detail: `tries/limit`, read by `tries_of`."""
    PIN_LOCKED = "pin_locked"
    """Detail: UTC ms, read by `until_of`; empty: until an administrator gives a new PIN."""
    STAFF_UNKNOWN = "staff_unknown"
    NO_PIN = "no_pin"
    """Nobody gave this person a PIN yet."""
    PIN_TRIVIAL = "pin_trivial"
    """Not six digits, or digits that a stranger would try first."""
    NOT_ALLOWED = "not_allowed"
    """The PIN was right, but not the role."""
    DEVICE_UNKNOWN = "device_unknown"


def _without_secrets(self: msgspec.Struct) -> str:
    return f"{type(self).__name__}(…)"


Pin = Annotated[str, Meta(pattern=r"^[0-9]{6}\Z")]
Staff = Annotated[StaffId, Meta(pattern=ID_PATTERN)]
Label = Annotated[str, Meta(min_length=1, max_length=NAME_MAX)]


class WithPin(msgspec.Struct, frozen=True):
    """Base of arguments that hold a PIN: it must not reach a log line by way of a repr."""

    __repr__ = _without_secrets


class SignInArgs(WithPin, frozen=True):
    """Who, and the six digits."""

    staff: Staff
    pin: Pin


class SignInReply(msgspec.Struct, frozen=True):
    """The PIN is right."""

    staff: StaffId
    name: str
    valid_until_ms: int
    """UTC ms until which the kiosk may check this PIN alone."""
    pin_version: int
    """Grows with every new PIN: the kiosk forgets what it keeps of an older one."""


class RosterArgs(msgspec.Struct, frozen=True):
    """Nothing: the kitchen is the device's."""


class Person(msgspec.Struct, frozen=True):
    """A person of the kitchen; roles and shifts are in the log."""

    id: StaffId
    name: str
    has_pin: bool
    pin_version: int = 0


class RosterReply(msgspec.Struct, frozen=True):
    """Names, for the screen only."""

    kitchen_name: str
    device_name: str
    people: tuple[Person, ...]
    """By name; people who left are not among them."""


class SetPinArgs(WithPin, frozen=True):
    """A new PIN for `staff`, given by `by_staff`."""

    by_staff: Staff
    by_pin: Pin
    staff: Staff
    pin: Pin


class UnlockArgs(WithPin, frozen=True):
    """`staff` may try again; `by_staff` says so."""

    by_staff: Staff
    by_pin: Pin
    staff: Staff


class DoneReply(msgspec.Struct, frozen=True):
    """It is done and stored."""


class DevicesArgs(msgspec.Struct, frozen=True):
    """Nothing: the kitchen is the device's."""


class DeviceInfo(msgspec.Struct, frozen=True):
    """A kiosk as the fleet page shows it; times in UTC ms."""

    device: DeviceId
    name: str
    enrolled_ms: int
    revoked_ms: int | None
    heard_ms: int | None
    """Last sign of life; None: never since it was enrolled."""
    got_seq: int
    """How far it has stored the log."""


class DevicesReply(msgspec.Struct, frozen=True):
    """The kiosks of the kitchen by name, revoked ones too."""

    devices: tuple[DeviceInfo, ...]


class EnrolmentCodeArgs(WithPin, frozen=True):
    """A code for a kiosk that people will call `name`."""

    by_staff: Staff
    by_pin: Pin
    name: Label


class EnrolmentCodeReply(msgspec.Struct, frozen=True):
    """The code as it is shown, once; the server keeps only its hash."""

    code: str
    until_ms: int

    __repr__ = _without_secrets


class AuthoritiesArgs(msgspec.Struct, frozen=True):
    """Nothing."""


class AuthoritiesReply(msgspec.Struct, frozen=True):
    """What a device shall trust at its next connections, in the place of what it trusted before."""

    authorities: tuple[str, ...]
    """Certificates (PEM), the present one first; none: what the device's own system trusts."""


class RevokeDeviceArgs(WithPin, frozen=True):
    """Shut `device` out."""

    by_staff: Staff
    by_pin: Pin
    device: Annotated[DeviceId, Meta(pattern=ID_PATTERN)]


def wrong_detail(tries: int, limit: int) -> Word:
    """Detail of `pin_wrong`: so many wrong ones of so many before a lock-out."""
    return f"{tries}/{limit}"


def tries_of(detail: str) -> tuple[int, int]:
    """Tries and limit of a `pin_wrong`; (0, 0) for a text that is none."""
    tries, _, limit = detail.partition("/")
    return (_number(tries) or 0, _number(limit) or 0)


def locked_detail(until_ms: int | None) -> Word:
    """Detail of `pin_locked`: UTC ms, None for until an administrator gives a new PIN."""
    return "" if until_ms is None else str(until_ms)


def until_of(detail: str) -> int | None:
    """UTC ms until when a `pin_locked` lasts; None: until an administrator gives a new PIN."""
    return _number(detail)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


class FleetArgs(msgspec.Struct, frozen=True):
    """Which part of the fleet."""

    find: Annotated[str, Meta(max_length=NAME_MAX)] = ""
    """Part of the name or id of a kitchen or kiosk."""
    only_troubled: bool = False
    """Those that are silent, behind, keep commands back, or whose clock is wrong."""
    skip: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class FleetRow(msgspec.Struct, frozen=True):
    """One kiosk in use; times in UTC ms."""

    kitchen: str
    kitchen_name: str
    device: DeviceId
    name: str
    app: str
    """Its release; empty: never said."""
    heard_ms: int | None
    """Last sign of life; None: never since it was enrolled."""
    behind: int
    """Events of its kitchen that it has not stored, when it was heard last."""
    unsent: int
    """Commands without an answer, when it was heard last."""
    offset_ms: int | None
    """By how much its clock is ahead of the server's; None: not known."""


class ProcessRow(msgspec.Struct, frozen=True):
    """One server process that is heard."""

    process: str
    started_ms: int
    connections: int


class FleetReply(msgspec.Struct, frozen=True):
    """The counts are of the whole fleet, the rows a page of what was asked for, most silent first."""

    kitchens: int
    kiosks: int
    silent: int
    behind: int
    unsent: int
    """Kiosks that keep commands back."""
    clocks: int
    """Kiosks whose clock is wrong."""
    releases: dict[str, int]
    """Kiosks of each release."""
    processes: tuple[ProcessRow, ...]
    rows: tuple[FleetRow, ...]
    more: bool
    now_ms: int
    """The server's."""
