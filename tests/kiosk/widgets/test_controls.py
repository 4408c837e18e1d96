"""Buttons, segments, tiles and keypads: what one tap does."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import (
    ButtonLook,
    KeyboardLook,
    KeyPadLook,
    NoteLook,
    OptionLook,
    Segment,
    SegmentsLook,
)
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.note_field import NoteField
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.segments import Segments

LEFT = Qt.MouseButton.LeftButton
PAD = KeyPadLook("Kosongkan", "Hapus", "Tanda")


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def named(parent: QWidget, subject: str) -> QPushButton:
    found = parent.findChild(QPushButton, subject)
    assert isinstance(found, QPushButton)
    return found


def press(pad: QWidget, *keys: str) -> None:
    for key in keys:
        QTest.mouseClick(named(pad, f"pad.{key}"), LEFT)


def test_button_emits_its_action_once_a_tap(qtbot: QtBot, theme: Theme) -> None:
    button = ActionButton(theme, "card.B-1.hold", ButtonLook("hold", "Tahan", "pause"))
    qtbot.addWidget(button)
    taps: list[str] = []
    button.tapped.connect(taps.append)
    QTest.mouseClick(button, LEFT)
    assert taps == ["hold"]
    assert button.accessibleName() == "Tahan"


def test_button_ignores_a_second_tap_within_400_ms(qtbot: QtBot, theme: Theme) -> None:
    clock = Clock()
    button = ActionButton(theme, "b", ButtonLook("go", "Masak"))
    qtbot.addWidget(button)
    button.set_clock(clock)
    taps: list[str] = []
    button.tapped.connect(taps.append)
    QTest.mouseClick(button, LEFT)
    clock.now += 0.399
    button.set_look(ButtonLook("next", "Uji mutu"))
    QTest.mouseClick(button, LEFT)
    assert taps == ["go"]
    clock.now += 0.002
    QTest.mouseClick(button, LEFT)
    assert taps == ["go", "next"]


def test_closed_button_tells_its_reason_and_lets_no_tap_through(qtbot: QtBot, theme: Theme) -> None:
    class Below(QWidget):
        pressed = 0

        @override
        def mousePressEvent(self, _event: object) -> None:
            self.pressed += 1

    below = Below()
    qtbot.addWidget(below)
    look = ButtonLook("go", "Uji mutu", role="blocked", enabled=False, reason="Suhu belum cukup")
    button = ActionButton(theme, "b", look, parent=below)
    below.show()
    said: list[tuple[str, str]] = []
    button.blocked.connect(lambda action, reason: said.append((action, reason)))
    with qtbot.assertNotEmitted(button.tapped):
        QTest.mouseClick(button, LEFT)
    assert said == [("go", "Suhu belum cukup")]
    assert below.pressed == 0
    assert button.accessibleDescription() == "Suhu belum cukup"


@pytest.mark.parametrize(
    ("size", "px"), [("bar", 48), ("card", 60), ("choice", 72), ("page", 80), ("sheet", 88)]
)
def test_button_heights_follow_millimetres_and_gloves(
    qtbot: QtBot, theme: Theme, size: str, px: int
) -> None:
    button = ActionButton(theme, "b", ButtonLook("x", "Ya"), size=size)  # type: ignore[arg-type]
    qtbot.addWidget(button)
    assert button.height() == px
    assert button.minimumSizeHint().width() >= 60
    theme.set_glove(True)
    assert abs(button.height() - px * 1.25) <= 1


def test_segments_choose_nothing_by_themselves(qtbot: QtBot, theme: Theme) -> None:
    look = SegmentsLook((Segment("pass", "Layak"), Segment("fail", "Tidak layak")))
    segments = Segments(theme, "qc.taste", look)
    qtbot.addWidget(segments)
    chosen: list[str] = []
    segments.chosen.connect(chosen.append)
    QTest.mouseClick(named(segments, "qc.taste.fail"), LEFT)
    assert chosen == ["fail"]
    assert not named(segments, "qc.taste.fail").isChecked()
    segments.set_chosen("fail")
    assert named(segments, "qc.taste.fail").isChecked()


def test_tile_reports_its_key(qtbot: QtBot, theme: Theme) -> None:
    tile = OptionTile(theme, "hold.heat", OptionLook("heat", "Suhu di luar batas"))
    qtbot.addWidget(tile)
    with qtbot.waitSignal(tile.chosen, timeout=500) as signal:
        QTest.mouseClick(tile, LEFT)
    assert signal.args == ["heat"]
    assert not tile.isChecked()


def test_keypad_enters_a_comma_number(qtbot: QtBot, theme: Theme) -> None:
    pad = KeyPad(theme, "pad", PAD, kind="temperature")
    qtbot.addWidget(pad)
    seen: list[str] = []
    pad.changed.connect(seen.append)
    press(pad, "7", "1", "decimal", "5", "9")
    assert pad.entry() == "71,5"
    assert pad.plain() == "71.5"
    assert seen == ["7", "71", "71,", "71,5"]
    press(pad, "sign")
    assert (pad.entry(), pad.plain()) == ("−71,5", "-71.5")
    press(pad, "back")
    assert pad.plain() == "-71"
    press(pad, "clear")
    assert (pad.entry(), pad.plain()) == ("", "")


def test_keypad_starts_a_fraction_with_zero_and_keeps_one_comma(qtbot: QtBot, theme: Theme) -> None:
    pad = KeyPad(theme, "pad", PAD, kind="temperature")
    qtbot.addWidget(pad)
    for key in ("decimal", "decimal", "4"):
        pad.press(key)
    assert pad.entry() == "0,4"
    pad.clear()
    for key in "01234":
        pad.press(key)
    assert pad.entry() == "123"


def test_pin_completes_with_the_sixth_digit_and_takes_no_more(qtbot: QtBot, theme: Theme) -> None:
    pad = KeyPad(theme, "pad", PAD)
    qtbot.addWidget(pad)
    done: list[str] = []
    pad.completed.connect(done.append)
    for digit in "1123456":
        pad.press(digit)
    assert done == ["112345"]
    pad.clear()
    assert pad.entry() == ""


def test_pin_keys_are_twenty_millimetres_and_one_two_three_is_on_top(
    qtbot: QtBot, theme: Theme
) -> None:
    pad = KeyPad(theme, "pad", PAD)
    qtbot.addWidget(pad)
    pad.resize(pad.sizeHint())
    pad.show()
    key = named(pad, "pad.5")
    assert min(key.width(), key.height()) >= theme.mm(20)
    assert named(pad, "pad.1").y() < named(pad, "pad.7").y()


def test_note_comes_from_the_small_keyboard(qtbot: QtBot, theme: Theme) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1280, 720)
    look = NoteLook(
        "",
        "Ketuk untuk menulis",
        "Catatan",
        ButtonLook("done", "Simpan"),
        ButtonLook("cancel", "Batal"),
        KeyboardLook("Besar", "Hapus", "Spasi", phrases=("Lapor kepala.",)),
        limit=20,
    )
    field = NoteField(theme, "note", look, window)
    window.show()
    QTest.mouseClick(field, LEFT)
    keyboard = field.keyboard()
    assert keyboard is not None
    for key in ("p", "a", "n", "c", "i"):
        QTest.mouseClick(named(keyboard, f"note.keyboard.{key}"), LEFT)
    QTest.mouseClick(named(keyboard, "note.keyboard.phrase.0"), LEFT)
    assert keyboard.text() == "Panci Lapor kepala."
    with qtbot.waitSignal(field.changed, timeout=500) as signal:
        QTest.mouseClick(named(window, "note.sheet.confirm"), LEFT)
    assert signal.args == ["Panci Lapor kepala."]
    assert field.keyboard() is None
