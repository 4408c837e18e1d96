"""Cards, tiles, sheet, banner, bars: what is emitted, painted and blocked."""

from itertools import pairwise

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import (
    Actor,
    ActorsLook,
    BandLook,
    BannerLook,
    ButtonLook,
    CardLook,
    NavItem,
    RailLook,
    SheetLook,
    ToastLook,
    UndoLook,
)
from kiosk.widgets.actor_switch import ActorSwitch
from kiosk.widgets.alarm_banner import AlarmBanner
from kiosk.widgets.base import Pressable
from kiosk.widgets.batch_card import BatchCard
from kiosk.widgets.batch_tile import BatchTile
from kiosk.widgets.nav_rail import NavRail
from kiosk.widgets.sheet import Sheet
from kiosk.widgets.toast import Toast
from kiosk.widgets.undo_bar import UndoBar

LEFT = Qt.MouseButton.LeftButton
LOOK = CardLook(
    "B-2041",
    "Ayam Teriyaki",
    "G1-02 · 1.742 porsi",
    "alarm",
    "Suhu kurang",
    "octagon-alert",
    clock_text="01:35",
    clock_caption="Sisa waktu masak",
    temp_text="61,8",
    temp_caption="Inti ≥ 75 °C",
    temp_judged="alarm",
    band=BandLook(61.8, 75.0, 20.0, 100.0),
    stage_index=1,
    stage_fraction=0.5,
    stage_text="Masak",
    qc_text="0/7",
    buttons=(
        ButtonLook("hold", "Tahan", "pause"),
        ButtonLook("measure", "Ukur", "thermometer"),
        ButtonLook("advance", "Uji mutu", "arrow-right", "tonal"),
    ),
)
WIDTHS = [(388, True), (437, False)]


class Watched(BatchCard):
    """A card that remembers what it was asked to paint."""

    dirty: list[QRect]

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        self.dirty.append(event.rect())
        super().paintEvent(event)


def named(parent: QWidget, subject: str) -> QPushButton:
    found = parent.findChild(QPushButton, subject)
    assert isinstance(found, QPushButton)
    return found


def shown(qtbot: QtBot, widget: QWidget, width: int = 437) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, widget.sizeHint().height())
    widget.show()
    qtbot.waitExposed(widget)


def test_card_opens_on_its_body_and_names_each_action(qtbot: QtBot, theme: Theme) -> None:
    card = BatchCard(theme, LOOK)
    shown(qtbot, card)
    opened: list[str] = []
    tapped: list[tuple[str, str]] = []
    card.opened.connect(opened.append)
    card.tapped.connect(lambda batch, action: tapped.append((batch, action)))
    QTest.mouseClick(card, LEFT, pos=QPoint(60, 90))
    for action in ("hold", "measure", "advance"):
        QTest.mouseClick(named(card, f"card.B-2041.{action}"), LEFT)
    assert opened == ["B-2041"]
    assert tapped == [("B-2041", "hold"), ("B-2041", "measure"), ("B-2041", "advance")]


def test_card_is_not_opened_by_a_drag(qtbot: QtBot, theme: Theme) -> None:
    card = BatchCard(theme, LOOK)
    shown(qtbot, card)
    with qtbot.assertNotEmitted(card.opened):
        QTest.mousePress(card, LEFT, pos=QPoint(60, 90))
        QTest.mouseRelease(card, LEFT, pos=QPoint(60, 180))


def test_card_that_follows_the_dragging_finger_is_not_opened(qtbot: QtBot, theme: Theme) -> None:
    page = QWidget()
    page.resize(800, 900)
    card = BatchCard(theme, LOOK, page)
    shown(qtbot, page)
    card.move(0, 300)
    at = QPoint(60, 90)
    with qtbot.assertNotEmitted(card.opened):
        QTest.mousePress(card, LEFT, pos=at)
        card.move(0, 0)
        QTest.mouseRelease(card, LEFT, pos=at)
    with qtbot.waitSignal(card.opened):
        QTest.mouseClick(card, LEFT, pos=at)


def test_card_repaints_only_its_numbers_when_the_clock_ticks(qtbot: QtBot, theme: Theme) -> None:
    card = Watched(theme)
    card.dirty = []
    card.set_look(LOOK)
    shown(qtbot, card)
    qtbot.waitUntil(lambda: bool(card.dirty))
    card.dirty.clear()
    card.set_look(LOOK)
    card.set_look(replace(LOOK, clock_text="01:34"))
    qtbot.waitUntil(lambda: bool(card.dirty))
    assert len(card.dirty) == 1
    assert card.dirty[0].height() < card.height() / 2
    assert card.dirty[0].top() > 50


