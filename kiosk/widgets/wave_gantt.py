"""The timeline of the waves: a row a batch, filled what happened, dashed what is to come; it reckons no time."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from kiosk.theme import icons, paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM, RADIUS_CARD, SEMIBOLD
from kiosk.views.summary_looks import GanttBar, GanttLook, GanttRow, GanttWave
from kiosk.widgets.base import RING_PX
from kiosk.widgets.gantt_bar import LOUD, paint_bar
from kiosk.widgets.gantt_places import AXIS_PX, HEAD_PX, PAD_PX, WAVE_PX, GanttPlaces, rows_of

_ROW_PX = 25


class WaveGantt(GanttPlaces):
    """Emits `opened(batch)` for a tapped row; the arrow keys choose a row, Enter opens it."""

    opened = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName("summary.gantt")
        self._chosen = ""
        self._pressed = ""
        self._ring = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_look(self, look: GanttLook) -> None:
        """Paints again what differs: a row whose batch moved, or all when the time did."""
        if look == self._look:
            return
        before, self._look = self._look, look
        self.setAccessibleName(look.name)
        old, new = rows_of(before), rows_of(look)
        if _frame(before) != _frame(look) or [r.batch for r in old] != [r.batch for r in new]:
            self.updateGeometry()
            self.update()
            return
        for was, row in zip(old, new, strict=True):
            if was != row:
                self.update(self.row_rect(row.batch).toAlignedRect())

    # ---- painting ---------------------------------------------------------------------------

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        px, code = self.theme.px, self.theme.code
        ground = QRectF(self.rect())
        paint.box(
            painter, ground, fill=code("surface"), border=code("line"), radius=px(RADIUS_CARD)
        )
        dirty = QRectF(event.rect())
        if dirty.top() < self.plot.top():
            self._paint_head(painter)
        if self._look.empty:
            ink = self.theme.ink("name", "text2", MEDIUM)
            paint.write(painter, self.plot, self._look.empty, ink)
            return
        self._paint_grid(painter)
        self._paint_now(painter)
        for wave, rect in self._heads():
            self._paint_wave(painter, wave, rect)
        for row, rect in self._places():
            if rect.intersects(dirty):
                self._paint_row(painter, row, rect)
        self._paint_focus(painter)

    def _paint_head(self, painter: QPainter) -> None:
        px, ink, look = self.theme.px, self.theme.ink, self._look
        pad = px(PAD_PX)
        head = QRectF(pad, px(4), self.width() - 2 * pad, px(HEAD_PX) - px(4))
        used = paint.write(painter, head, look.title, ink("section"))
        x, caption = head.right(), ink("caption", "text2")
        for item in reversed(look.legend):
            wide = paint.advance(item.text, caption.px, caption.weight)
            if x - wide - px(44) < head.left() + used:
                break
            x -= wide
            paint.write(painter, QRectF(x, head.top(), wide + 1, head.height()), item.text, caption)
            x -= px(24)
            mark = QRectF(x, head.center().y() - px(6), px(18), px(12))
            paint_bar(painter, self.theme, GanttBar(item.kind, 0, 1, item.style), mark)
            x -= px(16)

    def _paint_grid(self, painter: QPainter) -> None:
        px, plot = self.theme.px, self.plot
        caption = self.theme.ink("caption", "text2")
        bottom = max((rect.bottom() for _, rect in self._places()), default=plot.bottom())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(QPen(self.theme.color("line"), 1))
        now_x, last = self.x_of(self._look.now_ms), float("-inf")
        for tick in self._look.ticks:
            x = round(self.x_of(tick.at_ms))
            painter.setPen(QPen(self.theme.color("line"), 1))
            painter.drawLine(x, int(plot.top()), x, int(bottom))
            wide = paint.advance(tick.text, caption.px, caption.weight)
            left = x - wide / 2
            if left < last + px(8) or abs(x - now_x) < wide + px(12):
                continue
            last = left + wide
            room = QRectF(left, plot.top() - px(AXIS_PX), wide + 1, px(AXIS_PX))
            paint.write(painter, room, tick.text, caption)

    def _paint_wave(self, painter: QPainter, wave: GanttWave, rect: QRectF) -> None:
        px, ink = self.theme.px, self.theme.ink
        painter.fillRect(rect, self.theme.color("surface2"))
        room = rect.adjusted(px(6), 0, -px(6), 0)
        used = paint.write(painter, room, wave.title, ink("caption", "text", SEMIBOLD))
        icon = "triangle-alert" if wave.tone == "attention" else "truck"
        tint = "amber_text" if wave.tone == "attention" else "text2"
        side, x = px(17), room.left() + used + px(14)
        icons.draw(painter, icon, x, rect.center().y() - side / 2, side, self.theme.code(tint))
        x += side + px(6)
        rest = QRectF(x, room.top(), room.right() - x, room.height())
        paint.write(painter, rest, wave.note, ink("caption", tint, MEDIUM))

    def _paint_row(self, painter: QPainter, row: GanttRow, rect: QRectF) -> None:
        px, ink, plot = self.theme.px, self.theme.ink, self.plot
        loud = LOUD.get(row.tone)
        side = px(16)
        name = QRectF(rect.left() + px(6), rect.top(), plot.left() - rect.left(), rect.height())
        name.setRight(plot.left() - px(10) - (side + px(4) if row.icon else 0))
        tint = loud[1] if loud else "text"
        paint.write(painter, name, row.title, ink("caption", tint, SEMIBOLD if loud else 400))
        y = rect.center().y() - side / 2
        icons.draw(painter, row.icon, plot.left() - px(8) - side, y, side, self.theme.code(tint))
        end = plot.left()
        for bar in row.bars:
            box = self._bar_rect(bar, rect)
            paint_bar(painter, self.theme, bar, box)
            end = max(end, box.right())
        self._paint_departure(painter, row, rect)
        self._paint_note(painter, row, QRectF(end, rect.top(), 0, rect.height()))

    def _paint_departure(self, painter: QPainter, row: GanttRow, rect: QRectF) -> None:
        wave = next(each for each in self._look.waves if row in each.rows)
        x = self.x_of(wave.departure_ms)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        wide = self.theme.px(3)
        painter.fillRect(
            QRectF(round(x - wide / 2), rect.top(), wide, rect.height() + 1),
            self.theme.color("text"),
        )

    def _paint_note(self, painter: QPainter, row: GanttRow, after: QRectF) -> None:
        """Behind the last bar, before it where that is at the right end; on its own ground."""
        if not row.note:
            return
        px = self.theme.px
        loud = LOUD.get(row.tone)
        late = "amber_text" if row.late else "text2"
        ink = self.theme.ink("caption", loud[1] if loud else late, MEDIUM)
        wide = paint.advance(row.note, ink.px, ink.weight)
        left = after.left() + px(8)
        room = self.plot.right() - left
        if wide > room:
            first = min((self._bar_rect(bar, after).left() for bar in row.bars), default=left)
            before = first - px(8) - self.plot.left()
            if before > room:
                wide = min(wide, before)
                left = first - px(8) - wide
            else:
                wide = room
        box = QRectF(left, after.top(), wide + 1, after.height())
        # No higher than its words, so that the line of the departure goes on around it.
        ground = box.adjusted(-px(3), 0, px(3), 0)
        ground.setHeight(min(box.height() - 2, paint.line_height(ink.px) + px(2)))
        ground.moveCenter(box.center())
        painter.fillRect(ground, self.theme.color("surface"))
        paint.write(painter, box, row.note, ink)

    def _paint_now(self, painter: QPainter) -> None:
        px, plot, look = self.theme.px, self.plot, self._look
        ink = self.theme.ink("caption", "surface", SEMIBOLD)
        x = self.x_of(look.now_ms)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        bottom = max((rect.bottom() for _, rect in self._places()), default=plot.bottom())
        line = QRectF(round(x), plot.top() - px(2), px(2), bottom - plot.top() + px(2))
        painter.fillRect(line, self.theme.color("text2"))
        wide = paint.advance(look.now_text, ink.px, ink.weight) + px(12)
        flag = QRectF(x - wide / 2, plot.top() - px(AXIS_PX), wide, px(AXIS_PX) - px(3))
        paint.box(painter, flag, fill=self.theme.code("text"), radius=px(4))
        paint.write(painter, flag, look.now_text, ink, Qt.AlignmentFlag.AlignHCenter)

    def _paint_focus(self, painter: QPainter) -> None:
        if not (self._ring and self.hasFocus()):
            return
        code, width = self.theme.code("focus"), self.theme.px(RING_PX)
        rect = self.row_rect(self._chosen) if self._chosen else QRectF(self.rect())
        paint.box(painter, rect, border=code, width=width, radius=self.theme.px(6))

    # ---- fingers, mouse and keys ------------------------------------------------------------

    def _choose(self, batch: str) -> None:
        self._chosen = batch
        row = next((each for each in rows_of(self._look) if each.batch == batch), None)
        self.setAccessibleDescription(row.name if row is not None else "")
        self.update()

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = self.row_at(event.position())
        event.accept()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        batch, self._pressed = self._pressed, ""
        if batch and self.row_at(event.position()) == batch and not self.theme.finger.slips(self):
            self._choose(batch)
            self.opened.emit(batch)
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        batches = [row.batch for row in rows_of(self._look)]
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        key = Qt.Key(event.key())
        if batches and key in steps:
            at = batches.index(self._chosen) + steps[key] if self._chosen in batches else 0
            self._ring = True
            self._choose(batches[max(0, min(len(batches) - 1, at))])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._chosen in batches:
            self.opened.emit(self._chosen)
        else:
            event.ignore()

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            batch = self.row_at(QPointF(event.pos()))
            row = next((each for each in rows_of(self._look) if each.batch == batch), None)
            area = self.row_rect(batch).toRect() if batch else QRect()
            QToolTip.showText(event.globalPos(), row.tip if row is not None else "", self, area)
            return True
        return super().event(event)

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ring = self.theme.finger.shows_focus(event.reason())
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ring = False
        self.update()

    @override
    def sizeHint(self) -> QSize:
        px = self.theme.px
        rows = len(rows_of(self._look))
        high = px(HEAD_PX) + px(AXIS_PX) + px(PAD_PX) + len(self._look.waves) * px(WAVE_PX)
        return QSize(px(600), high + max(4, rows) * px(_ROW_PX))

    @override
    def minimumSizeHint(self) -> QSize:
        px = self.theme.px
        return QSize(px(480), self.sizeHint().height() - len(rows_of(self._look)) * px(3))


def _frame(look: GanttLook) -> tuple[object, ...]:
    """What every row lies on."""
    waves = tuple((each.wave, each.title, each.departure_ms, each.note) for each in look.waves)
    return (
        look.from_ms, look.to_ms, look.now_ms, look.ticks, look.legend, look.title, look.empty, waves,
    )  # fmt: skip
