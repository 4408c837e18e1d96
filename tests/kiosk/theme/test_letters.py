"""Every letter of the words is in the bundled font: a kiosk has no other, and shows a blank for what it lacks."""

import pytest
from PySide6.QtGui import QRawFont
from PySide6.QtWidgets import QApplication

from dapur.resources import read_bytes
from kiosk.theme.fonts import FILES
from kiosk.views.words import LANGUAGES, Language, catalogue


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", FILES)
def test_every_letter_of_the_words_is_in_the_bundled_font(
    qapp: QApplication, language: Language, file: str
) -> None:
    font = QRawFont(read_bytes(f"fonts/{file}"), 16.0)
    missing = {
        letter: key
        for key, text in catalogue(language).items()
        for letter in text
        if letter.isprintable() and not font.supportsCharacter(ord(letter))
    }
    assert not missing
