"""The page of notices: for whom, about what, what is read by whom; and one toast for a new one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QApplication

from dapur.batch import Post
from dapur.crew import AssignCrewArgs
from dapur.ids import CommandId, SessionId, StaffId
from dapur.notice import NOTICES_KEPT, Notice
from kiosk.app import App, Look
from kiosk.local.salvage import open_store
from kiosk.screens.notices import NoticesPage
from kiosk.views.menu import MenuView
from kiosk.views.news import KEPT_MOST, Book, News
from kiosk.views.notices import ALL, NoticesView
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.record_row import RecordRow
from tests.support.late_scene import tell
from tests.support.scene import KIOSK, Story, demo_plan, open_scene

COOK, OTHER, HEAD, LOCKED = "s-joko", "s-sari", "s-hendra", "s-siti"
CHICKEN = "G1-02"


@pytest.fixture
def story() -> Story:
    """Sari led the chicken, until Joko did; Siti was unlocked; two messages came from outside."""
    return tell(Story(demo_plan()))


@contextmanager
def page(
    folder: Path, qapp: QApplication, story: Story, *actors: str
) -> Iterator[tuple[App, NoticesView]]:
    app = open_scene(folder, qapp, story, "04:42", look=Look(), actors=actors)
    try:
        yield app, NoticesView(app.floor)
    finally:
        app.close()


def new(view: NoticesView) -> list[str]:
    return [look.title for look in view.rows() if look.chip and look.chip.text.startswith("Baru")]


async def test_page_shows_what_concerns_who_taps_the_newest_first(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story, OTHER) as (_, view):
        titles = [look.title for look in view.rows()]
        assert titles == [
            "Mobil 2 datang pukul 05.10",
            "Stok beras tinggal 120 kg",
            "Sari W. tidak lagi memimpin G1-02 Ayam Teriyaki",
        ]
        lead = view.rows()[2]
        assert lead.detail == (
            "04.39 · 3 mnt lalu · untuk Sari W. · oleh Hendra G. · sekarang Joko P. memimpin"
        )
        assert [button.text for button in lead.buttons] == ["Lihat"]
        assert view.page_of(lead.key) == story.batch(CHICKEN)
        weighty = view.rows()[1].chip
        assert weighty is not None
        assert (weighty.text, weighty.tone) == ("Baru, penting", "attention")
        view.choose(ALL)
        assert [look.title for look in view.rows()][2] == "Siti R. boleh mencoba PIN lagi"
        assert len(view.rows()) == 5


async def test_each_person_reads_for_themself_and_it_stays_read_after_a_restart(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story, OTHER, COOK) as (app, view):
        assert view.top().subtitle == "3 belum dibaca oleh Sari W."
        view.read(view.rows()[0].key)
        assert new(view) == [look.title for look in view.rows()[1:]]
        view.read_all()
        assert new(view) == []
        assert view.all_read_button().reason == "Semua sudah dibaca"
        app.floor.people.session.act_as(StaffId(COOK))
        assert len(new(view)) == 3
        app.kiosk.store.close()
        book = Book(open_store(app.kiosk.store.path.parent))
    known = story.kitchen.notices
    sari = [each for each in known if each.to in ("", OTHER)]
    assert all(book.is_read(each, StaffId(OTHER)) for each in sari)
    assert not any(book.is_read(each, StaffId(COOK)) for each in known)


async def test_somebody_elses_notice_is_never_read_for_them(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story, HEAD) as (app, view):
        view.choose(ALL)
        for look in view.rows():
            view.read(look.key)
        book = app.floor.book
        assert book is not None
        aimed = [each for each in story.kitchen.notices if each.to]
        assert not any(book.is_read(each, StaffId(HEAD)) for each in aimed)


async def test_nobody_has_unread_notices_while_nobody_is_signed_in(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story) as (app, view):
        assert [look.key for look in view.filters()] == [ALL]
        assert len(view.rows()) == 5
        assert new(view) == []
        assert view.all_read_button().reason == "Masuk dulu untuk kabar Anda"
        tile = MenuView(app.floor).tiles()[0]
        assert (tile.key, tile.count) == ("notices", "")


async def test_notice_of_a_newer_server_is_shown_as_one_that_needs_an_update(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    newer = Notice(CommandId("c-new"), "moon_is_full", StaffId(COOK), "moon:1", story.at("04:40"))
    story.kitchen = msgspec.structs.replace(story.kitchen, notices=(newer,))
    with page(tmp_path, qapp, story, COOK) as (_, view):
        (row,) = view.rows()
        assert row.title == "Ada kabar tentang moon:1; perbarui kios untuk membacanya"


async def test_menu_counts_what_waits_and_what_is_completed_and_says_so_aloud(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story, OTHER) as (app, view):
        tile = next(each for each in MenuView(app.floor).tiles() if each.key == "notices")
        assert (tile.count, tile.count_name, tile.count_tone) == (
            "3", "3 belum dibaca", "attention",
        )  # fmt: skip
        app.window.show_page("menu", "")
        shown = app.window.findChild(OptionTile, "menu.notices")
        assert shown is not None
        assert shown.accessibleName() == "Kabar Untuk Anda, dari dapur dan luar 3 belum dibaca"
        view.read_all()
        tile = next(each for each in MenuView(app.floor).tiles() if each.key == "notices")
        assert tile.count == ""


async def test_new_notice_is_told_once_to_those_present(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, Story(demo_plan()), HEAD, COOK) as (app, _):
        told: list[tuple[str, str]] = []
        app.floor.told.connect(lambda message: told.append((message.key, message.title)))
        News(app.floor, app.floor)
        batch = app.floor.kitchen.batches
        chicken = next(key for key, each in batch.items() if each.plan.code == CHICKEN)
        for who in (COOK, HEAD, COOK, HEAD):
            args = AssignCrewArgs(staff=who, post=Post.LEAD)
            assert app.floor.tap("assign_crew", chicken, args) is not None
            app.floor.changed.emit()
        wanted = ["Kabar baru untuk Joko P.", "Kabar baru untuk Hendra G."]
        assert [title for _, title in told][-3:] == [wanted[0], wanted[1], wanted[0]]
        assert {key for key, _ in told} == {"notices"}
        count = len(told)
        app.floor.changed.emit()
        News(app.floor)
        assert len(told) == count
        app.window._on_toast_opened("notices")
        assert app.window.page == ("notices", "")


async def test_person_who_comes_later_is_told_then_of_all_at_once(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story) as (app, _):
        told: list[tuple[str, str]] = []
        app.floor.told.connect(lambda message: told.append((message.title, message.tone)))
        News(app.floor, app.floor)
        counts = [len(told)]
        app.kiosk.session._present[StaffId(OTHER)] = SessionId(f"{OTHER}-{KIOSK}")
        app.floor.changed.emit()
        counts.append(len(told))
        assert counts == [0, 1]
        assert told[0] == ("3 kabar baru", "attention")


async def test_page_goes_to_what_a_notice_is_about_and_that_is_reading_it(
    tmp_path: Path, qapp: QApplication, story: Story
) -> None:
    with page(tmp_path, qapp, story, OTHER) as (app, _):
        app.window.show_page("notices", "")
        shown = app.window.findChild(NoticesPage)
        assert shown is not None
        lead = shown._notices.rows()[2]
        row = app.window.findChild(RecordRow, f"notices.{lead.key}")
        assert row is not None
        row.tapped.emit("open", lead.key)
        assert app.window.page == ("batch", story.batch(CHICKEN))
        assert len(new(shown._notices)) == 2


def test_what_is_kept_stays_small_whatever_came_by(tmp_path: Path) -> None:
    book = Book(open_store(tmp_path / "store"))
    many = [
        Notice(CommandId(f"c-{number}"), "message", StaffId(""), "", number)
        for number in range(KEPT_MOST + NOTICES_KEPT)
    ]
    book.note(many, StaffId(COOK), read=False)
    assert not book.is_told(many[0], StaffId(COOK))
    assert book.is_told(many[-1], StaffId(COOK))
    assert not book.is_read(many[-1], StaffId(COOK))
    book.note(many[-1:], StaffId(COOK), read=True)
    book.note(many[-1:], StaffId(COOK), read=False)
    assert book.is_read(many[-1], StaffId(COOK)), "what was read does not become new"
