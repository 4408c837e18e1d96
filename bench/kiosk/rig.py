"""What most figures of the kiosk need: a server, a window on a screen, other kiosks; wired and online."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.kiosk.place import code_for
from bench.kiosk.plans import COOKS, PIN
from bench.kiosk.screen import SIZE, Screen
from bench.kiosk.talk import Child, child
from tests.support.server_process import ServerProcess

_SIZE = f"{SIZE[0]}x{SIZE[1]}"


@contextmanager
def window(
    server: ServerProcess, folder: Path, screen: Screen, name: str, *, new: bool = True
) -> Iterator[Child]:
    """The kiosk's program with its window; `new` enrols it and waits until it is online."""
    data = folder / name
    words = ["--data", str(data), "--server", server.url, "--size", _SIZE, "--dpi", "102"]
    if new:
        words += ["--enrol", code_for(server, name)]
    log = folder / f"{name}.log"
    with child("bench.kiosk.window", *words, log=log, env=screen.env) as made:
        if new:
            made.until("online")
        yield made


@contextmanager
def others(server: ServerProcess, folder: Path, count: int) -> Iterator[Child]:
    """So many kiosks without windows, each with its cook signed in."""
    log = folder / "others.log"
    with child("bench.kiosk.others", str(folder / "others"), log=log) as made:
        codes = [code_for(server, f"O{number}") for number in range(count)]
        made.ask("open", url=server.url, codes=codes, actors=list(COOKS[:count]))
        made.until("online")
        assert made.ask("sign_in", pin=PIN)
        yield made
        made.ask("close")


def caught_up(one: Child, other: Child) -> None:
    """Wait until a window knows what the others know."""
    other.until("has_sent_all")
    head = max(other.ask("seqs"))
    while one.ask("seq") < head:
        pass
