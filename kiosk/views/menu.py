"""The page of all that has no place on the rail: where one can go from it; texts only."""

from __future__ import annotations

from kiosk.views.fleet import is_operator
from kiosk.views.floor import ViewModel
from kiosk.views.looks import OptionLook, TopLook

PAGES: tuple[tuple[str, str], ...] = (
    ("summary", "chart-gantt"),
    ("handover", "users"),
    ("completed", "check-check"),
    ("record", "scroll-text"),
    ("display", "settings-2"),
    ("admin", "user-cog"),
    ("fleet", "monitor-smartphone"),
)
"""Name and icon of each page; its words are `nav.` + name and `menu.` + name."""


class MenuView(ViewModel):
    """The tiles of the menu."""

    def top(self) -> TopLook:
        """Title."""
        return TopLook(self.words("menu.title"), self.floor.kitchen_name)

    def tiles(self) -> tuple[OptionLook, ...]:
        """One tile a page, with what it is for."""
        words = self.words
        return tuple(
            OptionLook(name, words(f"nav.{name}"), icon, note=words(f"menu.{name}"))
            for name, icon in PAGES
            # Of no use to a kitchen, and closed to it.
            if name != "fleet" or is_operator(self.floor)
        )
