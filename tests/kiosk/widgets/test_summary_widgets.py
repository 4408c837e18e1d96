"""The parts of the desk on the glass: bars lie where their times are, tables sort and filter, curves break."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from kiosk.theme.theme import Theme
from kiosk.views.looks import FilterLook, LoadLook
from kiosk.views.summary_looks import (
    CellKey,
    GanttBar,
    GanttLook,
    GanttRow,
    GanttTick,
    GanttWave,
    KpiLook,
    LineLook,
    LoadsLook,
    MiniLook,
    PanelLook,
    TableColumn,
    TableRow,
)
from kiosk.widgets.batch_model import BatchFilter, BatchModel
from kiosk.widgets.batch_table import BatchTable
from kiosk.widgets.chip_row import ChipRow
from kiosk.widgets.kpi_tile import KpiRow
from kiosk.widgets.load_bar import FULL_SHARE, bar_width
from kiosk.widgets.load_panel import LoadPanel
from kiosk.widgets.mini_curve import MiniCurve
from kiosk.widgets.side_panel import SidePanel
from kiosk.widgets.wave_gantt import WaveGantt

HOUR_MS = 3_600_000


def row(batch: str, from_h: float, middle_h: float, to_h: float) -> GanttRow:
    first, middle, last = (int(each * HOUR_MS) for each in (from_h, middle_h, to_h))
    return GanttRow(
        batch,
        batch.upper(),
        (
            GanttBar("preparing", first, middle, "done"),
            GanttBar("cooking", middle, last, "forecast"),
        ),
    )


GANTT = GanttLook(
    from_ms=0,
    to_ms=10 * HOUR_MS,
    now_ms=3 * HOUR_MS,
    now_text="03.00",
    title="Jalannya gelombang",
    name="Jalannya gelombang, 3 batch",
    ticks=tuple(GanttTick(hour * HOUR_MS, f"{hour:02d}.00") for hour in range(10)),
    waves=(
        GanttWave("G1", "Gelombang 1", 6 * HOUR_MS, (row("a", 1, 3, 4), row("b", 2, 3, 5))),
        GanttWave("G2", "Gelombang 2", 9 * HOUR_MS, (row("c", 5, 6, 8),)),
    ),
)


@pytest.fixture
def gantt(theme: Theme, qapp: QApplication) -> WaveGantt:
    made = WaveGantt(theme)
    made.resize(1200, 400)
    made.set_look(GANTT)
    made.show()
    QTest.qWaitForWindowExposed(made)
    return made


# ---- timeline ------------------------------------------------------------------------------------


def test_bars_lie_where_their_times_are(gantt: WaveGantt) -> None:
    hour = gantt.x_of(HOUR_MS) - gantt.x_of(0)
    assert gantt.x_of(0) == gantt.plot.left()
    assert gantt.x_of(10 * HOUR_MS) == pytest.approx(gantt.plot.right())
    first, second = gantt.bar_rects("a")
    assert first.left() == pytest.approx(gantt.x_of(HOUR_MS))
    assert first.width() == pytest.approx(2 * hour - 1)
    assert second.left() == pytest.approx(gantt.x_of(GANTT.now_ms))
    assert second.width() == pytest.approx(hour - 1)


def test_every_row_has_its_own_place_below_the_head_of_its_wave(gantt: WaveGantt) -> None:
    rows = [gantt.row_rect(batch) for batch in "abc"]
    assert all(one.bottom() <= two.top() + 0.01 for one, two in pairwise(rows))
    assert rows[2].top() > rows[1].bottom() + 10
    assert QRectF(gantt.rect()).contains(rows[2])
    for batch, rect in zip("abc", rows, strict=True):
        assert gantt.row_at(rect.center()) == batch
        assert all(rect.contains(bar) for bar in gantt.bar_rects(batch))
    assert gantt.row_at(QPointF(5, 5)) == ""


def test_a_tap_opens_the_row_under_it_and_a_drag_to_another_opens_none(gantt: WaveGantt) -> None:
    opened: list[str] = []
    gantt.opened.connect(opened.append)
    spots = {batch: gantt.bar_rects(batch)[0].center().toPoint() for batch in "abc"}
    QTest.mouseClick(gantt, Qt.MouseButton.LeftButton, pos=spots["b"])
    QTest.mousePress(gantt, Qt.MouseButton.LeftButton, pos=spots["a"])
    QTest.mouseRelease(gantt, Qt.MouseButton.LeftButton, pos=spots["c"])
    assert opened == ["b"]


def test_a_changed_batch_repaints_its_row_only(
    gantt: WaveGantt, monkeypatch: pytest.MonkeyPatch
) -> None:
    dirty: list[tuple[object, ...]] = []
    monkeypatch.setattr(gantt, "update", lambda *area: dirty.append(area))
    one, two = GANTT.waves[0].rows
    wave = replace(GANTT.waves[0], rows=(one, replace(two, note="ditahan")))
    gantt.set_look(replace(GANTT, waves=(wave, GANTT.waves[1])))
    assert dirty == [(gantt.row_rect("b").toAlignedRect(),)]
    gantt.set_look(replace(gantt.look(), now_ms=GANTT.now_ms + 30_000))
    assert dirty[1:] == [()]


# ---- small curves --------------------------------------------------------------------------------


def test_a_curve_stays_in_its_tile_and_breaks_at_a_gap(theme: Theme) -> None:
    look = MiniLook(
        "a", "Ayam", "61,8 °C", "≥ 75 °C", "4 mnt", 0, 3_600_000, 20.0, 100.0, 75.0,
        runs=(((0, 20.0), (600_000, 40.0)), ((3_600_000, 100.0),)),
    )  # fmt: skip
    curve = MiniCurve(theme, look)
    curve.resize(240, curve.height())
    rect = QRectF(curve.rect())
    first, second = curve.spots(rect)
    assert (len(first), len(second)) == (2, 1)
    assert first[0].y() == pytest.approx(curve.plot(rect).bottom())
    assert second[0].y() == pytest.approx(curve.plot(rect).top())
    assert first[0].x() < first[1].x() < second[0].x()
    assert all(rect.contains(spot) for spot in (*first, *second))


# ---- figures and panels --------------------------------------------------------------------------


def test_tiles_go_into_two_rows_where_one_is_too_narrow(theme: Theme) -> None:
    made = KpiRow(theme, "summary.kpi")
    made.show()
    made.resize(1800, 10)
    looks = tuple(KpiLook(f"k{n}", "Produksi", "0", caption="8 berjalan") for n in range(8))
    made.set_looks(looks)
    wide = made.height()
    made.resize(1100, 10)
    assert made.height() > 2 * wide - 40
    made.set_looks((*looks[:7], replace(looks[7], caption="sangat panjang " * 8)))
    assert made.height() > 2 * wide + 20


def test_the_bar_of_a_team_never_leaves_its_ground() -> None:
    assert bar_width(None, 130) == 0
    assert bar_width(0.5, 130) == pytest.approx(130 * 0.5 / FULL_SHARE)
    assert bar_width(1.0, 130) == pytest.approx(100)
    assert bar_width(9.0, 130) == 130


def test_the_load_panel_is_as_high_as_what_it_says(theme: Theme, qapp: QApplication) -> None:
    panel = LoadPanel(theme)
    panel.resize(360, 10)
    panel.show()
    loads = tuple(LoadLook(f"t{n}", f"Tim {n}", "2 orang", "40 %", 0.4) for n in range(3))
    look = LoadsLook("Beban tim", "garis = 100 %", "belum ada", loads)
    panel.set_look(look)
    three = panel.height()
    panel.set_look(replace(look, loads=loads[:2], advice="Pindahkan 1 orang. " * 4))
    assert panel.height() != three
    panel.set_look(replace(look, loads=()))
    assert panel.height() < three


def test_a_panel_says_all_its_lines_aloud_and_opens_its_page(theme: Theme) -> None:
    lines = (LineLook("a", "bell", "Terlambat", "Nasi Putih", "naik 02:40", "alarm"),)
    panel = SidePanel(theme, PanelLook("alerts", "Alarm terbuka", "Semua 1", lines))
    opened: list[str] = []
    panel.opened.connect(opened.append)
    panel.click()
    assert opened == ["alerts"]
    assert panel.accessibleName() == ("Alarm terbuka Semua 1. Terlambat Nasi Putih naik 02:40")


def test_chips_go_on_in_the_next_line(theme: Theme) -> None:
    row_ = ChipRow(theme, "summary.list")
    row_.show()
    row_.resize(2000, 10)
    looks = tuple(FilterLook(f"k{n}", f"Perlu perhatian {n}") for n in range(6))
    row_.set_looks(looks)
    one = row_.height()
    row_.resize(400, 10)
    assert row_.height() > 2 * one
    chips = row_.findChildren(QWidget, "summary.list.k5")
    assert row_.rect().contains(chips[0].geometry())


# ---- table ---------------------------------------------------------------------------------------

COLUMNS = (
    TableColumn("code", "Kode"),
    TableColumn("state", "Keadaan"),
    TableColumn("core", "Inti °C", number=True),
)


def table_row(code: str, state: str, core: float | None, *, wave: str = "G1") -> TableRow:
    key: CellKey = (core is None, core or 0.0, "")
    text = "–" if core is None else f"{core:.1f}"
    lists = frozenset({"all", *(("late",) if state else ())})
    return TableRow(
        code, wave, (code, state, text),
        ((False, 0.0, code), (not state, 0.0, state.casefold()), key), lists,
    )  # fmt: skip


ROWS = (
    table_row("G1-01", "Terlambat", 86.1),
    table_row("G1-02", "", 9.5),
    table_row("G2-01", "", None, wave="G2"),
)


@pytest.fixture
def shown(qapp: QApplication) -> BatchFilter:
    model = BatchModel(COLUMNS)
    model.take(COLUMNS, ROWS)
    made = BatchFilter(model)
    model.setParent(made)
    return made


def test_numbers_sort_as_numbers_and_what_is_empty_stands_last(shown: BatchFilter) -> None:
    shown.sort(2, Qt.SortOrder.AscendingOrder)
    assert shown.shown() == ("G1-02", "G1-01", "G2-01")
    shown.sort(2, Qt.SortOrder.DescendingOrder)
    assert shown.shown() == ("G1-01", "G1-02", "G2-01")


def test_list_wave_and_words_narrow_together(shown: BatchFilter) -> None:
    shown.choose(text="g1 86")
    assert shown.shown() == ("G1-01",)
    shown.choose(text="")
    shown.choose(wave="G2")
    assert shown.shown() == ("G2-01",)
    shown.choose(which="late")
    assert shown.shown() == ()
    shown.choose(wave="")
    assert shown.shown() == ("G1-01",)


def test_a_changed_row_is_told_alone_and_moves_where_it_belongs(shown: BatchFilter) -> None:
    model = shown._model
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda a, b: told.append((a.row(), b.row())))
    shown.sort(2, Qt.SortOrder.AscendingOrder)
    model.take(COLUMNS, (ROWS[0], table_row("G1-02", "", 90.0), ROWS[2]))
    assert told == [(1, 1)]
    assert shown.shown() == ("G1-01", "G1-02", "G2-01")


def test_the_table_keeps_its_choice_when_rows_change(theme: Theme, qapp: QApplication) -> None:
    table = BatchTable(theme, COLUMNS)
    table.resize(1000, 400)
    table.take(COLUMNS, ROWS)
    table.selectRow(1)
    table.take(COLUMNS, (ROWS[0], table_row("G1-02", "Terlambat", 12.0), ROWS[2]))
    assert table.currentIndex().row() == 1
    assert table.filter.data(table.currentIndex(), Qt.ItemDataRole.DisplayRole) == "G1-02"
    english = tuple(replace(each, title=f"en {each.title}") for each in COLUMNS)
    table.take(english, ROWS)
    assert table.filter.headerData(0, Qt.Orientation.Horizontal) == "en Kode"
