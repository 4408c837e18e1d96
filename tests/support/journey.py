"""A story from tap to glass: real server process, real sockets, real windows, real touches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from PySide6.QtCore import QPoint, QRectF
from PySide6.QtGui import QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QScroller, QWidget

from dapur.batch import Batch
from dapur.ids import BatchId, StaffId
from kiosk.app import App, Look
from kiosk.headless import Headless, identify, open_vault
from kiosk.link.status import LinkState
from kiosk.local.lock import FolderLock
from kiosk.settings import Settings
from kiosk.views.words import Language
from kiosk.widgets.batch_card import BatchCard
from kiosk.widgets.batch_tile import BatchTile
from tests.support.proxy import Cable
from tests.support.server_process import PLAN, ServerProcess

KITCHEN = "cendana-02"
PIN = "135790"
PATIENCE_S = 15.0
"""Longest that any step may take; a step that works takes a tenth of a second."""
LOOK_S = 0.01
APART_PX = 4000
GUARD_S = 0.45
"""A target is deaf to a second tap for 400 ms, also when its word has changed."""


class Kiosk:
    """One window and its life; what a person does and sees at it."""

    _finger: QPointingDevice | None = None

    def __init__(
        self, folder: Path, qapp: QApplication, cable: Cable, name: str, place: int
    ) -> None:
        self.folder, self.name, self.cable = folder, name, cable
        self._place = place
        self._qapp = qapp
        self._tapped: dict[QWidget, float] = {}
        self._stop = asyncio.Event()
        self._life: asyncio.Task[int] | None = None
        self._lock: FolderLock | None = None
        self.app: App

    async def open(self, code: str = "", *, language: Language | None = None) -> None:
        """Start the program: enrol if need be, wire, show the window."""
        self._stop = asyncio.Event()
        settings = Settings(data=self.folder, server=self.cable.url, enrol=code, name=self.name)
        self._lock = FolderLock(settings.data)
        self._lock.__enter__()
        vault = open_vault(settings)
        kiosk = Headless(settings, await identify(settings, vault), vault)
        look = Look(language=language, size=(1920, 1080), dpi=102)
        self.app = App(kiosk, self._qapp, look)
        # A touch is given to the window at its place: two windows must not lie on one another.
        self.app.window.move(self._place * APART_PX, 0)
        self._life = asyncio.ensure_future(kiosk.run(self._stop))

    async def close(self) -> None:
        """End the program in order."""
        if self._life is None:
            return
        life, self._life = self._life, None
        self.app.close()
        self._stop.set()
        await life
        if self._lock is not None:
            self._lock.__exit__(None, None, None)
        await asyncio.sleep(0)

    # ---- hands ------------------------------------------------------------------------------

    def find(self, name: str) -> QWidget | None:
        """A visible part by its subject."""
        parts = self.app.window.findChildren(QWidget, name)
        return next((each for each in parts if each.isVisible()), None)

    async def tap(self, name: str) -> None:
        """Touch a part in its middle, as a finger does; waits until it is there and open."""
        await self.see(lambda: self._ready(name), f"{self.name}: no open {name!r}")
        part = self.find(name)
        assert part is not None
        device, window = self._touch_device(), self.app.window
        self._scroll_to(part)
        await asyncio.sleep(max(0.0, GUARD_S - (time.monotonic() - self._tapped.get(part, 0.0))))
        spot = await self._aim(name, part)
        # At the window, as the screen reports it: what covers the part gets the touch.
        QTest.touchEvent(window, device, False).press(0, spot, window).commit(False)
        await asyncio.sleep(0.02)
        QTest.touchEvent(window, device, False).release(0, spot, window).commit(False)
        self._tapped[part] = time.monotonic()
        await asyncio.sleep(0.1)

    async def _aim(self, name: str, part: QWidget) -> QPoint:
        """A person aims at what does not move and is not covered."""
        window, before = self.app.window, QPoint(-1, -1)
        give_up = time.monotonic() + PATIENCE_S
        while True:
            spot = part.mapTo(window, QPoint(part.width() // 2, part.height() // 2))
            hit = window.childAt(spot)
            if spot == before and hit is not None and (hit is part or part.isAncestorOf(hit)):
                return spot
            assert time.monotonic() < give_up, f"{name} is covered or moves\n{self.told()}"
            before = spot
            await asyncio.sleep(0.03)

    def _scroll_to(self, part: QWidget) -> None:
        """What lies further down is scrolled to first, by the scroller that a finger uses."""
        above = part.parentWidget()
        while above is not None:
            if isinstance(above, QScrollArea) and not part.visibleRegion().contains(part.rect()):
                inside = above.widget()
                assert inside is not None
                where = QRectF(part.rect().translated(part.mapTo(inside, QPoint(0, 0))))
                QScroller.scroller(above.viewport()).ensureVisible(where, 8, 8, 0)
            above = above.parentWidget()

    def _ready(self, name: str) -> bool:
        part = self.find(name)
        # A person needs a moment to see what a tap brought.
        return part is not None and part.isEnabled() and not self.app.theme.finger.is_new(part)

    @classmethod
    def _touch_device(cls) -> QPointingDevice:
        if cls._finger is None:
            cls._finger = QTest.createTouchDevice()
        return cls._finger

    async def type(self, pad: str, digits: str) -> None:
        """Tap digits on a keypad; `,` is the decimal key."""
        for digit in digits:
            await self.tap(f"{pad}.{'decimal' if digit == ',' else digit}")

    async def sign_in(self, staff: str, pin: str = PIN) -> None:
        """Become the actor."""
        await self.tap("nav.sign_in")
        await self.tap(f"sign_in.team.{self.app.floor.kitchen.staff[StaffId(staff)].team}")
        await self.tap(f"person.{staff}")
        await self.type("sign_in.pad", pin)
        await self.see(lambda: self.app.floor.actor == staff, f"{self.name}: {staff} not signed in")

    # ---- eyes -------------------------------------------------------------------------------

    async def see(self, what: Callable[[], bool], otherwise: str) -> None:
        """Wait until something is so."""
        give_up = time.monotonic() + PATIENCE_S
        while not what():
            assert time.monotonic() < give_up, f"{otherwise}\n{self.told()}"
            await asyncio.sleep(LOOK_S)

    def told(self) -> str:
        """What the window says, for a failure's message; a picture of it lies beside its data."""
        status = self.app.floor.status
        self.app.shoot(self.folder / "failed.png")
        doubts = self.app.kiosk.replica.doubts
        return f"{self.folder}/failed.png: page {self.app.window.page}, {status}, {doubts}"

    def batch(self, code: str) -> Batch:
        """A batch as this kiosk shows it, by its code."""
        batches = self.app.floor.kitchen.batches.values()
        return next(each for each in batches if each.plan.code == code)

    def id_of(self, code: str) -> BatchId:
        """Id of the batch of this code."""
        return self.batch(code).id

    async def card_says(self, code: str, text: str) -> None:
        """Wait until the painted card (or tile) of this batch says so."""
        await self.see(
            lambda: text in self.card_text(code), f"{self.name}: {code} never says {text!r}"
        )

    def card_text(self, code: str) -> str:
        """All words on the card of a batch, as painted."""
        window, wanted = self.app.window, self.id_of(code)
        cards: list[BatchCard | BatchTile] = [
            *window.findChildren(BatchCard),
            *window.findChildren(BatchTile),
        ]
        for card in cards:
            look = card.look()
            if card.isVisible() and look.id == wanted:
                words = [look.title, look.subtitle, look.chip_text, look.clock_caption]
                words += [look.temp_text, look.temp_caption, look.stage_text, look.stage_caption]
                return " | ".join([*words, *(button.text for button in look.buttons)])
        return ""

    async def is_online(self) -> None:
        """Wait for the line and for the kitchen."""
        await self.see(
            lambda: self.app.floor.status.state is LinkState.ONLINE and self.app.floor.known,
            f"{self.name}: never online",
        )

    async def is_offline(self) -> None:
        """Wait until the kiosk knows that the line is down."""
        await self.see(
            lambda: self.app.floor.status.state is not LinkState.ONLINE,
            f"{self.name}: still online",
        )

    async def has_sent_all(self) -> None:
        """Wait until every tap is answered and shown from the log."""
        await self.see(
            lambda: self.app.floor.unsent == 0 and not self.app.kiosk.replica.pending,
            f"{self.name}: taps still wait",
        )


