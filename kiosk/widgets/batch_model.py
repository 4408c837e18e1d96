"""The rows of the batch table for Qt: sorts and filters what it is given; it makes no text and decides nothing."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from kiosk.theme.marks import override
from kiosk.views.summary_looks import TableColumn, TableRow

Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()
TONE_ROLE = Qt.ItemDataRole.UserRole + 1
ICON_ROLE = Qt.ItemDataRole.UserRole + 2
BATCH_ROLE = Qt.ItemDataRole.UserRole + 3
ALL = "all"
STATE = "state"
"""The column that carries the mark of what is abnormal."""


class BatchModel(QAbstractTableModel):
    """Rows as they are; says which changed, so that a view paints no more than these."""

    def __init__(self, columns: tuple[TableColumn, ...], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[TableRow, ...] = ()
        self._columns = columns

    @property
    def all_rows(self) -> tuple[TableRow, ...]:
        """What the table is made of."""
        return self._rows

    def take(self, columns: tuple[TableColumn, ...], fresh: tuple[TableRow, ...]) -> None:
        """Show these rows now; the columns are the same ones, perhaps in another language."""
        if columns != self._columns:
            self._columns = columns
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(columns) - 1)
        if [each.batch for each in fresh] != [each.batch for each in self._rows]:
            self.beginResetModel()
            self._rows = fresh
            self.endResetModel()
            return
        before, self._rows = self._rows, fresh
        for place, (old, new) in enumerate(zip(before, fresh, strict=True)):
            if old != new:
                self.dataChanged.emit(
                    self.index(place, 0), self.index(place, len(self._columns) - 1)
                )

    def row(self, index: Index) -> TableRow | None:
        """The row of an index of this model."""
        return self._rows[index.row()] if index.isValid() else None

    @override
    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._columns)

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(self._columns):
            if role == Qt.ItemDataRole.DisplayRole:
                return self._columns[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return _side(self._columns[section])
        return None

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row, column = self._rows[index.row()], index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return row.cells[column]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._columns[column].title}: {row.cells[column]}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(self._columns[column])
        if role == TONE_ROLE:
            return row.tone
        if role == ICON_ROLE:
            return row.icon if self._columns[column].key == STATE else ""
        if role == BATCH_ROLE:
            return row.batch
        return None


def _side(column: TableColumn) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class BatchFilter(QSortFilterProxyModel):
    """The rows of one list and wave that hold all the words searched for, sorted by any column."""

    def __init__(self, model: BatchModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.list, self.wave, self.text = ALL, "", ""
        self.setSourceModel(model)
        self.setDynamicSortFilter(True)
        self.sort(0)

    def choose(
        self, *, which: str | None = None, wave: str | None = None, text: str | None = None
    ) -> None:
        """Narrow or widen; what is not named stays."""
        self.list = self.list if which is None else which
        self.wave = self.wave if wave is None else wave
        self.text = self.text if text is None else text.casefold()
        self.invalidate()

    def shown(self) -> tuple[str, ...]:
        """Ids of the batches in the order shown."""
        return tuple(str(self.index(place, 0).data(BATCH_ROLE)) for place in range(self.rowCount()))

    @override
    def filterAcceptsRow(self, source_row: int, _source_parent: Index) -> bool:
        row = self._model.all_rows[source_row]
        if self.list not in row.lists or (self.wave and row.wave != self.wave):
            return False
        said = " ".join(row.cells).casefold()
        return all(word in said for word in self.text.split())

    @override
    def lessThan(self, source_left: Index, source_right: Index) -> bool:
        left, right = self._model.row(source_left), self._model.row(source_right)
        if left is None or right is None:
            return False
        column = source_left.column()
        a, b = left.keys[column], right.keys[column]
        if a[0] != b[0]:
            # What has no value stands last, whichever way it is sorted.
            return (a[0] < b[0]) == (self.sortOrder() is Qt.SortOrder.AscendingOrder)
        return (a, left.batch) < (b, right.batch)
