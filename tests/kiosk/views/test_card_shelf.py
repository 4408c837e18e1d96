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
from kiosk.screens.board import BoardPage
from kiosk.views.board import BoardView
from kiosk.views.card_shelf import LATE_AT_ONCE
from kiosk.views.floor import BEAT_MS
from kiosk.views.looks import CardLook
from kiosk.views.pace import FRAME_MS
from tests.support.scene import StillClock, Story, demo_plan, open_scene
from tests.support.waiting import until

COOK = "s-joko"
MINUTE_MS = 60_000


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


def hasty(board: BoardView, at_once: int) -> dict[str, CardLook]:
    return {look.id: look for section in board.sections(at_once=at_once) for look in section.cards}


async def test_board_shows_the_tapped_dish_at_once_and_the_clocks_after_it(
    tmp_path: Path, qapp: QApplication
) -> None:
    with a_board(tmp_path, qapp) as (app, board):
        before = cards(board)
        clock(app).now_ms += MINUTE_MS
        tapped = tap(app, "advance_batch", 0, AdvanceBatchArgs(to="preparing"))
        now = hasty(board, 0)
        assert {each for each in now if now[each] is not before[each]} == {tapped}
        parts = 0
        while board.is_behind:
            part = board.late()
            assert 0 < len(part) <= LATE_AT_ONCE
            now.update((look.id, look) for look in part)
            parts += 1
        assert parts > 1
        assert now == cards(BoardView(app.floor)) != before


async def test_board_that_puts_dishes_off_makes_those_before_mere_clocks(
    tmp_path: Path, qapp: QApplication
) -> None:
    with a_board(tmp_path, qapp) as (app, board):
        before = cards(board)
        clock(app).now_ms += MINUTE_MS
        tapped = {
            tap(app, "record_temperature", number, RecordTemperatureArgs(61.0))
            for number in range(4)
        }
        now = hasty(board, 1)
        shown = {each for each in now if now[each] is not before[each]}
        assert len(shown) == 1
        assert tapped - shown <= {look.id for look in board.late()}


async def test_board_forgets_nothing_put_off_when_its_head_is_asked_for(
    tmp_path: Path, qapp: QApplication
) -> None:
    with a_board(tmp_path, qapp) as (app, board):
        cards(board)
        clock(app).now_ms += MINUTE_MS
        hasty(board, 1)
        board.top()
        assert board.is_behind


async def test_page_shows_every_clock_soon_after_a_tick(tmp_path: Path, qapp: QApplication) -> None:
    with a_board(tmp_path, qapp) as (app, _):
        page = app.window.shown_page
        assert isinstance(page, BoardPage)

        def shown() -> dict[str, CardLook]:
            seen = page._seen()
            return {card.look().id: card.look() for card in page.cards() if seen(card.look().id)}

        await until(shown)
        before = shown()
        clock(app).now_ms += MINUTE_MS
        app.floor.ticked.emit()
        right = cards(BoardView(app.floor))
        assert {each: right[each] for each in before} != before
        await until(lambda: shown() == {each: right[each] for each in before})


async def test_clocks_stand_between_two_ticks_though_another_second_began(
    tmp_path: Path, qapp: QApplication
) -> None:
    with a_board(tmp_path, qapp) as (app, _):
        app.window._tick.stop()
        app.floor.ticked.emit()
        beat = app.floor.beat
        clock(app).now_ms += BEAT_MS - 1
        assert app.floor.beat == beat
        clock(app).now_ms += 1
        assert app.floor.beat == beat + 1, "a tick is overdue"
        app.floor.ticked.emit()
        assert app.floor.beat == beat + 2


async def test_tick_is_not_looked_at_twice_while_a_change_is_due(
    tmp_path: Path, qapp: QApplication
) -> None:
    with a_board(tmp_path, qapp) as (app, board):
        app.window._tick.stop()
        heard: list[str] = []
        board.changed.connect(lambda: heard.append("changed"))
        app.floor.ticked.emit()
        assert heard == ["changed"]
        app.floor._pace._shown_at = app.floor._pace._now() + 0.05
        app.floor._pace.ask(FRAME_MS)
        assert app.floor.is_due
        app.floor.ticked.emit()
        assert heard == ["changed"]
        await until(lambda: len(heard) == 2)
