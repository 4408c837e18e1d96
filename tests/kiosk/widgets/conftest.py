"""The look that widget tests share."""

import pytest
from PySide6.QtWidgets import QApplication

from kiosk.theme.theme import Theme


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    made = Theme()
    made.apply(qapp)
    return made
