"""What the screen says of saved taps and of a clock that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QApplication

from dapur.envelope import Command, Occurred, encode_command
from dapur.ids import KIOSK as KIOSK_ITSELF
from dapur.ids import CommandId, SessionId, StaffId
from dapur.kiosk_log import ReportSalvagedArgs, Why
from dapur.progress import AdvanceBatchArgs
from dapur.review import Answer, Review
from dapur.stage import Stage
from dapur.sync.effects import ClockSample
from dapur.temperature import RecordTemperatureArgs
from kiosk.app import App, Look
from kiosk.headless import Headless
from kiosk.link.status import LinkState
from kiosk.views.review import ReviewView
from kiosk.views.shell import ShellView
from tests.support.scene import KIOSK, Story, demo_plan, open_scene

CODE = "G1-03"
HEAD = "s-hendra"
HOUR_MS = 3_600_000


@contextmanager
def scene(
    folder: Path, qapp: QApplication, *, state: LinkState = LinkState.ONLINE, off_ms: int = 0
) -> Iterator[App]:
    """A kiosk at night with the head signed in, whose machine's clock is ahead by `off_ms`."""
    story = Story(demo_plan())
    story.tap("04:00", HEAD, "advance_batch", CODE, AdvanceBatchArgs(to="preparing"))

    def probed(kiosk: Headless) -> None:
        now = kiosk.time.mono_ms()
        kiosk.time.sample(ClockSample(now, now, now - off_ms))

    look = Look(language="en", size=(1366, 768), dpi=102)
    app = open_scene(
        folder, qapp, story, "04:42", look=look, state=state, actors=(HEAD,), taps=probed
    )
    try:
        yield app
    finally:
        app.close()
        app.kiosk.store.close()


def batch_of(app: App) -> str:
    batches = app.floor.kitchen.batches.values()
    return next(each.id for each in batches if each.plan.code == CODE)


def lost(app: App, kind: str, args: msgspec.Struct | None) -> str:
    """A tap of an hour ago, in its own words."""
    at_ms = app.floor.now_ms - HOUR_MS
    raw = msgspec.Raw(b"null" if args is None else msgspec.json.encode(args))
    tap = Command(
        CommandId("lost-1"), kind, batch_of(app), raw, StaffId("s-joko"), SessionId("old"), 0,
        Occurred(at_ms, at_ms),
    )  # fmt: skip
    return encode_command(tap).decode()


def report(app: App, text: str, *, verified: bool = True) -> Review:
    """The kiosk tells of a saved tap; its item."""
    args = ReportSalvagedArgs(
        "o-1", 3, "lost-1", text, verified=verified, answered=False, why=Why.DAMAGED_FILE
    )
    app.kiosk.desk.tap(
        "report_salvaged", f"kiosk:{KIOSK}", args, actor=KIOSK_ITSELF, session=SessionId("")
    )
    (item,) = app.floor.kitchen.reviews.values()
    return item


async def test_saved_tap_shows_what_who_and_why_when_it_can_be_read(
    tmp_path: Path, qapp: QApplication
) -> None:
    with scene(tmp_path, qapp) as app:
        item = report(app, lost(app, "record_temperature", RecordTemperatureArgs(82.5)))
        view = ReviewView(app.floor)
        what, who, _ = view.tap_lines(item)
        assert what.startswith("Temperature 82.5 °C")
        assert who == f"{app.floor.name_of(StaffId('s-joko'))} · 03:42"
        sentence, next_ = view.why(item)
        assert sentence == "Tap saved, perhaps not recorded: the kiosk's file was damaged"
        assert next_
        assert view.answers(item)[0].button.enabled


async def test_chief_repeats_a_saved_tap_from_the_inbox(tmp_path: Path, qapp: QApplication) -> None:
    with scene(tmp_path, qapp) as app:
        report(app, lost(app, "advance_batch", AdvanceBatchArgs(to="cooking")))
        view = ReviewView(app.floor)
        view.answer(Answer.REDO)
        batch = app.floor.kitchen.batches[batch_of(app)]  # type: ignore[index]
        assert batch.stage is Stage.COOKING
        settled = app.floor.kitchen.reviews["lost-1"].settled
        assert settled is not None
        assert (settled.answer, settled.actor) == (Answer.REDO, HEAD)
        assert view.item is None


@pytest.mark.parametrize("kind", ["advance_batch", "levitate_batch"])
async def test_saved_tap_cannot_be_repeated_when_its_words_were_too_long_or_are_unknown(
    tmp_path: Path, qapp: QApplication, kind: str
) -> None:
    with scene(tmp_path, qapp) as app:
        item = report(app, lost(app, kind, None), verified=False)
        view = ReviewView(app.floor)
        assert not view.answers(item)[0].button.enabled
        assert "its order is not proven" in view.why(item)[0]


async def test_saved_tap_that_nobody_can_read_shows_the_kiosk_and_can_be_accepted(
    tmp_path: Path, qapp: QApplication
) -> None:
    with scene(tmp_path, qapp) as app:
        item = report(app, "{")
        view = ReviewView(app.floor)
        assert view.tap_lines(item)[1].startswith("Kiosk · ")
        assert [each.button.enabled for each in view.answers(item)] == [False, True, True]
        view.choose(item.id)
        view.answer(Answer.ACCEPT)
        assert view.item is None


async def test_strip_says_that_the_clock_is_wrong_online_and_offline(
    tmp_path: Path, qapp: QApplication
) -> None:
    with scene(tmp_path / "a", qapp, off_ms=-26 * HOUR_MS) as app:
        strip = ShellView(app.floor).strip()
        assert strip is not None
        assert strip.title == "The kiosk's clock is off by 26 h"
        assert strip.detail
    with scene(tmp_path / "b", qapp, off_ms=-5 * 60_000, state=LinkState.OFFLINE) as app:
        strip = ShellView(app.floor).strip()
        assert strip is not None
        assert strip.title.startswith("Offline since")
        assert strip.title.endswith("· The kiosk's clock is off by 5 min")


async def test_strip_is_silent_when_the_clock_is_nearly_right(
    tmp_path: Path, qapp: QApplication
) -> None:
    with scene(tmp_path, qapp, off_ms=119_000) as app:
        assert ShellView(app.floor).strip() is None
