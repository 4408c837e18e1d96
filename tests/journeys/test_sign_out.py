"""People leave a kiosk without a line, and one is locked out of it: nothing is lost, nobody slips in."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.stage import Stage
from kiosk.widgets.lockout_panel import LockoutPanel
from kiosk.widgets.toast import Toast
from tests.support.journey import PIN, Kiosk, place

COOK, OTHER, HEAD = "s-joko", "s-sari", "s-hendra"
RICE = "G1-01"
WRONG = "975310"


def toast(kiosk: Kiosk) -> str:
    return " | ".join(
        f"{each.look().title} {each.look().detail}"
        for each in kiosk.app.window.findChildren(Toast)
        if each.isVisible()
    )


def open_here(kiosk: Kiosk) -> list[str]:
    """Whose sessions of this kiosk stand open in the log."""
    base = kiosk.app.kiosk.replica.base.sessions.values()
    device = kiosk.app.kiosk.device
    return [each.staff for each in base if each.device == device and each.closed_ms is None]


def clock(kiosk: Kiosk) -> str:
    """The countdown of the lock-out; empty when the keys are shown."""
    panel = kiosk.find("sign_in.lock")
    return panel.accessibleName() if isinstance(panel, LockoutPanel) else ""


async def choose(kiosk: Kiosk, staff: str) -> None:
    await kiosk.tap("nav.sign_in")
    await kiosk.tap(f"sign_in.team.{kiosk.app.floor.kitchen.staff[staff].team}")  # type: ignore[index]
    await kiosk.tap(f"person.{staff}")


async def is_locked(kiosk: Kiosk) -> None:
    await kiosk.see(lambda: clock(kiosk) != "", "not locked")


@pytest.mark.timeout(180)
async def test_all_sign_out_with_taps_waiting_and_nothing_is_lost_when_the_cable_is_back(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1") as here:
        (kiosk,) = here.kiosks
        await kiosk.sign_in(OTHER)
        await kiosk.sign_in(COOK)
        await kiosk.has_sent_all()
        assert sorted(open_here(kiosk)) == [COOK, OTHER]
        kiosk.cable.pull()
        await kiosk.is_offline()
        kiosk.app.window.show_page("board", "")
        await kiosk.tap(f"card.{kiosk.id_of(RICE)}.advance")
        await kiosk.card_says(RICE, "Persiapan")
        await kiosk.tap("nav.sign_in")
        await kiosk.tap("sign_in.out_all")
        await kiosk.see(lambda: "belum terkirim" in toast(kiosk), "not said what waits")
        # The advance and two ends of sessions.
        assert "2 orang keluar 3 ketukan" in toast(kiosk)
        assert kiosk.app.floor.people.session.signed_in == ()
        assert kiosk.app.floor.unsent == 3
        assert sorted(open_here(kiosk)) == [COOK, OTHER]

        kiosk.cable.plug()
        await kiosk.tap("top.connection")
        await kiosk.is_online()
        await kiosk.has_sent_all()
        assert open_here(kiosk) == []
        assert kiosk.app.kiosk.replica.base.batches[kiosk.id_of(RICE)].stage is Stage.PREPARING
        assert not kiosk.app.floor.kitchen.reviews


@pytest.mark.timeout(180)
async def test_locked_person_sees_the_countdown_after_a_restart_until_the_head_unlocks(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1") as here:
        (kiosk,) = here.kiosks
        await choose(kiosk, COOK)
        for _ in range(5):
            await kiosk.type("sign_in.pad", WRONG)
        await is_locked(kiosk)
        await kiosk.close()

        await kiosk.open()
        await kiosk.is_online()
        await choose(kiosk, COOK)
        # No digit was typed: the kiosk knows it by itself.
        await is_locked(kiosk)
        assert "Joko Prasetyo terkunci 0" in clock(kiosk)

        await kiosk.tap("sign_in.lock.unlock")
        await kiosk.type("ask.sign.pad", PIN)
        await kiosk.see(
            lambda: "Terbuka di semua kios" in toast(kiosk), "the head's PIN did nothing"
        )
        await kiosk.see(lambda: clock(kiosk) == "", "still locked on the screen")
        assert kiosk.app.floor.actor is None
        await kiosk.type("sign_in.pad", PIN)
        await kiosk.see(lambda: kiosk.app.floor.actor == COOK, "the server still locks the cook")
        await kiosk.has_sent_all()
        assert open_here(kiosk) == [COOK]
        told = [(each.kind, each.to, each.by) for each in kiosk.app.floor.kitchen.notices]
        assert told == [("staff_unlocked", COOK, HEAD)]


@pytest.mark.timeout(180)
async def test_head_unlocks_without_a_line_whoever_this_kiosk_locked_out(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1") as here:
        (kiosk,) = here.kiosks
        for person in (HEAD, COOK):
            await kiosk.sign_in(person)
        await kiosk.tap("nav.sign_in")
        await kiosk.tap("sign_in.out_all")
        await kiosk.has_sent_all()
        kiosk.cable.pull()
        await kiosk.is_offline()
        await choose(kiosk, COOK)
        for _ in range(5):
            await kiosk.type("sign_in.pad", WRONG)
        await is_locked(kiosk)
        await kiosk.tap("sign_in.lock.unlock")
        await kiosk.type("ask.sign.pad", PIN)
        await kiosk.see(lambda: "di kios ini saja" in toast(kiosk), "the head's PIN did nothing")
        await kiosk.type("sign_in.pad", PIN)
        await kiosk.see(lambda: kiosk.app.floor.actor == COOK, "still locked")

        kiosk.cable.plug()
        await kiosk.tap("top.connection")
        await kiosk.is_online()
        await kiosk.has_sent_all()
        assert open_here(kiosk) == [COOK]
        told = [(each.kind, each.to, each.by) for each in kiosk.app.floor.kitchen.notices]
        assert told == [("staff_unlocked", COOK, HEAD)]
