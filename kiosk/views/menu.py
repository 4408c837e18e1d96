"""The page of all that has no place on the rail: where one can go from it; texts only."""

from __future__ import annotations

from msgspec.structs import replace

from dapur.stage import Stage
from kiosk.views.fleet import is_operator
from kiosk.views.floor import ViewModel
from kiosk.views.looks import OptionLook, TopLook
from kiosk.views.news import unread

PAGES: tuple[tuple[str, str], ...] = (
    ("notices", "megaphone"),
    ("summary", "chart-gantt"),
    ("handover", "users"),
    ("completed", "check-check"),
    ("record", "scroll-text"),
    ("display", "settings-2"),
    ("admin", "user-cog"),
    ("fleet", "monitor-smartphone"),
)
"""Name and icon of each page; its words are `nav.` + name and `menu.` + name."""
WAITING = frozenset({"notices"})
"""What is counted there waits for who taps now."""


class MenuView(ViewModel):
    """The tiles of the menu."""

    def top(self) -> TopLook:
        """Title."""
        return TopLook(self.words("menu.title"), self.floor.kitchen_name)

    def tiles(self) -> tuple[OptionLook, ...]:
        """One tile a page, with what it is for."""
        return tuple(
            self._tile(name, icon)
            for name, icon in PAGES
            # Of no use to a kitchen, and closed to it.
            if name != "fleet" or is_operator(self.floor)
        )

    def _tile(self, name: str, icon: str) -> OptionLook:
        words, count = self.words, self._count(name)
        look = OptionLook(name, words(f"nav.{name}"), icon, note=words(f"menu.{name}"))
        if not count:
            return look
        return replace(
            look,
            count=str(count),
            count_name=words(f"menu.{name}.count", count=count),
            count_tone="attention" if name in WAITING else "neutral",
        )

    def _count(self, name: str) -> int:
        """What waits or lies behind a tile; 0 for nothing worth a number."""
        floor = self.floor
        if name == "notices":
            return sum(1 for _ in unread(floor, floor.actor))
        if name == "completed":
            stages = (each.stage for each in floor.kitchen.batches.values())
            return sum(stage is Stage.COMPLETED for stage in stages)
        return 0
