"""The team page's words: who is here and free, who is marked, why nobody can be sent; and what a sending writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtWidgets import QApplication

from dapur.batch import Assignment, Post
from dapur.crew import AssignCrewArgs, present
from kiosk.app import App, Look
from kiosk.views.leave import LeaveView
from kiosk.views.team import AssignView, TeamView
from tests.support.scene import Story, demo_plan, open_scene

HEAD, COOK, FREE = "s-hendra", "s-joko", "s-siti"
RICE, CHICKEN = "G1-01", "G1-02"
PORTIONING = "Pemorsian"


@contextmanager
def page(
    folder: Path, qapp: QApplication, *, actor: str = HEAD, story: Story | None = None
) -> Iterator[tuple[App, Story, TeamView]]:
    told = story or Story(demo_plan())
    app = open_scene(folder, qapp, told, "04:42", look=Look(), actors=(actor,))
    try:
        yield app, told, TeamView(app.floor)
    finally:
        app.close()


def person(view: TeamView, who: str) -> str:
    return next(look.detail for look in view.people() if look.key == who)


def crew(app: App, code: str) -> tuple[Assignment, ...]:
    """Who stands at a batch on the screen."""
    batches = app.floor.kitchen.batches.values()
    return present(next(each.crew for each in batches if each.plan.code == code))


async def test_page_shows_the_free_before_those_at_work_and_those_at_home_last(
    tmp_path: Path, qapp: QApplication
) -> None:
    with page(tmp_path, qapp) as (app, story, view):
        details = [look.detail for look in view.people()]
        starts = {"Bebas": "free", "Mulai": "home", "Selesai": "home"}
        kinds = [starts.get(text.split()[0], "works") for text in details]
        assert kinds == sorted(kinds, key=["free", "works", "home"].index)
        assert {"free", "works", "home"} == set(kinds)
        here = sum(kind != "home" for kind in kinds)
        staff = story.kitchen.staff.values()
        now_ms = app.floor.now_ms
        assert here == sum(each.shift_start_ms <= now_ms < each.shift_end_ms for each in staff)
        assert view.top().subtitle == f"{here} dari {len(kinds)} orang sedang bertugas"


async def test_page_lists_the_people_of_one_team_and_marks_all_of_it_that_are_here(
    tmp_path: Path, qapp: QApplication
) -> None:
    with page(tmp_path, qapp) as (_, story, view):
        view.choose_team(PORTIONING)
        team = {each.id for each in story.kitchen.staff.values() if each.team == PORTIONING}
        assert {look.key for look in view.people()} == team
        view.mark_shown()
        assert {look.key for look in view.people() if look.chosen} == team
        assert view.send_button().text == f"Tugaskan {len(team)} orang"
        view.mark_shown()
        assert view.wish == ""


async def test_page_says_why_nobody_can_be_sent(tmp_path: Path, qapp: QApplication) -> None:
    with page(tmp_path, qapp) as (_, _, view):
        assert (view.send_button().enabled, view.why_not()) == (False, "Ketuk orangnya dulu")
        view.toggle(FREE)
        assert (view.send_button().enabled, view.why_not()) == (True, "")
    with page(tmp_path / "cook", qapp, actor=COOK) as (app, _, view):
        view.toggle(FREE)
        assert not view.send_button().enabled
        assert "Kepala SPPG" in view.why_not()
        app.floor.people.session.sign_out(app.floor.people.session.signed_in[0])
        assert view.why_not() == "Masuk dulu untuk menugaskan"


async def test_sending_moves_people_and_takes_their_marks(
    tmp_path: Path, qapp: QApplication
) -> None:
    with page(tmp_path, qapp) as (app, story, view):
        moved = crew(app, CHICKEN)[0].staff
        view.toggle(moved)
        view.toggle(FREE)
        sheet = AssignView(app.floor, view.wish)
        assert sheet.posts() is None, "several people only help"
        assert not sheet.save(), "no batch is chosen yet"
        leave = sheet.leave()
        assert leave is not None
        assert leave.chosen
        sheet.choose(story.batch(RICE))
        assert sheet.sheet().confirm is not None
        assert sheet.save()
        assert {moved, FREE} <= {each.staff for each in crew(app, RICE)}
        assert moved not in {each.staff for each in crew(app, CHICKEN)}
        assert not any(look.chosen for look in view.people())
        assert person(view, FREE).startswith(RICE)


async def test_one_person_can_lead_and_stay_where_they_stand(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = Story(demo_plan())
    args = AssignCrewArgs(staff=FREE)
    story.tap("03:00", HEAD, "assign_crew", RICE, args)
    with page(tmp_path, qapp, story=story) as (app, _, view):
        chicken = story.batch(CHICKEN)
        view.about(chicken)
        assert CHICKEN in view.top().subtitle
        view.toggle(FREE)
        sheet = AssignView(app.floor, view.wish)
        sheet.choose_post(Post.LEAD)
        sheet.toggle_leave("leave")
        assert sheet.save(), "the batch that people were looked for is chosen already"
        assert [each.post for each in crew(app, CHICKEN) if each.staff == FREE] == [Post.LEAD]
        assert FREE in {each.staff for each in crew(app, RICE)}
        assert person(view, FREE).startswith(f"{RICE}, {CHICKEN}")


async def test_person_is_let_go_from_one_batch_and_stays_at_the_other(
    tmp_path: Path, qapp: QApplication
) -> None:
    story = Story(demo_plan())
    for code in (RICE, CHICKEN):
        story.tap("03:00", HEAD, "assign_crew", code, AssignCrewArgs(staff=FREE))
    with page(tmp_path, qapp, story=story) as (app, _, view):
        assert view.leave_button().reason == "Ketuk orangnya dulu"
        view.toggle("s-ratna")
        assert view.leave_button().reason == "Yang dipilih belum bertugas di batch"
        view.toggle("s-ratna")
        view.toggle(FREE)
        assert view.leave_button().enabled
        sheet = LeaveView(app.floor, view.marked)
        assert [look.chosen for look in sheet.batches()] == [True, True]
        confirm = sheet.sheet().confirm
        assert confirm is not None
        assert confirm.text == "Lepas dari 2 batch"
        sheet.toggle(story.batch(RICE))
        sheet.toggle(story.batch(CHICKEN))
        confirm = sheet.sheet().confirm
        assert confirm is not None
        assert (confirm.enabled, confirm.reason) == (False, "Pilih batch dulu")
        sheet.toggle(story.batch(RICE))
        assert sheet.save()
        assert FREE not in {each.staff for each in crew(app, RICE)}
        assert FREE in {each.staff for each in crew(app, CHICKEN)}
        assert not any(look.chosen for look in view.people())


async def test_lead_who_is_let_go_is_named_as_lead_and_a_cook_may_let_nobody_go(
    tmp_path: Path, qapp: QApplication
) -> None:
    with page(tmp_path, qapp) as (app, story, view):
        lead = next(each.staff for each in crew(app, CHICKEN) if each.post is Post.LEAD)
        view.toggle(lead)
        sheet = LeaveView(app.floor, view.marked)
        notes = {look.key: look.note for look in sheet.batches()}
        assert "(memimpin)" in notes[story.batch(CHICKEN)]
        assert sheet.save()
        assert all(look.detail.startswith("Bebas") for look in view.people() if look.key == lead)
    with page(tmp_path / "cook", qapp, actor=COOK) as (_, _, view):
        view.toggle(FREE)
        assert "Kepala SPPG" in view.leave_button().reason
