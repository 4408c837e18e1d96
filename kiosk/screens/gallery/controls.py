"""The page of the gallery with small parts: buttons, chips, bands, choices, bars."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from kiosk.screens.gallery.boards import panel, row
from kiosk.screens.gallery.samples import (
    CONNECTIONS,
    TILES,
    band,
    note,
)
from kiosk.theme.theme import Theme
from kiosk.views.looks import (
    BandLook,
    BlockLook,
    ButtonLook,
    ButtonRole,
    ChipLook,
    ConnectionLook,
    OptionLook,
    ReadingLook,
    Segment,
    SegmentsLook,
    ToastLook,
    UndoLook,
)
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.avatar import Avatar
from kiosk.widgets.batch_tile import BatchTile
from kiosk.widgets.block_reason import BlockReason
from kiosk.widgets.chip import Chip
from kiosk.widgets.connection_badge import ConnectionBadge
from kiosk.widgets.limit_band import LimitBand
from kiosk.widgets.note_field import NoteField
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.pin_dots import PinDots
from kiosk.widgets.reading_value import ReadingValue
from kiosk.widgets.segments import Segments
from kiosk.widgets.stage_bar import StageBar
from kiosk.widgets.text_block import TextBlock
from kiosk.widgets.toast import Toast
from kiosk.widgets.undo_bar import UndoBar


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
