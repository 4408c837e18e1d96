"""The batches as a table: search, lists, waves, export; it only composes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from kiosk.screens.scroll import SlimBar
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import BAR_MM, MEDIUM
from kiosk.views.summary import SummaryView
from kiosk.views.summary_export import CSV, XLSX
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.batch_table import BatchTable
from kiosk.widgets.chip_row import ChipRow
from kiosk.widgets.segments import Segments
from kiosk.widgets.text_block import TextBlock

SEARCH_PX = 260
LIMIT_COLUMN = "limit"


class BatchesPart(QWidget):
    """Emits `batch_opened(batch)`."""

    batch_opened = Signal(str)

    def __init__(self, theme: Theme, view: SummaryView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self._view = theme, view
        self._search = QLineEdit(self)
        self._search.setObjectName("summary.search")
        self._search.setClearButtonEnabled(True)
        self._waves = Segments(theme, "summary.wave", height_mm=BAR_MM, parent=self)
        self._count = TextBlock(theme, "", "body", tint="text2", weight=MEDIUM, parent=self)
        self._exports = {
            kind: ActionButton(theme, f"summary.export.{kind}", size="bar", parent=self)
            for kind in (CSV, XLSX)
        }
        self._lists = ChipRow(theme, "summary.list", self)
        self._table = BatchTable(theme, view.columns(), self)
        self._table.setVerticalScrollBar(SlimBar(self._table))
        self._empty = TextBlock(theme, "", "name", tint="text2", parent=self)
        self._arrange()
        self._search.textChanged.connect(self._on_text_changed)
        self._search.returnPressed.connect(self._table.setFocus)
        self._waves.chosen.connect(self._on_wave_chosen)
        self._lists.chosen.connect(self.choose_list)
        self._table.opened.connect(self.batch_opened)
        self._table.count_changed.connect(self._show_count)
        for button in self._exports.values():
            button.tapped.connect(self._on_export_tapped)
        theme.changed.connect(self._restyle)
        self._restyle()

    def choose_list(self, which: str) -> None:
        """Show this list; that of the running limits by the limit, which is what it is about."""
        self._table.choose(which=which)
        if which == "clock":
            keys = [each.key for each in self._view.columns()]
            self._table.sortByColumn(keys.index(LIMIT_COLUMN), Qt.SortOrder.AscendingOrder)
        self.refresh()

    def refresh(self) -> None:
        """Rows, lists and counts as they are now."""
        view, chosen = self._view, self._table.filter
        rows = view.rows()
        self._table.take(view.columns(), rows)
        self._waves.set_look(view.waves(chosen.wave))
        self._lists.set_looks(view.lists(chosen.list, rows))
        self._show_count()

    def _show_count(self) -> None:
        look = self._view.tools(self._table.filter.rowCount())
        self._search.setPlaceholderText(look.search)
        self._search.setAccessibleName(look.search)
        self._count.set_text(look.count)
        for export in look.exports:
            self._exports[export.action].set_look(export)
        self._empty.set_text(look.empty)
        self._empty.setVisible(bool(look.empty))

    def _on_text_changed(self, text: str) -> None:
        self._table.choose(text=text)

    def _on_wave_chosen(self, wave: str) -> None:
        self._table.choose(wave="" if wave == "all" else wave)
        self.refresh()

    def _on_export_tapped(self, kind: str) -> None:
        self._view.save(self._table.filter.shown(), kind)

    # ---- layout -----------------------------------------------------------------------------

    def _arrange(self) -> None:
        px = self.theme.px
        tools = QHBoxLayout()
        tools.setSpacing(px(12))
        tools.addWidget(self._search)
        tools.addWidget(self._waves)
        tools.addWidget(self._count)
        tools.addStretch(1)
        for button in self._exports.values():
            tools.addWidget(button)
        self._tools = tools
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, px(12))
        column.setSpacing(px(10))
        column.addLayout(tools)
        column.addWidget(self._lists)
        column.addWidget(self._empty)
        column.addWidget(self._table, 1)

    def _restyle(self) -> None:
        theme = self.theme
        self._search.setFont(theme.font("body"))
        self._search.setFixedHeight(theme.mm(BAR_MM))
        self._search.setFixedWidth(theme.px(SEARCH_PX))
        palette = theme.qpalette()
        palette.setColor(QPalette.ColorRole.Base, theme.color("surface"))
        self._search.setPalette(palette)
        self._search.setTextMargins(theme.px(8), 0, theme.px(8), 0)
