"""`Identity` on the database, and what the operator's tool calls; each part is a module of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from dapur.ids import DeviceId, KitchenId, StaffId
from dapur.wire.queries import DeviceInfo, Person, ProcessRow
from server.desk.ports import DeviceRecord, Enrolled, Sign
from server.identity import keys
from server.identity.devices import Devices
from server.identity.fleet import Fleet
from server.identity.kitchens import KitchenInfo, Kitchens
from server.identity.questions import Present, Questions, RolesOf, nobody
from server.identity.staff import People

WIB_MIN = 420
"""Western Indonesia, where most kitchens are: UTC+7."""


class SqlIdentity:
    """`server.desk.ports.Identity` on SQLite and PostgreSQL. Thread-safe, synchronous.

    Everything raises Unavailable when the database cannot be used.
    """

    def __init__(
        self,
        engine: Engine,
        roles_of: RolesOf,
        on_revoked: Callable[[DeviceId], None] | None = None,
        *,
        present: Present = nobody,
        process: str = "",
        authority_pin: Callable[[], str] = str,
    ) -> None:
        """`roles_of` tells a person's roles by the log, `present` who is signed in at a kiosk;
        `on_revoked` is called from any thread, after the revocation is stored. `process` is the name
        of this server process; `authority_pin` goes behind enrolment codes (`dapur.enrolment`).
        """
        self._engine = engine
        self._kitchens = Kitchens(engine)
        self._people = People(engine)
        self._devices = Devices(engine)
        self._fleet = Fleet(engine, process)
        self._on_revoked = on_revoked
        self._questions = Questions(
            self._kitchens,
            self._people,
            self._devices,
            self._fleet,
            present=present,
            roles_of=roles_of,
            on_revoked=self._tell_revoked,
            authority_pin=authority_pin,
        )

    # ---- the port ------------------------------------------------------------------------------

    def device(self, device: DeviceId) -> DeviceRecord | None:
        """The record of a device, revoked ones too."""
        return self._devices.find(device)

    def records(self, devices: Sequence[DeviceId]) -> dict[DeviceId, DeviceRecord]:
        """The same of those of these that are known."""
        return self._devices.records(devices)

    def revoked(self, devices: Sequence[DeviceId]) -> frozenset[DeviceId]:
        """Those of these devices that are revoked or no longer known."""
        return self._devices.revoked(devices)

    def enrol(self, code: str, public_key: bytes, now_ms: int) -> Enrolled:
        """Use a one-time code; QueryError `code_wrong`, `code_expired`, `code_used_up`, `bad_key`."""
        return self._devices.enrol(code, public_key, now_ms)

    def heard(self, signs: Mapping[DeviceId, Sign], connections: int, now_ms: int) -> None:
        """Remember that these devices live and how they are, and that this server process lives."""
        self._fleet.heard(signs, connections, now_ms)

    def ended(self) -> None:
        """This server process ends in order."""
        self._fleet.ended()

    def answer(
        self, device: DeviceRecord, name: str, args: msgspec.Raw, now_ms: int
    ) -> msgspec.Raw:
        """Answer a query of `dapur.wire.queries` for this device's kitchen; QueryError `QueryCode`."""
        return self._questions.answer(device, name, args, now_ms)

    # ---- the server's key ----------------------------------------------------------------------

    def server_key(self) -> Ed25519PrivateKey:
        """The key that signs `top`, made at the first call."""
        return keys.load_or_make(self._engine)

    # ---- the operator --------------------------------------------------------------------------

    def add_kitchen(self, kitchen: KitchenId, name: str, *, utc_offset_min: int = WIB_MIN) -> None:
        """Add a kitchen or rename it; its log is made by `Log.create_kitchen`. Raises ValueError."""
        self._kitchens.add(KitchenInfo(kitchen, name, utc_offset_min))

    def kitchens(self) -> tuple[KitchenInfo, ...]:
        """All kitchens by id."""
        return self._kitchens.all()

    def add_staff(self, kitchen: KitchenId, staff: StaffId, name: str) -> None:
        """Add a person without a PIN, or rename one. Raises LookupError, ValueError."""
        self._people.add(kitchen, staff, name)

    def remove_staff(self, kitchen: KitchenId, staff: StaffId) -> None:
        """A person left: no PIN is checked any more. Raises LookupError."""
        self._people.leave(kitchen, staff)

    def staff(self, kitchen: KitchenId) -> tuple[Person, ...]:
        """Who works there, by name."""
        return self._people.roster(kitchen)

    def set_pin(self, kitchen: KitchenId, staff: StaffId, pin: str) -> None:
        """Give a PIN, end a lock-out; QueryError `pin_trivial`, `staff_unknown`."""
        self._people.set_pin(kitchen, staff, pin)

    def unlock(self, kitchen: KitchenId, staff: StaffId) -> None:
        """End a lock-out, keep the PIN. Raises LookupError."""
        self._people.unlock(kitchen, staff)

    def new_code(self, kitchen: KitchenId, name: str, now_ms: int) -> str:
        """A code, good for ten minutes, for a kiosk called `name`. Raises LookupError, ValueError."""
        return self._devices.new_code(kitchen, name, now_ms)[0]

    def devices(self, kitchen: KitchenId) -> tuple[DeviceInfo, ...]:
        """The kiosks of a kitchen by name, revoked ones too."""
        return self._devices.of_kitchen(kitchen)

    def revoke(self, device: DeviceId, now_ms: int) -> None:
        """Shut a kiosk out for good. Raises LookupError."""
        self._devices.revoke(device, now_ms)
        self._tell_revoked(device)

    def processes(self, now_ms: int) -> tuple[ProcessRow, ...]:
        """Server processes that were heard lately."""
        return self._fleet.processes(now_ms)

    def show_fleet(self, device: DeviceId, now_ms: int, *, allowed: bool) -> None:
        """Whether an operator may see all kitchens at this kiosk. Raises LookupError."""
        self._fleet.show(device, now_ms, allowed=allowed)

    def _tell_revoked(self, device: DeviceId) -> None:
        if self._on_revoked is not None:
            self._on_revoked(device)
