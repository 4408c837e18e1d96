"""The display page: language, theme and gloves of this kiosk; texts only."""

from __future__ import annotations

from kiosk.views.floor import ViewModel
from kiosk.views.looks import OptionLook, TopLook


class DisplayView(ViewModel):
    """What the person may choose about the look."""

    def top(self) -> TopLook:
        """Title."""
        return TopLook(self.words("nav.display"), self.floor.kiosk_name)

    def options(self, *, dark: bool, glove: bool) -> tuple[OptionLook, ...]:
        """Language, palette and gloves, as they are now."""
        language = self.words.language
        return (
            OptionLook("id", "Bahasa Indonesia", "languages", language == "id"),
            OptionLook("en", "English", "languages", language == "en"),
            OptionLook("light", self.words("display.light"), "sun", not dark),
            OptionLook("dark", self.words("display.dark"), "moon", dark),
            OptionLook("glove", self.words("display.glove"), "hand", glove, kind="many"),
        )
