"""Past nights on the desk: asked once, kept with their age, honest without a line; each figure with its base."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from PySide6.QtWidgets import QApplication

from dapur.figures import Ratio
from dapur.past import TRENDS, TrendsArgs, TrendsReply
from kiosk.link.asking import Done
from kiosk.link.errors import TimedOut
from kiosk.link.status import LinkState, LinkStatus
from kiosk.past import Past
from kiosk.views.summary import SummaryView
from kiosk.views.summary_past import AGAIN_MS, FRESH_MS
from kiosk.views.summary_tiles import TOGETHER
from kiosk.views.summary_trends import mean_cooking, trends
from tests.kiosk.views.test_summary import desk
from tests.support.past_nights import month, past_night
from tests.support.scene import StillClock, Story, demo_plan


class SlowLink:
    """A server that answers when the test says so."""

    online = True

    def __init__(self, now_ms: int) -> None:
        self.status = LinkStatus(LinkState.ONLINE, now_ms, now_ms, 0, None)
        self.asked: list[TrendsArgs] = []
        self.waiting: list[Done] = []

    def ask(self, name: str, args: msgspec.Struct, done: Done) -> None:
        assert name == TRENDS
        assert isinstance(args, TrendsArgs)
        self.asked.append(args)
        self.waiting.append(done)

    def answer(self, reply: TrendsReply) -> None:
        self.waiting.pop(0)(msgspec.Raw(msgspec.json.encode(reply)))

    def cut(self, since_ms: int) -> None:
        self.status = LinkStatus(LinkState.OFFLINE, since_ms, since_ms, 0, None)

    def heard(self, now_ms: int) -> None:
        self.status = LinkStatus(LinkState.ONLINE, now_ms, now_ms, 0, None)


@contextmanager
def asking(folder: Path, qapp: QApplication) -> Iterator[tuple[SlowLink, SummaryView, StillClock]]:
    with desk(folder, qapp, Story(demo_plan())) as (app, view):
        clock = app.kiosk.time._clock
        assert isinstance(clock, StillClock)
        link = SlowLink(app.floor.now_ms)
        app.kiosk.link = link  # type: ignore[assignment]
        app.kiosk.past = Past(app.kiosk.link)
        yield link, view, clock


# ---- asking --------------------------------------------------------------------------------------


async def test_the_desk_asks_once_for_the_nights_before_tonight(
    tmp_path: Path, qapp: QApplication
) -> None:
    with asking(tmp_path, qapp) as (link, view, clock):
        assert not link.asked
        view.past.want()
        view.past.want()
        assert [each.last_night for each in link.asked] == ["2026-11-21"]
        link.answer(month())
        view.past.want()
        assert len(link.asked) == 1
        assert [each.night for each in view.past.nights][-1] == "2026-11-21"
        assert len(view.past.nights) == 7
        view.past.choose_span("30")
        assert len(view.past.nights) == 30
        clock.now_ms += FRESH_MS
        link.heard(clock.now_ms)
        view.past.want()
        assert len(link.asked) == 2


async def test_the_answer_says_its_age_and_stays_when_the_line_is_gone(
    tmp_path: Path, qapp: QApplication
) -> None:
    with asking(tmp_path, qapp) as (link, view, clock):
        view.past.want()
        link.answer(month())
        link.cut(clock.now_ms)
        clock.now_ms += 12 * 60_000
        view.past.want()
        assert len(link.asked) == 1
        look = view.past.look()
        assert look.said == "Dijawab server 04.20 (12 mnt lalu). Yang lebih baru perlu sambungan."
        assert look.button is None
        assert len(view.trends()) == 5


async def test_without_a_line_and_an_answer_the_desk_says_what_it_needs(
    tmp_path: Path, qapp: QApplication
) -> None:
    with asking(tmp_path, qapp) as (link, view, clock):
        link.cut(clock.now_ms)
        view.past.want()
        assert not link.asked
        assert view.past.look().said == "Perlu sambungan: malam yang lewat ada di server."
        assert view.trends() == ()


async def test_a_slow_answer_shows_a_way_out_and_comes_too_late_after_it(
    tmp_path: Path, qapp: QApplication
) -> None:
    with asking(tmp_path, qapp) as (link, view, clock):
        view.past.want()
        assert view.past.look().said == ""
        clock.now_ms += 400
        look = view.past.look()
        assert look.said == "Menunggu jawaban server…"
        assert look.button is not None
        view.past.press(look.button.action)
        link.answer(month())
        assert view.past.nights == ()
        again = view.past.look().button
        assert again is not None
        view.past.press(again.action)
        link.answer(month())
        assert len(view.past.nights) == 7


async def test_a_server_that_does_not_answer_is_asked_again_after_a_while(
    tmp_path: Path, qapp: QApplication
) -> None:
    with asking(tmp_path, qapp) as (link, view, clock):
        view.past.want()
        link.waiting.pop()(TimedOut("no answer in time"))
        view.past.want()
        assert len(link.asked) == 1
        assert view.past.look().said == "Server tidak menjawab."
        clock.now_ms += AGAIN_MS
        view.past.want()
        assert len(link.asked) == 2


# ---- figures -------------------------------------------------------------------------------------


async def test_a_trend_has_the_sum_of_its_nights_and_breaks_without_a_base(
    tmp_path: Path, qapp: QApplication
) -> None:
    nights = (
        past_night("2026-11-19", on_time=(16, 16), passed=(15, 16), cooking_min=50, cooked=10),
        past_night("2026-11-20", on_time=(8, 16), passed=(0, 0), cooking_min=None),
        past_night("2026-11-21", on_time=(12, 16), passed=(14, 16), cooking_min=60, cooked=30),
    )
    with desk(tmp_path, qapp, Story(demo_plan())) as (app, _):
        made = {each.key: each for each in trends(app.floor, nights)}
    assert {key: f"{each.value} | {each.caption}" for key, each in made.items()} == {
        "on_time": "75 % | 36 dari 48 batch",
        "passed": "90,6 % | 29 dari 32 batch",
        # 10 × 50 and 30 × 60 minutes over 40 batches.
        "cooking": "58 menit | 40 batch",
        "held": "3 batch | dari 48 batch",
        "waste": "13,5 kg | dari 48 batch",
    }
    assert [each.value for each in made["passed"].points] == [93.75, None, 87.5]
    assert made["passed"].points[1].told == "20/11 · – · 0 dari 0 batch"
    assert made["on_time"].points[1].told == "20/11 · 50 % · 8 dari 16 batch"
    assert (made["on_time"].low, made["on_time"].high) == (0.0, 100.0)
    for each in made.values():
        values = [point.value for point in each.points if point.value is not None]
        assert each.low <= min(values) <= max(values) <= each.high
        assert each.ticks[-1][0] == each.high


def test_the_mean_of_past_nights_is_over_batches_and_not_over_nights() -> None:
    few = past_night("2026-11-20", cooking_min=100, cooked=1)
    many = past_night("2026-11-21", cooking_min=50, cooked=9)
    none = past_night("2026-11-19", cooking_min=None)
    assert mean_cooking((none, few, many)) == (2, 55 * 60_000)
    assert mean_cooking((none,)) is None
    assert Ratio(0, 0).share is None


async def test_the_cooking_figure_compares_with_the_week(
    tmp_path: Path, qapp: QApplication
) -> None:
    with asking(tmp_path, qapp) as (link, view, _):
        view.tiles()
        link.answer(TrendsReply((past_night("2026-11-21", cooking_min=56),), 1))
        tile = next(each for each in view.tiles() if each.key == "cooking")
        assert "1 malam 56" in tile.caption.replace(TOGETHER, " ")
