"""The fleet's page: figures and lines from the server's answer, why there are none, what is asked when."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QApplication

from dapur.access import Role
from dapur.crew import ChangeRolesArgs
from dapur.ids import DeviceId
from dapur.wire.queries import FLEET, FleetArgs, FleetReply, FleetRow, ProcessRow
from kiosk.app import App, Look
from kiosk.link.asking import Done
from kiosk.link.errors import QueryFailed, Refused
from kiosk.views.fleet import FRESH_MS, FleetView
from kiosk.views.menu import MenuView
from tests.support.scene import Story, demo_plan, open_scene

HEAD, COOK = "s-hendra", "s-sari"


def row(kitchen: str, **fields: object) -> FleetRow:
    plain = FleetRow(
        kitchen, f"Dapur {kitchen}", DeviceId(f"d-{kitchen}"), "Kios 1", "r1", 0, 0, 0, None
    )
    return msgspec.structs.replace(plain, **fields)


def reply(now_ms: int, *rows: FleetRow, more: bool = False) -> FleetReply:
    return FleetReply(
        kitchens=3, kiosks=12, silent=1, behind=0, unsent=2, clocks=0,
        releases={"r1": 8, "r2": 2, "r3": 1, "": 1},
        processes=(ProcessRow("a-1", now_ms, 7), ProcessRow("b-1", now_ms, 4)),
        rows=rows, more=more, now_ms=now_ms,
    )  # fmt: skip


class Asked:
    """A line whose answers the test gives."""

    online = True

    def __init__(self) -> None:
        self.open: list[tuple[str, FleetArgs, Done]] = []

    def ask(self, name: str, args: FleetArgs, done: Done, **_options: float) -> None:
        self.open.append((name, args, done))

    def answer(self, value: FleetReply | QueryFailed) -> FleetArgs:
        _, args, done = self.open.pop(0)
        done(value if isinstance(value, QueryFailed) else msgspec.Raw(msgspec.json.encode(value)))
        return args


@contextmanager
def page(
    folder: Path, qapp: QApplication, actor: str = HEAD
) -> Iterator[tuple[App, FleetView, Asked]]:
    story = Story(demo_plan())
    roles = ChangeRolesArgs(HEAD, (Role.KEPALA, Role.OPERATOR))
    story.tap("04:00", HEAD, "change_roles", "", roles, subject=f"staff:{HEAD}")
    app = open_scene(folder, qapp, story, "04:42", look=Look(size=(1280, 720)), actors=(actor,))
    link = Asked()
    app.kiosk.link = link  # type: ignore[assignment]
    try:
        yield app, FleetView(app.floor), link
    finally:
        app.close()


async def test_operator_sees_counts_lines_and_who_serves(
    tmp_path: Path, qapp: QApplication
) -> None:
    with page(tmp_path, qapp) as (app, view, link):
        now_ms = app.floor.now_ms
        assert view.said() == "Meminta daftar dari server…" or not link.open
        view.want()
        view.want()
        assert len(link.open) == 1
        assert (
            link.answer(
                reply(
                    now_ms,
                    row("a", heard_ms=None),
                    row("b", heard_ms=now_ms - 10_000, unsent=7, behind=1_250),
                    row("c", heard_ms=now_ms - 10_000, offset_ms=-180_000),
                    row("d", heard_ms=now_ms, offset_ms=500, app=""),
                )
            )
            == FleetArgs()
        )
        assert [tile.value for tile in view.tiles()] == ["3", "12", "1", "0", "2", "0"]
        assert [tile.tone for tile in view.tiles()].count("attention") == 2
        assert "2 server, 11 kios tersambung" in view.said()
        assert "r1: 8, r2: 2, r3: 1, lainnya: 1" in view.said()
        assert [look.chip.text for look in view.rows() if look.chip] == [
            *("Diam", "Belum terkirim", "Jam salah", "Baik")
        ]
        never, late, slow, well = (look.detail for look in view.rows())
        assert never == "belum pernah terdengar · r1"
        assert "1.250 kejadian tertinggal · 7 belum terkirim" in late
        assert "jam 3 mnt terlalu lambat" in slow
        assert well.endswith("versi tidak diketahui")
        assert view.count() == "Kios 1–4"


async def test_old_answer_is_asked_for_again_and_what_was_typed_meanwhile_wins(
    tmp_path: Path, qapp: QApplication
) -> None:
    with page(tmp_path, qapp) as (app, view, link):
        view.want()
        view.find(" cendana ")
        assert len(link.open) == 1
        link.answer(reply(app.floor.now_ms))
        assert view.rows() == ()
        assert link.answer(reply(app.floor.now_ms, row("a"), more=True)).find == "cendana"
        view.want()
        assert not link.open
        app.kiosk.time._clock.now_ms += FRESH_MS  # type: ignore[attr-defined]
        view.want()
        assert [args.find for _, args, _ in link.open] == ["cendana"]


async def test_operator_leafs_on_and_a_tile_of_a_trouble_narrows_the_list(
    tmp_path: Path, qapp: QApplication
) -> None:
    with page(tmp_path, qapp) as (app, view, link):
        view.want()
        link.answer(reply(app.floor.now_ms, row("a"), row("b"), more=True))
        assert [button.enabled for button in view.tools()] == [False, True, True]
        view.press("more")
        assert link.answer(reply(app.floor.now_ms, row("c"))).skip == 2
        assert view.count() == "Kios 3–3"
        assert [button.enabled for button in view.tools()] == [True, False, True]
        view.choose("silent")
        asked = link.answer(reply(app.floor.now_ms))
        assert (asked.only_troubled, asked.skip) == (True, 0)
        assert view.count() == "Tidak ada kios yang cocok"
        view.choose("kiosks")
        assert not link.open[0][1].only_troubled


@pytest.mark.parametrize(
    ("detail", "said"), [("device", "dapur-server device fleet"), ("role", "pengelola")]
)
async def test_refusal_says_what_to_do_next(
    tmp_path: Path, qapp: QApplication, detail: str, said: str
) -> None:
    with page(tmp_path, qapp) as (app, view, link):
        view.want()
        link.answer(Refused("not_allowed", detail))
        assert said in view.said()
        assert view.rows() == ()
        assert app.floor.people.identity.device in view.said() or detail == "role"


async def test_page_and_tile_are_closed_to_whoever_is_no_operator(
    tmp_path: Path, qapp: QApplication
) -> None:
    with page(tmp_path, qapp, COOK) as (app, view, link):
        view.want()
        assert not link.open
        assert "pengelola server" in view.said()
        assert "fleet" not in [tile.key for tile in MenuView(app.floor).tiles()]
    with page(tmp_path / "2", qapp, HEAD) as (app, view, link):
        assert MenuView(app.floor).tiles()[-1].key == "fleet"
        view.want()
        assert link.open[0][0] == FLEET
        link.answer(reply(app.floor.now_ms, row("a")))
        app.kiosk.session._actor = None
        assert view.rows() == ()
        link.online = False
