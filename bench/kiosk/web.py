"""The same board as a web page: serves it, feeds it over a WebSocket, runs Chromium as a kiosk."""

from __future__ import annotations

import asyncio
import http
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from bench.kiosk.answers import Answers
from bench.kiosk.machine import is_alive, tree
from bench.kiosk.screen import SIZE, Screen
from dev import die_with_parent

HERE = Path(__file__).resolve().parent
FONTS = HERE.parents[1] / "resources" / "fonts"
DISHES = ("Ayam Teriyaki", "Nasi Putih", "Tumis Buncis Wortel", "Tempe Goreng", "Sup Bayam Jagung")
CLOSE_S = 15.0
FLAGS = (
    "--kiosk",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--password-store=basic",
    "--hide-crash-restore-bubble",
    "--window-position=0,0",
    f"--window-size={SIZE[0]},{SIZE[1]}",
)


class Feeder:
    """Serves the page and its events; its public methods are the questions of `talk`."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self._cards: list[dict[str, object]] = []
        self._sockets: set[ServerConnection] = set()
        self._painted_ms = 0.0
        self._dice = random.Random(7)
        self._taps: asyncio.Task[None] | None = None

    async def open(self, cards: int) -> int:
        """Serve a board of so many cards; the port."""
        now = time.time_ns() // 1_000_000
        self._cards = [
            {
                "id": f"b{number}",
                "title": DISHES[number % len(DISHES)],
                "subtitle": f"G1-{number + 1:03d} · 1.742 porsi · Joko, Budi",
                "chip": "Terlambat" if number % 6 == 0 else "",
                "temp": 51.6,
                "limit": "batas 75 °C",
                "stage": "Memasak",
                "qc": "0/7",
                "cook": now - 20 * 60_000,
                "ready": now + (number % 59 - 5) * 60_000,
            }
            for number in range(cards)
        ]
        server = await serve(
            self._live, "127.0.0.1", 0, process_request=self._page, compression=None
        )
        port: int = next(iter(server.sockets)).getsockname()[1]
        return port

    def painted_ms(self) -> float:
        """Wall clock of the first contentful paint as the page told it, ms; 0 before."""
        return self._painted_ms

    def keep_changing(self, per_s: float) -> None:
        """Temperatures of cards by chance until the end."""
        self._taps = asyncio.get_running_loop().create_task(self._go_on(per_s))

    def close(self) -> None:
        """The end."""
        self.over.set()

    async def _live(self, socket: ServerConnection) -> None:
        self._sockets.add(socket)
        try:
            await socket.send(msgspec.json.encode({"cards": self._cards}).decode())
            async for text in socket:
                self._painted_ms = msgspec.json.decode(text)["painted_ms"]
        except ConnectionClosed:
            pass
        finally:
            self._sockets.discard(socket)

    async def _go_on(self, per_s: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            card = self._dice.choice(self._cards)["id"]
            told = {"id": card, "temp": round(self._dice.uniform(62, 74), 1)}
            for socket in tuple(self._sockets):
                with suppress(ConnectionClosed):
                    await socket.send(msgspec.json.encode(told).decode())
            due += 1 / per_s
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _page(self, _: ServerConnection, request: Request) -> Response | None:
        if request.path == "/live":
            return None
        name = request.path.rpartition("/")[2]
        if request.path.startswith("/fonts/") and (FONTS / name).is_file():
            return _response("font/ttf", (FONTS / name).read_bytes())
        return _response("text/html; charset=utf-8", (HERE / "board.html").read_bytes())


def _response(kind: str, body: bytes) -> Response:
    headers = Headers(
        {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
    )
    return Response(http.HTTPStatus.OK.value, "OK", headers, body)


def find_chromium() -> str | None:
    """The browser, where it is installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Browser:
    """A running Chromium; `started_ms` is the wall clock just before it was started."""

    def __init__(self, program: str, url: str, profile: Path, screen: Screen) -> None:
        words = [program, *FLAGS, f"--user-data-dir={profile}", url]
        self.started_ms = time.time_ns() / 1e6
        self._process = subprocess.Popen(
            words,
            env={**os.environ, **screen.env},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - called in the main thread
        )

    @property
    def pid(self) -> int:
        """Of the browser process; all others descend from it."""
        return self._process.pid

    def end(self) -> None:
        """SIGTERM, as a person closes it; returns when its last process has let the profile go."""
        family = tree(self.pid)
        self._process.terminate()
        give_up = time.monotonic() + CLOSE_S
        while self._process.poll() is None or any(map(is_alive, family[1:])):
            if time.monotonic() > give_up:
                for pid in family:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                self._process.wait(timeout=10)
                return
            time.sleep(0.02)


@contextmanager
def browser(program: str, url: str, profile: Path, screen: Screen) -> Iterator[Browser]:
    """Chromium for as long as the block runs."""
    made = Browser(program, url, profile, screen)
    try:
        yield made
    finally:
        made.end()


async def main() -> None:
    """Answer until `close`."""
    feeder = Feeder()
    Answers(feeder).listen()
    await feeder.over.wait()


if __name__ == "__main__":
    asyncio.run(main())
