"""Pages of the gallery that look like the board, and what its other pages are laid out with."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLayout,
    QVBoxLayout,
    QWidget,
)

from kiosk.screens.gallery.samples import (
    ACTORS,
    BANNER,
    CARDS,
    CONNECTIONS,
    FILTERS,
    RAIL,
    TILES,
)
from kiosk.theme.theme import Theme
from kiosk.views.looks import (
    CardLook,
    ConnectionLook,
    StripLook,
    TopLook,
    WaveLook,
)
from kiosk.widgets.alarm_banner import AlarmBanner
from kiosk.widgets.base import Panel
from kiosk.widgets.batch_card import BatchCard
from kiosk.widgets.batch_tile import BatchTile
from kiosk.widgets.nav_rail import NavRail
from kiosk.widgets.offline_strip import OfflineStrip
from kiosk.widgets.top_bar import TopBar
from kiosk.widgets.wave_header import WaveHeader


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
