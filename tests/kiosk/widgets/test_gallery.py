"""Every page of the gallery can be drawn, in both palettes and all windows, inside its window."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from kiosk.theme.metrics import Metrics
from kiosk.theme.theme import Theme
from tests.kiosk.widgets import gallery


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", gallery.SIZES)
def test_gallery_page_is_drawn(qapp: QApplication, tmp_path: Path, size: str, dark: bool) -> None:
    width, height = gallery.SIZES[size]
    theme = Theme(dark=dark, metrics=Metrics().for_window(width))
    theme.apply(qapp)
    for name in gallery.PAGES:
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
