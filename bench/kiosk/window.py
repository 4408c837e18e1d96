"""The kiosk's own program with probes: when a frame with cards was on the screen, when a tap was on the disk.

Run as a child (`talk`); its command line is the program's own. The probes only note times.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from itertools import pairwise
from typing import Any

import bench.kiosk.as_program  # noqa: F401 - for what it loads  # isort: skip

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QScrollArea, QWidget

import kiosk.app
from bench.kiosk.answers import Answers
from dapur.ids import BatchId, StaffId
from dapur.temperature import RecordTemperatureArgs
from kiosk import __main__ as program
from kiosk.headless import Headless
from kiosk.link.status import LinkState
from kiosk.local.store import Store
from kiosk.pins import SignIn, SignInResult
from kiosk.screens.window import Window
from kiosk.theme.marks import override
from kiosk.views.looks import CardLook
from kiosk.widgets.batch_card import BatchCard

FRAMES_KEPT = 100_000
PRESS_S = 0.02
BEAT_MS = 16
TAPS_AT_ONCE = 20
WAIT_S = 5.0
COVERED_S = 15.0
FROM_TOP_PX = 300


class Frame:
    """One repaint of the window that ended; times are monotonic ns, `cpu_ns` what this thread had used by then."""

    def __init__(self, start_ns: int, cards: list[CardLook]) -> None:
        self.start_ns, self.cards = start_ns, cards
        self.end_ns, self.cpu_ns = time.monotonic_ns(), time.thread_time_ns()


frames: deque[Frame] = deque(maxlen=FRAMES_KEPT)
_painting: list[CardLook] = []
_on_disk_ns = 0


class ProbedWindow(Window):
    """Notes each frame after it was handed to the screen."""

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.UpdateRequest:
            return super().event(event)
        start = time.monotonic_ns()
        done = super().event(event)
        frames.append(Frame(start, _painting.copy()))
        _painting.clear()
        return done


def _probe() -> None:
    """Put the probes in; before the program starts."""
    paint, tap = BatchCard.paintEvent, Store.tap

    def painted(card: BatchCard, event: QPaintEvent) -> None:
        paint(card, event)
        _painting.append(card.look())

    def tapped(store: Store, *args: Any, **kwargs: Any) -> Any:
        global _on_disk_ns  # noqa: PLW0603 - a probe
        done = tap(store, *args, **kwargs)
        _on_disk_ns = time.monotonic_ns()
        return done

    # By name, for no type allows what a probe does.
    for owner, name, probe in (
        (BatchCard, "paintEvent", painted),
        (Store, "tap", tapped),
        (kiosk.app, "Window", ProbedWindow),
        (kiosk.app, "App", ProbedApp),
    ):
        setattr(owner, name, probe)


class ProbedApp(kiosk.app.App):
    """Answers questions about itself from its start to its end."""

    def __init__(self, headless: Headless, *rest: Any) -> None:
        super().__init__(headless, *rest)
        self._armed: tuple[str, str, int] = ("", "", 0)
        self._finger: Any = None
        self._beat = QTimer(self.window)
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._on_beat)
        self._answers = Answers(self)
        self._answers.listen()

    @override
    def close(self) -> None:
        self._answers.deaf()
        super().close()

    # ---- what is so ---------------------------------------------------------------------------

    def first_cards_ns(self) -> int:
        """End of the first frame with a card; 0 while there was none."""
        return next((each.end_ns for each in frames if each.cards), 0)

    def first_cards_cpu_ns(self) -> int:
        """CPU time of the window's thread until then: what a busy machine does not stretch."""
        return next((each.cpu_ns for each in frames if each.cards), 0)

    def online(self) -> bool:
        """Admitted, told the kitchen, and its people."""
        up = self.kiosk.link.status.state is LinkState.ONLINE
        return up and self.floor.known and bool(self.kiosk.roster)

    def has_sent_all(self) -> bool:
        """Nothing waits for the server or for its events."""
        return not self.kiosk.store.unsent() and not self.kiosk.replica.pending

    def waiting(self) -> int:
        """Own taps without an answer."""
        return self.kiosk.store.unsent()

    def seq(self) -> int:
        """How far the log is known."""
        return self.kiosk.replica.seq

    def cards(self) -> int:
        """Cards on the board."""
        return len(self.window.findChildren(BatchCard))

    # ---- what is done ---------------------------------------------------------------------------

    async def sign_in(self, staff: str, pin: str) -> bool:
        """Make this person the actor; the screen then shows the board."""
        found: asyncio.Future[SignInResult] = asyncio.get_running_loop().create_future()
        self.floor.sign_in(StaffId(staff), pin, found.set_result)
        self.window.show_page("board", "")
        return (await found).state is SignIn.OK

    def nudge(self) -> None:
        """Try the line now."""
        self.kiosk.link.nudge()

    async def tap_offline(self, taps: int) -> int:
        """So many temperatures by the actor, in turn on every dish; how many wait then."""
        dishes = list(self.kiosk.replica.shown.batches)
        for number in range(taps):
            args = RecordTemperatureArgs(60 + number % 300 / 10)
            self.floor.tap("record_temperature", dishes[number % len(dishes)], args)
            if number % TAPS_AT_ONCE == 0:
                await asyncio.sleep(0)
        return len(self.kiosk.replica.pending)

    async def tap(self, code: str, action: str) -> dict[str, int]:
        """Touch a button of this dish's card; ns of the release, of the disk and of the painted change."""
        card, button = self._card(code), self._button(code, action)
        self._show(button)
        await asyncio.sleep(0.05)
        before = card.look()
        spot = await self._uncovered(button)
        device, touch = self._device()
        touch(self.window, device, False).press(0, spot, self.window).commit(False)
        await asyncio.sleep(PRESS_S)
        started, used = time.monotonic_ns(), time.thread_time_ns()
        touch(self.window, device, False).release(0, spot, self.window).commit(False)
        give_up = started + int(WAIT_S * 1e9)
        while True:
            await asyncio.sleep(0.004)
            painted = self._changed(before, started)
            if painted is not None and _on_disk_ns > started:
                return {
                    "released": started,
                    "on_disk": _on_disk_ns,
                    "painted": painted.end_ns,
                    "cpu": painted.cpu_ns - used,
                }
            if time.monotonic_ns() > give_up:
                raise TimeoutError(f"{code} {action}: not painted; {self.window.page}")

    def arm(self, code: str) -> None:
        """Wait for a change of this dish's stage; `seen` tells when it was painted."""
        look = self._card(code).look()
        self._show(self._card(code))
        self._armed = (look.id, look.stage_text, time.monotonic_ns())

    def seen(self) -> int:
        """Monotonic ns at which the armed change was on the screen; 0 before."""
        name, stage, since = self._armed
        for frame in frames:
            if frame.end_ns > since and any(
                look.id == name and look.stage_text != stage for look in frame.cards
            ):
                return frame.end_ns
        return 0

    def beat(self, on: bool) -> None:
        """Ask for a repaint 60 times a second, so that every stop of the screen shows."""
        frames.clear()
        if on:
            self._beat.start(BEAT_MS)
        else:
            self._beat.stop()

    def gaps_ms(self) -> list[float]:
        """Time from each frame's end to the next one's end since `beat`."""
        ends = [each.end_ns for each in frames]
        return [(later - sooner) / 1e6 for sooner, later in pairwise(ends)]

    def gaps_cpu_ms(self) -> list[float]:
        """CPU time of the window's thread from each frame's end to the next one's: what others cannot disturb."""
        used = [each.cpu_ns for each in frames]
        return [(later - sooner) / 1e6 for sooner, later in pairwise(used)]

    def frame_costs_ms(self) -> list[float]:
        """How long each frame took to paint since `beat`."""
        return [(each.end_ns - each.start_ns) / 1e6 for each in frames]

    # ---- inside ---------------------------------------------------------------------------------

    def _on_beat(self) -> None:
        self.window.update(0, 0, 1, 1)

    def _changed(self, before: CardLook, since_ns: int) -> Frame | None:
        for frame in frames:
            if frame.end_ns > max(since_ns, _on_disk_ns) and any(
                look.id == before.id and look != before for look in frame.cards
            ):
                return frame
        return None

    def _id(self, code: str) -> BatchId:
        batches = self.kiosk.replica.shown.batches.values()
        return next(each.id for each in batches if each.plan.code == code)

    def _card(self, code: str) -> BatchCard:
        card = self.window.findChild(BatchCard, f"card.{self._id(code)}")
        assert isinstance(card, BatchCard), code
        return card

    def _button(self, code: str, action: str) -> QWidget:
        button = self._card(code).button(action)
        assert button is not None and button.isEnabled(), f"{code}: no open {action}"  # noqa: PT018
        return button

    def _show(self, part: QWidget) -> None:
        """Scroll it at once to where no bar at the foot covers it."""
        above = part.parentWidget()
        while above is not None:
            if isinstance(above, QScrollArea):
                inside = above.widget()
                assert inside is not None
                top = part.mapTo(inside, QPoint(0, 0)).y()
                above.verticalScrollBar().setValue(top - FROM_TOP_PX)
            above = above.parentWidget()

    async def _uncovered(self, part: QWidget) -> QPoint:
        """Its middle in the window, as soon as nothing lies on it."""
        give_up = time.monotonic() + COVERED_S
        while True:
            spot = part.mapTo(self.window, QPoint(part.width() // 2, part.height() // 2))
            if self.window.childAt(spot) is part:
                return spot
            if time.monotonic() > give_up:
                raise TimeoutError(f"{part.objectName()} stays covered")
            await asyncio.sleep(PRESS_S)

    def _device(self) -> tuple[Any, Any]:
        from PySide6.QtTest import QTest

        self._finger = self._finger or QTest.createTouchDevice()
        return self._finger, QTest.touchEvent


if __name__ == "__main__":
    _probe()
    sys.exit(program.main(sys.argv[1:]))
