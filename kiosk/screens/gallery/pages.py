"""Pages of the gallery that look like a page or a sheet of the kiosk."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from kiosk.screens.gallery.boards import board, board_long, board_offline, panel, row
from kiosk.screens.gallery.controls import components
from kiosk.screens.gallery.desk import desk, wiping
from kiosk.screens.gallery.office import office, resting
from kiosk.screens.gallery.samples import (
    band,
    note,
)
from kiosk.theme.theme import Theme
from kiosk.views.looks import (
    AnswerLook,
    BlockLook,
    ButtonLook,
    ChipLook,
    CorrectiveLook,
    EventLook,
    KeyPadLook,
    LockoutLook,
    OptionLook,
    PersonLook,
    QcLook,
    ReadingLook,
    ReadingRow,
    RefusalLook,
    Segment,
    SegmentsLook,
    SheetLook,
    StageRow,
    StepRow,
)
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.answer_card import AnswerCard
from kiosk.widgets.block_reason import BlockReason
from kiosk.widgets.corrective_panel import CorrectivePanel
from kiosk.widgets.event_line import EventLine
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.limit_band import LimitBand
from kiosk.widgets.lockout_panel import LockoutPanel
from kiosk.widgets.note_field import NoteField
from kiosk.widgets.person_tile import PersonTile
from kiosk.widgets.pin_dots import PinDots
from kiosk.widgets.qc_row import QcHeading, QcRow
from kiosk.widgets.reading_list import ReadingList
from kiosk.widgets.reading_value import ReadingValue
from kiosk.widgets.refusal_row import RefusalRow
from kiosk.widgets.segments import Segments
from kiosk.widgets.sheet import Sheet
from kiosk.widgets.stage_list import StageList
from kiosk.widgets.step_list import StepList
from kiosk.widgets.text_block import TextBlock


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
    "desk": desk,
    "wiping": wiping,
    "office": office,
    "resting": resting,
}
"""Every page of the gallery by its name."""


def build(name: str, theme: Theme, width: int, height: int) -> QWidget:
    """One page of this size, shown, with its sheet or keyboard open and its rings lit."""
    page = PAGES[name](theme)
    page.setAutoFillBackground(True)
    page.resize(width, height)
    page.show()
    settle(page)
    return page


def settle(page: QWidget) -> None:
    """Open what a page shows open, and light the focus rings that it wants to show."""
    sheet = getattr(page, "sheet", None)
    if isinstance(sheet, Sheet):
        sheet.open()
    field = getattr(page, "field", None)
    if isinstance(field, NoteField):
        field.click()
    for button in page.findChildren(ActionButton):
        if button.property("ring"):
            button.light_ring()
