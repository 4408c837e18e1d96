"""The record's page: tonight without a line, earlier nights by question, a reason or a way out when it takes long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QApplication

from dapur import past
from dapur.access import Role
from dapur.batch import HoldReason, Line
from dapur.handover import SUBJECT as HANDOVER
from dapur.handover import HandOver, HandOverArgs, TakeOverArgs
from dapur.hold import HoldBatchArgs
from dapur.ids import DeviceId
from dapur.temperature import RecordTemperatureArgs
from dapur.wire.queries import DEVICES, DeviceInfo, DevicesReply
from kiosk.app import App, Look
from kiosk.link.errors import QueryFailed
from kiosk.past import Night
from kiosk.record.document import Document, html
from kiosk.record.tonight import lines_from, tonight
from kiosk.screens.record_saving import write_pdf
from kiosk.views.floor import Message
from kiosk.views.record import RecordView
from kiosk.widgets.action_button import ActionButton
from tests.support.scene import KIOSK, Story, demo_plan, open_scene

PATIENCE_S = 15.0
COOK, CODE = "s-sari", "G1-02"
CHIEF, HEAD = "s-ratna", "s-hendra"
DAY_MS = 24 * 3_600_000
Done = Callable[[msgspec.Raw | QueryFailed], None]
NOTHING: Mapping[str, msgspec.Struct] = MappingProxyType({})


@asynccontextmanager
async def page(
    folder: Path, qapp: QApplication, answers: Mapping[str, msgspec.Struct] = NOTHING
) -> AsyncIterator[tuple[App, RecordView]]:
    story = Story(demo_plan())
    story.tap("04:10", COOK, "record_temperature", CODE, RecordTemperatureArgs(61.8))
    given = HandOverArgs(to=CHIEF, note="Gelombang 2 belum mulai")
    story.tap("00:30", "s-endang", "hand_over", "", given, subject=HANDOVER)
    waits = story.kitchen.handovers[-1].id
    story.tap("00:41", CHIEF, "take_over", "", TakeOverArgs(waits), subject=HANDOVER)
    story.tap("04:20", COOK, "hold_batch", CODE, HoldBatchArgs(HoldReason.ALLERGEN))
    story.tap("04:30", CHIEF, "hand_over", "", HandOverArgs(role=Role.KEPALA), subject=HANDOVER)
    look = Look(size=(1280, 720), dpi=102.0)
    app = open_scene(folder, qapp, story, "04:42", look=look, actors=(COOK,), answers=answers)
    try:
        yield app, RecordView(app.floor)
    finally:
        app.close()
        app.kiosk.store.close()


def text_of(document: Document | None) -> str:
    assert document is not None
    return html(document)


def whole_night(app: App) -> tuple[Night, dict[str, msgspec.Struct]]:
    """The answers of a server that knows what this kiosk knows, as of an earlier night."""
    seq = app.kiosk.store.position.seq
    here = tonight(app.floor.kitchen, seq)
    (batch,) = (each for each in here.batches if each.code == CODE)
    event = past.AuditRow(
        8, "batch_held", batch.batch, COOK, "s", "d", "c", batch.planned_ready_ms, 0, "synced", 0
    )
    return here, {
        past.NIGHTS: past.NightsReply(("2026-11-21",), seq),
        past.NIGHT_BATCHES: past.BatchesReply(here.batches, False, seq),
        past.NIGHT_READINGS: past.ReadingsReply(here.readings, False, seq),
        past.NIGHT_CHECKS: past.ChecksReply(here.checks, False, seq),
        past.NIGHT_ALERTS: past.AlertsReply(here.alerts, False, seq),
        past.ACTIVITY: past.ActivityReply(here.activity, False, seq),
        past.AUDIT: past.AuditReply((event,), False, seq),
    }


async def test_record_of_tonight_needs_no_line(tmp_path: Path, qapp: QApplication) -> None:
    async with page(tmp_path, qapp) as (_, view):
        view.open()
        look, paper = view.look(), text_of(view.document())
        assert "Perlu sambungan" in look.said
        assert not look.older.enabled
        assert all(act.enabled for act in look.acts)
        for said in ("61,8 °C", "▲ di luar batas", "Kontak silang alergen", "Sari Wulandari"):
            assert said in paper


async def test_record_of_tonight_tells_each_hold_and_each_hand_over(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with page(tmp_path, qapp) as (_, view):
        view.open()
        document = view.document()
        assert document is not None
        (held,) = _rows(document, "Tahanan")
        assert held[:5] == (
            *("H-0001", "04.20", "Sari Wulandari", "Kontak silang alergen"),
            "▲ masih ditahan",
        )
        given, taken = _rows(document, "Serah terima")
        assert given[:3] == ("00.30", "Endang Sriwahyuni", "Ratna Puspita")
        assert given[4:] == ("Gelombang 2 belum mulai", "00.41 Ratna Puspita")
        assert taken[2] == "Kepala SPPG"
        assert "1\N{NO-BREAK SPACE}batch ditahan" in taken[3]
        assert taken[5] == "▲ belum diterima"


async def test_record_of_an_earlier_night_tells_what_it_told_on_that_night(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with page(tmp_path, qapp) as (app, view):
        here, answers = whole_night(app)
        kitchen = app.floor.kitchen
        (given, other) = kitchen.handovers
        events = [
            *(
                _told(line, batch.id)
                for batch in kitchen.batches.values()
                for line in batch.journal
            ),
            *_passing(1, given, at_ms=given.at.earliest_ms - DAY_MS),
            *_passing(3, other, at_ms=other.at.earliest_ms - DAY_MS),
        ]
        events = [each if each.detail else replace(each, detail="") for each in events]
        answers[past.AUDIT] = past.AuditReply(tuple(events), False, here.seq)
        app.kiosk.link.answers = answers  # type: ignore[attr-defined]
        view.open()
        tonight_ = view.document()
        view.open("2026-11-21")
        earlier = view.document()
        assert tonight_ is not None
        assert earlier is not None
        assert view.look().said.startswith("Dari server")
        assert "rilis server yang lama" not in view.look().said
        for title in ("Tahanan", "Serah terima"):
            assert _rows(earlier, title) == _rows(tonight_, title)
        happened = "Tahap, tahanan, putusan"
        assert _rows_of(earlier, CODE, happened) == _rows_of(tonight_, CODE, happened)


async def test_record_of_an_earlier_release_tells_who_held_and_handed_over_but_not_why(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with page(tmp_path, qapp) as (app, view):
        here, answers = whole_night(app)
        batches = tuple(replace(each, hold_rows=None) for each in here.batches)
        answers[past.NIGHT_BATCHES] = past.BatchesReply(batches, False, here.seq)
        (batch,) = (each for each in here.batches if each.code == CODE)
        at_ms = batch.planned_ready_ms
        events = (
            _event(8, "batch_held", batch.batch, COOK, at_ms),
            _event(9, "hold_released", batch.batch, CHIEF, at_ms + 12 * 60_000),
            _event(10, "handed_over", HANDOVER, CHIEF, at_ms - DAY_MS),
            _event(11, "taken_over", HANDOVER, HEAD, at_ms - DAY_MS + 60_000),
            _event(12, "handed_over", HANDOVER, HEAD, at_ms),
        )
        answers[past.AUDIT] = past.AuditReply(events, False, here.seq)
        app.kiosk.link.answers = answers  # type: ignore[attr-defined]
        view.open("2026-11-21")
        document = view.document()
        assert document is not None
        (held,) = _rows(document, "Tahanan")
        assert (held[0], held[3]) == ("–", "–")
        assert (held[2], held[5], held[6]) == ("Sari Wulandari", "12:00", "Ratna Puspita")
        assert "rilis server yang lama" in view.look().said
        (given,) = _rows(document, "Serah terima")
        assert given[1] == "Ratna Puspita"
        assert given[5].endswith("Hendra Gunawan")


def _rows(document: Document, title: str) -> tuple[tuple[str, ...], ...]:
    (found,) = (each for each in document.sections if each.title == title)
    return found.rows


def _rows_of(document: Document, code: str, title: str) -> tuple[tuple[str, ...], ...]:
    """Of the part about one batch."""
    titles = [each.title for each in document.sections]
    begin = next(n for n, each in enumerate(titles) if each.startswith(code))
    return document.sections[titles.index(title, begin)].rows


def kiosks(name: str, *devices: str) -> DevicesReply:
    """All with this name."""
    return DevicesReply(
        tuple(DeviceInfo(DeviceId(each), name, 1, None, None, 0) for each in devices or (KIOSK,))
    )


def _event(
    seq: int,
    kind: str,
    subject: str,
    actor: str,
    at_ms: int,
    passing: past.PassingRow | None = None,
) -> past.AuditRow:
    ends = (at_ms, at_ms, "synced", 0)
    return past.AuditRow(seq, kind, subject, actor, "s", "d", f"c{seq}", *ends, passing=passing)


def _told(line: Line, batch: str) -> past.AuditRow:
    """A line of a batch's story as the server keeps it."""
    return past.AuditRow(
        *(9, line.kind, batch, line.actor, "s", line.device, line.command),
        *(line.at_ms, line.at_ms, "synced", line.recorded_ms, line.detail),
    )


