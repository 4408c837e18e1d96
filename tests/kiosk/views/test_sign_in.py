"""The words of signing in and out: who is locked and until when, who may unlock, what waits, how old the list is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QApplication

from dapur.access import CHIEFS
from dapur.ids import StaffId
from dapur.refusal import NotAllowed
from kiosk.app import App, Look
from kiosk.link.status import LinkState
from kiosk.local.errors import DiskRefused, DiskTrouble
from kiosk.locks import _Told
from kiosk.pins import SignIn, SignInResult
from kiosk.unlock import Done, Unlocked
from kiosk.views.sign_in import SignInView
from tests.support.scene import Story, demo_plan, open_scene

COOK, OTHER, LOCKED = "s-joko", "s-sari", "s-siti"


async def test_person_is_out_and_told_when_the_disk_is_full(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = Story(demo_plan())
    app = open_scene(tmp_path, qapp, story, "04:42", look=Look(), actors=(COOK,))
    try:
        told: list[tuple[str, str]] = []
        app.floor.told.connect(lambda message: told.append((message.key, message.tone)))

        def refuse(*_: object, **__: object) -> None:
            raise DiskRefused(DiskTrouble.FULL, "no room")

        monkeypatch.setattr(app.kiosk.desk, "tap", refuse)
        SignInView(app.floor).sign_out(COOK)
        assert app.floor.actor is None
        assert told == [("disk", "alarm")]
    finally:
        app.close()


@contextmanager
def page(
    folder: Path, qapp: QApplication, *, state: LinkState = LinkState.ONLINE
) -> Iterator[tuple[App, SignInView]]:
    story = Story(demo_plan())
    app = open_scene(
        folder, qapp, story, "04:42", look=Look(), actors=(COOK, OTHER), state=state,
        heard_ago_ms=14 * 60_000,
    )  # fmt: skip
    try:
        yield app, SignInView(app.floor)
    finally:
        app.close()


def lock_out(app: App, staff: str, left_ms: int) -> None:
    app.kiosk.locks._told = {StaffId(staff): _Told(app.floor.now_ms + left_ms, 0)}


async def test_locked_person_is_shown_with_the_time_left_before_any_try(
    tmp_path: Path, qapp: QApplication
) -> None:
    with page(tmp_path, qapp) as (app, view):
        lock_out(app, LOCKED, 252_000)
        tile = next(look for look in view.people() if look.key == LOCKED)
        assert (tile.state, tile.detail) == ("locked", "Terkunci 04:12")
        assert view.lockout() is None
        view.choose_person(LOCKED)
        look = view.lockout()
        assert look is not None
        assert (look.title, look.clock) == ("Siti Rohmah terkunci", "04:12")
        assert [button.action for button in look.buttons] == ["unlock", "other"]
        view.leave_lockout()
        assert view.lockout() is None
        view.choose_person(LOCKED)
        lock_out(app, LOCKED, 0)
        assert view.lockout() is None
        assert (view.wrong, view.prompt()) == (False, "Ketuk PIN 6 angka")


async def test_chiefs_sign_the_unlocking_and_nobody_else(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    with page(tmp_path, qapp) as (app, view):
        assert view.unlock() is None
        lock_out(app, LOCKED, 252_000)
        view.choose_person(LOCKED)
        sheet = view.unlock()
        assert sheet is not None
        roles = [app.floor.kitchen.roles_of(who) for who in sheet.signing.candidates()]
        assert roles
        assert all(each & CHIEFS for each in roles)
        asked: list[tuple[str, str, str]] = []
        answers = [
            Unlocked(SignInResult(SignIn.WRONG, tries=1)),
            Unlocked(SignInResult(SignIn.OK), NotAllowed("unlock_staff", ("KEPALA",))),
            Unlocked(SignInResult(SignIn.OK), at_server=True),
        ]

        def ask(chief: StaffId, pin: str, locked: StaffId, done: Done) -> None:
            asked.append((chief, pin, locked))
            done(answers[len(asked) - 1])

        monkeypatch.setattr(app.kiosk.unlocking, "ask", ask)
        told: list[str] = []
        app.floor.told.connect(lambda message: told.append(message.title))
        seen: list[tuple[str, bool]] = []
        for pin in ("111111", "222222", "333333"):
            sheet.signing.check(pin)
            seen.append((sheet.signing.prompt(), sheet.done))
        assert [done for _, done in seen] == [False, False, True]
        assert seen[0][0] == "PIN salah 1 dari 5"
        assert "KEPALA" in seen[1][0] or "Kepala" in seen[1][0]
        assert told == ["Siti Rohmah boleh mencoba lagi"]
        assert asked[-1] == (sheet.signing.signer, "333333", LOCKED)


async def test_locked_chief_does_not_unlock_themself(tmp_path: Path, qapp: QApplication) -> None:
    with page(tmp_path, qapp) as (app, view):
        head = next(who for who in app.floor.kitchen.staff if app.floor.kitchen.may(who, CHIEFS))
        lock_out(app, head, 60_000)
        view.choose_person(head)
        sheet = view.unlock()
        assert sheet is None or head not in sheet.signing.candidates()


async def test_all_sign_out_and_hear_how_many_taps_wait(tmp_path: Path, qapp: QApplication) -> None:
    with page(tmp_path, qapp, state=LinkState.OFFLINE) as (app, view):
        told: list[tuple[str, str]] = []
        app.floor.told.connect(lambda message: told.append((message.title, message.detail)))
        view.sign_out_all()
        assert app.floor.people.session.signed_in == ()
        sessions = app.floor.kitchen.sessions.values()
        assert all(each.closed_ms is not None for each in sessions if app.floor.is_own(each.device))
        assert told == [("2 orang keluar", "Semua ketukan sudah terkirim")]
        link: Any = app.kiosk.link
        link.status = replace(link.status, unsent=3)
        view.sign_out_all()
        assert told[-1][1] == "3 ketukan belum terkirim: aman di kios ini, dikirim nanti"


async def test_page_says_from_when_the_list_of_people_is_while_there_is_no_line(
    tmp_path: Path, qapp: QApplication
) -> None:
    with page(tmp_path / "online", qapp) as (_, view):
        assert view.offline() is None
    with page(tmp_path, qapp, state=LinkState.OFFLINE) as (app, view):
        strip = view.offline()
        assert strip is not None
        assert strip.detail == "Daftar orang dan hak dari 04.28 (14 mnt lalu)"
        link: Any = app.kiosk.link
        link.status = replace(link.status, last_heard_ms=None)
        strip = view.offline()
        assert strip is not None
        assert strip.detail == "Daftar orang dan hak belum pernah datang"
        # After a restart only what the roster was kept with is known.
        app.kiosk.people._heard_ms = app.floor.now_ms - 3 * 3_600_000
        strip = view.offline()
        assert strip is not None
        assert strip.detail == "Daftar orang dan hak dari 01.42 (3 jam lalu)"
