"""A board that remembers its cards shows what a new one shows, and makes again only what changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtWidgets import QApplication

from dapur.batch import HoldReason
from dapur.hold import HoldBatchArgs
from dapur.progress import AdvanceBatchArgs
from dapur.temperature import RecordTemperatureArgs
from kiosk.app import App, Look
from kiosk.views.board import BoardView
from kiosk.views.looks import CardLook
from tests.support.scene import StillClock, Story, demo_plan, open_scene

COOK = "s-joko"


@contextmanager
def a_board(folder: Path, qapp: QApplication) -> Iterator[tuple[App, BoardView]]:
    look = Look(size=(1280, 720))
    app = open_scene(folder, qapp, Story(demo_plan()), "03:45", look=look, actors=(COOK,))
    yield app, BoardView(app.floor)
    app.close()


def cards(board: BoardView) -> dict[str, CardLook]:
    return {look.id: look for section in board.sections() for look in section.cards}


def order(board: BoardView) -> list[str]:
    return [look.id for section in board.sections() for look in section.cards]


def clock(app: App) -> StillClock:
    found = app.kiosk.time._clock
    assert isinstance(found, StillClock)
    return found


def tap(app: App, kind: str, number: int, args: object) -> str:
    batch = list(app.floor.kitchen.batches)[number]
    assert app.floor.tap(kind, batch, args)  # type: ignore[arg-type]
    return batch


async def test_board_with_a_memory_shows_what_a_new_one_shows_after_every_change(
    tmp_path: Path, qapp: QApplication
) -> None:
    with a_board(tmp_path, qapp) as (app, old):
        changes = (
            lambda: tap(app, "advance_batch", 0, AdvanceBatchArgs(to="preparing")),
            lambda: tap(app, "advance_batch", 0, AdvanceBatchArgs(to="cooking")),
            lambda: tap(app, "record_temperature", 0, RecordTemperatureArgs(61.0)),
            lambda: tap(app, "record_temperature", 0, RecordTemperatureArgs(64.0)),
            lambda: tap(app, "hold_batch", 1, HoldBatchArgs(HoldReason.EQUIPMENT)),
            lambda: clock(app).__setattr__("now_ms", clock(app).now_ms + 1_000),
            lambda: clock(app).__setattr__("now_ms", clock(app).now_ms + 3_600_000),
            lambda: app.floor.choose_language("en"),
        )
        for change in changes:
            before = cards(old)
            change()
            assert cards(old) == cards(BoardView(app.floor))
            assert order(old) == order(BoardView(app.floor))
            assert old.top() == BoardView(app.floor).top()
            assert cards(old) != before


async def test_board_makes_only_the_card_anew_whose_dish_was_measured(
    tmp_path: Path, qapp: QApplication
) -> None:
    with a_board(tmp_path, qapp) as (app, board):
        before = cards(board)
        measured = tap(app, "record_temperature", 2, RecordTemperatureArgs(61.0))
        after = cards(board)
        assert {each for each in after if after[each] is not before[each]} == {measured}


async def test_card_stands_still_while_nobody_sees_it(tmp_path: Path, qapp: QApplication) -> None:
    with a_board(tmp_path, qapp) as (app, board):
        before = cards(board)
        seen = next(iter(before))
        clock(app).now_ms += 60_000
        after = {
            look.id: look
            for section in board.sections(lambda batch: batch == seen)
            for look in section.cards
        }
        assert {each for each in after if after[each] != before[each]} == {seen}
        assert cards(board) == cards(BoardView(app.floor))
