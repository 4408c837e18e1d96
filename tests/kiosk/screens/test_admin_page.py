"""The administration on the glass: closed to cooks, honest offline, every act signed, every refusal in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from dapur.access import Role
from dapur.ids import DeviceId, StaffId
from dapur.progress import AdvanceBatchArgs
from dapur.wire.queries import (
    DEVICES,
    ENROLMENT_CODE,
    REVOKE_DEVICE,
    SET_PIN,
    DeviceInfo,
    DevicesReply,
    DoneReply,
    EnrolmentCodeReply,
    QueryCode,
)
from kiosk.app import App, Look
from kiosk.link.errors import NotOnline, QueryFailed, Refused
from kiosk.pins import SignIn, SignInResult
from kiosk.screens.admin import AdminPage
from kiosk.views.admin_form import clock_near
from kiosk.widgets.base import Pressable
from kiosk.widgets.code_panel import CodePanel
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.note_field import NoteField
from kiosk.widgets.on_screen_keyboard import OnScreenKeyboard
from tests.support.scene import KIOSK, Story, demo_plan, open_scene

HEAD, COOK = "s-hendra", "s-sari"
CODE = "G1-02"
OTHER = DeviceId("d-kios-mutu")
PIN = "135790"


class Server:
    """Answers the queries of the page as the test says; keeps what was asked."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.online = True
        self.asked: list[tuple[str, msgspec.Struct]] = []
        self.answers: dict[str, msgspec.Struct | QueryFailed] = {}
        self.waiting: list[Callable[[], None]] = []
        self.slow = False

    def ask(
        self,
        name: str,
        args: msgspec.Struct,
        done: Callable[[msgspec.Raw | QueryFailed], None],
        *,
        timeout_s: float = 10.0,  # noqa: ARG002 - the real one has it
    ) -> None:
        self.asked.append((name, args))
        answer = self.answers.get(name, NotOnline("no line"))
        if not self.online:
            answer = NotOnline("no line")
        said = (
            answer if isinstance(answer, QueryFailed) else msgspec.Raw(msgspec.json.encode(answer))
        )
        if self.slow:
            self.waiting.append(lambda: done(said))
        else:
            done(said)

    def count(self, name: str) -> int:
        return sum(1 for asked, _ in self.asked if asked == name)


class RightPin:
    """Every PIN is right."""

    async def check(self, staff: StaffId, pin: str, *, signing_in: bool) -> SignInResult:  # noqa: ARG002
        return SignInResult(SignIn.OK)


def planned() -> Story:
    story = Story(demo_plan())
    for clock, to in (("03:05", "preparing"), ("03:40", "cooking")):
        story.tap(clock, "s-joko", "advance_batch", CODE, AdvanceBatchArgs(to=to))  # type: ignore[arg-type]
    return story


@asynccontextmanager
async def admin(
    folder: Path, qapp: QApplication, tab: str, *, actor: str = HEAD, online: bool = True
) -> AsyncIterator[tuple[App, Server]]:
    look = Look(size=(1280, 720), dpi=102.0)
    app = open_scene(folder, qapp, planned(), "04:00", look=look, actors=(actor,))
    server = Server(app)
    server.online = online
    now_ms = app.floor.now_ms
    server.answers[DEVICES] = DevicesReply(
        (
            DeviceInfo(KIOSK, "Masak 1", now_ms - 10, None, now_ms - 10, 1),
            DeviceInfo(OTHER, "Kios Mutu", now_ms - 10, None, now_ms - 600_000, 1),
        )
    )
    server.answers[ENROLMENT_CODE] = EnrolmentCodeReply("7KQ2-M9XD", now_ms + 600_000)
    server.answers[REVOKE_DEVICE] = server.answers[SET_PIN] = DoneReply()
    link = app.kiosk.link
    link.ask, link.online = server.ask, online  # type: ignore[method-assign, misc]
    app.kiosk.session._pins = RightPin()
    try:
        app.window.show_page("admin", tab)
        # Qt shows what was added to a shown page at its next turn.
        await asyncio.sleep(0.02)
        yield app, server
    finally:
        app.close()
        await app.kiosk.session.close()
        app.kiosk.store.close()
        await asyncio.sleep(0)


