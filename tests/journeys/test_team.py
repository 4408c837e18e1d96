"""The head sends a team to a batch by touch: the other kiosk shows it, also after the cable was out."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.crew import present
from tests.support.journey import Kiosk, place

HEAD = "s-hendra"
CODE = "G1-02"


def at(kiosk: Kiosk) -> set[str]:
    return {each.staff for each in present(kiosk.batch(CODE).crew)}


def on_shift(kiosk: Kiosk) -> tuple[str, set[str]]:
    """The team with most people on shift now, none of them at the batch yet, and who they are."""
    now_ms, there = kiosk.app.floor.now_ms, at(kiosk)
    teams: dict[str, set[str]] = {}
    for each in kiosk.app.floor.kitchen.staff.values():
        if each.is_on_shift(now_ms):
            teams.setdefault(each.team, set()).add(each.id)
    free = {name: people for name, people in teams.items() if not people & there}
    name = max(free, key=lambda each: len(free[each]))
    assert len(free[name]) > 1
    return name, free[name]


@pytest.mark.timeout(180)
async def test_head_sends_a_whole_team_with_the_cable_out_and_the_other_kiosk_hears_of_it(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with place(tmp_path, qapp, "Meja", "Masak 1") as here:
        desk, cook = here.kiosks
        await desk.sign_in(HEAD)
        name, team = on_shift(desk)
        await desk.tap("nav.team")
        await desk.tap("team.person.s-dian")
        await desk.tap("team.send")
        await desk.tap(f"assign.batch.{desk.id_of(CODE)}")
        await desk.tap("assign.post.lead")
        await desk.tap("assign.confirm")
        await cook.see(lambda: "s-dian" in at(cook), "the other kiosk never heard of it")

        desk.cable.pull()
        await desk.is_offline()
        desk.app.window.show_page("batch", desk.id_of(CODE))
        await desk.tap("batch.others")
        await desk.tap(f"team.{name}")
        await desk.tap("team.mark")
        await desk.tap("team.send")
        await desk.tap("assign.confirm")
        await desk.see(lambda: team <= at(desk), "an own tap shows at once")
        assert not team & at(cook)
        desk.cable.plug()
        await desk.tap("top.connection")
        await cook.see(lambda: team <= at(cook), "the taps never came")
        await desk.has_sent_all()
        assert at(cook) == at(desk)
