"""Who may not try a PIN here: as the server said and as this kiosk counted, also after a restart."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from argon2 import PasswordHasher

from dapur.ids import StaffId
from dapur.pin import Locked
from kiosk.clock import KioskTime
from kiosk.local.salvage import open_store
from kiosk.locks import Locks
from kiosk.pins import SignIn, SignInResult
from kiosk.vault import sealing
from kiosk.vault.verifiers import Verifiers
from tests.support.clock import FakeClock

KEY = bytes(range(32))
AYU, BUDI = StaffId("ayu"), StaffId("budi")
PIN, WRONG = "135790", "246813"
MINUTE = 60_000


@pytest.fixture(autouse=True)
def quick_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """argon2 with the least work it knows."""
    monkeypatch.setattr(sealing, "HASHER", PasswordHasher(1, 8, 1))


class Kiosk:
    """The parts that know of lock-outs; what the server answers is set by the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.online = True
        self.versions = {AYU: 1, BUDI: 1}
        self.says = SignInResult(SignIn.OK)
        self.open()

    def open(self) -> None:
        self.store = open_store(self.folder / "store")
        self.time = KioskTime(self.clock, self.store)
        self.verifiers = Verifiers(self.folder / "verifiers", KEY)
        self.locks = Locks(
            self,
            self.verifiers,
            self.store,
            self.time,
            cast("Any", self),
            cast("Any", SimpleNamespace(pin_versions=self.versions)),
        )

    def restart(self) -> None:
        self.store.close()
        self.open()

    async def check(self, staff: StaffId, pin: str, *, signing_in: bool) -> SignInResult:
        """What `Locks` asks."""
        assert (staff in self.versions, pin, signing_in) == (True, WRONG, True)
        return self.says

    async def tries(self, state: SignIn, until_ms: int | None = None, who: StaffId = AYU) -> None:
        self.says = SignInResult(state, until_ms=until_ms)
        assert await self.locks.check(who, WRONG, signing_in=True) == self.says

    @property
    def now(self) -> int:
        return self.time.server_now_ms()


@pytest.fixture
def kiosk(tmp_path: Path) -> Kiosk:
    return Kiosk(tmp_path)


async def test_what_the_server_said_stands_after_a_restart_until_it_is_over(kiosk: Kiosk) -> None:
    until = kiosk.now + MINUTE
    await kiosk.tries(SignIn.LOCKED, until)
    kiosk.restart()
    assert kiosk.locks.of(AYU) == Locked(until)
    assert kiosk.locks.of(BUDI) is None
    kiosk.online = False
    assert kiosk.locks.of(AYU) == Locked(until)
    kiosk.clock.pass_ms(MINUTE)
    assert kiosk.locks.of(AYU) is None


@pytest.mark.parametrize("state", [SignIn.OK, SignIn.WRONG])
async def test_what_the_server_said_is_forgotten_when_it_checks_again(
    kiosk: Kiosk, state: SignIn
) -> None:
    await kiosk.tries(SignIn.LOCKED, kiosk.now + MINUTE)
    await kiosk.tries(SignIn.UNAVAILABLE)
    assert kiosk.locks.of(AYU) is not None
    await kiosk.tries(state)
    assert kiosk.locks.of(AYU) is None
    kiosk.restart()
    assert kiosk.locks.of(AYU) is None


async def test_new_pin_ends_what_the_server_said(kiosk: Kiosk) -> None:
    await kiosk.tries(SignIn.LOCKED, kiosk.now + MINUTE)
    kiosk.versions[AYU] = 2
    assert kiosk.locks.of(AYU) is None


async def test_lock_for_good_is_not_kept_of_the_server(kiosk: Kiosk) -> None:
    await kiosk.tries(SignIn.LOCKED, None)
    assert kiosk.locks.of(AYU) is None


async def test_own_counter_counts_only_without_a_line(kiosk: Kiosk) -> None:
    kiosk.verifiers.remember(AYU, PIN, kiosk.now, 1)
    for _ in range(5):
        kiosk.verifiers.check(AYU, WRONG, kiosk.time.expiry_ms())
    assert kiosk.locks.of(AYU) is None
    kiosk.online = False
    kiosk.restart()
    assert kiosk.locks.of(AYU) == Locked(kiosk.now + MINUTE)


async def test_chief_lifts_both(kiosk: Kiosk) -> None:
    kiosk.online = False
    kiosk.verifiers.remember(AYU, PIN, kiosk.now, 1)
    for _ in range(5):
        kiosk.verifiers.check(AYU, WRONG, kiosk.time.expiry_ms())
    await kiosk.tries(SignIn.LOCKED, kiosk.now + 30 * MINUTE)
    await kiosk.tries(SignIn.LOCKED, kiosk.now + MINUTE, BUDI)
    assert kiosk.locks.of(AYU) == Locked(kiosk.now + 30 * MINUTE)
    await kiosk.locks.lift(AYU)
    assert kiosk.locks.of(AYU) is None
    assert kiosk.locks.of(BUDI) is not None
    kiosk.restart()
    assert kiosk.locks.of(AYU) is None


async def test_text_of_another_release_is_no_reason_to_stop(kiosk: Kiosk) -> None:
    kiosk.store.note(locks="[1]")
    kiosk.restart()
    assert kiosk.locks.of(AYU) is None
