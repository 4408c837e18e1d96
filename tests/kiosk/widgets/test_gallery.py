"""Every page of the gallery can be drawn, inside its window, and every widget of the kiosk stands in one."""

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget

import kiosk.widgets
from kiosk.screens.gallery.pages import PAGES, build
from kiosk.screens.gallery.speech import said
from kiosk.screens.gallery.window import GalleryWindow
from kiosk.theme.metrics import Metrics
from kiosk.theme.theme import Theme
from tests.kiosk.widgets import gallery

WIDGETS = Path(kiosk.widgets.__file__).parent
# Drawing aids and models: no widget of their own.
NO_WIDGETS = {"focus_order", "gantt_bar", "__init__", "card_painter", "kept_picture", "batch_model"}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", gallery.SIZES)
def test_gallery_page_is_drawn(qapp: QApplication, tmp_path: Path, size: str, dark: bool) -> None:
    width, height = gallery.SIZES[size]
    theme = Theme(dark=dark, metrics=Metrics().for_window(width))
    theme.apply(qapp)
    for name in PAGES:
        file = tmp_path / f"{name}.png"
        gallery.render(name, theme, width, height, file)
        assert file.stat().st_size > 0


@pytest.mark.parametrize("size", gallery.SIZES)
def test_board_fits_its_window(qapp: QApplication, size: str) -> None:
    width, height = gallery.SIZES[size]
    theme = Theme(metrics=Metrics().for_window(width))
    theme.apply(qapp)
    board = gallery.board(theme)
    assert board.minimumSizeHint().width() <= width
    assert board.minimumSizeHint().height() <= height


def test_every_widget_file_has_its_place_in_the_gallery(theme: Theme, qapp: QApplication) -> None:
    seen: set[str] = set()
    for name in PAGES:
        page = build(name, theme, 1920, 1080)
        for part in (page, *page.findChildren(QWidget)):
            seen |= {kind.__module__ for kind in type(part).__mro__}
        page.hide()
        page.deleteLater()
    files = {path.stem for path in WIDGETS.glob("*.py")} - NO_WIDGETS
    missing = sorted(file for file in files if f"kiosk.widgets.{file}" not in seen)
    assert not missing, "give them a look in kiosk/screens/gallery"


def test_switches_change_the_look_of_the_page_that_is_shown(qapp: QApplication) -> None:
    theme = Theme()
    theme.apply(qapp)
    window = GalleryWindow(theme)
    window.show()
    window.choose("components")
    first = window.page
    for key in ("dark", "glove", "compact", "english"):
        window.switch(key)
    assert (theme.dark, theme.metrics.glove, theme.metrics.compact) == (True, True, True)
    assert window.page is not None
    assert window.page is not first
    names = {part.accessibleName() for part in window.page.findChildren(QWidget)}
    assert "Undo" in names
    window.switch("english")
    names = {part.accessibleName() for part in window.page.findChildren(QWidget)}
    assert "Urungkan" in names
    window.hide()
    window.deleteLater()


def test_gallery_speaks_the_words_of_the_kiosk_and_leaves_names_alone() -> None:
    assert said("Tahan") == "Hold"
    assert said("Ayam Teriyaki") == "Ayam Teriyaki"


def test_gallery_is_not_loaded_with_the_window() -> None:
    script = "import sys, kiosk.app; sys.exit(any('gallery' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
