"""The parts of the alerts page by touch: targets, names, two signals of a row, and what may blink."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from kiosk.theme.theme import Theme
from kiosk.theme.tokens import PAGE_MM
from kiosk.views.alerts_looks import AlertDetailLook, AlertLook, ResolvedLook, ValueLook
from kiosk.views.looks import BandLook, ButtonLook, ChipLook, EventLook, NavItem, RailLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.alert_detail import AlertButtons, AlertFacts
from kiosk.widgets.alert_row import AlertRow
from kiosk.widgets.history_line import HistoryLine
from kiosk.widgets.nav_rail import NavRail
from kiosk.widgets.resolved_row import ResolvedRow

LEFT = Qt.MouseButton.LeftButton
ROW = AlertLook(
    "core_low:b1:r1",
    ChipLook("Gawat", "octagon-alert", "alarm"),
    "Suhu kurang",
    "Ayam Teriyaki G1-02 · 61,8 °C, batas ≥ 75 °C",
    "04.38",
    "4 mnt",
    "Belum ada",
    "Joko P. diberi tahu",
    "02:40",
    "ke Ratna Puspita",
    ButtonLook("handle", "Saya tangani", "hand", "alarm"),
    urgent=True,
    bar="alarm",
)


def shown(qtbot: QtBot, widget: QWidget, width: int) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, max(widget.sizeHint().height(), widget.height()))
    widget.show()


def test_row_opens_by_its_body_and_acts_by_its_button(qtbot: QtBot, theme: Theme) -> None:
    row = AlertRow(theme, ROW)
    shown(qtbot, row, 1100)
    heard: list[tuple[str, ...]] = []
    row.opened.connect(lambda key: heard.append((key,)))
    row.acted.connect(lambda key, action: heard.append((key, action)))
    QTest.mouseClick(row, LEFT, pos=QPoint(200, row.height() // 2))
    button = row.findChild(ActionButton, f"alert.{ROW.key}")
    assert isinstance(button, ActionButton)
    QTest.mouseClick(button, LEFT)
    assert heard == [(ROW.key,), (ROW.key, "handle")]
    assert button.height() >= theme.mm(PAGE_MM)
    assert button.geometry().right() < row.width()
    for word in ("Gawat", "Suhu kurang", "61,8", "Belum ada", "02:40", "Ratna Puspita"):
        assert word in row.accessibleName()


def test_row_that_changed_paints_what_is_new(qtbot: QtBot, theme: Theme) -> None:
    row = AlertRow(theme, ROW)
    shown(qtbot, row, 1100)
    before = row.grab().toImage()
    row.set_look(ROW)
    assert row.grab().toImage() == before
    taken = replace(ROW, who="Sari W. (Anda)", initials="SW", own=True, urgent=False, left="–")
    row.set_look(taken)
    assert row.grab().toImage() != before
    assert "Sari W. (Anda)" in row.accessibleName()


def test_detail_shows_the_value_only_where_there_is_one_and_each_way_out(
    qtbot: QtBot, theme: Theme
) -> None:
    value = ValueLook(
        "61,8", "°C", "kurang 13,2 °C", "batas ≥ 75 °C", "alarm", BandLook(61.8, 75, 20, 100)
    )
    look = AlertDetailLook(
        "k",
        ROW.chip,
        "A-0117",
        "Suhu kurang",
        "Ayam Teriyaki G1-02",
        "Yang harus dilakukan",
        "Lanjutkan memasak",
        "Riwayat",
        "Tuntas hanya oleh bacaan",
        value,
        (EventLook("04.38", "Muncul", "", "octagon-alert", "alarm"),),
        (ROW.button, ButtonLook("measure", "Ukur", "thermometer", "tonal")),
    )
    facts, buttons = AlertFacts(theme), AlertButtons(theme, in_row=False)
    shown(qtbot, facts, 400)
    shown(qtbot, buttons, 400)
    facts.set_look(look)
    buttons.set_look(look)
    ways = [each for each in buttons.findChildren(ActionButton) if each.isVisible()]
    assert [each.objectName() for each in ways] == ["alert.detail.handle", "alert.detail.measure"]
    assert facts._measured.isVisible()
    assert len(facts.findChildren(HistoryLine)) == 1
    facts.set_look(replace(look, value=None))
    assert not facts._measured.isVisible()


def test_long_history_is_wrapped_not_cut(qtbot: QtBot, theme: Theme) -> None:
    title = "Goes up to Hendra Gunawan, the head of the kitchen, in 02:40"
    line = HistoryLine(theme, EventLook("04:45", title, "", "arrow-up-right", "alarm"))
    qtbot.addWidget(line)
    assert line.heightForWidth(260) > line.heightForWidth(900)


def test_resolved_row_says_all_of_it_aloud(qtbot: QtBot, theme: Theme) -> None:
    look = ResolvedLook(
        "k", "03.58", "Suhu kurang", "Nasi Tim · 68,0 → 82,7 °C", "Fitri H. · 21 mnt"
    )
    row = ResolvedRow(theme, look)
    shown(qtbot, row, 900)
    assert row.accessibleName() == "03.58 Suhu kurang. Nasi Tim · 68,0 → 82,7 °C. Fitri H. · 21 mnt"


def test_badge_pulses_only_while_something_waits_is_seen_and_motion_is_wanted(
    qtbot: QtBot, theme: Theme
) -> None:
    waits = NavItem("alerts", "Alarm", "bell", "2", "alarm", pulse=True)
    rail = NavRail(theme, RailLook((waits,), (), "alerts"))
    assert not rail._pulse.isActive()
    qtbot.addWidget(rail)
    rail.show()
    assert rail._pulse.isActive()
    assert 1000 / (2 * rail._pulse.interval()) <= 1
    full = rail.grab().toImage()
    rail._on_pulse_timeout()
    assert rail.grab().toImage() != full
    theme.set_reduce_motion(True)
    assert not rail._pulse.isActive()
    assert rail.grab().toImage() == full
    theme.set_reduce_motion(False)
    assert rail._pulse.isActive()
    rail.set_look(RailLook((replace(waits, pulse=False),), (), "alerts"))
    assert not rail._pulse.isActive()
