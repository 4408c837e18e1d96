"""The page of the hand-over: what is open left, who gives and takes right, the night's end below; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.ask_pin import AskSheet
from kiosk.screens.keyed import Keyed
from kiosk.screens.night_end import NightEnd
from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD
from kiosk.views.admin_looks import RecordLook
from kiosk.views.ask_pin import AskView
from kiosk.views.handover import OWN, PAGE_OF, HandOverView
from kiosk.views.looks import OptionLook, PersonLook, TopLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.person_tile import PersonTile
from kiosk.widgets.record_row import RecordRow
from kiosk.widgets.text_block import TextBlock

COLUMNS = 2
NOTE_MAX = 60
TITLES = ("open", "offer", "give", "note", "history")


class HandOverPage(Page):
    """Two columns of lists; three acts, each with a signature."""

    def __init__(self, theme: Theme, view: HandOverView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._handover = view
        self._titles = {
            key: TextBlock(theme, "", "section", weight=SEMIBOLD, lines=2) for key in TITLES
        }
        self._rows = {key: self._list(key) for key in ("open", "offer", "history")}
        self._people = QGridLayout()
        self._notes = QGridLayout()
        for layout in (self._people, self._notes):
            layout.setSpacing(theme.px(8))
            for column in range(COLUMNS):
                layout.setColumnStretch(column, 1)
        self._tiles = Keyed(self._people, self._person, _key, columns=COLUMNS)
        self._phrases = Keyed(self._notes, self._phrase, _key, columns=COLUMNS)
        # Over both columns: a sentence of one's own does not fit into half.
        self._own = self._phrase(view.notes()[-1])
        self._give = ActionButton(theme, "handover.give", view.give_button())
        self._give.tapped.connect(lambda: self._sign(view.give()))
        self._give.blocked.connect(self._on_blocked)
        self._end = NightEnd(theme, view.end)
        self._end.closing.connect(lambda: self._sign(view.end.close()))
        self._end.blocked.connect(self._on_blocked)
        self._end.record.connect(lambda night: self.go.emit("record", night))
        self._arrange()

    @override
    def top(self) -> TopLook:
        """Title."""
        return self._handover.top()

    @override
    def refresh(self) -> None:
        """Show what is open, what waits, who may be given to, what was."""
        view, words = self._handover, self._handover.words
        for key in TITLES:
            self._titles[key].set_text(words(f"handover.title.{key}"))
        offer, history = view.offer(), view.history()
        self._rows["open"][1].set_looks(view.open_lines())
        self._rows["offer"][1].set_looks((offer,) if offer is not None else ())
        self._rows["history"][1].set_looks(history)
        self._titles["offer"].setVisible(offer is not None)
        self._titles["history"].setVisible(bool(history))
        self._tiles.set_looks(view.people())
        *phrases, own = view.notes()
        self._phrases.set_looks(phrases)
        self._own.set_look(own)
        self._give.set_look(view.give_button())
        self._end.refresh()

    # ---- taps -------------------------------------------------------------------------------

    def _on_row_tapped(self, action: str, key: str) -> None:
        if action == "take":
            self._sign(self._handover.take())
        else:
            self.go.emit(PAGE_OF[key], "")

    def _sign(self, asked: AskView | None) -> None:
        if asked is not None:
            AskSheet(self.theme, asked, self.window()).open()

    def _on_blocked(self, action: str, reason: str) -> None:
        self._handover.floor.tell(f"why.{action}", reason, tone="attention")

    def _on_note_chosen(self, key: str) -> None:
        if key != OWN:
            self._handover.choose_note(key)
            return
        # The keyboard is wanted seldom: loaded then.
        from kiosk.screens.writing import WritingSheet

        view = self._handover
        sheet = WritingSheet(
            self.theme, view.floor, view.words("note.write"), "", self.window(), limit=NOTE_MAX
        )
        sheet.written.connect(view.write_note)
        sheet.open()

    # ---- parts ------------------------------------------------------------------------------

    def _list(self, name: str) -> tuple[QBoxLayout, Keyed[RecordLook]]:
        column = QVBoxLayout()
        column.setSpacing(self.theme.px(8))

        def make(look: RecordLook) -> RecordRow:
            row = RecordRow(self.theme, f"handover.{name}.{look.key}", look)
            row.tapped.connect(self._on_row_tapped)
            row.blocked.connect(self._on_blocked)
            return row

        # A row keeps its buttons: another action, another row.
        return column, Keyed(
            column, make, lambda look: (look.key, *(each.action for each in look.buttons))
        )

    def _person(self, look: PersonLook) -> PersonTile:
        tile = PersonTile(self.theme, f"handover.person.{look.key}", look)
        tile.chosen.connect(self._handover.choose)
        return tile

    def _phrase(self, look: OptionLook) -> OptionTile:
        tile = OptionTile(self.theme, f"handover.note.{look.key}", look)
        tile.chosen.connect(self._on_note_chosen)
        return tile

    # ---- layout -----------------------------------------------------------------------------

    def _arrange(self) -> None:
        px = self.theme.px
        left = (self._titles["open"], self._rows["open"][0], self._end)
        right = (
            *(self._titles["offer"], self._rows["offer"][0]),
            *(self._titles["give"], self._people),
            *(self._titles["note"], self._notes, self._own, self._give),
            *(self._titles["history"], self._rows["history"][0]),
        )
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(px(16))
        outer.addWidget(self._column(left), 1)
        outer.addWidget(self._column(right), 1)

    def _column(self, parts: tuple[QWidget | QBoxLayout | QGridLayout, ...]) -> Scroll:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, self.theme.px(4), self.theme.px(12))
        column.setSpacing(self.theme.px(8))
        for part in parts:
            if isinstance(part, QWidget):
                column.addWidget(part)
            else:
                column.addLayout(part)
        column.addStretch(1)
        return Scroll(inside, self)


def _key(look: OptionLook | PersonLook) -> str:
    return look.key
