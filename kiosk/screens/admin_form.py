"""The sheet on which values are typed: fields on the left, one keypad on the right; it only composes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.sheets import ViewSheet
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CARD_MM
from kiosk.views.admin_form import CLOCK_DIGITS, FormView
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.note_field import NoteField
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.text_block import TextBlock

MANY = 4
"""From so many fields on they stand in two columns."""


class FormSheet(ViewSheet):
    """`filled` when everything is typed as it must be; the owner then shuts the sheet."""

    filled = Signal()

    def __init__(self, theme: Theme, view: FormView, host: QWidget) -> None:
        super().__init__(theme, view, "form", host)
        self._form = view
        body = QWidget()
        left = QVBoxLayout()
        left.setSpacing(theme.px(12))
        grid = QGridLayout()
        grid.setSpacing(theme.px(8))
        columns = 2 if len(view.fields) > MANY else 1
        self._tiles: dict[str, OptionTile] = {}
        for place, look in enumerate(view.options()):
            tile = OptionTile(theme, f"form.{look.key}", look, height_mm=CARD_MM, parent=body)
            tile.chosen.connect(view.choose)
            self._tiles[look.key] = tile
            grid.addWidget(tile, place // columns, place % columns)
        left.addLayout(grid)
        note = view.note()
        self._note: NoteField | None = None
        if note is not None:
            self._note = NoteField(theme, "form.source", note, body)
            self._note.changed.connect(view.set_source)
            left.addWidget(self._note)
        self._problem = TextBlock(theme, "", "section", tint="alarm_text", lines=4, parent=body)
        left.addWidget(self._problem)
        left.addStretch(1)
        self._pad = KeyPad(
            theme, "form.pad", view.pad(), kind="temperature", signed=self._signed(), parent=body
        )
        self._pad.changed.connect(view.type)
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(24))
        row.addLayout(left, 3)
        row.addWidget(self._pad, 2)
        self.set_body(body)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show what is typed."""
        view = self._form
        self.set_look(view.sheet())
        for look in view.options():
            self._tiles[look.key].set_look(look)
        note = view.note()
        if self._note is not None and note is not None:
            self._note.set_look(note)
        self._problem.set_text(view.problem)
        self._pad.set_look(view.pad())
        clock = view.field.kind == "clock"
        digits = CLOCK_DIGITS if clock else view.field.whole_digits
        self._pad.set_whole_digits(digits, keep_zero=clock)
        if self._pad.entry() != view.typed():
            self._pad.set_entry(view.typed())

    @override
    def confirm(self, _action: str) -> bool:
        """The owner shuts the sheet when the values were taken."""
        if self._form.check():
            self.filled.emit()
        return False

    def _signed(self) -> bool:
        return any(each.kind == "decimal" for each in self._form.fields)
