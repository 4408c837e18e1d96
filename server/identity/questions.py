"""Answers the named queries of a kiosk; the kitchen is always the device's, never an argument."""

from __future__ import annotations

import logging
from collections.abc import Callable

import msgspec

from dapur import access, pin
from dapur.enrolment import ticket_text
from dapur.ids import DeviceId, KitchenId, StaffId
from dapur.wire import queries as q
from dapur.wire.queries import QueryCode
from server.desk.arguments import read_args
from server.desk.ports import DeviceRecord, QueryError
from server.identity.attempts import Where
from server.identity.devices import Devices
from server.identity.fleet import Fleet
from server.identity.kitchens import Kitchens
from server.identity.staff import People

RolesOf = Callable[[KitchenId, StaffId], frozenset[str]]
Present = Callable[[KitchenId, DeviceId], frozenset[StaffId]]
"""Who is signed in at a kiosk, by the log."""

_log = logging.getLogger(__name__)


class Questions:
    """One for a server. Thread-safe. All raise QueryError and Unavailable."""

    def __init__(
        self,
        kitchens: Kitchens,
        people: People,
        devices: Devices,
        fleet: Fleet,
        *,
        present: Present,
        roles_of: RolesOf,
        on_revoked: Callable[[DeviceId], None],
        authority_pin: Callable[[], str] = str,
    ) -> None:
        """`on_revoked` is told after a revocation is stored, in the asking thread; `authority_pin`
        gives what goes
        behind an enrolment code.
        """
        self._kitchens = kitchens
        self._people = people
        self._devices = devices
        self._fleet = fleet
        self._present = present
        self._roles_of = roles_of
        self._on_revoked = on_revoked
        self._authority_pin = authority_pin

    def answer(self, asker: DeviceRecord, name: str, args: msgspec.Raw, now_ms: int) -> msgspec.Raw:
        """The reply's JSON. A QueryError is one of `QueryCode`."""
        reply = self._reply(asker, name, args, now_ms)
        return msgspec.Raw(msgspec.json.encode(reply))

    def _reply(
        self, asker: DeviceRecord, name: str, args: msgspec.Raw, now_ms: int
    ) -> msgspec.Struct:
        match name:
            case q.SIGN_IN | q.STEP_UP:
                return self._sign_in(asker, read_args(args, q.SignInArgs), now_ms)
            case q.ROSTER:
                return self._roster(asker)
            case q.DEVICES:
                return q.DevicesReply(self._devices.of_kitchen(asker.kitchen))
            case q.SET_PIN:
                return self._set_pin(asker, read_args(args, q.SetPinArgs), now_ms)
            case q.UNLOCK:
                return self._unlock(asker, read_args(args, q.UnlockArgs), now_ms)
            case q.ENROLMENT_CODE:
                return self._code(asker, read_args(args, q.EnrolmentCodeArgs), now_ms)
            case q.REVOKE_DEVICE:
                return self._revoke(asker, read_args(args, q.RevokeDeviceArgs), now_ms)
            case q.FLEET:
                return self._show_fleet(asker, read_args(args, q.FleetArgs), now_ms)
            case _:
                raise QueryError(QueryCode.UNKNOWN_QUERY, name[:64])

    def _sign_in(self, asker: DeviceRecord, args: q.SignInArgs, now_ms: int) -> q.SignInReply:
        right = self._people.check(_at(asker, args.staff), args.pin, now_ms)
        until_ms = now_ms + pin.OFFLINE_MS
        return q.SignInReply(right.staff, right.name, until_ms, right.pin_version)

    def _roster(self, asker: DeviceRecord) -> q.RosterReply:
        name = self._kitchens.name(asker.kitchen)
        return q.RosterReply(name, asker.name, self._people.roster(asker.kitchen))

    def _set_pin(self, asker: DeviceRecord, args: q.SetPinArgs, now_ms: int) -> q.DoneReply:
        self._must_be_chief(asker, args.by_staff, args.by_pin, now_ms)
        self._people.set_pin(asker.kitchen, args.staff, args.pin)
        _log.info("%s gave %s of %s a PIN", args.by_staff, args.staff, asker.kitchen)
        return q.DoneReply()

    def _unlock(self, asker: DeviceRecord, args: q.UnlockArgs, now_ms: int) -> q.DoneReply:
        self._must_be_chief(asker, args.by_staff, args.by_pin, now_ms)
        try:
            self._people.unlock(asker.kitchen, args.staff)
        except LookupError as error:
            raise QueryError(QueryCode.STAFF_UNKNOWN) from error
        _log.info("%s let %s of %s try again", args.by_staff, args.staff, asker.kitchen)
        return q.DoneReply()

    def _code(
        self, asker: DeviceRecord, args: q.EnrolmentCodeArgs, now_ms: int
    ) -> q.EnrolmentCodeReply:
        self._must_be_chief(asker, args.by_staff, args.by_pin, now_ms)
        try:
            code, until_ms = self._devices.new_code(asker.kitchen, args.name, now_ms)
        except ValueError as error:
            raise QueryError(QueryCode.BAD_ARGS, "name") from error
        _log.info("%s made an enrolment code for %s", args.by_staff, asker.kitchen)
        return q.EnrolmentCodeReply(ticket_text(code, self._authority_pin()), until_ms)

    def _revoke(self, asker: DeviceRecord, args: q.RevokeDeviceArgs, now_ms: int) -> q.DoneReply:
        self._must_be_chief(asker, args.by_staff, args.by_pin, now_ms)
        try:
            self._devices.revoke(args.device, now_ms, kitchen=asker.kitchen)
        except LookupError as error:
            raise QueryError(QueryCode.DEVICE_UNKNOWN) from error
        _log.info("%s revoked %s", args.by_staff, args.device)
        self._on_revoked(args.device)
        return q.DoneReply()

    def _show_fleet(self, asker: DeviceRecord, args: q.FleetArgs, now_ms: int) -> q.FleetReply:
        """All kitchens: the kiosk must be allowed by who runs the server, and an operator be there.

        A kitchen gives its own roles, so a role alone opens no other kitchen.
        """
        if not self._fleet.is_shown_at(asker.device):
            raise QueryError(QueryCode.NOT_ALLOWED, "device")
        here = self._present(asker.kitchen, asker.device)
        if not any(access.Role.OPERATOR in self._roles_of(asker.kitchen, who) for who in here):
            raise QueryError(QueryCode.NOT_ALLOWED, "role")
        return self._fleet.seen(args, now_ms)

    def _must_be_chief(self, asker: DeviceRecord, who: StaffId, typed: str, now_ms: int) -> None:
        # The PIN first: a stranger at the screen learns nothing about who may do what.
        self._people.check(_at(asker, who), typed, now_ms)
        if not self._roles_of(asker.kitchen, who) & access.CHIEFS:
            raise QueryError(QueryCode.NOT_ALLOWED)


def nobody(_kitchen: KitchenId, _device: DeviceId) -> frozenset[StaffId]:
    """Nobody is signed in: a tool asks, not a running server."""
    return frozenset()


def _at(asker: DeviceRecord, who: StaffId) -> Where:
    return Where(asker.kitchen, who, asker.device)
