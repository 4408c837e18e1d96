"""Another lead displaces a cook: the cook's kiosk says so, the cook reads it by touch, and it stays read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.batch import Post
from dapur.crew import present
from kiosk.widgets.toast import Toast
from tests.support.journey import Kiosk, place

HEAD, NEXT = "s-hendra", "s-dian"
CODE = "G1-02"


def lead(kiosk: Kiosk) -> str:
    return next(each.staff for each in present(kiosk.batch(CODE).crew) if each.post is Post.LEAD)


def toasted(kiosk: Kiosk) -> bool:
    toasts = kiosk.app.window.findChildren(Toast)
    return any(each.isVisible() and each.look().key == "notices" for each in toasts)


def counted(kiosk: Kiosk) -> str:
    tile = kiosk.find("menu.notices")
    return tile.accessibleName() if tile is not None else ""


@pytest.mark.timeout(180)
async def test_displaced_lead_reads_the_notice_on_the_own_kiosk(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Meja", "Masak 1") as here:
        desk, cook = here.kiosks
        was = lead(cook)
        await cook.sign_in(was)
        cook.app.start_sounds()
        await desk.sign_in(HEAD)
        await desk.tap("nav.team")
        await desk.tap(f"team.person.{NEXT}")
        await desk.tap("team.send")
        await desk.tap(f"assign.batch.{desk.id_of(CODE)}")
        await desk.tap("assign.post.lead")
        await desk.tap("assign.confirm")

        await cook.see(lambda: toasted(cook), "nobody told the displaced lead")
        assert not toasted(desk), "the head is not concerned"
        await cook.tap("nav.menu")
        await cook.see(lambda: "1 belum dibaca" in counted(cook), "the menu does not count it")
        await cook.tap("menu.notices")
        (notice,) = cook.app.floor.kitchen.notices
        await cook.tap(f"notices.{notice.id}.{was}.open")
        await cook.see(
            lambda: cook.app.window.page == ("batch", cook.id_of(CODE)), "not at the batch"
        )
        await cook.tap("nav.menu")
        await cook.see(lambda: "belum dibaca" not in counted(cook), "still counted as unread")

        await cook.close()
        await cook.open()
        cook.app.start_sounds()
        await cook.sign_in(was)
        await cook.tap("nav.menu")
        await cook.see(lambda: "Kabar" in counted(cook), "no tile")
        assert "belum dibaca" not in counted(cook)
        assert not toasted(cook)