class Place:
    """A server, and kiosks each on a cable of its own."""

    def __init__(self, folder: Path, qapp: QApplication) -> None:
        self.folder, self.qapp = folder, qapp
        self.server = ServerProcess(folder / "server")
        self.kiosks: list[Kiosk] = []
        self._cables: list[Cable] = []

    async def open_kiosk(self, name: str) -> Kiosk:
        """Enrol one more kiosk and wait until it shows the kitchen."""
        cable = Cable("127.0.0.1", self.server.port)
        await cable.start()
        self._cables.append(cable)
        kiosk = Kiosk(self.folder / name, self.qapp, cable, name, len(self.kiosks))
        code = await asyncio.to_thread(self.server.code, KITCHEN, name)
        await kiosk.open(code)
        self.kiosks.append(kiosk)
        await kiosk.is_online()
        await kiosk.see(lambda: bool(kiosk.app.kiosk.roster), "no roster")
        return kiosk

    async def close(self) -> None:
        """End of the story."""
        for kiosk in self.kiosks:
            await kiosk.close()
        for cable in self._cables:
            await cable.close()
        await asyncio.to_thread(self.server.stop)


@asynccontextmanager
async def place(
    folder: Path, qapp: QApplication, *names: str, plan: Path = PLAN
) -> AsyncIterator[Place]:
    """The demo kitchen served by a real process, with a kiosk for each name."""
    made = Place(folder, qapp)
    await asyncio.to_thread(made.server.prepare, plan)
    made.server.start()
    try:
        for name in names:
            await made.open_kiosk(name)
        yield made
    finally:
        await made.close()