@pytest.mark.parametrize(("width", "compact"), WIDTHS)
@pytest.mark.parametrize("glove", [False, True])
def test_card_buttons_stay_inside_and_big_enough(
    qtbot: QtBot, theme: Theme, width: int, compact: bool, glove: bool
) -> None:
    theme.set_window_width(1280 if compact else 1920)
    theme.set_glove(glove)
    card = BatchCard(theme, LOOK)
    shown(qtbot, card, width)
    places = [button.geometry() for button in card.findChildren(QPushButton)]
    assert len(places) == 3
    assert all(card.rect().contains(place) for place in places)
    assert all(min(place.width(), place.height()) >= theme.mm(15) for place in places)
    for left, right in pairwise(places):
        assert right.left() - left.right() > theme.px(7)


def test_card_keeps_its_buttons_when_a_look_changes(qtbot: QtBot, theme: Theme) -> None:
    card = BatchCard(theme, LOOK)
    shown(qtbot, card)
    before = named(card, "card.B-2041.hold")
    done = (*LOOK.buttons[:2], ButtonLook("advance", "Selesai", "check", "primary"))
    card.set_look(replace(LOOK, tone="normal", buttons=done))
    assert named(card, "card.B-2041.hold") is before
    assert "Selesai" in named(card, "card.B-2041.advance").accessibleName()


def test_tile_shows_the_main_action_only(qtbot: QtBot, theme: Theme) -> None:
    tile = BatchTile(theme, LOOK)
    shown(qtbot, tile)
    assert [button.objectName() for button in tile.findChildren(QPushButton)] == [
        "card.B-2041.advance"
    ]
    with qtbot.waitSignal(tile.tapped, timeout=500) as signal:
        QTest.mouseClick(named(tile, "card.B-2041.advance"), LEFT)
    assert signal.args == ["B-2041", "advance"]


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1280, 720)
    return made


def test_sheet_blocks_what_is_below_and_closes_only_by_its_buttons(
    qtbot: QtBot, theme: Theme, page: QWidget
) -> None:
    card = BatchCard(theme, LOOK, page)
    card.setGeometry(0, 0, 437, 300)
    sheet = Sheet(theme, "hold", page)
    sheet.set_look(
        SheetLook(
            "Tahan Ayam Teriyaki?",
            close_name="Tutup",
            cancel=ButtonLook("cancel", "Batal"),
            confirm=ButtonLook("confirm", "Tahan batch", "pause", "primary"),
        )
    )
    sheet.set_body(QWidget())
    page.show()
    sheet.open()
    assert page.childAt(QPoint(60, 90)) is sheet
    with qtbot.assertNotEmitted(sheet.dismissed), qtbot.assertNotEmitted(card.opened):
        QTest.mouseClick(sheet, LEFT, pos=QPoint(5, 5))
        QTest.keyClick(sheet, Qt.Key.Key_Escape)
    assert sheet.isVisible()
    with qtbot.waitSignal(sheet.tapped, timeout=500) as signal:
        QTest.mouseClick(named(sheet, "hold.confirm"), LEFT)
    assert signal.args == ["confirm"]
    with qtbot.waitSignal(sheet.dismissed, timeout=500):
        QTest.mouseClick(named(sheet, "hold.cancel"), LEFT)
    sheet.shut()
    assert not sheet.isVisible()


def test_sheet_follows_its_window_and_keeps_the_tabulator(theme: Theme, page: QWidget) -> None:
    sheet = Sheet(theme, "s", page)
    sheet.set_look(SheetLook("Judul", cancel=ButtonLook("a", "A"), confirm=ButtonLook("b", "B")))
    outside = QPushButton("di luar", page)
    page.show()
    sheet.open()
    page.resize(1366, 768)
    assert sheet.size() == page.size()
    for _turn in range(5):
        sheet.focusNextPrevChild(True)
        assert page.focusWidget() is not outside


def test_banner_is_handled_by_one_tap(qtbot: QtBot, theme: Theme) -> None:
    handle = ButtonLook("handle", "Saya tangani", "hand", "alarm")
    banner = AlarmBanner(theme, BannerLook("A-1", "Suhu", "61,8", handled=handle, more="1 dari 3"))
    shown(qtbot, banner, 1000)
    with qtbot.waitSignal(banner.handled, timeout=500) as signal:
        QTest.mouseClick(named(banner, "alarm_banner.handle"), LEFT)
    assert signal.args == ["A-1"]
    assert named(banner, "alarm_banner.handle").height() >= theme.mm(20)
    banner.set_look(BannerLook("A-1", "Suhu", "Joko menangani"))
    assert not named(banner, "alarm_banner.handle").isVisible()


