"""The page of the gallery with the parts of the supervisor's desk and of the quieter pages."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.gallery.boards import panel, row
from kiosk.theme.theme import Theme
from kiosk.views.alerts_looks import AlertLook
from kiosk.views.curve_looks import CurveLimit, CurveLook, CurvePoint, CurveTick
from kiosk.views.looks import (
    ButtonLook,
    ChipLook,
    FilterLook,
    LoadLook,
    WipeLook,
)
from kiosk.views.summary_looks import (
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
    TrendLook,
    TrendPoint,
)
from kiosk.widgets.alert_row import AlertRow
from kiosk.widgets.batch_table import BatchTable
from kiosk.widgets.card_bar import CardBar
from kiosk.widgets.chip_row import ChipRow
from kiosk.widgets.curve_slot import CurveSlot
from kiosk.widgets.icon_mark import IconMark
from kiosk.widgets.kpi_tile import KpiRow
from kiosk.widgets.load_panel import LoadPanel
from kiosk.widgets.mini_curve import MiniCurve
from kiosk.widgets.side_panel import SidePanel
from kiosk.widgets.touch_lock import TouchLock
from kiosk.widgets.trend_grid import TrendGrid
from kiosk.widgets.wave_gantt import WaveGantt

HOUR_MS = 3_600_000
_KPIS = (
    KpiLook("done", "Selesai", "3", caption="dari 8 batch"),
    KpiLook("late", "Terlambat", "1", caption="1 dari 8", tone="attention", icon="triangle-alert"),
    KpiLook("core", "Suhu inti", "2", caption="2 di luar", tone="alarm", icon="octagon-alert"),
    KpiLook("held", "Ditahan", "1", caption="1 dari 8", tone="held", icon="circle-pause"),
)
_GANTT = GanttLook(
    from_ms=0,
    to_ms=10 * HOUR_MS,
    now_ms=3 * HOUR_MS,
    now_text="03.00",
    title="Jalannya gelombang",
    name="Jalannya gelombang, 2 batch",
    ticks=tuple(GanttTick(hour * HOUR_MS, f"{hour:02d}.00") for hour in range(0, 10, 2)),
    waves=(
        GanttWave(
            "G1",
            "Gelombang 1",
            6 * HOUR_MS,
            (
                GanttRow(
                    "a",
                    "Nasi Putih",
                    (
                        GanttBar("preparing", HOUR_MS, 2 * HOUR_MS, "done"),
                        GanttBar("cooking", 2 * HOUR_MS, 4 * HOUR_MS, "forecast"),
                    ),
                ),
                GanttRow("b", "Ayam", (GanttBar("cooking", HOUR_MS, 5 * HOUR_MS, "planned"),)),
            ),
        ),
    ),
)
_COLUMNS = (
    TableColumn("code", "Kode"),
    TableColumn("name", "Nama"),
    TableColumn("core", "Inti °C", number=True),
)
_ROWS = tuple(
    TableRow(
        code,
        "G1",
        (code, name, core),
        ((False, 0.0, code), (False, 0.0, name), (False, float(core.replace(",", ".")), "")),
        frozenset({"all"}),
    )
    for code, name, core in (("G1-01", "Nasi Putih", "86,1"), ("G1-02", "Ayam Teriyaki", "61,8"))
)
_CURVE = CurveLook(
    from_ms=0,
    to_ms=HOUR_MS,
    low_c=20.0,
    high_c=100.0,
    now_ms=HOUR_MS * 5 // 6,
    now_text="kini",
    name="Kurva suhu inti",
    points=(
        CurvePoint("a", 600_000, 31.0, "31,0", "31,0 °C"),
        CurvePoint("b", 1_800_000, 52.0, "52,0", "52,0 °C"),
        CurvePoint("c", 2_800_000, 61.8, "61,8", "61,8 °C", tone="out"),
    ),
    limits=(CurveLimit(75.0, "Batas inti ≥ 75 °C"),),
    times=(CurveTick(0, "03.40"), CurveTick(1_800_000, "04.10")),
    values=tuple(CurveTick(value, f"{value:.0f}") for value in (20.0, 60.0, 100.0)),
)

_TREND = TrendLook(
    "on_time",
    "Tepat waktu",
    "75 %",
    "36 dari 48 batch",
    tuple(
        TrendPoint(f"2026-11-{day}", f"{day}/11", value, f"{day}/11")
        for day, value in ((19, 100.0), (20, 50.0), (21, 75.0))
    ),
    0.0,
    100.0,
    ((0.0, "0 %"), (100.0, "100 %")),
    "Tepat waktu 75 %",
)

_ALERT = AlertLook(
    "k1",
    ChipLook("KRITIS", "octagon-alert", "alarm"),
    "Suhu kurang: Ayam Teriyaki",
    "G1-02 · sejak 04.38",
    "04.38",
    "4 mnt",
    "Belum ada",
    "",
    "02:40",
    "ke Ahli gizi",
    ButtonLook("handle", "Saya tangani", "hand", "alarm"),
)


def desk(theme: Theme) -> QWidget:
    """Figures, timeline, table, curves, load, alerts."""
    page = QWidget()
    frame = QVBoxLayout(page)
    kpis = KpiRow(theme, "summary.kpi")
    kpis.set_looks(_KPIS)
    frame.addWidget(kpis)
    below = QHBoxLayout()
    frame.addLayout(below, 1)
    below.addLayout(_left(theme), 2)
    below.addLayout(_right(theme), 1)
    frame.addWidget(AlertRow(theme, _ALERT))
    return page


def _left(theme: Theme) -> QVBoxLayout:
    gantt = WaveGantt(theme)
    gantt.set_look(_GANTT)
    chips = ChipRow(theme, "gallery.list")
    chips.set_looks((FilterLook("all", "Semua 8", chosen=True), FilterLook("late", "Terlambat 1")))
    table = BatchTable(theme, _COLUMNS)
    table.take(_COLUMNS, _ROWS)
    curve = CurveSlot(theme, "gallery.curve")
    curve.set_look(_CURVE, "Menyiapkan kurva")
    made = QVBoxLayout()
    trends = TrendGrid(theme)
    trends.set_looks((_TREND,), "Ketuk satu malam", "Menyiapkan kurva")
    for part in (gantt, chips, table, curve, trends):
        made.addWidget(part)
    return made


def _right(theme: Theme) -> QVBoxLayout:
    alarm = MiniLook(
        "a", "Ayam Teriyaki", "61,8 °C", "≥ 75 °C", "4 mnt", 0, HOUR_MS, 20.0, 100.0, 75.0,
        runs=(((0, 20.0), (600_000, 40.0)), ((2_400_000, 61.8),)),
        judged="alarm", icon="octagon-alert",
    )  # fmt: skip
    fine = replace(alarm, batch="b", title="Nasi Putih", judged="ok", icon="")
    minis = [MiniCurve(theme, alarm), MiniCurve(theme, fine)]
    loads = LoadPanel(theme)
    loads.set_look(
        LoadsLook(
            "Beban tim",
            "garis = 100 %",
            "belum ada",
            (
                LoadLook("t1", "Tim masak", "4 orang", "80 %", 0.8),
                LoadLook(
                    "t2", "Tim potong", "2 orang", "130 %", 1.3, "attention", "triangle-alert"
                ),
            ),
            advice="Pindahkan 1 orang dari Tim masak.",
        )
    )
    bar = CardBar(theme, "Lebar kartu")
    bar.set_wide_px(theme.px(340))
    lines = (LineLook("a", "bell", "Terlambat", "Nasi Putih", "naik 02:40", "alarm"),)
    made = QVBoxLayout()
    made.addWidget(row(*minis, stretch=False))
    made.addWidget(loads)
    made.addWidget(SidePanel(theme, PanelLook("alerts", "Alarm terbuka", "Semua 1", lines)))
    made.addWidget(panel(theme, bar, row(IconMark(theme, "flame", 32), IconMark(theme, "bell"))))
    made.addStretch(1)
    return made


def wiping(theme: Theme) -> QWidget:
    """The screen while it may be wiped."""
    page = QWidget()
    page.resize(1280, 720)
    lock = TouchLock(theme, page)
    lock.set_look(WipeLook("Lap layar", "24", "Sentuhan tidak dihitung", "1 alarm menunggu"))
    lock.setGeometry(page.rect())
    lock.show()
    return page
