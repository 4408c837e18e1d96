"""The board page: one section a wave, cards or tiles in as many columns as fit; it only composes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.board import SIFT, TEAM, WAVE, BoardView, Section
from kiosk.views.looks import CardLook, TopLook
from kiosk.widgets.batch_card import BatchCard
from kiosk.widgets.batch_tile import BatchTile
from kiosk.widgets.text_block import TextBlock
from kiosk.widgets.wave_header import WaveHeader

COLUMN_PX = 376
"""A card needs this much at the reference screen: four columns at 1920, three at 1280."""
AT_ONCE = 16
"""Cards that the first picture waits for: more than any screen shows, and a kitchen's whole night."""
PART_CARDS, PART_MS = 12, 20
"""Of a longer board so many more follow at a time: a part takes about as long as two frames."""
CHANGED_AT_ONCE = 4
"""Numerals of more dishes than these change within one frame only when much comes at once: making and
painting a card takes two milliseconds, and a finger waits for all of them."""
LATE_MS = 8
"""Between two parts of the cards that were put off: a finger, a paint and the line get their turn."""


class WaveSection(QWidget):
    """Header and grid of one wave; cards are kept and only moved when their order changes."""

    def __init__(self, theme: Theme, page: BoardPage, wave: str) -> None:
        super().__init__(page)
        self._theme, self._page = theme, page
        self._header = WaveHeader(theme, subject=f"wave.{wave}", parent=self)
        self._header.opened.connect(page.on_wave_opened)
        self._cards: dict[str, BatchCard | BatchTile] = {}
        self._placed: tuple[tuple[str, ...], int] = ((), 0)
        self._full = True
        self._grid = QGridLayout()
        self._grid.setSpacing(theme.px(12))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(4))
        column.addWidget(self._header)
        column.addLayout(self._grid)

    def show_section(self, section: Section, columns: int) -> None:
        """Show this wave in so many columns."""
        self._header.set_look(section.header)
        if section.full != self._full:
            self._drop(tuple(self._cards))
            self._full = section.full
        wanted = tuple(look.id for look in section.cards)
        self._drop(tuple(self._cards.keys() - set(wanted)))
        for look in section.cards:
            card = self._cards.get(look.id) or self._make(look)
            if card.look() is not look:
                card.set_look(look)
        self._place(wanted, columns)

    def card(self, batch: str) -> BatchCard | BatchTile | None:
        """The card of this batch, if it stands here."""
        return self._cards.get(batch)

    def cards(self) -> list[BatchCard | BatchTile]:
        """What stands here, in order."""
        return [self._cards[each] for each in self._placed[0] if each in self._cards]

    def made(self) -> Collection[str]:
        """The batches that have a card here."""
        return self._cards.keys()

    def between(self, top: int, bottom: int) -> Iterator[str]:
        """The batches of the rows that touch these heights (px in the page), and a row more at both ends.

        One that is dragged in has to be right already. A row is asked once: its cards are equally high.
        """
        order, columns = self._placed
        for start in range(0, len(order), max(1, columns)):
            if (card := self._cards.get(order[start])) is None:
                continue
            at, high = self.y() + card.y(), card.height()
            if top - 2 * high < at < bottom + high:
                yield from order[start : start + columns]

    def _make(self, look: CardLook) -> BatchCard | BatchTile:
        card = BatchCard(self._theme) if self._full else BatchTile(self._theme)
        card.opened.connect(self._page.on_card_opened)
        card.tapped.connect(self._page.on_card_tapped)
        card.blocked.connect(self._page.on_card_blocked)
        self._cards[look.id] = card
        return card

    def _drop(self, ids: tuple[str, ...]) -> None:
        for each in ids:
            card = self._cards.pop(each)
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
            self._placed = ((), 0)

    def _place(self, order: tuple[str, ...], columns: int) -> None:
        if self._placed == (order, columns):
            return
        # Once they stand at their new places, other cards are seen.
        QTimer.singleShot(0, self._page, self._page.on_cards_moved)
        self._placed = (order, columns)
        for card in self._cards.values():
            self._grid.removeWidget(card)
        for place, each in enumerate(order):
            self._grid.addWidget(self._cards[each], place // columns, place % columns)
        for column in range(max(columns, self._grid.columnCount())):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)


