"""The table of batches: dense rows, sorted by a head, opened by Enter or a tap; it knows no batch."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QScroller,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM, SEMIBOLD
from kiosk.views.summary_looks import TableColumn, TableRow
from kiosk.widgets.batch_model import BATCH_ROLE, ICON_ROLE, TONE_ROLE, BatchFilter, BatchModel

_ROW_PX, _HEAD_PX, _PAD_PX = 36, 40, 10
_TINTS = {"alarm": "alarm_text", "attention": "amber_text", "held": "text2", "done": "ok"}
_WIDE = {"dish": 236, "state": 196, "wave": 136, "stage": 142, "crew": 130, "code": 92}
_NARROW = {"dish": 226, "state": 176, "stage": 128, "code": 86}
_LEFT_OUT = frozenset({"wave", "cook", "crew"})
"""Not in a narrow window: the code names the wave, and the batch page has the rest."""
_ROOMY_PX = 1560
_NUMBER_PX, _NUMBER_NARROW_PX = 112, 92


class _Cells(QStyledItemDelegate):
    """Paints a cell in our letters: the state with its mark, numbers right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    @override
    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        theme, px = self._theme, self._theme.px
        rect, state = QRectF(option.rect), option.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        role = "tonal" if chosen else ("surface2" if index.row() % 2 else "surface")
        painter.fillRect(rect, theme.color(role))
        tone, icon = str(index.data(TONE_ROLE)), str(index.data(ICON_ROLE) or "")
        tint = "on_tonal" if chosen else "text"
        loud = bool(icon) and tone in _TINTS
        if loud and not chosen:
            tint = _TINTS[tone]
        room = rect.adjusted(px(_PAD_PX), 0, -px(_PAD_PX), 0)
        if icon:
            side = px(18)
            y = room.center().y() - side / 2
            icons.draw(painter, icon, room.left(), y, side, theme.code(tint))
            room.setLeft(room.left() + side + px(6))
        align = Qt.AlignmentFlag(index.data(Qt.ItemDataRole.TextAlignmentRole))
        ink = theme.ink("body", tint, MEDIUM if loud else 400)
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        paint.write(painter, room, text, ink, align & Qt.AlignmentFlag.AlignHorizontal_Mask)


class _Head(QHeaderView):
    """Paints the heads in our letters, the sorted one with its arrow."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self.setObjectName("summary.table.head")
        self.setSectionsClickable(True)
        self.setHighlightSections(False)

    @override
    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._theme.px(_HEAD_PX))

    @override
    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:  # noqa: N802
        theme, px = self._theme, self._theme.px
        box = QRectF(rect)
        painter.fillRect(box, theme.color("surface3"))
        room = box.adjusted(px(_PAD_PX), 0, -px(_PAD_PX), 0)
        model = self.model()
        text = str(model.headerData(section, Qt.Orientation.Horizontal))
        align = Qt.AlignmentFlag(
            model.headerData(section, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
        )
        sorted_ = self.sortIndicatorSection() == section
        if sorted_:
            up = self.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder
            side = px(16)
            name = "chevron-up" if up else "chevron-down"
            y = room.center().y() - side / 2
            icons.draw(painter, name, room.right() - side, y, side, theme.code("text"))
            room.setRight(room.right() - side - px(2))
        ink = theme.ink("caption", "text" if sorted_ else "text2", SEMIBOLD)
        paint.write(
            painter, room, text, ink, align & Qt.AlignmentFlag.AlignHorizontal_Mask, max_lines=2
        )


class BatchTable(QTableView):
    """Emits `opened(batch)` for a tapped row or Enter, `count_changed` when more or fewer rows are shown."""

    opened = Signal(str)
    count_changed = Signal()

    def __init__(
        self, theme: Theme, columns: tuple[TableColumn, ...], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setObjectName("summary.table")
        self._columns = columns
        self._pressed = -1
        self.batches = BatchModel(columns, self)
        self.filter = BatchFilter(self.batches, self)
        self.setModel(self.filter)
        self._head = _Head(theme, self)
        self.setHorizontalHeader(self._head)
        self.setItemDelegate(_Cells(theme, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        theme.changed.connect(self._restyle)
        self._restyle()

    def take(self, columns: tuple[TableColumn, ...], rows: tuple[TableRow, ...]) -> None:
        """Show these rows, in the order and list that were chosen."""
        before = self.filter.rowCount()
        self.batches.take(columns, rows)
        self.setAccessibleName(" ".join(each.title for each in columns))
        if before != self.filter.rowCount():
            self.count_changed.emit()

    def choose(
        self, *, which: str | None = None, wave: str | None = None, text: str | None = None
    ) -> None:
        """Narrow or widen what is shown."""
        self.filter.choose(which=which, wave=wave, text=text)
        self.count_changed.emit()

    def _restyle(self) -> None:
        px = self.theme.px
        self.verticalHeader().setDefaultSectionSize(px(_ROW_PX))
        self.verticalHeader().setMinimumSectionSize(px(_ROW_PX))
        self._fit()
        self.viewport().update()

    def _fit(self) -> None:
        """Columns for this width."""
        px = self.theme.px
        roomy = self.width() >= px(_ROOMY_PX)
        widths, number = (_WIDE, _NUMBER_PX) if roomy else (_NARROW, _NUMBER_NARROW_PX)
        for place, column in enumerate(self._columns):
            self.setColumnHidden(place, not roomy and column.key in _LEFT_OUT)
            wide = number if column.number else widths.get(column.key, 140)
            self._head.resizeSection(place, px(wide))
        self._head.setStretchLastSection(True)

    def _open(self, index: QModelIndex | QPersistentModelIndex) -> None:
        batch = index.data(BATCH_ROLE) if index.isValid() else None
        if batch:
            self.opened.emit(str(batch))

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._pressed = self.indexAt(event.position().toPoint()).row()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        # A press that ends on another row was a drag; so was one whose row came along under the finger.
        is_tap = index.row() == self._pressed and not self.theme.finger.slips(self)
        if is_tap and event.button() is Qt.MouseButton.LeftButton:
            self._open(index)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
            event.accept()
            return
        super().keyPressEvent(event)
