"""Chiefs hand the floor over by touch, online and with the cable out; the head then closes the night."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QApplication

from dapur.ids import StaffId
from dapur.plan import on_date, read_plan
from kiosk.views.floor import Floor
from kiosk.widgets.record_row import RecordRow
from tests.support.journey import PIN, Kiosk, Place, place
from tests.support.server_process import PLAN, server_cli

NUTRITIONIST, HEAD = "s-ratna", "s-hendra"


async def open_page(kiosk: Kiosk) -> None:
    await kiosk.tap("nav.menu")
    await kiosk.tap("menu.handover")


async def sign(kiosk: Kiosk) -> None:
    await kiosk.type("ask.sign.pad", PIN)
    await kiosk.see(lambda: kiosk.find("ask") is None, f"{kiosk.name}: the sheet stays open")


async def give(kiosk: Kiosk, to: str) -> None:
    await kiosk.tap(f"handover.person.{to}")
    await kiosk.tap("handover.note.second_wave")
    await kiosk.tap("handover.give")
    await sign(kiosk)


def offered(kiosk: Kiosk) -> str:
    """What the row that waits says."""
    rows = kiosk.app.window.findChildren(RecordRow)
    shown = (
        row for row in rows if row.objectName().startswith("handover.offer.") and row.isVisible()
    )
    return next((f"{row.look().title} {row.look().detail}" for row in shown), "")


async def take(kiosk: Kiosk) -> None:
    item = kiosk.app.floor.kitchen.handovers[-1]
    await kiosk.tap(f"handover.offer.{item.id}.take")
    await sign(kiosk)


def taker(floor: Floor) -> StaffId | None:
    items = floor.kitchen.handovers
    return items[-1].taken.actor if items and items[-1].taken is not None else None


async def import_next(here: Place, closed: str) -> str:
    """The operator imports the plan of the day after; its date."""
    following = (date.fromisoformat(closed) + timedelta(days=1)).isoformat()
    file = here.folder / "next.json"
    file.write_bytes(msgspec.json.encode(on_date(read_plan(PLAN.read_bytes()), following)))
    words = ("plan", "import", str(file), "--data", str(here.server.data))
    await asyncio.to_thread(server_cli, *words)
    return following


@pytest.mark.timeout(180)
async def test_chiefs_hand_over_online_and_offline_and_the_head_closes_the_night(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Mutu", "Kantor") as here:
        quality, office = here.kiosks
        await quality.sign_in(NUTRITIONIST)
        await office.sign_in(HEAD)
        for kiosk in here.kiosks:
            await open_page(kiosk)
        await give(quality, HEAD)
        await office.see(lambda: "Gelombang 2 belum mulai" in offered(office), "nothing is offered")
        await take(office)
        await quality.see(lambda: taker(quality.app.floor) == HEAD, "not told that it was taken")

        office.cable.pull()
        await office.is_offline()
        await give(office, NUTRITIONIST)
        await office.see(lambda: "Hendra Gunawan" in offered(office), "an own tap shows at once")
        assert not offered(quality)
        office.cable.plug()
        await office.tap("top.connection")
        await quality.see(lambda: "Hendra Gunawan" in offered(quality), "it never came")
        await take(quality)
        await office.see(lambda: taker(office.app.floor) == NUTRITIONIST, "never taken")
        await office.has_sent_all()

        await office.tap("handover.tick")
        await office.tap("handover.close")
        await office.tap("ask.consent")
        await sign(office)
        floor = quality.app.floor
        await quality.see(lambda: floor.kitchen.night is None, "the night goes on")
        await office.has_sent_all()
        closed = floor.kitchen.last_closed
        left = frozenset(floor.kitchen.batches)
        assert len(left) == 16, "what was left open stays"
        assert floor.kitchen.handovers == ()
        await quality.see(
            lambda: quality.find(f"handover.closed.{closed}") is not None, "the end is not told"
        )
        assert office.find("handover.close") is None, "nothing is left to close"

        opened = await import_next(here, closed)
        floor = office.app.floor
        await office.see(lambda: len(floor.kitchen.batches) == 32, "the next plan never came")
        assert floor.kitchen.night is not None
        assert floor.kitchen.night.serving_date == opened
        assert left < frozenset(floor.kitchen.batches)
        await office.see(lambda: office.find("handover.close") is not None, "no way to end it")