def seen(app: App, name: str) -> QWidget | None:
    found = [each for each in app.window.findChildren(QWidget, name) if each.isVisible()]
    return found[0] if found else None


async def press(app: App, name: str) -> None:
    await until(lambda: seen(app, name) is not None, f"no {name} on the glass")
    button = seen(app, name)
    assert button is not None
    if isinstance(button, Pressable):
        button.set_clock(lambda: float("inf"))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    await asyncio.sleep(0)


async def type_pin(app: App, pad: str, pin: str = PIN) -> None:
    keys = app.window.findChild(KeyPad, pad)
    assert keys is not None
    for digit in pin:
        keys.press(digit)
    await asyncio.sleep(0.01)


def words(app: App) -> str:
    shown = (each for each in app.window.findChildren(QWidget) if each.isVisible())
    return " | ".join(filter(None, (each.accessibleName() for each in shown)))


async def until(what: Callable[[], bool], otherwise: str) -> None:
    for _ in range(1500):
        if what():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(otherwise)


async def test_cook_reads_why_the_page_is_closed(tmp_path: Path, qapp: QApplication) -> None:
    async with admin(tmp_path, qapp, "", actor=COOK) as (app, server):
        assert "Kepala SPPG dan administrator" in words(app)
        assert seen(app, "admin.enrol") is None
        assert not server.asked


