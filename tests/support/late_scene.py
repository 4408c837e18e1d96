"""The end of the night in pictures: completed and recalled batches, notices, a locked person, people let go."""

from __future__ import annotations

from functools import cache
from typing import Any

from dapur.batch import HoldReason, Item, Post
from dapur.crew import AssignCrewArgs
from dapur.ending import CancelBatchArgs, CompleteBatchArgs
from dapur.envelope import GENESIS
from dapur.hold import HoldBatchArgs
from dapur.ids import SessionId, StaffId
from dapur.kitchen import STATE_VERSION, encode_snapshot
from dapur.notice import PostNoticeArgs
from dapur.quality import GiveVerdictArgs, RecordCheckArgs
from dapur.sync.effects import ApplySnapshot
from dapur.unlock import UnlockStaffArgs
from kiosk.app import App
from kiosk.link.status import LinkState, LinkStatus
from kiosk.locks import _Told
from kiosk.screens.ask_pin import AskSheet
from kiosk.screens.notices import NoticesPage
from kiosk.screens.sheets import ViewSheet
from kiosk.screens.sign_in import SignInPage
from kiosk.screens.team import TeamPage
from tests.support.admin_scene import Shoot
from tests.support.scene import KIOSK, Story

COOK, OTHER, HEAD, NUTRITIONIST = "s-joko", "s-sari", "s-hendra", "s-ratna"
LOCKED = StaffId("s-siti")
LOCKED_MS = 252_000
LATER = "08:20"


def finish(story: Story) -> Story:
    """Rice passed and was completed; another dish too, and was recalled; one was cancelled."""
    for code, passed, done in (("G1-01", "04:35", "04:36"), ("G1-03", "04:37", "04:38")):
        for item in Item:
            args = RecordCheckArgs(item=item, passed=True)
            story.tap(passed, NUTRITIONIST, "record_check", code, args)
        verdict = GiveVerdictArgs(passed=True)
        story.tap(passed, NUTRITIONIST, "give_verdict", code, verdict)
        complete = CompleteBatchArgs(portions=1700, waste_kg=2.5)
        story.tap(done, COOK, "complete_batch", code, complete)
    story.tap("04:41", OTHER, "hold_batch", "G1-03", HoldBatchArgs(HoldReason.INGREDIENT))
    gone = CancelBatchArgs(reason="pisang tidak datang")
    story.tap("04:20", HEAD, "cancel_batch", "G2-08", gone)
    return story


def tell(story: Story) -> Story:
    """A displaced lead, a person let in again, and two messages from outside."""
    for who in (OTHER, COOK):
        lead = AssignCrewArgs(staff=who, post=Post.LEAD)
        story.tap("04:39", HEAD, "assign_crew", "G1-02", lead)
    unlock = UnlockStaffArgs(staff=LOCKED)
    story.tap("04:39", HEAD, "unlock_staff", "", unlock, subject=f"staff:{LOCKED}")
    story.post("04:40", PostNoticeArgs("Stok beras tinggal 120 kg", "stok-beras", "warning"))
    story.post("04:41", PostNoticeArgs("Mobil 2 datang pukul 05.10"))
    return story


@cache
def story() -> Story:
    """The scripted night, later."""
    from tests.shots import night

    return tell(finish(night()))


async def walk(app: App, shoot: Shoot) -> None:
    """The pages as they are then, and the sheets that only then have something to say."""
    told, window = story(), app.window
    text = encode_snapshot(told.kitchen)
    seq = told.seq + 1_000
    app.kiosk.replica.replaced(ApplySnapshot("scene", seq, GENESIS, STATE_VERSION, text))
    window.show_page("menu", "")
    window._toast.hide()
    await shoot("menu-counts")
    window.show_page("notices", "")
    await shoot("notices")
    page = window.findChild(NoticesPage)
    assert page is not None
    page._notices.choose("all")
    page.refresh()
    await shoot("notices-all")
    await _sign_in(app, shoot)
    await _team(app, shoot)
    await _later(app, told, shoot)


async def _sign_in(app: App, shoot: Shoot) -> None:
    """Somebody is locked out; the head's sheet; and the page without a line."""
    window, now_ms = app.window, app.floor.now_ms
    app.kiosk.locks._told = {LOCKED: _Told(now_ms + LOCKED_MS, 0)}
    window.show_page("sign_in", "")
    page = window.findChild(SignInPage)
    assert page is not None
    page._sign_in.choose_person(LOCKED)
    page.refresh()
    await shoot("sign-in-locked")
    view = page._sign_in.unlock()
    assert view is not None
    sheet = AskSheet(app.theme, view, window)
    sheet.open()
    await shoot("sign-in-unlock")
    sheet.dismissed.emit()
    page._sign_in.leave_lockout()
    link: Any = app.kiosk.link
    before, heard_ms = link.status, now_ms - 14 * 60_000
    link.status = LinkStatus(LinkState.OFFLINE, heard_ms, heard_ms, 3, None)
    page._sign_in.choose_person(COOK if COOK not in app.kiosk.session._present else HEAD)
    page.refresh()
    app.floor.changed.emit()
    await shoot("sign-in-no-line")
    page._sign_in.sign_out_all()
    page.refresh()
    app.floor.changed.emit()
    await shoot("sign-in-all-out")
    window._toast.hide()
    link.status = before


async def _team(app: App, shoot: Shoot) -> None:
    """The head lets a lead go."""
    session = app.kiosk.session
    session._present[StaffId(HEAD)] = SessionId(f"{HEAD}-{KIOSK}")
    session._actor = StaffId(HEAD)
    app.window.show_page("team", "")
    page = app.window.findChild(TeamPage)
    assert page is not None
    page._team.toggle(COOK)
    page.refresh()
    await shoot("team-marked")
    app.window.perform("leave", COOK)
    await shoot("team-leave")
    for sheet in app.window.findChildren(ViewSheet):
        sheet.close_down()


async def _later(app: App, told: Story, shoot: Shoot) -> None:
    """One dish may still be eaten, one is recalled; hours later neither counts."""
    app.window.show_page("completed", "")
    await shoot("completed-night")
    clock: Any = app.kiosk.time._clock
    link: Any = app.kiosk.link
    clock.now_ms = told.at(LATER)
    link.status = LinkStatus(LinkState.ONLINE, clock.now_ms, clock.now_ms, 0, None)
    app.window.show_page("completed", "")
    await shoot("completed-later")
