"""The board sifted by wave and team: it shows those only, says so in its head, and remembers it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QApplication

from kiosk.app import App, Look
from kiosk.screens.sift import SiftSheet
from kiosk.views.board import TEAM, WAVE, BoardView
from kiosk.widgets.option_tile import OptionTile
from tests.shots import night
from tests.support.scene import open_scene

STORY = night()


def opened(qapp: QApplication, folder: Path) -> App:
    look = Look(language="id", size=(1366, 768), dpi=102.0)
    return open_scene(folder, qapp, STORY, "04:42", look=look, actors=("s-sari",))


def shown(view: BoardView) -> set[str]:
    return {card.id for section in view.sections() for card in section.cards}


async def test_board_shows_the_chosen_team_and_wave_and_remembers_them(
    qapp: QApplication, tmp_path: Path
) -> None:
    app = opened(qapp, tmp_path)
    window = app.window
    everything = shown(BoardView(app.floor))
    window.shown_page.choose_filter("sift")
    sheet = window.findChild(SiftSheet)
    assert sheet is not None
    teams = [each.key for each in BoardView(app.floor).teams() if each.key]
    assert teams
    for name in (f"sift.team.{teams[0]}", "sift.wave.G2"):
        tile = sheet.findChild(OptionTile, name)
        assert tile is not None, name
        tile.click()
    noted = app.kiosk.store.noted
    assert noted(TEAM) == teams[0]
    assert noted(WAVE).endswith("/G2")
    again = BoardView(app.floor)
    assert shown(again) < everything
    assert {each.header.wave for each in again.sections() if each.full} == {"G2"}
    assert again.team_name(teams[0]) in {each.text for each in again.top().filters}
    again.choose_team("")
    assert shown(again) == everything
    app.close()


async def test_board_says_so_when_nothing_passes(qapp: QApplication, tmp_path: Path) -> None:
    app = opened(qapp, tmp_path)
    view = BoardView(app.floor)
    view.choose_team("TIM_LAIN")
    assert view.sections() == ()
    assert view.empty() == app.floor.words("sift.nothing")
    assert "TIM_LAIN" in {each.key for each in view.teams()}
    app.close()


async def test_wave_chosen_on_another_night_is_forgotten(
    qapp: QApplication, tmp_path: Path
) -> None:
    app = opened(qapp, tmp_path)
    app.kiosk.store.note(**{WAVE: "1000/G2"})
    view = BoardView(app.floor)
    assert {each.header.wave for each in view.sections() if each.full} == {"G1"}
    app.close()
