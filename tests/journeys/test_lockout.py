"""Wrong PINs lock a person out; a restart of the kiosk does not let them in."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.support.journey import place

COOK, CODE = "s-joko", "G1-03"


@pytest.mark.timeout(120)
async def test_wrong_pins_lock_the_person_and_a_button_says_who_must_sign_in(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Masak 1") as here:
        (kiosk,) = here.kiosks
        await kiosk.tap(f"card.{kiosk.id_of(CODE)}.advance")
        await kiosk.see(lambda: kiosk.app.window.page[0] == "sign_in", "not asked to sign in")
        await kiosk.tap("sign_in.team.Pengolahan")
        await kiosk.tap(f"person.{COOK}")
        for _ in range(5):
            await kiosk.type("sign_in.pad", "975310")
        await kiosk.see(lambda: kiosk.find("sign_in.lock") is not None, "not locked")
        assert kiosk.app.floor.actor is None

        await kiosk.close()
        await kiosk.open()
        await kiosk.is_online()
        await kiosk.tap("nav.sign_in")
        await kiosk.tap("sign_in.team.Pengolahan")
        await kiosk.tap(f"person.{COOK}")
        await kiosk.see(lambda: kiosk.find("sign_in.lock") is not None, "a restart unlocked it")
        assert kiosk.app.floor.actor is None