def test_banner_does_not_blink_when_motion_is_reduced(qtbot: QtBot, theme: Theme) -> None:
    handle = ButtonLook("handle", "Saya tangani")
    banner = AlarmBanner(theme, BannerLook("A-1", "Suhu", "", handled=handle))
    shown(qtbot, banner, 1000)
    assert banner._blink.isActive()
    theme.set_reduce_motion(True)
    assert not banner._blink.isActive()
    theme.set_reduce_motion(False)
    banner.hide()
    assert not banner._blink.isActive()


def test_undo_expires_by_itself_or_is_undone(qtbot: QtBot, theme: Theme) -> None:
    bar = UndoBar(theme)
    qtbot.addWidget(bar)
    look = UndoLook("T-1", "Sup → Masak", "Sari W.", ButtonLook("undo", "Urungkan"), span_ms=150)
    with qtbot.waitSignal(bar.expired, timeout=2000) as signal:
        bar.set_look(look)
    assert signal.args == ["T-1"]
    assert not bar.isVisible()
    bar.set_look(replace(look, tap="T-2", span_ms=5000))
    with qtbot.waitSignal(bar.undone, timeout=500) as signal:
        QTest.mouseClick(named(bar, "undo.undo"), LEFT)
    assert signal.args == ["T-2"]


def test_second_undo_lets_the_first_expire(qtbot: QtBot, theme: Theme) -> None:
    bar = UndoBar(theme)
    qtbot.addWidget(bar)
    look = UndoLook("T-1", "a", "b", ButtonLook("undo", "Urungkan"))
    bar.set_look(look)
    with qtbot.waitSignal(bar.expired, timeout=500) as signal:
        bar.set_look(replace(look, tap="T-2"))
    assert signal.args == ["T-1"]
    bar.dismiss()


def test_refusal_toast_stays_until_opened(qtbot: QtBot, theme: Theme) -> None:
    toast = Toast(theme)
    qtbot.addWidget(toast)
    toast.set_look(ToastLook("R-1", "1 ketukan ditolak", stays=True))
    assert not toast._timer.isActive()
    with qtbot.waitSignal(toast.opened, timeout=500) as signal:
        QTest.mouseClick(toast, LEFT)
    assert signal.args == ["R-1"]
    toast.set_look(ToastLook("N-1", "terkirim"))
    assert toast._timer.isActive()
    toast._timer.stop()


def test_face_asks_to_change_the_actor(qtbot: QtBot, theme: Theme) -> None:
    look = ActorsLook((Actor("s", "SW", "Sari"), Actor("j", "JP", "Joko")), "s", "Tambah")
    switch = ActorSwitch(theme, look)
    shown(qtbot, switch)
    with qtbot.waitSignal(switch.chosen, timeout=500) as signal:
        QTest.mouseClick(named(switch, "actor.j"), LEFT)
    assert signal.args == ["j"]
    with qtbot.waitSignal(switch.add, timeout=500):
        QTest.mouseClick(named(switch, "actor.add"), LEFT)


def test_rail_chooses_and_says_its_counts(qtbot: QtBot, theme: Theme) -> None:
    items = (
        NavItem("board", "Papan", "layout-grid"),
        NavItem("alarms", "Alarm", "bell", "2", "alarm", "2 alarm terbuka"),
    )
    rail = NavRail(theme, RailLook(items, (), "board"))
    shown(qtbot, rail, 104)
    assert named(rail, "nav.alarms").accessibleName() == "Alarm 2 alarm terbuka"
    with qtbot.waitSignal(rail.chosen, timeout=500) as signal:
        QTest.mouseClick(named(rail, "nav.alarms"), LEFT)
    assert signal.args == ["alarms"]


def test_every_target_has_a_name_and_a_subject(qtbot: QtBot, theme: Theme) -> None:
    card = BatchCard(theme, LOOK)
    shown(qtbot, card)
    for target in card.findChildren(Pressable):
        assert target.accessibleName()
        assert target.objectName().startswith("card.B-2041.")


def test_card_tells_a_new_reason_without_painting_the_button_again(
    qtbot: QtBot, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason names the last reading: it changes many times a second and is seldom asked for."""
    card = BatchCard(theme, LOOK)
    qtbot.addWidget(card)
    button = card.button("advance")
    assert button is not None
    painted: list[str] = []
    monkeypatch.setattr(button, "update", lambda: painted.append("again"))
    monkeypatch.setattr(button, "updateGeometry", lambda: painted.append("moved"))
    low = replace(LOOK.buttons[-1], reason="Suhu inti 61,8 °C, harus ≥ 75 °C")
    card.set_look(replace(LOOK, buttons=(*LOOK.buttons[:-1], low)))
    assert button.toolTip() == button.accessibleDescription() == low.reason
    assert painted == []
    card.set_look(replace(LOOK, buttons=(*LOOK.buttons[:-1], replace(low, role="primary"))))
    assert "again" in painted
