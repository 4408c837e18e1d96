"""The screen that both sides of a comparison paint to: one virtual X server, or Qt's own offscreen."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

SIZE = (1920, 1080)
APT_LINE = "apt-get install -y xvfb chromium"


class Screen(msgspec.Struct, frozen=True):
    """`env` makes a program paint there; `name` goes into a figure's note."""

    env: dict[str, str]
    name: str

    @property
    def is_x11(self) -> bool:
        """Whether a browser can paint to it too."""
        return "DISPLAY" in self.env


@contextmanager
def screen() -> Iterator[Screen]:
    """A screen of SIZE: Xvfb where it is installed, else Qt offscreen (no browser can follow there)."""
    program = shutil.which("Xvfb")
    if program is None:
        yield Screen({"QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": "1"}, "Qt offscreen")
        return
    ours, theirs = os.pipe()
    size = f"{SIZE[0]}x{SIZE[1]}x24"
    words = [program, "-displayfd", str(theirs), "-screen", "0", size, "-nolisten", "tcp"]
    server = subprocess.Popen(
        [*words, "-dpi", "102"], pass_fds=(theirs,), stderr=subprocess.DEVNULL
    )
    os.close(theirs)
    try:
        with os.fdopen(ours) as told:
            display = f":{told.readline().strip()}"
        env = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "QT_SCALE_FACTOR": "1"}
        yield Screen(env, "Xvfb")
    finally:
        server.terminate()
        server.wait(timeout=10)
