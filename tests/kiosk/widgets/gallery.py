"""Saves every page of the gallery as a picture: `python tests/kiosk/widgets/gallery.py OUTDIR`."""

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from PySide6.QtWidgets import QApplication

from kiosk.screens.gallery.boards import board
from kiosk.screens.gallery.pages import PAGES, build
from kiosk.screens.gallery.samples import CARDS
from kiosk.theme.metrics import Metrics
from kiosk.theme.theme import Theme

__all__ = ["CARDS", "PAGES", "SIZES", "board", "render"]

SIZES = {"1920": (1920, 1080), "1366": (1366, 768), "1280": (1280, 720)}


def render(name: str, theme: Theme, width: int, height: int, file: Path) -> None:
    """Builds one page, lets layouts settle, and writes its picture."""
    page = build(name, theme, width, height)
    QApplication.sendPostedEvents()
    page.grab().save(str(file))
    page.hide()
    page.deleteLater()


def main(out: Path) -> None:
    """All pages in all windows and both palettes, and the controls for gloves."""
    out.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    for size, (width, height) in SIZES.items():
        for dark in (False, True):
            theme = Theme(dark=dark, metrics=Metrics().for_window(width))
            theme.apply(app)
            for name in PAGES:
                shade = "dark" if dark else "light"
                render(name, theme, width, height, out / f"{name}_{size}_{shade}.png")
    gloves = Theme(metrics=Metrics(glove=True))
    gloves.apply(app)
    render("components", gloves, 1920, 1400, out / "components_gloves.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