class BoardPage(Page):
    """Waves under each other."""

    def __init__(self, theme: Theme, view: BoardView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._board = view
        self._sections: dict[str, WaveSection] = {}
        self._most: int | None = AT_ONCE
        self._more = QTimer(self)
        self._more.setSingleShot(True)
        self._more.setInterval(PART_MS)
        self._more.timeout.connect(self._on_time_for_more)
        self._late = QTimer(self)
        self._late.setSingleShot(True)
        self._late.setInterval(LATE_MS)
        self._late.timeout.connect(self._on_time_for_late)
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(0, 0, theme.px(8), theme.px(12))
        self._column.setSpacing(theme.px(10))
        self._empty = TextBlock(
            theme, "", "title", tint="text2", lines=3,
            align=Qt.AlignmentFlag.AlignHCenter, parent=self._inside,
        )  # fmt: skip
        self._column.addWidget(self._empty)
        self._column.addStretch(1)
        self._scroll = Scroll(self._inside, self)
        self._scroll.viewport().installEventFilter(self)
        self._scroll.resized.connect(self.on_cards_moved)
        self._scroll.verticalScrollBar().valueChanged.connect(self.on_cards_moved)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._scroll)

    @override
    def top(self) -> TopLook:
        """Title and counts; a small screen leaves out how many are at work."""
        top = self._board.top()
        if self.theme.metrics.compact:
            kept = tuple(each for each in top.filters if each.key != "active" or each.chosen)
            return replace(top, filters=kept)
        return top

    @override
    def refresh(self) -> None:
        """Show the waves as they are."""
        self._show_sections(CHANGED_AT_ONCE)

    def _show_sections(self, at_once: int) -> None:
        """So many cards with other numerals are shown at once; the rest of them follows in parts."""
        sections = self._board.sections(self._seen(), self._most, at_once)
        if self._most is not None and sum(len(each.cards) for each in sections) < self._most:
            self._most = None
        empty = self._board.empty()
        self._empty.set_text(empty)
        self._empty.setVisible(bool(empty))
        columns = self._columns()
        wanted = [section.header.wave for section in sections]
        for wave in tuple(self._sections):
            if wave not in wanted:
                gone = self._sections.pop(wave)
                self._column.removeWidget(gone)
                gone.hide()
                gone.deleteLater()
        for place, section in enumerate(sections):
            wave = section.header.wave
            if wave not in self._sections:
                self._sections[wave] = WaveSection(self.theme, self, wave)
                self._column.insertWidget(place + 1, self._sections[wave])
            self._sections[wave].show_section(section, columns)
        if self._board.is_behind:
            self._late.start()

    def _on_time_for_late(self) -> None:
        """Bring some of the cards up to date that were put off; the others stay as they are."""
        if not self.isVisible():
            return
        for look in self._board.late():
            for section in self._sections.values():
                if (card := section.card(look.id)) is not None and card.look() is not look:
                    card.set_look(look)
        if self._board.is_behind:
            self._late.start()

    def _on_time_for_more(self) -> None:
        if self._most is not None:
            self._most += PART_CARDS
            self.refresh()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._most is not None:
            # The first of a long board is on the screen: the rest may come.
            self._more.start()

    def on_cards_moved(self) -> None:
        """Cards that came into view are brought up to date; a bar that comes moves them in a busy moment."""
        if self.isVisible():
            self._show_sections(0)

    def cards(self) -> list[BatchCard | BatchTile]:
        """All cards and tiles, in the order in which they stand."""
        return [card for section in self._sections.values() for card in section.cards()]

    def keep_order(self) -> None:
        """A key chose a card: like a finger, it finds the cards where they were."""
        self._board.touched()

    @override
    def choose_filter(self, key: str) -> None:
        """A count in the head was tapped."""
        if key == SIFT:
            from kiosk.screens.sift import SiftSheet

            SiftSheet(self.theme, self._board, self.window(), self.on_sifted).open()
            return
        self._board.choose_filter(key)

    def on_sifted(self) -> None:
        """Another wave or team was chosen: the kiosk remembers it."""
        for key, value in zip((WAVE, TEAM), self._board.sifted, strict=True):
            self.kept.emit(key, value)

    def on_wave_opened(self, wave: str) -> None:
        self._board.choose_wave(wave)
        self.on_sifted()

    def on_card_opened(self, batch: str) -> None:
        self.go.emit("batch", batch)

    def on_card_tapped(self, batch: str, action: str) -> None:
        self.sheet.emit(action, batch)

    def on_card_blocked(self, batch: str, action: str, reason: str) -> None:
        self.sheet.emit(f"why:{action}:{reason}", batch)

    def _seen(self) -> Callable[[str], bool]:
        """Whether a card is within the scrolled part, or not made yet."""
        made: set[str] = set()
        seen: set[str] = set()
        at, room = self._scroll.verticalScrollBar().value(), self._scroll.viewport().height()
        for section in self._sections.values():
            made.update(section.made())
            seen.update(section.between(at, at + room))
        return lambda batch: batch in seen or batch not in made

    def _columns(self) -> int:
        room = self._scroll.viewport().width() or self.width()
        return max(1, room // self.theme.px(COLUMN_PX))

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.TouchBegin, QEvent.Type.MouseButtonPress):
            self._board.touched()
        return super().eventFilter(watched, event)
