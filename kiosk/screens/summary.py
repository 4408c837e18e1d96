"""The supervisor's desk: tonight, the table of batches, the trends; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.summary_batches import BatchesPart
from kiosk.screens.summary_tonight import TonightPart
from kiosk.screens.summary_trends import TrendsPart
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import TopLook
from kiosk.views.summary import BATCHES, LIST_OF_TILE, TONIGHT, TRENDS, SummaryView


class SummaryPage(Page):
    """Three parts, of which only the shown one is brought up to date."""

    def __init__(self, theme: Theme, view: SummaryView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._summary = view
        self._tonight = TonightPart(theme, view, self)
        self._batches = BatchesPart(theme, view, self)
        self._parts: dict[str, TonightPart | BatchesPart | TrendsPart] = {
            TONIGHT: self._tonight,
            BATCHES: self._batches,
            TRENDS: TrendsPart(theme, view, self),
        }
        self._stack = QStackedLayout(self)
        for part in self._parts.values():
            self._stack.addWidget(part)
        self._tonight.tile_opened.connect(self._on_tile_opened)
        self._tonight.batch_opened.connect(self._on_batch_opened)
        self._tonight.page_opened.connect(self._on_page_opened)
        self._batches.batch_opened.connect(self._on_batch_opened)

    @override
    def top(self) -> TopLook:
        """Title, night, and the three parts."""
        return self._summary.top()

    @override
    def show_subject(self, subject: str) -> None:
        """A part, and after a point the list of the table; empty: as it was left."""
        tab, _, which = subject.partition(".")
        self._summary.choose_tab(tab)
        if which:
            self._batches.choose_list(which)

    @override
    def choose_filter(self, key: str) -> None:
        """Another part."""
        self._summary.choose_tab(key)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show the chosen part as it is now."""
        part = self._parts[self._summary.tab]
        self._stack.setCurrentWidget(part)
        part.refresh()

    def _on_tile_opened(self, tile: str) -> None:
        # By way of the window, which shows the chosen part in its head too.
        self.go.emit("summary", f"{BATCHES}.{LIST_OF_TILE[tile]}")

    def _on_batch_opened(self, batch: str) -> None:
        self.go.emit("batch", batch)

    def _on_page_opened(self, page: str) -> None:
        if self._summary.has_page(page):
            self.go.emit(page, "")
