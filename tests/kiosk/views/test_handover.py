"""The hand-over's page: what is open with its way, who may give and take, what changed since, the night's end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.batch import HoldReason
from dapur.handover import SUBJECT, HandOverArgs, TakeOverArgs
from dapur.hold import HoldBatchArgs
from kiosk.app import App, Look
from kiosk.views.handover import OWN, HandOverView
from kiosk.views.summary_side import handover as panel
from tests.support.scene import Story, demo_plan, open_scene

ACCOUNTANT, NUTRITIONIST, HEAD, COOK = "s-endang", "s-ratna", "s-hendra", "s-sari"


@pytest.fixture
def story() -> Story:
    """The accountant gave to the nutritionist, who took it; she gives to the head, and then a batch is held."""
    told = Story(demo_plan())
    first = HandOverArgs(to=NUTRITIONIST, note="Bahan lengkap")
    told.tap("00:30", ACCOUNTANT, "hand_over", "", first, subject=SUBJECT)
    taken = TakeOverArgs(told.kitchen.handovers[-1].id)
    told.tap("00:41", NUTRITIONIST, "take_over", "", taken, subject=SUBJECT)
    told.tap("03:30", NUTRITIONIST, "hand_over", "", HandOverArgs(to=HEAD), subject=SUBJECT)
    told.tap("03:40", COOK, "hold_batch", "G1-02", HoldBatchArgs(HoldReason.ALLERGEN))
    return told


@contextmanager
def page(
    folder: Path, qapp: QApplication, story: Story, actor: str
) -> Iterator[tuple[App, HandOverView]]:
    app = open_scene(folder, qapp, story, "03:45", look=Look(), actors=(actor,))
    try:
        yield app, HandOverView(app.floor)
    finally:
        app.close()


async def test_chief_sees_what_is_open_and_that_the_rest_is_settled(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story, HEAD) as (app, view):
        lines = {line.key: line for line in view.open_lines()}
        assert lines["holds"].title == "1 batch ditahan"
        assert [button.action for button in lines["holds"].buttons] == ["see"]
        assert lines["reviews"].title == "Tidak ada ketukan yang menunggu"
        assert lines["reviews"].chip is not None
        assert not lines["reviews"].buttons
        titles = [line.title for line in view.open_lines()]
        assert titles == [line.title for line in panel(app.floor).lines], "the desk says the same"
        assert panel(app.floor).opens


async def test_chief_who_is_meant_takes_it_and_is_told_what_changed(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story, HEAD) as (_, view):
        offer = view.offer()
        assert offer is not None
        assert offer.title == "Ratna Puspita menyerahkan kepada Hendra Gunawan"
        assert "tahanan 0 → sekarang 1" in offer.detail
        assert offer.buttons[0].enabled
        asked = view.take()
        assert asked is not None
        assert "1 batch ditahan" in asked.ask.lines[0]
    with page(tmp_path / "2", qapp, story, ACCOUNTANT) as (_, view):
        offer = view.offer()
        assert offer is not None
        assert offer.buttons[0].reason == "Untuk Hendra Gunawan"
        assert view.take() is None


async def test_chief_gives_to_another_chief_with_a_phrase_or_own_words(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story, HEAD) as (_, view):
        assert [person.name for person in view.people()] == ["Endang Sriwahyuni", "Ratna Puspita"]
        assert view.give_button().reason == "Pilih dahulu kepada siapa"
        assert view.give() is None
        view.choose(NUTRITIONIST)
        assert view.give_button().text == "Serahkan kepada Ratna P."
        view.choose_note("second_wave")
        assert [note.key for note in view.notes() if note.chosen] == ["second_wave"]
        view.choose_note("second_wave")
        assert not view.note
        view.write_note("  Kompor 2 mati ")
        own = view.notes()[-1]
        assert (own.key, own.text, own.chosen) == (OWN, "Kompor 2 mati", True)
        asked = view.give()
        assert asked is not None
        assert asked.ask.lines[-1] == "Kompor 2 mati"
    with page(tmp_path / "2", qapp, story, COOK) as (_, view):
        assert "Akuntan" in view.give_button().reason
        assert not view.may_close


async def test_page_tells_who_took_what_when(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story, HEAD) as (_, view):
        (was,) = view.history()
        assert was.title == "Endang Sriwahyuni menyerahkan kepada Ratna Puspita"
        assert was.detail == "00.30 · semua beres · Bahan lengkap"
        assert was.chip is not None
        assert was.chip.text == "Diterima Ratna P. 00.41"


async def test_night_is_closed_only_when_no_batch_is_forgotten_and_no_hand_over_waits(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story, HEAD) as (_, view):
        assert view.may_close
        assert view.close_buttons()[1].reason == "Serah terima masih menunggu"
    taken = TakeOverArgs(story.kitchen.handovers[-1].id)
    story.tap("03:44", HEAD, "take_over", "", taken, subject=SUBJECT)
    with page(tmp_path / "2", qapp, story, HEAD) as (_, view):
        busy = view.unfinished()
        assert len(busy) == 16
        assert view.close_buttons()[1].reason == "Tandai 16 batch yang dibiarkan terbuka"
        view.toggle(busy[0].key)
        assert view.close_buttons()[1].reason == "Tandai 15 batch yang dibiarkan terbuka"
        assert view.close() is None
        view.tick_all()
        assert view.close_buttons()[1].enabled
        asked = view.close()
        assert asked is not None
        assert asked.ask.lines[0] == "16 batch sengaja dibiarkan terbuka."
        view.tick_all()
        assert not view.close_buttons()[1].enabled
