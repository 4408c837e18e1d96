"""One batch on the board: painted body, real buttons; it repaints only the part that changed."""

from msgspec.structs import replace
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from kiosk.theme import paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CARD_MM, RADIUS_CARD
from kiosk.views.looks import CardLook
from kiosk.widgets import card_painter
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.batch_target import BatchTarget
from kiosk.widgets.card_painter import geometry
from kiosk.widgets.kept_picture import KeptPicture, clear

WIDTH_PX = 437
_LEAST_WIDTH_PX = 340
_STACK_BELOW_PX = 420  # narrower cards put the icon over the word
_GAP_PX = 8

_HEAD = ("title", "subtitle", "chip_text", "chip_icon", "chip_outlined", "pending", "pending_text")
_NUMBERS = ("clock_text", "clock_caption", "clock_icon", "temp_caption")
_TEMPERATURE = ("temp_text", "temp_unit", "temp_caption", "temp_icon", "temp_judged", "band")
_STAGES = ("stage_index", "stage_fraction", "stage_text", "stage_caption", "qc_text", "qc_done")


class BatchCard(BatchTarget):
    """Emits `opened(id)` for a tap on the body, `tapped(id, action)` for a button.

    `blocked(id, action, reason)` tells that somebody tapped a closed button.
    """

    def __init__(
        self, theme: Theme, look: CardLook | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, parent)
        self._buttons: list[ActionButton] = []
        self._picture = KeptPicture(self)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, on=False)
        if look is not None:
            self.set_look(look)

    def button(self, action: str) -> ActionButton | None:
        """The button of this action, if the card has it now."""
        for button in self._buttons:
            if button.look().action == action:
                return button
        return None

    @override
    def keys(self) -> list[ActionButton]:
        return list(self._buttons)

    def set_look(self, look: CardLook) -> None:
        """Shows these values; only the rectangles that changed are painted again."""
        old = self._look
        if look is old or look == old:
            return
        self._look = look
        if look.id != old.id:
            self.setObjectName(f"card.{look.id}")
        if look.accessible_name != old.accessible_name or look.title != old.title:
            self.setAccessibleName(look.accessible_name or f"{look.title} {look.subtitle}")
            self.setToolTip(look.title)
        if look.buttons != old.buttons or look.id != old.id:
            self._show_buttons()
        self._update_changed(old)

    @override
    def restyle(self) -> None:
        self._picture.forget()
        self._place_buttons()

    def _update_changed(self, old: CardLook) -> None:
        rest = replace(old, **{name: getattr(self._look, name) for name in _EVERY_PART})
        if rest != self._look:
            self._repaint(self.rect())
            return
        body = QRectF(self.rect())
        parts = (
            (_HEAD, card_painter.head_rect),
            (_NUMBERS, card_painter.numbers_rect),
            (_TEMPERATURE, card_painter.temp_rect),
            (_STAGES, card_painter.stage_rect),
        )
        for names, where in parts:
            if any(getattr(old, name) != getattr(self._look, name) for name in names):
                margin = self.theme.px(8)  # pointer and antialiasing reach over the edge
                area = where(body, self.theme).adjusted(-margin, -2, margin, 2)
                # Not a line of the buttons: each would be painted whole.
                foot = self.theme.px(geometry(self.theme).body)
                self._repaint(area.toAlignedRect().intersected(QRect(0, 0, self.width(), foot)))

    def _repaint(self, area: QRect) -> None:
        self._picture.outdate(area)
        self.update(area)

    def _show_buttons(self) -> None:
        look = self._look
        new = len(self._buttons) != len(look.buttons)
        while len(self._buttons) > len(look.buttons):
            gone = self._buttons.pop()
            gone.hide()
            gone.deleteLater()
        while len(self._buttons) < len(look.buttons):
            button = ActionButton(self.theme, "", parent=self)
            button.tapped.connect(self.on_button_tapped)
            button.blocked.connect(self.on_button_blocked)
            button.show()
            self._buttons.append(button)
        moved = False
        for button, button_look in zip(self._buttons, look.buttons, strict=True):
            before = button.look()
            button.setObjectName(f"card.{look.id}.{button_look.action}")
            button.set_look(button_look)
            # Heard alone, "hold" does not say what is held.
            button.setAccessibleName(f"{button_look.text} · {look.title}")
            moved |= (before.text, before.icon) != (button_look.text, button_look.icon)
        if moved or new:
            self._place_buttons()

    def _place_buttons(self) -> None:
        if not self._buttons:
            return
        px = self.theme.px
        stacked = self.width() < px(_STACK_BELOW_PX)
        side, gap, high = px(12), max(px(_GAP_PX), self.theme.mm(2)), self.theme.mm(CARD_MM)
        top = px(geometry(self.theme).body)
        room = self.width() - 2 * side
        for button in self._buttons:
            button.set_stacked(stacked and button is not self._buttons[-1])
        small = [button.sizeHint().width() for button in self._buttons[:-1]]
        least_main = self.theme.mm(CARD_MM) * 2
        over = sum(small) + gap * len(small) + least_main - room
        if over > 0 and small:
            least = self.theme.mm(CARD_MM)
            small = [max(least, wide - round(over / len(small))) for wide in small]
        x = side
        for button, wide in zip(self._buttons, small, strict=False):
            button.setGeometry(x, top, wide, high)
            x += wide + gap
        self._buttons[-1].setGeometry(x, top, self.width() - side - x, high)

    @override
    def sizeHint(self) -> QSize:
        px = self.theme.px
        foot = self.theme.mm(CARD_MM) + px(geometry(self.theme).foot) if self._look.buttons else 0
        return QSize(px(WIDTH_PX), px(geometry(self.theme).body) + foot)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(_LEAST_WIDTH_PX), self.sizeHint().height())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_buttons()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        body = min(self.height(), self.theme.px(geometry(self.theme).body))
        self._picture.paint(painter, event.rect(), self._draw, body)
        if event.rect().bottom() >= body:
            # Buttons cover most of it: memory for a picture would be wasted.
            painter.setClipRect(QRect(0, body, self.width(), self.height() - body))
            card_painter.paint_ground(painter, QRectF(self.rect()), self._look, self.theme)
            painter.setClipping(False)
        if self.hasFocus() and self.theme.finger.by_keys:
            width, code = self.theme.px(3), self.theme.code("focus")
            radius = self.theme.px(RADIUS_CARD)
            paint.box(painter, QRectF(self.rect()), border=code, width=width, radius=radius)

    def _draw(self, painter: QPainter, part: QRect) -> None:
        rect, dirty = QRectF(self.rect()), QRectF(part)
        look, theme = self._look, self.theme
        head = card_painter.head_rect(rect, theme)
        if look.tone != "held" and not dirty.intersects(head) and part.width() < self.width():
            # Inside the border nothing but one colour lies under the numbers.
            painter.fillRect(part, theme.color(card_painter.ground_of(look)))
        else:
            clear(painter, part)
            card_painter.paint_ground(painter, rect, look, theme)
        if dirty.intersects(head):
            card_painter.paint_head(painter, head, look, theme)
        clock = card_painter.clock_rect(rect, theme)
        if dirty.intersects(card_painter.clock_reach(clock, look, theme)):
            card_painter.paint_clock(painter, clock, look, theme)
        temperature = card_painter.temp_rect(rect, theme)
        if dirty.intersects(temperature):
            card_painter.paint_temp(painter, temperature, look, theme)
        stage = card_painter.stage_rect(rect, theme)
        if dirty.intersects(stage):
            card_painter.paint_stage(painter, stage, look, theme)


_EVERY_PART = (*_HEAD, *_NUMBERS, *_TEMPERATURE, *_STAGES, "buttons", "accessible_name")
