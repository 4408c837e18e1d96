"""Renders every widget in every state: `python tests/kiosk/widgets/gallery.py OUTDIR`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QVBoxLayout,
    QWidget,
)

from kiosk.theme.metrics import Metrics
from kiosk.theme.theme import Theme
from kiosk.views.looks import (
    Actor,
    ActorsLook,
    AnswerLook,
    BandLook,
    BannerLook,
    BlockLook,
    ButtonLook,
    ButtonRole,
    CardLook,
    ChipLook,
    ConnectionLook,
    ConnectionState,
    CorrectiveLook,
    EventLook,
    FilterLook,
    KeyboardLook,
    KeyPadLook,
    LockoutLook,
    NavItem,
    NoteLook,
    OptionLook,
    PersonLook,
    QcLook,
    RailLook,
    ReadingLook,
    ReadingRow,
    RefusalLook,
    Segment,
    SegmentsLook,
    SheetLook,
    StageRow,
    StepRow,
    StripLook,
    ToastLook,
    TopLook,
    UndoLook,
    WaveLook,
)
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.alarm_banner import AlarmBanner
from kiosk.widgets.answer_card import AnswerCard
from kiosk.widgets.avatar import Avatar
from kiosk.widgets.base import Panel
from kiosk.widgets.batch_card import BatchCard
from kiosk.widgets.batch_tile import BatchTile
from kiosk.widgets.block_reason import BlockReason
from kiosk.widgets.chip import Chip
from kiosk.widgets.connection_badge import ConnectionBadge
from kiosk.widgets.corrective_panel import CorrectivePanel
from kiosk.widgets.event_line import EventLine
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.limit_band import LimitBand
from kiosk.widgets.lockout_panel import LockoutPanel
from kiosk.widgets.nav_rail import NavRail
from kiosk.widgets.note_field import NoteField
from kiosk.widgets.offline_strip import OfflineStrip
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.person_tile import PersonTile
from kiosk.widgets.pin_dots import PinDots
from kiosk.widgets.qc_row import QcHeading, QcRow
from kiosk.widgets.reading_list import ReadingList
from kiosk.widgets.reading_value import ReadingValue
from kiosk.widgets.refusal_row import RefusalRow
from kiosk.widgets.segments import Segments
from kiosk.widgets.sheet import Sheet
from kiosk.widgets.stage_bar import StageBar
from kiosk.widgets.stage_list import StageList
from kiosk.widgets.step_list import StepList
from kiosk.widgets.text_block import TextBlock
from kiosk.widgets.toast import Toast
from kiosk.widgets.top_bar import TopBar
from kiosk.widgets.undo_bar import UndoBar
from kiosk.widgets.wave_header import WaveHeader

CARD = 75.0
SIZES = {"1920": (1920, 1080), "1366": (1366, 768), "1280": (1280, 720)}


def band(value: float | None) -> BandLook:
    return BandLook(value, 75.0, 20.0, 100.0)


def card_buttons(
    text: str, role: ButtonRole = "primary", icon: str = "arrow-right"
) -> tuple[ButtonLook, ...]:
    return (
        ButtonLook("hold", "Tahan", "pause"),
        ButtonLook("measure", "Ukur", "thermometer"),
        ButtonLook("advance", text, icon, role),
    )


CARDS = (
    CardLook(
        "G1-02",
        "Ayam Teriyaki",
        "G1-02 · 1.742 porsi · Joko, Budi",
        "alarm",
        "Suhu kurang",
        "octagon-alert",
        clock_text="01:35",
        clock_caption="Sisa waktu masak",
        temp_text="61,8",
        temp_caption="Inti ≥ 75 °C",
        temp_icon="arrow-up",
        temp_judged="alarm",
        band=band(61.8),
        stage_index=1,
        stage_fraction=0.95,
        stage_text="Masak",
        stage_caption="langkah 5/6",
        qc_text="0/7",
        buttons=card_buttons("Uji mutu", "tonal"),
    ),
    CardLook(
        "G1-05",
        "Sup Jagung Wortel",
        "G1-05 · 1.742 porsi · Rina, Wahyu",
        "attention",
        "Terlambat",
        "triangle-alert",
        clock_text="+12:07",
        clock_caption="Lewat mulai masak",
        clock_icon="clock-alert",
        temp_caption="Belum diukur",
        stage_index=0,
        stage_fraction=0.97,
        stage_text="Persiapan",
        stage_caption="langkah 4/4",
        qc_text="0/7",
        buttons=card_buttons("Masak"),
    ),
    CardLook(
        "G1-03",
        "Tumis Buncis Wortel",
        "G1-03 · 1.742 porsi · Siti",
        "attention",
        "Perlu uji mutu",
        "clipboard-list",
        clock_text="3j 41m",
        clock_caption="Habiskan sebelum 08.23",
        temp_text="78,4",
        temp_caption="Inti ≥ 75 °C",
        temp_icon="arrow-right",
        temp_judged="ok",
        band=band(78.4),
        stage_index=2,
        stage_fraction=0.5,
        stage_text="Uji mutu",
        stage_caption="sejak 04.23",
        qc_text="5/7",
        buttons=card_buttons("Isi uji mutu", "tonal", "clipboard-check"),
    ),
    CardLook(
        "G1-01",
        "Nasi Putih",
        "G1-01 · 1.742 porsi · Agus, Eko",
        clock_text="3j 29m",
        clock_caption="Habiskan sebelum 08.11",
        temp_text="86,1",
        temp_caption="Inti ≥ 75 °C",
        temp_icon="arrow-right",
        temp_judged="ok",
        band=band(86.1),
        stage_index=3,
        stage_text="Uji mutu",
        stage_caption="sejak 04.11",
        qc_text="7/7",
        qc_done=True,
        buttons=card_buttons("Selesai", "primary", "check"),
    ),
    CardLook(
        "G1-06",
        "Nasi Tim Ayam",
        "G1-06 · 186 PK balita · Fitri",
        clock_text="03:20",
        clock_caption="Sisa waktu masak",
        temp_text="82,7",
        temp_caption="Anda · 3 mnt lalu",
        temp_judged="ok",
        band=band(82.7),
        stage_index=1,
        stage_fraction=0.9,
        stage_text="Masak",
        stage_caption="langkah 4/4",
        qc_text="0/7",
        pending=2,
        buttons=card_buttons("Uji mutu"),
    ),
    CardLook(
        "G1-04",
        "Tempe Goreng",
        "G1-04 · 1.742 porsi · Nur, Bayu",
        clock_text="11:48",
        clock_caption="Sisa waktu masak",
        temp_text="70,3",
        temp_caption="22 mnt lalu",
        temp_judged="stale",
        band=band(70.3),
        stage_index=1,
        stage_fraction=0.55,
        stage_text="Masak",
        stage_caption="langkah 2/3",
        qc_text="0/7",
        stale=True,
        buttons=card_buttons("Uji mutu", "tonal"),
    ),
    CardLook(
        "G1-08",
        "Pisang Ambon",
        "G1-08 · 1.742 porsi · Lilis",
        clock_text="18:30",
        clock_caption="Sisa waktu olah",
        temp_caption="Tanpa suhu inti",
        stage_index=1,
        stage_fraction=0.45,
        stage_text="Pengolahan",
        stage_caption="langkah 2/3",
        qc_text="0/6",
        buttons=(
            ButtonLook("hold", "Tahan", "pause"),
            ButtonLook("advance", "Uji mutu", "arrow-right", "tonal"),
        ),
    ),
    CardLook(
        "G1-07",
        "Ayam Kukus Tanpa Kedelai",
        "G1-07 · 34 porsi khusus",
        "held",
        "Ditahan",
        "circle-pause",
        clock_text="06:50",
        clock_caption="Kontak silang alergen",
        clock_icon="circle-pause",
        temp_text="72,4",
        temp_caption="Inti ≥ 75 °C",
        temp_icon="arrow-right",
        temp_judged="none",
        band=band(72.4),
        stage_index=1,
        stage_fraction=0.7,
        stage_text="Masak",
        stage_caption="ditahan 04.31",
        qc_text="0/7",
        buttons=(
            ButtonLook("release", "Lepas", "lock-open"),
            ButtonLook("measure", "Ukur", "thermometer"),
            ButtonLook("advance", "Uji mutu", "arrow-right", "blocked", False, "Batch ditahan"),
        ),
    ),
)


def tile(number: int, name: str, role: ButtonRole, text: str, **more: object) -> CardLook:
    look = CardLook(
        f"G2-0{number}",
        name,
        f"G2-0{number} · 1.385 porsi · Rina",
        stage_text="Rencana",
        stage_caption="mulai 06.10",
        buttons=(ButtonLook("advance", text, "arrow-right", role),),
    )
    return replace(look, **more)


TILES = (
    tile(5, "Sup Jagung Wortel", "primary", "Persiapan", stage_caption="waktunya mulai"),
    tile(
        2,
        "Ayam Teriyaki",
        "tonal",
        "Masak",
        stage_text="Persiapan",
        stage_fraction=0.4,
        stage_caption="masak 06.40",
    ),
    tile(
        3,
        "Tumis Buncis Wortel",
        "tonal",
        "Masak",
        tone="attention",
        chip_text="Terlambat",
        chip_icon="triangle-alert",
        stage_text="Persiapan",
        stage_caption="+4:10",
    ),
    tile(
        1,
        "Nasi Putih",
        "neutral",
        "Urungkan",
        tone="done",
        stage_text="Selesai 04.53",
        stage_caption="1.749 jadi, sisa makanan 7",
    ),
    tile(
        9,
        "Tahu Kukus",
        "outlined",
        "Persiapan",
        tone="cancelled",
        chip_text="Batal",
        chip_icon="ban",
        buttons=(),
        stage_text="Batal",
        stage_caption="tahu asam saat diterima",
    ),
    tile(7, "Ayam Kukus Tanpa Kedelai Tanpa Gluten", "outlined", "Persiapan"),
    tile(
        8,
        "Pisang Ambon",
        "neutral",
        "Lepas",
        tone="held",
        chip_text="Ditahan",
        chip_icon="circle-pause",
        stage_text="Masak",
        stage_caption="ditahan 04.31",
    ),
    tile(
        6,
        "Nasi Tim Ayam",
        "tonal",
        "Ukur",
        tone="alarm",
        chip_text="Suhu kurang",
        chip_icon="octagon-alert",
        stage_text="Masak",
        stage_caption="61,8 °C",
    ),
)

RAIL = RailLook(
    (
        NavItem("board", "Papan", "layout-grid"),
        NavItem("alarms", "Alarm", "bell", "2", "alarm"),
        NavItem("inbox", "Putusan", "inbox"),
        NavItem("quality", "Uji mutu", "clipboard-check", "1"),
        NavItem("team", "Tim", "users"),
        NavItem("summary", "Ringkas", "chart-gantt"),
    ),
    (NavItem("display", "Tampilan", "settings-2"),),
    "board",
)
ACTORS = ActorsLook(
    (Actor("s", "SW", "Sari W."), Actor("j", "JP", "Joko P."), Actor("r", "RP", "Ratna P.")),
    "s",
    "Tambah orang",
)
FILTERS = (
    FilterLook("active", "10 aktif", "flame"),
    FilterLook("alarm", "1 alarm", "octagon-alert", "alarm"),
    FilterLook("action", "2 perlu tindakan", "triangle-alert", "attention", chosen=True),
    FilterLook("held", "1 ditahan", "circle-pause"),
)
CONNECTIONS: tuple[tuple[ConnectionState, str], ...] = (
    ("online", "Tersambung"),
    ("connecting", "Menyambung… 3"),
    ("offline", "Offline · 7 belum terkirim"),
    ("stale", "Data basi · 12 mnt"),
    ("refused", "Ditolak server"),
)
BANNER = BannerLook(
    "A-1",
    "Suhu inti di bawah batas: Ayam Teriyaki",
    "G1-02 · 61,8 °C, batas ≥ 75 °C · sejak 04.38 (4 menit) · Lanjutkan memasak, ukur ulang",
    handled=ButtonLook("handle", "Saya tangani", "hand", "alarm"),
)
KEYBOARD = KeyboardLook(
    "Huruf besar",
    "Hapus huruf",
    "Spasi",
    phrases=("Sudah diganti.", "Menunggu bahan.", "Lapor kepala SPPG."),
)


def note(text: str = "") -> NoteLook:
    return NoteLook(
        text,
        "Ketuk untuk menulis",
        "Catatan",
        ButtonLook("done", "Simpan catatan", "check", "primary"),
        ButtonLook("cancel", "Batal", role="outlined"),
        KEYBOARD,
    )


def column(layout: QLayout, *widgets: QWidget) -> None:
    for widget in widgets:
        layout.addWidget(widget)


def panel(theme: Theme, *widgets: QWidget) -> Panel:
    made = Panel(theme)
    box = QVBoxLayout(made)
    box.setContentsMargins(16, 16, 16, 16)
    box.setSpacing(12)
    column(box, *widgets)
    return made


def row(*widgets: QWidget, stretch: bool = True) -> QWidget:
    made = QWidget()
    box = QHBoxLayout(made)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(8)
    column(box, *widgets)
    if stretch:
        box.addStretch(1)
    return made


def board(theme: Theme, *, offline: bool = False) -> QWidget:
    page = QWidget()
    frame = QHBoxLayout(page)
    frame.setContentsMargins(0, 0, 0, 0)
    frame.setSpacing(0)
    frame.addWidget(NavRail(theme, RAIL))
    main = QVBoxLayout()
    compact = theme.metrics.compact
    main.setSpacing(2 if compact else 8)
    main.setContentsMargins(*((8, 0, 8, 8) if compact else (16, 0, 16, 16)))
    frame.addLayout(main)
    filters = FILTERS[1:] if compact else FILTERS
    connection = ConnectionLook(*CONNECTIONS[2 if offline else 0])
    main.addWidget(
        TopBar(
            theme,
            TopLook(
                "Papan produksi",
                "SPPG Cendana 02 · Shift malam",
                filters=filters,
                connection=connection,
                actors=ACTORS,
                clock="04.42",
            ),
        )
    )
    if offline:
        main.addWidget(
            OfflineStrip(
                theme,
                StripLook(
                    "Offline sejak 04.28 (14 menit).",
                    "Ketukan Anda aman di kios ini: 7 menunggu dikirim.",
                    "1 ketukan ditolak perlu putusan",
                ),
            )
        )
    main.addWidget(AlarmBanner(theme, replace(BANNER, more="1 dari 3" if offline else "")))
    main.addWidget(
        WaveHeader(
            theme,
            "wave.1",
            WaveLook(
                "1",
                "Gelombang 1",
                "berangkat 06.30 · 14 sekolah · 1.742 porsi",
                "(PK 1.120 · PB 622)",
                "0 dari 8 selesai · habiskan paling awal 08.11 · berangkat dalam",
                "1j 48m",
            ),
        )
    )
    grid = QGridLayout()
    grid.setSpacing(theme.px(12 if not compact else 8))
    columns = 3 if compact else 4
    for number, look in enumerate(CARDS[:6] if compact else CARDS):
        grid.addWidget(BatchCard(theme, look), number // columns, number % columns)
    for number, look in enumerate(TILES[:3] if compact else TILES):
        grid.addWidget(BatchTile(theme, look), 2 + number // columns, number % columns)
    main.addLayout(grid)
    main.addStretch(1)
    return page


def longer(look: CardLook) -> CardLook:
    """The same card in a language that needs a third more room."""

    def more(text: str) -> str:
        return text + " " + "panjangnya kata"[: max(1, len(text) * 35 // 100)] if text else text

    return replace(
        look,
        title=more(look.title),
        subtitle=more(look.subtitle),
        chip_text=more(look.chip_text),
        clock_caption=more(look.clock_caption),
        temp_caption=more(look.temp_caption),
        stage_text=more(look.stage_text),
        stage_caption=more(look.stage_caption),
        buttons=tuple(replace(button, text=more(button.text)) for button in look.buttons),
    )


def board_long(theme: Theme) -> QWidget:
    page = QWidget()
    grid = QGridLayout(page)
    columns = 3 if theme.metrics.compact else 4
    for number, look in enumerate((*CARDS, *TILES[:4])):
        kind = BatchCard if number < len(CARDS) else BatchTile
        grid.addWidget(kind(theme, longer(look)), number // columns, number % columns)
    return page


def board_offline(theme: Theme) -> QWidget:
    return board(theme, offline=True)


def components(theme: Theme) -> QWidget:
    page = QWidget()
    frame = QHBoxLayout(page)
    first, second, third = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
    for box in (first, second, third):
        frame.addLayout(box, 1)
    roles: tuple[ButtonRole, ...] = ("primary", "tonal", "neutral", "outlined", "alarm", "blocked")
    buttons = QWidget()
    grid = QGridLayout(buttons)
    for number, role in enumerate(roles):
        look = ButtonLook("go", role.capitalize(), "arrow-right", role, reason="Suhu belum cukup")
        normal = ActionButton(theme, "a", look)
        down = ActionButton(theme, "b", look)
        down.setDown(True)
        ring = ActionButton(theme, "c", look)
        off = ActionButton(theme, "d", replace(look, enabled=False))
        stacked = ActionButton(theme, "e", look)
        stacked.set_stacked(True)
        ring.setProperty("ring", True)
        for place, made in enumerate((normal, down, ring, off, stacked)):
            grid.addWidget(made, number, place)
    first.addWidget(panel(theme, TextBlock(theme, "Tombol", "section"), buttons))
    sizes = ("card", "choice", "page", "sheet")
    sized = [
        ActionButton(theme, size, ButtonLook("x", size, "check", "primary"), size=size)  # type: ignore[arg-type]
        for size in sizes
    ]
    first.addWidget(panel(theme, TextBlock(theme, "Ukuran", "section"), row(*sized)))
    values = QWidget()
    flow = QVBoxLayout(values)
    for reading in (
        ReadingLook(
            "61,8",
            "°C",
            "Suhu inti · 04.38 · 4 mnt lalu",
            "thermometer",
            "alarm",
            "kurang 13,2 °C",
            "arrow-up",
            "naik 0,6 °C per menit",
        ),
        ReadingLook("82,7", "°C", "Suhu inti · 04.40", "thermometer", "ok", "dalam batas", "check"),
        ReadingLook("70,3", "°C", "22 mnt lalu", "", "stale", "data lama", "", "dari Probe 2"),
        ReadingLook("", "", "Belum diukur", "thermometer"),
    ):
        flow.addWidget(ReadingValue(theme, reading, size="reading"))
    first.addWidget(panel(theme, values))
    first.addStretch(1)
    badges = [
        ConnectionBadge(theme, ConnectionLook(state, text), f"c.{state}")
        for state, text in CONNECTIONS
    ]
    second.addWidget(
        panel(theme, TextBlock(theme, "Lencana", "section"), row(*badges[:3]), row(*badges[3:]))
    )
    chips = (
        ChipLook("Suhu kurang", "octagon-alert", "alarm"),
        ChipLook("Terlambat", "triangle-alert", "attention"),
        ChipLook("Ditahan", "circle-pause", "held"),
        ChipLook("Selesai", "circle-check", "ok"),
        ChipLook("Batal", "ban", "neutral"),
        ChipLook("Uji mutu 7/7", "clipboard-check", "info"),
        ChipLook("2 antre", "cloud-upload", "pending"),
        ChipLook("TINGGI", "triangle-alert", "attention", outlined=True),
        ChipLook("KRITIS", "octagon-alert", "alarm", outlined=True),
    )
    pills = [Chip(theme, pill) for pill in chips]
    second.addWidget(panel(theme, row(*pills[:5]), row(*pills[5:])))
    bands = [
        LimitBand(theme, band(82.7), "ok"),
        LimitBand(theme, band(61.8), "alarm"),
        LimitBand(theme, band(78.4), "stale"),
        LimitBand(theme, BandLook(3.0, 5.0, -5.0, 20.0, "below"), "ok"),
    ]
    stages = []
    for index, fraction in ((0, 0.4), (1, 0.5), (2, 0.3), (4, 0.0)):
        stage = StageBar(theme)
        stage.set_look(index, fraction)
        stages.append(stage)
    second.addWidget(panel(theme, row(*bands), row(*stages, stretch=False)))
    choices = SegmentsLook(
        (Segment("id", "Indonesia", chosen_icon="check"), Segment("en", "English")), "id"
    )
    theme_choice = SegmentsLook(
        (
            Segment("l", "Terang", "sun"),
            Segment("d", "Gelap", "moon"),
            Segment("t", "Ikut jam", "clock"),
        ),
        "l",
    )
    probe = SegmentsLook(
        (Segment("h", "Tangan", "hand"), Segment("p", "Probe 2", "cable", "71,1")), "h"
    )
    second.addWidget(
        panel(
            theme,
            Segments(theme, "lang", choices),
            Segments(theme, "theme", theme_choice),
            Segments(theme, "source", probe, height_mm=18),
            OptionTile(
                theme, "o1", OptionLook("a", "Suhu di luar batas", "thermometer", chosen=True)
            ),
            OptionTile(theme, "o2", OptionLook("b", "Bahan diragukan", "package-x")),
            OptionTile(
                theme,
                "o3",
                OptionLook(
                    "c", "Bacaan 04.38", "thermometer", True, "many", "61,8 °C · Panci 2 · Joko P."
                ),
            ),
        )
    )
    second.addStretch(1)
    undo = UndoBar(theme)
    undo.set_look(
        UndoLook(
            "t1",
            "Sup Jagung Wortel → Masak",
            "Sari W. · tersimpan di kios ini",
            ButtonLook("undo", "Urungkan", "undo-2", "outlined"),
        )
    )
    third.addWidget(undo)
    for look_toast in (
        ToastLook(
            "1", "Bacaan 71,5 °C tersimpan di kios", "menunggu dikirim", "hard-drive-download"
        ),
        ToastLook("2", "8 ketukan terkirim, semua diterima", "segar 04.46", "cloud-upload", "ok"),
        ToastLook(
            "3",
            "1 ketukan ditolak: Nasi Putih ditahan",
            "tetap tampil",
            "octagon-x",
            "alarm",
            stays=True,
        ),
    ):
        toast = Toast(theme)
        toast.set_look(look_toast)
        third.addWidget(toast)
    third.addWidget(
        panel(
            theme,
            *(BatchTile(theme, look) for look in TILES[2:6]),
            row(
                Avatar(theme, "SW", active=True),
                Avatar(theme, "JP"),
                Avatar(theme, "HG", size=56),
                PinDots(theme),
                Avatar(theme, "SR", icon="lock"),
            ),
            BlockReason(
                theme,
                BlockLook(
                    "Belum boleh ke Uji mutu",
                    ("suhu inti harus ≥ 75 °C", "langkah 5 belum selesai"),
                    "octagon-alert",
                    "alarm",
                ),
            ),
            NoteField(theme, "n1", note()),
            NoteField(theme, "n2", note("Tambah 4 liter kaldu tanpa garam ke wadah 2, aduk rata")),
        )
    )
    third.addStretch(1)
    return page


def batch_page(theme: Theme) -> QWidget:
    page = QWidget()
    frame = QHBoxLayout(page)
    stages = StageList(theme)
    stages.set_look(
        (
            StageRow("Rencana", "Dijadwalkan dari jam makan 08.00", "01.10", "done"),
            StageRow("Persiapan", "Nur Aini · 2j 18m", "01.22", "done"),
            StageRow(
                "Masak",
                "Joko Prasetyo · berjalan 1j 02m",
                "03.40",
                "current",
                "Inti 61,8 °C, belum ≥ 75 °C",
            ),
            StageRow("Uji mutu", "perkiraan · rencana 04.44", "05.01"),
            StageRow("Selesai", "perkiraan · berangkat 06.30", "05.11"),
        )
    )
    frame.addWidget(panel(theme, stages), 1)
    readings = ReadingList(theme)
    readings.set_look(
        (
            ReadingRow(
                "04.38",
                "61,8 °C",
                "Panci 2, tengah · Joko P.",
                "Tangan",
                "hand",
                "alarm",
                "arrow-down-to-line",
            ),
            ReadingRow("04.32", "58,0 °C", "Panci 2, tengah", "Probe 2", "cable"),
            ReadingRow("04.20", "51,6 °C", "Panci 1, tepi · Budi S.", "Tangan", "hand"),
        )
    )
    value = ReadingValue(
        theme,
        ReadingLook(
            "61,8",
            "°C",
            "Suhu inti · 04.38 · 4 mnt lalu",
            "thermometer",
            "alarm",
            "kurang 13,2 °C",
            "arrow-up",
            "naik 0,6 °C per menit · 75 °C perkiraan 05.01",
        ),
    )
    reason = BlockReason(
        theme,
        BlockLook(
            "Belum boleh ke Uji mutu",
            ("suhu inti harus ≥ 75 °C", "langkah 5 belum selesai"),
            "octagon-alert",
            "alarm",
        ),
    )
    big = ActionButton(
        theme, "go", ButtonLook("x", "Uji mutu", "arrow-right", "tonal"), size="page"
    )
    foot = row(reason, big, stretch=False)
    frame.addWidget(panel(theme, value, readings, foot), 2)
    steps = StepList(theme, "steps")
    steps.set_look(
        (
            StepRow("1", "1", "Marinasi ayam, kecap, jahe 30 menit", "done", "02.05"),
            StepRow("2", "2", "Masukkan ayam, aduk sampai berubah warna", "done", "03.52"),
            StepRow(
                "5",
                "5",
                "Masak tertutup sampai inti ≥ 75 °C",
                "current",
                button=ButtonLook(
                    "tick", "Tunggu suhu", "hourglass", "blocked", False, "Suhu belum cukup"
                ),
            ),
            StepRow("6", "6", "Taburi wijen, pindah ke wadah saji", "coming", "3 mnt"),
        )
    )
    frame.addWidget(panel(theme, steps), 1)
    return page


def measure_sheet(theme: Theme) -> QWidget:
    page = board(theme)
    sheet = Sheet(theme, "measure", page, fill_height=not theme.metrics.compact)
    sheet.set_look(
        SheetLook(
            "Ukur suhu inti",
            "Ayam Teriyaki · G1-02 · tahap Masak",
            "thermometer",
            "Tutup",
            ButtonLook("cancel", "Batal", role="outlined"),
            ButtonLook("save", "Simpan 71,5 °C", "check", "primary"),
        )
    )
    body = QWidget()
    box = QHBoxLayout(body)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(theme.px(24))
    left = QVBoxLayout()
    left.setSpacing(theme.px(10))
    value = ReadingValue(
        theme,
        ReadingLook(
            "71,5",
            "°C",
            "Di luar batas · kurang 3,5 °C",
            "octagon-alert",
            "alarm",
            aside="batas ≥ 75 °C",
        ),
        size="typing",
        align=Qt.AlignmentFlag.AlignRight,
    )
    ground = panel(
        theme,
        value,
        LimitBand(
            theme, replace(band(71.5), low_text="20", high_text="100"), "alarm", stretch=True
        ),
    )
    ground.set_ground("alarm_bg", "alarm_line", border_px=3)
    left.addWidget(ground)
    left.addWidget(TextBlock(theme, "Cara ukur", weight=600))
    left.addWidget(
        Segments(
            theme,
            "source",
            SegmentsLook(
                (Segment("h", "Tangan", "hand"), Segment("p", "Probe 2", "cable", "71,1")), "h"
            ),
            height_mm=18,
        )
    )
    left.addWidget(TextBlock(theme, "Titik", weight=600))
    left.addWidget(
        Segments(
            theme,
            "point",
            SegmentsLook(
                (
                    Segment("1", "Panci 1"),
                    Segment("2", "Panci 2, tengah"),
                    Segment("3", "Panci 2, tepi"),
                ),
                "2",
            ),
            height_mm=18,
        )
    )
    left.addStretch(1)
    box.addLayout(left, 1)
    box.addWidget(
        KeyPad(theme, "pad", KeyPadLook("Kosongkan", "Hapus", "Tanda"), kind="temperature"), 1
    )
    sheet.set_body(body)
    page.setProperty("sheet", True)
    page.sheet = sheet  # type: ignore[attr-defined]
    return page


def note_sheet(theme: Theme) -> QWidget:
    page = board(theme)
    field = NoteField(theme, "note", note("Tambah 4 liter kaldu"), page)
    field.move(400, 300)
    page.field = field  # type: ignore[attr-defined]
    return page


def quality(theme: Theme) -> QWidget:
    page = QWidget()
    frame = QHBoxLayout(page)
    rows = [
        QcLook("look", "Rupa", "Warna cerah, potongan seragam", "pass", "Layak", "Tidak layak"),
        QcLook("taste", "Rasa", "Terlalu asin di wadah 2", "fail", "Layak", "Tidak layak"),
        QcLook("smell", "Aroma", "Segar, tidak asam", "", "Layak", "Tidak layak"),
        QcLook(
            "core",
            "Suhu inti",
            "batas ≥ 75 °C · Wadah 1",
            "pass",
            "Layak",
            "Tidak layak",
            "78,4 °C",
            band(78.4),
            "ok",
        ),
    ]
    made: list[QWidget] = [QcHeading(theme, "Uji organoleptik", "2 penguji, sampel 3 wadah")]
    made += [QcRow(theme, f"qc.{look.key}", look) for look in rows]
    left = panel(theme, *made)
    frame.addWidget(left, 5)
    options = tuple(
        OptionLook(key, text, icon, chosen=key == "a")
        for key, text, icon in (
            ("a", "Encerkan, aduk, uji ulang", "droplets"),
            ("b", "Masak ulang", "flame"),
            ("c", "Pisahkan wadah 2", "split"),
            ("d", "Ganti bahan, masak lagi", "replace"),
            ("e", "Buang sebagian", "trash-2"),
            ("f", "Buang seluruh batch", "ban"),
        )
    )
    right = QVBoxLayout()
    right.addWidget(
        CorrectivePanel(
            theme,
            "fix",
            CorrectiveLook(
                "Rasa tidak layak: tindakan perbaikan wajib", options, note("Tambah 4 liter kaldu")
            ),
        )
    )
    dots = PinDots(theme)
    dots.set_look(3, "3 dari 6")
    right.addWidget(panel(theme, dots, KeyPad(theme, "pin", KeyPadLook("Hapus", "Mundur"))))
    frame.addLayout(right, 4)
    return page


def inbox(theme: Theme) -> QWidget:
    page = QWidget()
    frame = QHBoxLayout(page)
    rows = (
        RefusalRow(
            theme,
            "r1",
            RefusalLook(
                "1",
                "Selesai · Nasi Putih",
                "Batch ditahan sejak 04.19",
                "04.21",
                "check",
                (ChipLook("Joko P.", "user"), ChipLook("21 mnt", "clock", "attention")),
                True,
            ),
        ),
        RefusalRow(
            theme,
            "r2",
            RefusalLook(
                "2",
                "Uji mutu · Tempe Goreng",
                "Langkah 3 dibatalkan",
                "04.24",
                "arrow-right",
                (ChipLook("Nur A.", "user"), ChipLook("18 mnt", "clock")),
            ),
        ),
    )
    frame.addWidget(panel(theme, *rows), 2)
    lines = (
        EventLook(
            "04.11", "Masak selesai, uji mutu dimulai", "Agus Riyanto · Kios Masak 2", "flag"
        ),
        EventLook(
            "04.19",
            "Ditahan: suhu di luar batas (58,9 °C, wadah 4)",
            "Ratna Puspita",
            "circle-pause",
            "alarm",
        ),
        EventLook(
            "04.21",
            "Ketukan Joko: Selesai, belum tahu batch ditahan",
            "Kios Masak 1 · offline",
            "pointer",
            marked=True,
        ),
    )
    middle = QVBoxLayout()
    middle.addWidget(panel(theme, *(EventLine(theme, look) for look in lines)))
    answers = (
        AnswerLook(
            "Ulangi pada keadaan sekarang",
            "Ketukan baru oleh Sari W., merujuk ketukan Joko.",
            ButtonLook("retry", "Ulangi: Selesai", role="primary"),
            "rotate-cw",
        ),
        AnswerLook(
            "Terima penolakan",
            "Tidak ada yang berubah. Ketukan tetap tercatat.",
            ButtonLook("accept", "Terima", role="tonal"),
            "check-check",
        ),
        AnswerLook(
            "Eskalasi",
            "Hendra Gunawan (Kepala SPPG) memutuskan.",
            ButtonLook("escalate", "Eskalasi", role="outlined"),
            "arrow-up-right",
        ),
    )
    middle.addWidget(row(*(AnswerCard(theme, look.title, look) for look in answers), stretch=False))
    frame.addLayout(middle, 5)
    return page


def sign_in(theme: Theme) -> QWidget:
    page = QWidget()
    frame = QHBoxLayout(page)
    people = QWidget()
    grid = QGridLayout(people)
    for number, look in enumerate(
        (
            PersonLook("j", "JP", "Joko Prasetyo", "Juru masak", chosen=True),
            PersonLook("s", "SW", "Sari Wulandari", "Jurutama masak", "signed_in"),
            PersonLook("r", "SR", "Siti Rohmah", "Terkunci 04:12", "locked"),
            PersonLook("l", "RA", "Raden Ajeng Kartika Sulistyowati Hadiningrat", "Juru masak"),
        )
    ):
        grid.addWidget(PersonTile(theme, f"p.{look.key}", look), number // 2, number % 2)
    frame.addWidget(people, 3)
    dots = PinDots(theme)
    dots.set_look(4)
    frame.addWidget(panel(theme, dots, KeyPad(theme, "pin", KeyPadLook("Hapus", "Mundur"))), 2)
    lockout = LockoutPanel(
        theme,
        "lock",
        LockoutLook(
            "Terkunci sementara",
            "04:12",
            "5 PIN salah berturut-turut. Kunci tetap berlaku walau kios dinyalakan ulang.",
            "Ketukan Siti yang sudah tersimpan tetap aman dan akan dikirim.",
            (
                ButtonLook("unlock", "Buka oleh Kepala SPPG", "key-round", "tonal"),
                ButtonLook("other", "Pilih orang lain", "users", "outlined"),
            ),
        ),
    )
    frame.addWidget(panel(theme, lockout), 2)
    return page


PAGES: dict[str, Callable[[Theme], QWidget]] = {
    "board": board,
    "board_offline": board_offline,
    "board_long": board_long,
    "components": components,
    "batch": batch_page,
    "measure": measure_sheet,
    "note": note_sheet,
    "quality": quality,
    "inbox": inbox,
    "sign_in": sign_in,
}


def render(name: str, theme: Theme, width: int, height: int, file: Path) -> None:
    """Builds one page, lets layouts settle, and writes its picture."""
    page = PAGES[name](theme)
    page.setAutoFillBackground(True)
    page.resize(width, height)
    page.show()
    sheet = getattr(page, "sheet", None)
    if sheet is not None:
        sheet.open()
    field = getattr(page, "field", None)
    if field is not None:
        field.click()
    for button in page.findChildren(ActionButton):
        if button.property("ring"):
            button._ring = True
            button.hasFocus = lambda: True  # type: ignore[method-assign]
    QApplication.sendPostedEvents()
    page.grab().save(str(file))
    page.hide()
    page.deleteLater()


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    for size, (width, height) in SIZES.items():
        for dark in (False, True):
            theme = Theme(dark=dark, metrics=Metrics().for_window(width))
            theme.apply(app)
            for name in PAGES:
                shade = "dark" if dark else "light"
                render(name, theme, width, height, out / f"{name}_{size}_{shade}.png")
    gloves = Theme(metrics=Metrics(glove=True))
    gloves.apply(app)
    render("components", gloves, 1920, 1400, out / "components_gloves.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
