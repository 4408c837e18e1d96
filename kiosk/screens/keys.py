"""Hardware keys of the window: keyboard, bump bar and scanner become taps; it decides nothing of the kitchen."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QWidget,
)

from kiosk.screens.board import BoardPage
from kiosk.theme.marks import override
from kiosk.views.scan import read_code
from kiosk.widgets.batch_target import BatchTarget
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.sheet import Sheet

if TYPE_CHECKING:
    from kiosk.screens.window import Window

BURST_MS = 30
"""A scanner leaves less time than this between two keys; a person never does for four of them."""
LATE_MS = 10
"""More than this late, and the loop was busy with something else than keys."""
MOST_ROUNDS = 5
LEAST_CODE = 4
MEASURE, HOLD, ADVANCE = "*", "-", "+"
"""Keys of the numeric block, so that one hand or a bump bar has them all."""
PAD_KEYS = frozenset("0123456789,.-")
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ARROWS = {
    Qt.Key.Key_Left: QPoint(-1, 0),
    Qt.Key.Key_Right: QPoint(1, 0),
    Qt.Key.Key_Up: QPoint(0, -1),
    Qt.Key.Key_Down: QPoint(0, 1),
}
_CHORD = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)
_SIDEWAYS = 3
"""How much farther something seems that does not lie straight ahead."""


class Keys(QObject):
    """Sees every key before the window does.

    A printable key waits up to 30 ms: if more follow that fast it is a scanner's burst, which ends
    with Enter and reaches no widget; else it goes where it was meant to go.
    """

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._held: list[QKeyEvent] = []
        self._wait = QTimer(self)
        self._wait.setObjectName("burst")
        self._wait.setSingleShot(True)
        self._wait.setInterval(BURST_MS)
        self._wait.timeout.connect(self._on_wait_over)
        self._waits_since, self._rounds = 0.0, 0
        window.winId()
        handle = window.windowHandle()
        # At the window's handle: a filter of the whole application would see every event of every widget.
        handle.installEventFilter(self)

    def let_go(self) -> None:
        """No burst: give the keys that waited to whom they were meant for."""
        self._wait.stop()
        held, self._held = self._held, []
        if len(held) >= LEAST_CODE:
            # A torn code; half of it must not be typed into anything.
            self._read("".join(each.text() for each in held))
            return
        for each in held:
            self._typed(each)

    def _listen_on(self) -> None:
        self._waits_since = monotonic()
        self._wait.start()

    def _on_wait_over(self) -> None:
        """The time is over; if the loop stood still meanwhile, keys may lie before its door: look again."""
        late_ms = (monotonic() - self._waits_since) * 1000 - BURST_MS
        if late_ms > LATE_MS and self._rounds < MOST_ROUNDS:
            self._rounds += 1
            self._listen_on()
            return
        self.let_go()

    # ---- bursts -----------------------------------------------------------------------------

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        self._window.theme.finger.saw(event)
        if event.type() == QEvent.Type.KeyRelease:
            return any(each.key() == event.key() for each in self._held)
        return event.type() == QEvent.Type.KeyPress and self._pressed(event)

    def _pressed(self, event: QKeyEvent) -> bool:
        text, key = event.text(), event.key()
        is_letter = len(text) == 1 and text.isprintable() and not event.modifiers() & _CHORD
        if is_letter and not event.isAutoRepeat() and (text != " " or self._held):
            self._held.append(event.clone())
            self._rounds = 0
            self._listen_on()
            return True
        if key in (Qt.Key.Key_Shift, Qt.Key.Key_CapsLock):
            return False
        if key in _ENTER and len(self._held) >= LEAST_CODE:
            self.let_go()
            return True
        self.let_go()
        return not event.modifiers() & _CHORD and self._command(event)

    def _read(self, code: str) -> None:
        window = self._window
        if self._sheet() is not None:
            words = window.floor.words
            window.floor.tell("scan", words("scan.sheet"), code, tone="attention")
            return
        place = read_code(window.floor, code)
        if place is not None:
            window.show_page(*place)

    # ---- what a key does --------------------------------------------------------------------

    def _typed(self, event: QKeyEvent) -> None:
        """A printable key of a person: a pad's digit, a key of the board, else for the focus."""
        focus = self._focused()
        pad, text = self._pad(), event.text()
        if not isinstance(focus, (QLineEdit, QPlainTextEdit)):
            if pad is not None and text in PAD_KEYS:
                pad.keyPressEvent(event)
                return
            if self._command_of_text(text):
                return
        QApplication.sendEvent(self._window if focus is None else focus, event)

    def _command_of_text(self, text: str) -> bool:
        if text == "?":
            self._help()
            return True
        page = self._board()
        if page is None:
            return False
        cards = page.cards()
        if text.isdigit() and 0 < int(text) <= len(cards):
            self._focus(cards[int(text) - 1])
            return True
        focus = self._window.focusWidget()
        if text in (MEASURE, HOLD, ADVANCE) and isinstance(focus, BatchTarget):
            self._press_on_card(focus, text)
            return True
        return False

    def _press_on_card(self, card: BatchTarget, key: str) -> None:
        buttons = card.keys()
        if not buttons:
            card.opened.emit(card.look().id)
            return
        named = {MEASURE: "measure", HOLD: "hold"}.get(key)
        button = next((each for each in buttons if each.look().action == named), None)
        if key == ADVANCE:
            button = buttons[-1]
        if button is not None:
            button.press_by_key()

    def _command(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key == Qt.Key.Key_F1:
            self._help()
        elif key == Qt.Key.Key_Escape:
            self._leave()
        elif key in _ENTER:
            return self._enter()
        elif key in _ARROWS:
            return self._move(_ARROWS[Qt.Key(key)])
        elif key == Qt.Key.Key_Backspace and (pad := self._pad()) is not None:
            pad.keyPressEvent(event)
        else:
            return False
        return True

    def _enter(self) -> bool:
        focus = self._window.focusWidget()
        if isinstance(focus, QAbstractButton):
            focus.click()
            return True
        sheet = self._sheet()
        if sheet is not None and not isinstance(focus, (QLineEdit, QPlainTextEdit)):
            sheet.press_confirm()
            return True
        return False

    def _leave(self) -> None:
        """The way back: what the cross of a sheet does, or the arrow of a page."""
        sheet = self._sheet()
        if sheet is not None:
            sheet.dismissed.emit()
        else:
            self._window.go_back()

    def _help(self) -> None:
        from kiosk.screens.keys_sheet import KeysSheet
        from kiosk.views.scan import KeysView

        window = self._window
        if self._sheet() is None:
            KeysSheet(window.theme, KeysView(window.floor), window).open()

    # ---- where the focus goes ---------------------------------------------------------------

    def _focused(self) -> QWidget | None:
        return self._window.focusWidget()

    def _move(self, way: QPoint) -> bool:
        focus = self._focused()
        if isinstance(focus, (QLineEdit, QPlainTextEdit, QAbstractItemView)):
            return False
        others = [each for each in self._stops() if each is not focus]
        if not others:
            return False
        page = self._board()
        if page is not None and not isinstance(focus, BatchTarget) and (cards := page.cards()):
            self._focus(cards[0])
            return True
        if focus is None or focus not in self._stops():
            self._focus(others[0])
            return True
        here = self._middle(focus)
        far = {each: self._distance(here, way, each) for each in others}
        ahead = [each for each in others if far[each] is not None]
        if ahead:
            self._focus(min(ahead, key=lambda each: far[each] or 0))
        return True

    def _distance(self, here: QPoint, way: QPoint, part: QWidget) -> int | None:
        """How far it seems in this direction; None: it lies rather aside than ahead."""
        apart = self._middle(part) - here
        ahead = apart.x() * way.x() + apart.y() * way.y()
        aside = abs(apart.x() * way.y()) + abs(apart.y() * way.x())
        return ahead + _SIDEWAYS * aside if ahead > 0 and ahead >= aside else None

    def _stops(self) -> list[QWidget]:
        """What the arrows may stop at: on the board the cards, in a sheet what it holds."""
        page = self._board()
        if page is not None and isinstance(self._window.focusWidget(), BatchTarget):
            return list(page.cards())
        surface: QWidget = self._window
        if (sheet := self._sheet()) is not None:
            surface = sheet.panel()
        return [
            each
            for each in surface.findChildren(QWidget)
            if each.isVisible()
            and each.isEnabled()
            and each.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]

    def _focus(self, part: QWidget) -> None:
        part.setFocus(Qt.FocusReason.TabFocusReason)
        above = part.parentWidget()
        while above is not None:
            if isinstance(above, QScrollArea):
                above.ensureWidgetVisible(part, 0, self._window.theme.px(12))
            above = above.parentWidget()
        page = self._board()
        if page is not None:
            page.keep_order()

    def _middle(self, part: QWidget) -> QPoint:
        return part.mapTo(self._window, part.rect().center())

    def _board(self) -> BoardPage | None:
        page = self._window.shown_page
        return page if isinstance(page, BoardPage) and self._sheet() is None else None

    def _sheet(self) -> Sheet | None:
        shown = [each for each in self._window.findChildren(Sheet) if each.isVisible()]
        return shown[-1] if shown else None

    def _pad(self) -> KeyPad | None:
        surface = self._sheet() or self._window.shown_page
        pads = [each for each in surface.findChildren(KeyPad) if each.isVisible()]
        return pads[0] if pads else None
