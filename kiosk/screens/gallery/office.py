"""The page of the gallery with the parts of alerts, administration and the night's record."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.gallery.boards import panel
from kiosk.screens.gallery.samples import band
from kiosk.theme.theme import Theme
from kiosk.views.admin_looks import CodeLook, RecordLook
from kiosk.views.alerts_looks import AlertDetailLook, ResolvedLook, ValueLook
from kiosk.views.looks import ButtonLook, ChipLook, EmptyLook, EventLook
from kiosk.views.rest import RestLook
from kiosk.widgets.alert_detail import AlertButtons, AlertFacts
from kiosk.widgets.code_panel import CodePanel
from kiosk.widgets.empty_state import EmptyState
from kiosk.widgets.history_line import HistoryLine
from kiosk.widgets.record_paper import RecordPaper
from kiosk.widgets.record_row import RecordRow
from kiosk.widgets.resolved_row import ResolvedRow
from kiosk.widgets.rest_cover import RestCover

_EVENTS = (
    EventLook("04.38", "Bacaan 61,8 °C, batas ≥ 75 °C", "Kios Mutu", "octagon-alert", "alarm"),
    EventLook("04.40", "Ditangani Joko Prasetyo", "Kios Masak 1", "hand"),
)
_DETAIL = AlertDetailLook(
    "k1",
    ChipLook("KRITIS", "octagon-alert", "alarm"),
    "1 dari 3",
    "Suhu inti di bawah batas",
    "Ayam Teriyaki · G1-02",
    "Yang dilakukan",
    "Lanjutkan memasak, ukur ulang",
    "Riwayat",
    "Alarm selesai hanya oleh bacaan baru: ≥ 75 °C",
    value=ValueLook("61,8", "°C", "kurang 13,2 °C", "batas ≥ 75 °C", "alarm", band(61.8)),
    history=_EVENTS,
    buttons=(ButtonLook("measure", "Ukur", "thermometer", "primary"),),
)
_EMPTY = EmptyLook(
    "lock",
    "Halaman ini untuk Kepala SPPG",
    "Sekarang: Sari Wulandari",
    ButtonLook("s-hendra", "Lanjut sebagai Hendra G.", "users", "primary"),
)
_CODE = CodeLook("Kode untuk kios baru", "4F7K-92QD", "Ketik kode ini di kios baru.", "sisa 09:41")


def office(theme: Theme) -> QWidget:
    """An alert with its history, a code that still holds and one that is over, rows of a list."""
    page = QWidget()
    frame = QHBoxLayout(page)
    frame.addLayout(_alert(theme), 1)
    frame.addLayout(_rows(theme), 1)
    paper = RecordPaper(theme, "gallery.paper")
    paper.set_document(None)
    frame.addWidget(paper, 1)
    empty = EmptyState(theme, "gallery.empty")
    empty.set_look(_EMPTY)
    frame.addWidget(empty, 1)
    return page


def _alert(theme: Theme) -> QVBoxLayout:
    facts = AlertFacts(theme)
    facts.set_look(_DETAIL)
    buttons = AlertButtons(theme, in_row=True)
    buttons.set_look(_DETAIL)
    lines = [HistoryLine(theme, look) for look in _EVENTS]
    solved = ResolvedLook("r1", "04.12", "Terlambat mulai", "Nasi Putih · G1-01", "Agus R.")
    made = QVBoxLayout()
    made.addWidget(panel(theme, facts, buttons))
    made.addWidget(panel(theme, *lines, ResolvedRow(theme, solved)))
    made.addStretch(1)
    return made


def _rows(theme: Theme) -> QVBoxLayout:
    made = QVBoxLayout()
    for look in (_CODE, CodeLook(_CODE.title, _CODE.code, _CODE.how, "habis", over=True)):
        code = CodePanel(theme)
        code.set_look(look, ButtonLook("close", "Tutup", "x", "outlined"))
        made.addWidget(code)
    for number, record in enumerate(
        (
            RecordLook(
                "a", "Kios Masak 1", "terdaftar 20 Nov", chip=ChipLook("aktif", "check", "ok")
            ),
            RecordLook(
                "b",
                "Kios Mutu",
                "dicabut 21 Nov",
                chip=ChipLook("dicabut", "ban", "neutral"),
                buttons=(ButtonLook("enrol", "Daftarkan lagi", "key-round", "outlined"),),
            ),
        )
    ):
        made.addWidget(RecordRow(theme, f"gallery.record.{number}", record))
    made.addStretch(1)
    return made


def resting(theme: Theme) -> QWidget:
    """The screen while nobody uses it."""
    page = QWidget()
    page.resize(1280, 720)
    cover = RestCover(theme, page)
    cover.set_look(
        RestLook("04.42", "1 alarm menunggu", "Sentuh untuk membuka", "octagon-alert", loud=True)
    )
    cover.setGeometry(page.rect())
    cover.show()
    return page
