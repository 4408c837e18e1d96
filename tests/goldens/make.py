"""Draws the golden pictures: `python -m tests.goldens.make [FOLDER]`, without a folder over the ones that are kept."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

# Letters must come out the same on every machine: grey, slightly hinted, the bundled family only.
os.environ["FONTCONFIG_FILE"] = str(Path(__file__).resolve().with_name("fonts.conf"))
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_SCALE_FACTOR"] = "1"

import numpy as np
import numpy.typing as npt
import PySide6
from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtWidgets import QApplication, QWidget

import qasync  # isort: skip

from kiosk.app import App, Look
from kiosk.link.status import LinkState
from kiosk.screens.gallery.pages import build
from kiosk.screens.sheets import ViewSheet
from kiosk.theme.metrics import Metrics
from kiosk.theme.theme import Theme
from kiosk.widgets.key_pad import KeyPad
from tests import shots
from tests.support.scene import Story, open_scene

HERE = Path(__file__).resolve().parent
DPI = 102.0
LARGE, MIDDLE, SMALL = (1920, 1080), (1366, 768), (1280, 720)
ACTORS = (shots.COOK, "s-joko", shots.NUTRITIONIST)
SETTLE_S = 0.12
INDEXED = 256
MADE_WITH = "made_with.txt"


def versions() -> str:
    """What drew them."""
    return (
        f"Python {sys.version_info.major}.{sys.version_info.minor}, PySide6 {PySide6.__version__}"
    )


async def _save(widget: QWidget, folder: Path, name: str) -> None:
    await asyncio.sleep(SETTLE_S)
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    writer = QImageWriter(str(folder / f"{name}.png"), b"png")
    writer.setCompression(100)
    assert writer.write(_few_colours(image)), writer.errorString()


def _few_colours(image: QImage) -> QImage:
    """The 256 colours used most, the others as the nearest of them: a third of the bytes, and no eye sees it."""
    high, wide = image.height(), image.width()
    flat = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(-1, 4)[:, :3]
    codes = flat.astype(np.uint32) @ np.array([1, 1 << 8, 1 << 16], dtype=np.uint32)
    used, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
    kept = used[np.argsort(-counts, kind="stable")[:INDEXED]]
    apart = np.abs(_parts(used)[:, None, :] - _parts(kept)[None, :, :]).max(axis=2)
    index = apart.argmin(axis=1)[places].astype(np.uint8).reshape(high, wide)
    made = QImage(np.ascontiguousarray(index).data, wide, high, wide, QImage.Format.Format_Indexed8)
    made.setColorTable([0xFF000000 | int(each) for each in kept])
    return made.copy()


def _parts(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.int16]:
    return np.stack([(codes >> shift) & 0xFF for shift in (0, 8, 16)], axis=1).astype(np.int16)


def _open(
    qapp: QApplication, data: Path, story: Story, look: Look, *, offline: bool = False
) -> App:
    app = open_scene(
        data,
        qapp,
        story,
        shots.NOW,
        look=look,
        actors=ACTORS,
        state=LinkState.OFFLINE if offline else LinkState.ONLINE,
        heard_ago_ms=14 * 60_000 if offline else 3_000,
        taps=shots.waiting_taps if offline else None,
    )
    app.theme.set_reduce_motion(True)
    return app


async def _boards(qapp: QApplication, data: Path, story: Story, folder: Path) -> None:
    for name, size, dark, offline in (
        ("board_light_1920", LARGE, False, False),
        ("board_dark_offline_1920", LARGE, True, True),
        ("board_light_1280", SMALL, False, False),
    ):
        look = Look(language="id", dark=dark, size=size, dpi=DPI)
        app = _open(qapp, data / name, story, look, offline=offline)
        await _save(app.window, folder, name)
        app.close()


async def _pages(qapp: QApplication, data: Path, story: Story, folder: Path) -> None:
    look = Look(language="id", dark=False, size=MIDDLE, dpi=DPI)
    app = _open(qapp, data / "pages", story, look)
    window = app.window
    for name, subject in (
        ("batch", story.batch("G1-02")),
        ("quality", story.batch("G1-03")),
        ("review", ""),
        ("sign_in", ""),
    ):
        window.show_page(name, subject)
        if name == "batch":
            await shots.curve_is_there(app)
        await _save(window, folder, f"{name}_1366")
    window.show_page("board", "")
    for action, code in (("measure", "G1-02"), ("hold", "G1-01")):
        window.perform(action, story.batch(code))
        if action == "measure":
            pad = window.findChild(KeyPad, "measure.pad")
            assert isinstance(pad, KeyPad)
            for key in ("7", "1", "decimal", "5"):
                pad.press(key)
        await _save(window, folder, f"{action}_1366")
        for sheet in window.findChildren(ViewSheet):
            sheet.close_down()
    app.close()


async def _controls(qapp: QApplication, folder: Path) -> None:
    theme = Theme(dark=True, metrics=Metrics(dpi=DPI).for_window(LARGE[0]), reduce_motion=True)
    theme.apply(qapp)
    page = build("components", theme, *LARGE)
    await _save(page, folder, "controls_dark_1920")
    page.hide()
    page.deleteLater()


async def draw(qapp: QApplication, folder: Path) -> None:
    """All ten, on the scripted night, with a clock that stands still."""
    story = shots.night()
    with tempfile.TemporaryDirectory() as data:
        await _boards(qapp, Path(data), story, folder)
        await _pages(qapp, Path(data), story, folder)
        await _controls(qapp, folder)
        await asyncio.sleep(0)


if __name__ == "__main__":
    wanted = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    wanted.mkdir(parents=True, exist_ok=True)
    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(application)) as runner:
        runner.run(draw(application, wanted))
    (wanted / MADE_WITH).write_text(f"{versions()}\n", encoding="utf-8")
