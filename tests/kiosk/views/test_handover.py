"""The hand-over's page: what is open with its way, who may give and take, what changed since, the night's end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.batch import HoldReason
from dapur.envelope import StepUp
from dapur.handover import SUBJECT, HandOverArgs, TakeOverArgs
from dapur.hold import HoldBatchArgs
from dapur.ids import StaffId
from dapur.night import SUBJECT as NIGHT
from dapur.night import CloseNightArgs
from kiosk.app import App, Look
from kiosk.desk import Tapped
from kiosk.headless import Headless
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
    folder: Path,
    qapp: QApplication,
    story: Story,
    actor: str,
    taps: Callable[[Headless], None] | None = None,
) -> Iterator[tuple[App, HandOverView]]:
    app = open_scene(folder, qapp, story, "03:45", look=Look(), actors=(actor,), taps=taps)
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
        assert "1 batch ditahan · saat diserahkan 0" in asked.ask.lines
        assert asked.signing.candidates() == (HEAD,), "nobody else can take it"
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
        assert asked.ask.lines[-1] == "Pesan: Kompor 2 mati"
        assert asked.signing.candidates() == (HEAD,), "it is the giver's own act"
    with page(tmp_path / "2", qapp, story, COOK) as (_, view):
        assert "Akuntan" in view.give_button().reason
        assert not view.end.may_close


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
        assert view.end.may_close
        assert view.end.buttons()[1].reason == "Serah terima masih menunggu"
    taken = TakeOverArgs(story.kitchen.handovers[-1].id)
    story.tap("03:44", HEAD, "take_over", "", taken, subject=SUBJECT)
    with page(tmp_path / "2", qapp, story, HEAD) as (_, view):
        busy = view.end.unfinished()
        assert len(busy) == 16
        assert view.end.buttons()[1].reason == "Tandai 16 batch yang dibiarkan terbuka"
        view.end.toggle(busy[0].key)
        assert view.end.buttons()[1].reason == "Tandai 15 batch yang dibiarkan terbuka"
        assert view.end.close() is None
        view.end.tick_all()
        assert view.end.buttons()[1].enabled
        asked = view.end.close()
        assert asked is not None
        assert (
            asked.ask.lines[0]
            == "16 batch dibiarkan terbuka: tetap di papan dengan alarm dan batas konsumsinya."
        )
        view.end.tick_all()
        assert not view.end.buttons()[1].enabled


async def test_batches_left_open_are_told_to_stay_before_anybody_signs(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story, HEAD) as (_, view):
        assert view.end.title() == "Tutup malam Minggu, 22 November 2026"
        assert "tetap di papan" in view.end.told()
        assert view.end.closed() is None


async def test_everybody_sees_which_night_was_closed_and_where_its_record_is(
    tmp_path: Path, qapp: QApplication
) -> None:
    told = Story(demo_plan())
    assert told.kitchen.night is not None
    night = told.kitchen.night.serving_date
    ended = CloseNightArgs(night, tuple(told.kitchen.batches))
    told.tap("14:00", HEAD, "close_night", "", ended, subject=NIGHT)
    with page(tmp_path, qapp, told, COOK) as (_, view):
        closed = view.end.closed()
        assert closed is not None
        assert (closed.key, closed.chip) == (night, None)
        assert closed.title == "Malam Minggu, 22 November 2026 sudah ditutup"
        assert closed.detail == "Semuanya ada di Catatan malam"
        assert [button.action for button in closed.buttons] == ["record"]
    with page(tmp_path / "2", qapp, told, HEAD) as (_, view):
        assert not view.end.may_close, "there is nothing to close"


async def test_what_the_server_has_not_answered_is_marked(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    item = story.kitchen.handovers[-1]

    def take_and_give(kiosk: Headless) -> None:
        tap = kiosk.desk.tap
        who, session = StaffId(HEAD), kiosk.session.session_of(StaffId(HEAD))
        assert session is not None
        sure = StepUp(kiosk.time.occurred().latest_ms, online=True)
        for kind, subject, args in (
            ("take_over", SUBJECT, TakeOverArgs(item.id)),
            ("hand_over", SUBJECT, HandOverArgs(to=ACCOUNTANT)),
        ):
            said = tap(kind, subject, args, actor=who, session=session, step_up=sure)
            assert isinstance(said, Tapped)

    with page(tmp_path, qapp, story, HEAD, take_and_give) as (_, view):
        offer, (taken, answered) = view.offer(), view.history()
        assert offer is not None
        assert offer.chip is not None
        assert offer.chip.text == "Belum terkirim"
        assert taken.chip is not None
        assert taken.chip.text.startswith("Diterima Hendra G. ")
        assert taken.chip.tone == "pending"
        assert taken.detail.endswith("Belum terkirim")
        assert answered.chip is not None
        assert answered.chip.tone == "ok"


async def test_closing_that_the_server_has_not_answered_is_marked(
    tmp_path: Path, qapp: QApplication
) -> None:
    told = Story(demo_plan())

    def close(kiosk: Headless) -> None:
        who, session = StaffId(HEAD), kiosk.session.session_of(StaffId(HEAD))
        kitchen = kiosk.replica.shown
        assert session is not None
        assert kitchen.night is not None
        ended = CloseNightArgs(kitchen.night.serving_date, tuple(kitchen.batches))
        said = kiosk.desk.tap("close_night", NIGHT, ended, actor=who, session=session)
        assert isinstance(said, Tapped)

    with page(tmp_path, qapp, told, HEAD, close) as (_, view):
        closed = view.end.closed()
        assert closed is not None
        assert closed.chip is not None
        assert closed.chip.text == "Belum terkirim"


async def test_alarm_that_began_after_the_giving_is_told_as_a_change_and_no_other(
    tmp_path: Path, qapp: QApplication
) -> None:
    told = Story(demo_plan())
    told.tap("03:30", NUTRITIONIST, "hand_over", "", HandOverArgs(to=HEAD), subject=SUBJECT)
    then = told.kitchen.handovers[-1].open.alerts.count
    with page(tmp_path, qapp, told, HEAD) as (app, view):
        now = len(app.floor.alerts)
        assert now > then, "the demo night is late by then"
        offer = view.offer()
        assert offer is not None
        assert offer.detail == f"03.30 · alarm {then} → sekarang {now}"
