"""A panel over the page that must be answered; only its own buttons close it."""

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CARD_MM, RADIUS_SHEET
from kiosk.views.looks import ButtonLook, SheetLook
from kiosk.widgets.action_button import ActionButton, ButtonSize
from kiosk.widgets.base import Panel, Themed
from kiosk.widgets.focus_order import go_on
from kiosk.widgets.icon_mark import IconMark
from kiosk.widgets.text_block import TextBlock

WIDTH_PX = 1164
_MARGIN_PX, _TIGHT_PX = 24, 8


class Line(Themed):
    """A hairline between head, body and foot."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setFixedHeight(1)

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), self.theme.color("line"))


class Sheet(Themed):
    """Covers `host` with a scrim; `open()` shows, `shut()` hides, neither blocks.

    Emits `tapped(action)` for its buttons, `blocked(action, reason)` for a closed one, and
    `dismissed` for the cross and for the cancel button; the owner then calls `shut()`.
    """

    tapped = Signal(str)
    blocked = Signal(str, str)
    dismissed = Signal()
    shut_down = Signal()

    def __init__(
        self,
        theme: Theme,
        subject: str,
        host: QWidget,
        *,
        width_px: int = WIDTH_PX,
        fill_height: bool = False,
    ) -> None:
        super().__init__(theme, host)
        self.setObjectName(subject)
        self._host, self._width_px, self._fill_height = host, width_px, fill_height
        self._look = SheetLook("")
        self._body: QWidget | None = None
        self._focus_before: QWidget | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._panel = Panel(theme, self, radius=RADIUS_SHEET, border="line")
        self._icon = IconMark(theme, "", 32, "text", self._panel)
        self._title = TextBlock(theme, "", "title", parent=self._panel)
        self._subtitle = TextBlock(theme, "", "body", tint="text2", parent=self._panel)
        self._head_slot = QHBoxLayout()
        self._cross = self._button(f"{subject}.close", "card")
        self._cancel = self._button(f"{subject}.cancel", "sheet")
        self._extra = self._button(f"{subject}.extra", "sheet")
        self._confirm = self._button(f"{subject}.confirm", "sheet")
        self._body_slot = QVBoxLayout()
        self._foot_line = Line(theme, self._panel)
        self._arrange()
        self._cross.tapped.connect(self._on_dismiss_tapped)
        self._cancel.tapped.connect(self._on_dismiss_tapped)
        for button in (self._extra, self._confirm):
            button.tapped.connect(self.tapped)
            button.blocked.connect(self.blocked)
        host.installEventFilter(self)
        self.restyle()
        self.hide()

    def set_look(self, look: SheetLook) -> None:
        if look == self._look:
            return
        self._look = look
        self._title.set_text(look.title)
        self._subtitle.set_text(look.subtitle)
        self._subtitle.setVisible(bool(look.subtitle))
        self._icon.set_icon(look.icon)
        self._icon.setVisible(bool(look.icon))
        self._cross.setVisible(bool(look.close_name))
        self._cross.set_look(ButtonLook("close", "", "x", "neutral"))
        self._cross.setAccessibleName(look.close_name)
        self.setAccessibleName(look.title)
        for button, button_look in (
            (self._cancel, look.cancel),
            (self._extra, look.extra),
            (self._confirm, look.confirm),
        ):
            button.setVisible(button_look is not None)
            if button_look is not None:
                button.set_look(button_look)
        self._fit_foot()
        self._place()

    def set_body(self, body: QWidget) -> None:
        """Puts this widget between head and foot; the one before it is deleted."""
        if self._body is not None:
            self._body_slot.removeWidget(self._body)
            self._body.deleteLater()
        self._body = body
        self._body_slot.addWidget(body)

    def panel(self) -> QWidget:
        return self._panel

    def open(self) -> None:
        """Shows the sheet over the whole host and takes the focus."""
        self._focus_before = self._host.window().focusWidget()
        self._place()
        self.show()
        self.raise_()
        self.theme.finger.arrived(self)
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def press_confirm(self) -> None:
        """What Enter does: the confirm button, if the sheet has one; closed, it says why."""
        if self._confirm.isVisible():
            self._confirm.press_by_key()

    def shut(self) -> None:
        """Hides the sheet and gives the focus back."""
        if self.isHidden():
            return
        self.hide()
        # What had the focus may be gone by now: a row that was made anew, a sheet before this one.
        if self._focus_before is not None and isValid(self._focus_before):
            self._focus_before.setFocus(Qt.FocusReason.PopupFocusReason)
        self._focus_before = None
        self.shut_down.emit()

    @override
    def restyle(self) -> None:
        px = self.theme.px
        tight = px(16 if self.theme.metrics.compact else 24)
        self._head.setContentsMargins(tight, px(10), px(16), px(10))
        self._head.setSpacing(px(16))
        inner = px(_TIGHT_PX if self._is_tight() else 16)
        self._body_slot.setContentsMargins(tight, inner, tight, inner)
        self._foot.setSpacing(px(12))
        self._fit_foot()
        for button, least in ((self._cancel, 45), (self._extra, 45), (self._confirm, 100)):
            button.setMinimumWidth(round(self.theme.px(least * 4)))
        self._cross.setFixedWidth(self.theme.mm(CARD_MM))
        self._place()

    def _fit_foot(self) -> None:
        """A foot without a button is no foot: neither its line nor its margins stay."""
        look = self._look
        shown = any(each is not None for each in (look.cancel, look.extra, look.confirm))
        side = self.theme.px(16 if self.theme.metrics.compact else 24) if shown else 0
        edge = self.theme.px(_TIGHT_PX if self._is_tight() else 16) if shown else 0
        self._foot_line.setVisible(shown)
        self._foot.setContentsMargins(side, edge, side, edge)

    def _is_tight(self) -> bool:
        """Keys for gloves in a small window need the room that a sheet else leaves around itself."""
        return self.theme.metrics.compact and self.theme.metrics.glove

    def _button(self, subject: str, size: ButtonSize) -> ActionButton:
        look = ButtonLook(subject.rsplit(".", 1)[-1], "")
        made = ActionButton(self.theme, subject, look, size=size, parent=self._panel)
        made.hide()
        return made

    def _arrange(self) -> None:
        outer = QVBoxLayout(self._panel)
        outer.setContentsMargins(1, 1, 1, 1)
        outer.setSpacing(0)
        self._head = QHBoxLayout()
        self._head.addWidget(self._icon)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._subtitle)
        words.addStretch(1)
        self._head.addLayout(words, 1)
        self._head.addLayout(self._head_slot)
        self._head.addWidget(self._cross)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self._cancel)
        self._foot.addWidget(self._extra)
        self._foot.addStretch(1)
        self._foot.addWidget(self._confirm)
        outer.addLayout(self._head)
        outer.addWidget(Line(self.theme, self._panel))
        outer.addLayout(self._body_slot, 1)
        outer.addWidget(self._foot_line)
        outer.addLayout(self._foot)

    def _place(self) -> None:
        self.setGeometry(self._host.rect())
        margin = self.theme.px(_TIGHT_PX if self._is_tight() else _MARGIN_PX)
        room = self.rect().adjusted(margin, margin, -margin, -margin)
        wide = min(self.theme.px(self._width_px), room.width())
        wanted = self._panel.heightForWidth(wide)
        if wanted < 0:
            wanted = self._panel.sizeHint().height()
        high = room.height() if self._fill_height else min(wanted, room.height())
        x = (self.width() - wide) // 2
        y = (self.height() - high) // 2
        self._panel.setGeometry(QRect(x, y, wide, high))

    def _on_dismiss_tapped(self, _action: str) -> None:
        self.dismissed.emit()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self._place()
        return super().event(event)

    @override
    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Keeps the tabulator inside the sheet."""
        by_keys = self.theme.finger.by_keys
        go_on(self._panel, self.focusWidget(), forward=forward, by_keys=by_keys)
        return True

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # a tap beside the panel neither closes it nor reaches the page

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()  # no key closes it, not even Escape

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        scrim = QColor(self.theme.palette.scrim)
        scrim.setAlphaF(self.theme.palette.scrim_alpha)
        painter.fillRect(QRectF(self.rect()), scrim)
