"""The administration in pictures: a chief at the kiosk, and a server that answers as the picture needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from dapur.ids import DeviceId, SessionId, StaffId
from dapur.wire.queries import (
    DEVICES,
    FLEET,
    DeviceInfo,
    DevicesReply,
    DoneReply,
    EnrolmentCodeReply,
    FleetReply,
    FleetRow,
    ProcessRow,
)
from kiosk.app import App
from kiosk.screens.admin import AdminPage
from kiosk.screens.admin_staff import NewPinSheet, RolesSheet
from kiosk.screens.ask_pin import AskSheet
from kiosk.screens.licences import LicencesSheet
from kiosk.screens.scale import ScaleSheet
from kiosk.screens.scroll import Scroll
from kiosk.screens.writing import WritingSheet
from kiosk.views.handover import HandOverView
from kiosk.views.licences import LicencesView
from kiosk.views.scale import ScaleView
from kiosk.widgets.sheet import Sheet
from tests.support.scene import KIOSK

DAY_MS = 86_400_000
CHIEF, COOK = StaffId("s-hendra"), StaffId("s-sari")
OTHER = "d-kios-mutu"
CODE = "7KQ2-M9XD-0H4T-N3VR-8WQC-JJ4E-55ZA-P7GM"
"""With the pin of an authority, as a province has it."""
Shoot = Callable[[str], Awaitable[None]]


def devices(now_ms: int) -> DevicesReply:
    """This kiosk, one that is not heard, and one that is shut out."""
    return DevicesReply(
        (
            DeviceInfo(KIOSK, "Kios Masak 1", now_ms - 9 * DAY_MS, None, now_ms - 2_000, 1),
            DeviceInfo(DeviceId(OTHER), "Kios Mutu", now_ms - DAY_MS, None, now_ms - 900_000, 1),
            DeviceInfo(
                DeviceId("d-lama"), "Kios Lama", now_ms - 80 * DAY_MS, now_ms - DAY_MS, now_ms, 1
            ),
        )
    )


def fleet(now_ms: int) -> FleetReply:
    """A province with one kiosk of each trouble."""

    def row(number: int, kitchen: str, *said: int | None) -> FleetRow:
        heard, behind, unsent, offset_ms = said
        heard_ms = None if heard is None else now_ms - heard * 1000
        name, app = f"Kios Masak {number}", "dapur-kiosk 0.1.0" if heard else ""
        device = DeviceId(f"d-{kitchen[5:]}")
        return FleetRow(
            f"sppg-{number}",
            kitchen,
            device,
            name,
            app,
            heard_ms,
            behind or 0,
            unsent or 0,
            offset_ms,
        )

    return FleetReply(
        kitchens=2_014,
        kiosks=8_056,
        silent=31,
        behind=4,
        unsent=2,
        clocks=1,
        releases={"dapur-kiosk 0.1.0": 8_041, "dapur-kiosk 0.0.9": 12, "": 3},
        processes=(ProcessRow("edge-1", now_ms, 4_020), ProcessRow("edge-2", now_ms, 4_005)),
        rows=(
            row(1, "SPPG Sukamaju 01", None, 0, 0, None),
            row(2, "SPPG Cendana 02", 5_400, 1_250, 0, 900),
            row(3, "SPPG Tanah Baru 01", 12, 0, 7, -40),
            row(4, "SPPG Tanah Sareal", 20, 310, 0, 12),
            row(1, "SPPG Purworejo Selatan Kecamatan Bagelen", 8, 0, 0, 300_000),
            row(2, "SPPG Malang 03", 5, 0, 0, 20),
        ),
        more=True,
        now_ms=now_ms,
    )


def let_chief_act(app: App) -> None:
    """The chief is the actor, and the server answers."""
    session, now_ms = app.kiosk.session, app.floor.now_ms
    session._present[CHIEF] = SessionId(f"{CHIEF}-{KIOSK}")
    session._actor = CHIEF

    def ask(
        name: str, _args: msgspec.Struct, done: Callable[[msgspec.Raw], None], **_: Any
    ) -> None:
        reply = {DEVICES: devices(now_ms), FLEET: fleet(now_ms)}.get(name, DoneReply())
        done(msgspec.Raw(msgspec.json.encode(reply)))

    link: Any = app.kiosk.link
    link.ask, link.online = ask, True


async def walk(app: App, batch: str, shoot: Shoot) -> None:
    """Every section and every sheet of the administration, and those of the settings."""
    actor, present = app.kiosk.session._actor, dict(app.kiosk.session._present)
    let_chief_act(app)
    window, floor, theme = app.window, app.floor, app.theme
    window.show_page("handover", "")
    await shoot("handover-waits")
    for scroll in window.shown_page.findChildren(Scroll):
        bar = scroll.verticalScrollBar()
        bar.setValue(bar.maximum())
    await shoot("handover-history")
    window.show_page("fleet", "")
    await shoot("fleet")
    window.show_page("admin", "kiosks")
    page = window.findChild(AdminPage)
    assert page is not None
    admin = page._admin
    admin.kiosks._name = "Kios Mutu 2"
    admin.kiosks._code = EnrolmentCodeReply(CODE, floor.now_ms + 580_000)
    page.refresh()
    await shoot("admin-kiosks")
    for tab in ("staff", "policy", "plan"):
        window.show_page("admin", tab)
        await shoot(f"admin-{tab}")
    taking = HandOverView(floor).take()
    assert taking is not None
    revoke, roles = admin.kiosks.revoke(OTHER), admin.staff.roles(COOK)
    assert revoke is not None
    assert roles is not None
    sheets: tuple[tuple[str, Callable[[], Sheet]], ...] = (
        ("handover-take", lambda: AskSheet(theme, taking, window)),
        ("admin-revoke", lambda: AskSheet(theme, revoke, window)),
        ("admin-roles", lambda: RolesSheet(theme, roles, window)),
        ("admin-pin", lambda: NewPinSheet(theme, admin.staff.new_pin(COOK), window)),
        ("admin-write", lambda: WritingSheet(theme, floor, "Nama", "", window)),
        ("display-scale", lambda: ScaleSheet(theme, ScaleView(floor, 102.0), window)),
        ("display-licences", lambda: LicencesSheet(theme, LicencesView(floor), window)),
    )
    for name, make in sheets:
        sheet = make()
        sheet.open()
        await shoot(name)
        sheet.dismissed.emit()
    for name, action, key in (
        ("hours", "staff", COOK),
        ("limit", "policy", "core_c"),
        ("plan-form", "plan", batch),
    ):
        admin.choose_tab(action)
        page._on_row_tapped("shift" if name == "hours" else "change", key)
        await shoot(f"admin-{name}")
        for open_sheet in window.findChildren(Sheet):
            if open_sheet.isVisible():
                open_sheet.dismissed.emit()
    app.kiosk.session._actor, app.kiosk.session._present = actor, present
