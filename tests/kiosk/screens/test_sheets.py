"""What all sheets of the screens have in common."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from typing_extensions import override

from kiosk.screens.sheets import ViewSheet
from kiosk.theme.theme import Theme
from kiosk.views.floor import ViewModel


class Story(ViewModel):
    """Tells nothing, and says at times that it changed."""

    def __init__(self) -> None:
        QObject.__init__(self)


class Told(ViewSheet):
    """Counts how often it was painted anew."""

    told = 0

    @override
    def refresh(self) -> None:
        self.told += 1


def test_sheet_that_is_closed_twice_before_qt_deletes_it_goes_once_and_in_silence(
    qapp: QApplication, qtbot: QtBot
) -> None:
    """libpyside warns of a second disconnection, and a warning fails a test."""
    page = QWidget()
    qtbot.addWidget(page)
    theme = Theme()
    theme.apply(qapp)
    view = Story()
    sheet = Told(theme, view, "s", page)
    page.show()
    sheet.open()
    view.changed.emit()
    assert sheet.told == 1
    sheet.dismissed.emit()
    sheet.dismissed.emit()
    assert not sheet.isVisible()
    view.changed.emit()
    assert sheet.told == 1