async def test_head_sees_kiosks_and_may_not_revoke_the_own_one(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with admin(tmp_path, qapp, "kiosks") as (app, _):
        assert "Kios Mutu" in words(app)
        assert "Tidak terdengar" in words(app)
        assert seen(app, f"admin.kiosks.{OTHER}.revoke") is not None
        assert seen(app, f"admin.kiosks.{KIOSK}.revoke") is None


async def test_page_says_that_it_needs_the_line_when_offline(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with admin(tmp_path, qapp, "kiosks", online=False) as (app, server):
        assert "Perlu sambungan" in words(app)
        enrol = seen(app, "admin.enrol")
        assert enrol is not None
        assert not enrol.isEnabled()
        app.window.show_page("admin", "staff")
        await until(lambda: seen(app, f"admin.staff.{COOK}.pin") is not None, "no people")
        pin = seen(app, f"admin.staff.{COOK}.pin")
        roles = seen(app, f"admin.staff.{COOK}.roles")
        assert pin is not None
        assert roles is not None
        assert not pin.isEnabled()
        assert roles.isEnabled()
        assert server.count(SET_PIN) == 0


async def test_kiosk_is_revoked_only_after_the_named_tile_and_a_pin(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with admin(tmp_path, qapp, "kiosks") as (app, server):
        await press(app, f"admin.kiosks.{OTHER}.revoke")
        await type_pin(app, "ask.sign.pad")
        assert server.count(REVOKE_DEVICE) == 0
        await press(app, "ask.consent")
        await type_pin(app, "ask.sign.pad")
        assert server.count(REVOKE_DEVICE) == 1
        assert seen(app, "ask") is None
        assert server.count(DEVICES) == 2


async def test_wrong_pin_stays_on_the_sheet_and_is_told(tmp_path: Path, qapp: QApplication) -> None:
    async with admin(tmp_path, qapp, "kiosks") as (app, server):
        server.answers[REVOKE_DEVICE] = Refused(QueryCode.PIN_WRONG, "2/5")
        await press(app, f"admin.kiosks.{OTHER}.revoke")
        await press(app, "ask.consent")
        await type_pin(app, "ask.sign.pad")
        assert "PIN salah 2 dari 5" in words(app)
        server.answers[REVOKE_DEVICE] = DoneReply()
        await type_pin(app, "ask.sign.pad")
        assert seen(app, "ask") is None


async def test_answer_that_comes_after_the_sheet_was_closed_changes_nothing(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with admin(tmp_path, qapp, "kiosks") as (app, server):
        page = app.window.findChild(AdminPage)
        assert page is not None
        server.slow = True
        page._ask(page._admin.kiosks.enrol("Mutu 2"))
        await type_pin(app, "ask.sign.pad")
        assert "Memeriksa" in words(app)
        await press(app, "ask.close")
        for answer in server.waiting:
            answer()
        assert page._admin.kiosks.code() is None


async def test_code_is_shown_large_with_its_time_until_it_is_put_away(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with admin(tmp_path, qapp, "kiosks") as (app, _):
        await press(app, "admin.enrol")
        keys = app.window.findChild(OnScreenKeyboard, "writing.keys")
        assert keys is not None
        for letter in "mutu":
            keys.press(letter)
        await press(app, "writing.confirm")
        await type_pin(app, "ask.sign.pad")
        panel = app.window.findChild(CodePanel)
        assert panel is not None
        assert panel.code() == "7KQ2-M9XD"
        assert "10:00" in words(app)
        await press(app, "admin.code.close")
        assert not panel.isVisible()


async def test_new_pin_must_be_typed_twice_and_not_be_trivial(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with admin(tmp_path, qapp, "staff") as (app, server):
        await press(app, f"admin.staff.{COOK}.pin")
        await type_pin(app, "new_pin.pad", "123456")
        assert "mudah ditebak" in words(app)
        await type_pin(app, "new_pin.pad", "246813")
        await type_pin(app, "new_pin.pad", "246814")
        assert "tidak sama" in words(app)
        for _ in range(2):
            await type_pin(app, "new_pin.pad", "246813")
        await type_pin(app, "ask.sign.pad")
        assert server.count(SET_PIN) == 1
        assert "246813" not in repr(server.asked)


async def test_roles_change_by_a_signed_tap_that_waits_offline(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with admin(tmp_path, qapp, "staff", online=False) as (app, _):
        await press(app, f"admin.staff.{COOK}.roles")
        await press(app, "roles.role.STAFF_QC")
        await press(app, "roles.confirm")
        await type_pin(app, "ask.sign.pad")
        await until(
            lambda: Role.STAFF_QC in app.floor.kitchen.staff[StaffId(COOK)].roles, "no new role"
        )
        assert app.kiosk.replica.pending


async def test_search_and_team_narrow_the_list(tmp_path: Path, qapp: QApplication) -> None:
    async with admin(tmp_path, qapp, "staff") as (app, _):
        page = app.window.findChild(AdminPage)
        assert page is not None
        everybody = len(page._admin.staff.rows())
        page._admin.staff.look_for("sari w")
        assert [row.key for row in page._admin.staff.rows()] == [COOK]
        page._admin.staff.look_for("")
        await press(app, "admin.team")
        assert 0 < len(page._admin.staff.rows()) < everybody


async def change_limit(app: App, name: str, digits: str, source: str) -> None:
    await press(app, f"admin.policy.{name}.change")
    keys = app.window.findChild(KeyPad, "form.pad")
    note = app.window.findChild(NoteField, "form.source")
    assert keys is not None
    assert note is not None
    for digit in digits:
        keys.press(digit)
    if source:
        note.changed.emit(source)
    await press(app, "form.confirm")


async def test_limit_needs_a_source_and_bounds_before_a_pin(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with admin(tmp_path, qapp, "policy") as (app, _):
        await change_limit(app, "core_c", "78", "")
        assert "sumber" in words(app)
        assert seen(app, "ask") is None
        note = app.window.findChild(NoteField, "form.source")
        assert note is not None
        note.changed.emit("Surat dinas 12")
        await press(app, "form.confirm")
        await type_pin(app, "ask.sign.pad")
        await until(lambda: app.floor.kitchen.policy.core_c.value == 78.0, "not changed")
        assert app.floor.kitchen.policy.core_c.source == "Surat dinas 12"
        assert app.floor.kitchen.policy.core_c.valid_from == "2026-11-22"
        await change_limit(app, "hot_hold_c", "99", "Salah ketik")
        assert "50 sampai 80" in words(app)
        assert seen(app, "ask") is None


async def test_longer_consumption_window_is_signed_by_the_kepala_only(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with admin(tmp_path, qapp, "policy") as (app, _):
        page = app.window.findChild(AdminPage)
        assert page is not None
        form = page._admin.policy.form("consume_within_min")
        form.type("300")
        form.set_source("Ahli gizi")
        signature = page._admin.policy.signature("consume_within_min", form)
        assert signature is not None
        roles = [app.floor.kitchen.roles_of(who) for who in signature.signing.candidates()]
        assert roles
        assert all(Role.KEPALA in each for each in roles)
        assert any("4 jam" in line for line in signature.ask.lines)


async def test_plan_of_a_batch_changes_and_a_wrong_time_names_its_field(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with admin(tmp_path, qapp, "plan") as (app, _):
        batch = next(
            each for each in app.floor.kitchen.batches.values() if each.plan.code == "G2-03"
        )
        await press(app, f"admin.plan.{batch.id}.change")
        await press(app, "form.ready_ms")
        keys = app.window.findChild(KeyPad, "form.pad")
        assert keys is not None
        for digit in "99":
            keys.press(digit)
        await press(app, "form.confirm")
        assert "Siap: ketuk empat angka" in words(app)
        keys.press("clear")
        for digit in "0100":
            keys.press(digit)
        await press(app, "form.confirm")
        assert app.floor.batch(batch.id) == batch
        assert seen(app, "form") is not None
        keys.press("clear")
        for digit in "0845":
            keys.press(digit)
        await press(app, "form.confirm")
        changed = app.floor.batch(batch.id)
        assert changed is not None
        assert app.floor.clock(changed.plan.ready_ms) == "08.45"
        assert (changed.plan.prepare_ms, changed.plan.steps) == (
            batch.plan.prepare_ms,
            batch.plan.steps,
        )
        assert seen(app, "form") is None


async def test_wave_departs_at_another_time_and_the_rest_stays(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with admin(tmp_path, qapp, "plan") as (app, _):
        night = app.floor.kitchen.night
        assert night is not None
        first = night.waves[0]
        await press(app, f"admin.plan.wave:{first.id}.change")
        keys = app.window.findChild(KeyPad, "form.pad")
        assert keys is not None
        for digit in app.floor.clock(first.departure_ms + 15 * 60_000).replace(".", ""):
            keys.press(digit)
        await press(app, "form.confirm")
        after = app.floor.kitchen.night
        assert after is not None
        assert after.waves[0].departure_ms == first.departure_ms + 15 * 60_000
        assert after.waves[0].stops == first.stops
        assert (after.waves[1:], after.opened_ms) == (night.waves[1:], night.opened_ms)


async def test_code_leaves_the_glass_with_the_head(tmp_path: Path, qapp: QApplication) -> None:
    async with admin(tmp_path, qapp, "kiosks") as (app, _):
        page = app.window.findChild(AdminPage)
        assert page is not None
        page._ask(page._admin.kiosks.enrol("Mutu 2"))
        await type_pin(app, "ask.sign.pad")
        assert page._admin.kiosks.code() is not None
        app.kiosk.session.lock()
        await until(lambda: page._admin.kiosks.code() is None, "the code stays")
        assert "Belum ada yang masuk" in words(app)


async def test_batch_on_the_fire_keeps_its_plan_and_can_be_copied_once(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with admin(tmp_path, qapp, "plan") as (app, _):
        batch = next(each for each in app.floor.kitchen.batches.values() if each.plan.code == CODE)
        change = seen(app, f"admin.plan.{batch.id}.change")
        assert change is not None
        assert not change.isEnabled()
        before = len(app.floor.kitchen.batches)
        await press(app, f"admin.plan.{batch.id}.copy")
        assert len(app.floor.kitchen.batches) == before + 1
        made = next(
            each
            for each in app.floor.kitchen.batches.values()
            if each.plan.code.startswith(f"{CODE}-")
        )
        assert made.plan.wave != batch.plan.wave
        assert made.plan.cook_ms > batch.plan.cook_ms
        app.floor.changed.emit()
        copy = seen(app, f"admin.plan.{batch.id}.copy")
        assert copy is not None
        assert not copy.isEnabled()


@pytest.mark.parametrize(("typed", "hours"), [("23:30", -1.5), ("02:00", 1.0), ("13:00", 12.0)])
async def test_time_of_day_is_taken_on_the_day_that_brings_it_nearest(
    tmp_path: Path, qapp: QApplication, typed: str, hours: float
) -> None:
    async with admin(tmp_path, qapp, "plan") as (app, _):
        night = app.floor.kitchen.night
        assert night is not None
        near_ms = night.midnight_ms + 3_600_000
        assert (clock_near(app.floor, typed, near_ms) - near_ms) / 3_600_000 in (hours, -hours)
