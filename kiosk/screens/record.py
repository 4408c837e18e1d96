"""The page of a night's record: which night, the paper, what becomes of it; it only composes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.record.document import html
from kiosk.record.files import csv_bytes, folder, write_whole, write_xlsx
from kiosk.record.tables import Table
from kiosk.screens.page import Page
from kiosk.screens.record_saving import Made, Result, Saving, find_printer, print_out, write_pdf
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD
from kiosk.views.looks import ButtonLook, TopLook
from kiosk.views.record import ACTS, CSV, PDF, PRINT, RecordView
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.record_paper import RecordPaper
from kiosk.widgets.text_block import TextBlock


class RecordPage(Page):
    """The paper stands still while it is read; what is new since then is fetched by a tap."""

    def __init__(self, theme: Theme, view: RecordView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._record = view
        self._night = TextBlock(theme, "", "section", weight=SEMIBOLD, parent=self)
        self._night.setObjectName("record.night")
        self._said = TextBlock(theme, "", "body", tint="text2", lines=2, parent=self)
        self._said.setObjectName("record.said")
        self._older, self._newer, self._again = (
            self._button(name) for name in ("older", "newer", "again")
        )
        for button in (self._older, self._newer, self._again):
            button.tapped.connect(view.press)
        self._acts = {name: self._button(name) for name, _ in ACTS}
        for button in self._acts.values():
            button.tapped.connect(self._on_act_tapped)
        self._paper = RecordPaper(theme, "record.paper")
        self._scroll = Scroll(self._paper, self)
        self._saving = Saving(self)
        self._saving.done.connect(self._on_done)
        self._saving.failed.connect(self._on_failed)
        self._arrange()

    @override
    def top(self) -> TopLook:
        """Title."""
        return self._record.top()

    @override
    def show_subject(self, subject: str) -> None:
        """A serving date; empty: tonight."""
        self._record.open(subject)

    @override
    def refresh(self) -> None:
        """The choice and the paper."""
        look = self._record.look()
        self._night.set_text(look.night)
        self._said.set_text(look.said)
        for button, face in (
            (self._older, look.older),
            (self._newer, look.newer),
            (self._again, look.again),
        ):
            self._show(button, face)
        for act in look.acts:
            self._show(self._acts[act.action], act)
        paper = self._record.document()
        if paper is not self._paper.document():
            self._paper.set_document(paper)
            self._scroll.verticalScrollBar().setValue(0)

    # ---- taps -------------------------------------------------------------------------------

    def _on_blocked(self, action: str, reason: str) -> None:
        self._record.floor.tell(f"why.{action}", reason, tone="attention")

    def _on_act_tapped(self, action: str) -> None:
        paper = self._record.document()
        if paper is None:
            return
        if self._saving.is_busy:
            self._record.still_busy()
            return
        where = folder()
        if action == PRINT:
            self._print(html(paper))
        elif action == PDF:
            path, written = self._record.path(where, "", "pdf"), html(paper)
            self._saving.start(lambda: (write_pdf(path, paper.title, written),))
        elif action == CSV:
            tables, comma = self._record.tables(), self._record.words.language == "id"
            paths = tuple(self._record.path(where, table.name, "csv") for table in tables)
            self._saving.start(partial(write_csv, tables, paths, decimal_comma=comma))
        else:
            path, tables = self._record.path(where, "", "xlsx"), self._record.tables()
            self._saving.start(lambda: (write_whole(path, lambda at: write_xlsx(at, tables)),))

    def _print(self, written: str) -> None:
        printer = find_printer()
        if printer is None:
            self._record.printed("")
        else:
            self._saving.start(lambda: print_out(printer, written))

    def _on_done(self, result: Result) -> None:
        if isinstance(result, str):
            self._record.printed(result)
        else:
            self._record.saved(result)

    def _on_failed(self) -> None:
        self._record.not_saved(folder())

    # ---- layout -----------------------------------------------------------------------------

    def _button(self, name: str) -> ActionButton:
        button = ActionButton(
            self.theme, f"record.{name}", ButtonLook(name, ""), size="card", parent=self
        )
        button.blocked.connect(self._on_blocked)
        return button

    @staticmethod
    def _show(button: ActionButton, look: ButtonLook) -> None:
        button.set_look(look)
        button.setEnabled(look.enabled)

    def _arrange(self) -> None:
        px = self.theme.px
        tools = QHBoxLayout()
        tools.setSpacing(px(8))
        tools.addWidget(self._older)
        tools.addWidget(self._night)
        tools.addWidget(self._newer)
        tools.addStretch(1)
        for button in self._acts.values():
            tools.addWidget(button)
        line = QHBoxLayout()
        line.setSpacing(px(12))
        line.addWidget(self._said, 1)
        line.addWidget(self._again)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(8))
        column.addLayout(tools)
        column.addLayout(line)
        column.addWidget(self._scroll, 1)


def write_csv(tables: tuple[Table, ...], paths: tuple[Path, ...], *, decimal_comma: bool) -> Made:
    """One file a table, each whole."""
    for table, path in zip(tables, paths, strict=True):
        contents = csv_bytes(table, decimal_comma=decimal_comma)
        write_whole(path, partial(_fill, contents))
    return paths


def _fill(contents: bytes, path: Path) -> None:
    path.write_bytes(contents)
