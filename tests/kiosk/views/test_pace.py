"""State at once, numerals when they can be read: what may wait, how long, and that nothing is lost."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from dapur.kitchen import Kitchen
from kiosk.views.delta import only_numbers
from kiosk.views.pace import FRAME_MS, NUMBERS_MS, Pace
from tests.support.taps import Night, batch_at
from tests.support.waiting import until


class Screen:
    """A pace on a clock that a test moves, and how often it showed."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.shown = 0
        self.pace = Pace(now=lambda: self.now_s)
        self.pace.due.connect(self._on_due)

    def _on_due(self) -> None:
        self.shown += 1


@pytest.fixture
def screen(qapp: QApplication) -> Screen:
    return Screen()


def test_change_is_shown_at_once_when_the_screen_rested(screen: Screen) -> None:
    screen.pace.ask(NUMBERS_MS)
    assert screen.shown == 1


async def test_numeral_waits_for_its_turn_and_comes(screen: Screen) -> None:
    screen.pace.ask(NUMBERS_MS)
    screen.now_s += 0.01
    screen.pace.ask(NUMBERS_MS)
    screen.pace.ask(NUMBERS_MS)
    assert screen.shown == 1
    await until(lambda: screen.shown == 2)


def test_state_overtakes_a_numeral_that_waits(screen: Screen) -> None:
    screen.pace.ask(FRAME_MS)
    screen.now_s += 0.02
    screen.pace.ask(NUMBERS_MS)
    assert screen.shown == 1
    screen.pace.ask(FRAME_MS)
    assert screen.shown == 2


def test_finger_gets_its_answer_at_once_when_a_frame_was_just_shown(screen: Screen) -> None:
    screen.pace.ask(FRAME_MS)
    screen.pace.ask(FRAME_MS)
    assert screen.shown == 1
    screen.pace.settle()
    assert screen.shown == 2
    screen.pace.settle()
    assert screen.shown == 2


# ---- what is only a numeral ---------------------------------------------------------------------


def measured(night: Night, *values_c: float) -> Kitchen:
    for value in values_c:
        night.tap("record_temperature", "b1", {"value_c": value})
    return night.kitchen


def test_measured_value_is_only_a_numeral_when_it_stays_on_its_side_of_the_limit() -> None:
    night = batch_at("cooking")
    before = measured(night, 61.0)
    assert only_numbers(before, measured(night, 64.5), ())


@pytest.mark.parametrize("value_c", [75.0, 82.0])
def test_measured_value_is_more_when_it_crosses_the_limit(value_c: float) -> None:
    night = batch_at("cooking")
    before = measured(night, 61.0)
    assert not only_numbers(before, measured(night, value_c), ())


def test_measured_value_is_more_when_it_is_the_first_or_its_dish_has_an_alarm() -> None:
    night = batch_at("cooking")
    before = night.kitchen
    first = measured(night, 61.0)
    assert not only_numbers(before, first, ())
    assert not only_numbers(first, measured(night, 62.0), {"b1"})


def test_stage_and_hold_are_never_only_numerals() -> None:
    night = batch_at("preparing")
    before = night.kitchen
    night.tap("advance_batch", "b1", {"to": "cooking"}, minute=121)
    cooking = night.kitchen
    assert not only_numbers(before, cooking, ())
    night.tap("hold_batch", "b1", {"reason": "EQUIPMENT"}, minute=122)
    assert not only_numbers(cooking, night.kitchen, ())