def _passing(seq: int, item: HandOver, *, at_ms: int) -> Iterator[past.AuditRow]:
    """A hand-over as the server keeps it."""
    counts = [sort.count for sort in msgspec.structs.asdict(item.open).values()]
    role = "" if item.role is None else item.role.value
    told = past.PassingRow(item.to, role, item.note, *counts)
    yield _event(seq, "handed_over", HANDOVER, item.giver, at_ms, told)
    if item.taken is not None:
        took_ms = item.taken.at.earliest_ms - item.at.earliest_ms
        yield _event(seq + 1, "taken_over", HANDOVER, item.taken.actor, at_ms + took_ms)


async def test_record_is_the_same_object_until_the_language_changes(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with page(tmp_path, qapp) as (app, view):
        view.open()
        first = view.document()
        assert view.document() is first
        app.floor.choose_language("en")
        assert "out of limit" in text_of(view.document())


async def test_record_of_an_earlier_night_comes_from_the_server(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with page(tmp_path, qapp) as (app, view):
        _, answers = whole_night(app)
        app.kiosk.link.answers = answers  # type: ignore[attr-defined]
        view.open()
        view.press("older")
        assert view.night == "2026-11-21"
        assert "Dari server" in view.look().said
        assert "61,8 °C" in text_of(view.document())
        assert view.path(tmp_path, "", "pdf").name == "dapur-cendana-02-2026-11-21.pdf"
        view.press("newer")
        assert "malam ini" in view.look().night


async def test_record_of_a_night_that_just_ended_is_asked_again_until_it_is_whole(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with page(tmp_path, qapp) as (app, view):
        here, answers = whole_night(app)
        assert here.seq > 4
        early = {
            **answers,
            past.NIGHT_BATCHES: past.BatchesReply(here.batches, False, 4),
            past.NIGHT_READINGS: past.ReadingsReply((), False, 4),
        }
        app.kiosk.link.answers = early  # type: ignore[attr-defined]
        view.open()
        view.press("older")
        assert "belum mencatat semuanya (sampai urutan 4)" in view.look().said
        assert "61,8 °C" not in text_of(view.document())
        app.kiosk.link.answers = answers  # type: ignore[attr-defined]
        view._behind.setInterval(1)
        view._behind.start()
        whole = asyncio.Event()
        view.changed.connect(whole.set)
        await asyncio.wait_for(whole.wait(), PATIENCE_S)
        assert "61,8 °C" in text_of(view.document())
        assert f"Dari server, sampai urutan {here.seq}" in view.look().said
        assert not view._behind.isActive()


async def test_record_offers_a_way_out_when_the_server_is_slow(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with page(tmp_path, qapp) as (app, view):
        waiting: list[Done] = []

        def keep(_name: str, _args: msgspec.Struct, done: Done) -> None:
            waiting.append(done)

        app.kiosk.link.ask = keep  # type: ignore[method-assign, assignment]
        view.open("2026-11-20")
        assert view.look().again.action == "again"
        view._slow.stop()  # as after 300 ms
        look = view.look()
        assert (look.again.action, look.again.text) == ("stop", "Batal")
        assert not any(act.enabled for act in look.acts)
        view.press("stop")
        assert view.look().again.action == "again"
        waiting.pop()(QueryFailed("too late"))
        assert "tidak menjawab" in view.look().said


async def test_record_calls_kiosks_by_their_names_on_paper_and_in_tables(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with page(tmp_path, qapp, {DEVICES: kiosks("Tablet masak 1")}) as (_, view):
        view.open()
        document = view.document()
        assert document is not None
        happened = _rows_of(document, CODE, "Tahap, tahanan, putusan")
        assert {row[3] for row in happened} == {"Server", "Tablet masak 1"}
        assert {row[1] for row in _rows(document, "Siapa masuk di kios")} == {"Tablet masak 1"}
        readings, people = view.tables()[1], view.tables()[4]
        assert {row[11] for row in readings.rows} == {"Tablet masak 1"}
        assert {row[5] for row in people.rows if row[1] == "session"} == {"Tablet masak 1"}


async def test_record_names_two_kiosks_of_one_name_apart_and_an_unknown_one_by_its_id(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with page(tmp_path, qapp) as (app, view):
        here, answers = whole_night(app)
        (batch,) = (each for each in here.batches if each.code == CODE)
        lines = tuple(
            msgspec.structs.replace(
                _event(seq, "stage_entered", batch.batch, COOK, batch.planned_ready_ms + seq),
                device=device,
            )
            for seq, device in enumerate(("d-old-11aa", "d-new-22bb", "d-gone", "server"), start=1)
        )
        answers[past.AUDIT] = past.AuditReply(lines, False, here.seq)
        answers[DEVICES] = kiosks("Masak 9", "d-old-11aa", "d-new-22bb")
        app.kiosk.link.answers = answers  # type: ignore[attr-defined]
        view.open("2026-11-21")
        document = view.document()
        assert document is not None
        told = [row[3] for row in _rows_of(document, CODE, "Tahap, tahanan, putusan")]
        assert told == ["Masak 9 (…11aa)", "Masak 9 (…22bb)", "d-gone", "Server"]


async def test_record_knows_the_names_of_kiosks_after_the_line_is_gone(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with page(tmp_path, qapp, {DEVICES: kiosks("Tablet masak 1")}) as (app, view):
        view.open()
        app.kiosk.link.answers = {}  # type: ignore[attr-defined]
        later = RecordView(app.floor)
        later.open()
        assert "Tablet masak 1" in text_of(later.document())


async def test_paper_is_made_anew_when_names_of_kiosks_arrive_late(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with page(tmp_path, qapp) as (app, view):
        waiting: dict[str, Done] = {}

        def keep(name: str, _args: msgspec.Struct, done: Done, **_options: float) -> None:
            waiting[name] = done

        monkeypatch.setattr(app.kiosk.link, "ask", keep)
        view.open()
        told = view.told
        assert "Tablet masak 1" not in text_of(view.document())
        waiting[DEVICES](msgspec.Raw(msgspec.json.encode(kiosks("Tablet masak 1"))))
        assert view.told is told
        assert "Tablet masak 1" in text_of(view.document())


async def test_tables_of_a_record_are_as_wide_as_their_heads(
    tmp_path: Path, qapp: QApplication
) -> None:
    async with page(tmp_path, qapp) as (_, view):
        view.open()
        tables = view.tables()
        assert [table.name for table in tables] == [
            *("batch", "suhu", "uji", "alarm", "orang", "tahanan", "serah-terima"),
        ]
        for table in tables:
            assert all(len(row) == len(table.header) for row in table.rows)
        assert ("G1-02", "2026-11-22 04:10:00", 61.8) in [row[:3] for row in tables[1].rows]
        (held,) = tables[5].rows
        assert held[:5] == ("G1-02", 1, "2026-11-22 04:20:00", "Sari Wulandari", "allergen")
        first, second = tables[6].rows
        assert first[-2:] == ("Ratna Puspita", "2026-11-22 00:41:00")
        assert (second[2], second[6], second[-1]) == ("KEPALA", 1, None)


async def test_pdf_of_a_record_has_pages_and_letters(tmp_path: Path, qapp: QApplication) -> None:
    async with page(tmp_path, qapp) as (_, view):
        view.open()
        path = write_pdf(tmp_path / "d" / "x.pdf", "Catatan", text_of(view.document()))
        raw = path.read_bytes()
        assert raw.startswith(b"%PDF-")
        assert raw.count(b"/Type /Page\n") >= 5
        assert b"Inter" in raw
        assert [each.name for each in path.parent.iterdir()] == ["x.pdf"]


def test_lines_of_a_server_stand_in_order_of_time() -> None:
    rows = tuple(
        past.AuditRow(seq, kind, "b1", "s", "", "d", "c", at_ms, at_ms, "synced", at_ms)
        for seq, kind, at_ms in ((9, "batch_held", 500), (8, "stage_entered", 900))
    )
    assert [line.kind for line in lines_from(rows)["b1"]] == ["batch_held", "stage_entered"]


async def test_page_tells_when_the_disk_takes_no_file(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "penuh"
    blocked.write_bytes(b"a file where the folder should be")
    monkeypatch.setattr("kiosk.screens.record.folder", lambda: blocked)
    async with page(tmp_path / "data", qapp) as (app, _):
        told: asyncio.Queue[Message] = asyncio.Queue()
        app.floor.told.connect(told.put_nowait)
        app.window.show_page("record", "")
        for action in ("pdf", "csv", "xlsx"):
            button = app.window.findChild(ActionButton, f"record.{action}")
            assert button is not None
            button.tapped.emit(action)
            message = await asyncio.wait_for(told.get(), PATIENCE_S)
            assert (message.key, message.stays) == ("record.not_saved", True)
            assert "TIDAK tersimpan" in message.title
