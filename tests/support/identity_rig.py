"""An identity on a real database with two kitchens, one kiosk each, and people with PINs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine

from dapur.access import Role
from dapur.ids import DeviceId, KitchenId, StaffId
from dapur.wire.queries import SignInReply
from server.desk.ports import DeviceRecord, QueryError
from server.identity.sql_identity import SqlIdentity
from server.log.schema import upgrade
from tests.support.databases import bound_postgres, opened, sqlite_url

NOW = 1_795_000_000_000
K1 = KitchenId("k1")
K2 = KitchenId("k2")
AYU = StaffId("ayu")
"""Chief of K1; another person of K2 has the same id."""
BUDI = StaffId("budi")
"""Cooks in K1, has no PIN yet."""
DEWI = StaffId("dewi")
"""Chief of K2 only."""
OPI = StaffId("opi")
"""Operator of the province, on the roster of K1; has no PIN."""
PIN = "135790"
PIN2 = "246813"
WRONG = "908172"

ROLES = {
    (K1, AYU): frozenset({Role.KEPALA}),
    (K1, BUDI): frozenset({Role.STAFF_DAPUR}),
    (K2, AYU): frozenset({Role.STAFF_DAPUR}),
    (K2, DEWI): frozenset({Role.ADMIN}),
    (K1, OPI): frozenset({Role.OPERATOR}),
}

R = TypeVar("R")


def roles_of(kitchen: KitchenId, staff: StaffId) -> frozenset[str]:
    """What the log would say."""
    return frozenset(ROLES.get((kitchen, staff), frozenset()))


def public_key() -> bytes:
    """Of a fresh kiosk."""
    return Ed25519PrivateKey.generate().public_key().public_bytes_raw()


class Rig:
    """`identity` is one server's, `restarted()` another's on the same database."""

    def __init__(self, engine: Engine, other: Engine) -> None:
        self.engine = engine
        self._other = other
        self.ended: list[DeviceId] = []
        self.here: dict[DeviceId, frozenset[StaffId]] = {}
        """Who is signed in where, as the log would say."""
        self.identity = SqlIdentity(
            engine,
            roles_of,
            self.ended.append,
            present=lambda _kitchen, device: self.here.get(device, frozenset()),
            process="one",
        )
        self.kiosk1, self.kiosk2 = (self._populate(kitchen) for kitchen in (K1, K2))

    def restarted(self) -> SqlIdentity:
        """The identity as another process has it."""
        return SqlIdentity(self._other, roles_of, process="two")

    def enrol(self, kitchen: KitchenId, name: str, key: bytes | None = None) -> DeviceRecord:
        """One more kiosk."""
        code = self.identity.new_code(kitchen, name, NOW)
        device = self.identity.enrol(code, key or public_key(), NOW).device
        found = self.identity.device(device)
        assert found is not None
        return found

    def ask(
        self,
        kiosk: DeviceRecord,
        name: str,
        args: object,
        reply: type[R],
        *,
        now_ms: int = NOW,
        identity: SqlIdentity | None = None,
    ) -> R:
        """A query as the gateway passes it on."""
        raw = msgspec.Raw(msgspec.json.encode(args))
        answer = (identity or self.identity).answer(kiosk, name, raw, now_ms)
        return msgspec.json.decode(answer, type=reply)

    def sign_in(
        self,
        kiosk: DeviceRecord,
        staff: StaffId,
        pin: str,
        *,
        now_ms: int = NOW,
        identity: SqlIdentity | None = None,
    ) -> SignInReply | str:
        """The reply, or `code: detail`."""
        args = {"staff": staff, "pin": pin}
        try:
            return self.ask(kiosk, "sign_in", args, SignInReply, now_ms=now_ms, identity=identity)
        except QueryError as error:
            return str(error)

    def _populate(self, kitchen: KitchenId) -> DeviceRecord:
        one = self.identity
        one.add_kitchen(kitchen, f"Dapur {kitchen}")
        one.add_staff(kitchen, AYU, f"Ayu {kitchen}")
        one.set_pin(kitchen, AYU, PIN if kitchen == K1 else PIN2)
        if kitchen == K1:
            one.add_staff(kitchen, BUDI, "Budi")
        else:
            one.add_staff(kitchen, DEWI, "Dewi")
            one.set_pin(kitchen, DEWI, PIN)
        return self.enrol(kitchen, f"Kios {kitchen}")


@contextmanager
def rig_on(kind: str, folder: Path) -> Iterator[Rig]:
    """A rig on `sqlite` or `postgresql`."""
    url = sqlite_url(folder) if kind == "sqlite" else bound_postgres()
    if kind == "sqlite":
        upgrade(url)
    with opened(url) as engine, opened(url) as other:
        yield Rig(engine, other)


def refusal(work: Callable[[], object]) -> str:
    """The code and detail with which the work is refused."""
    try:
        work()
    except QueryError as error:
        return str(error)
    return "done"
