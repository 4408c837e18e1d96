"""The window: rail, head, strip, banner, pages, sheets, undo and toasts; it routes, and decides nothing."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from kiosk.screens.page import Page
from kiosk.screens.pages import LATER, make_actions, make_page
from kiosk.screens.touches import Touches
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.alerts import handle
from kiosk.views.floor import Floor, Message
from kiosk.views.looks import ToastLook
from kiosk.views.shell import ShellView
from kiosk.widgets.alarm_banner import AlarmBanner
from kiosk.widgets.focus_order import go_on
from kiosk.widgets.nav_rail import NavRail
from kiosk.widgets.offline_strip import OfflineStrip
from kiosk.widgets.toast import Toast
from kiosk.widgets.top_bar import TopBar
from kiosk.widgets.undo_bar import UndoBar

if TYPE_CHECKING:
    from kiosk.screens.actions import Actions
    from kiosk.screens.keys import Keys

MARGIN_PX = 12
LATER_MS = 400
"""Between two pages that are made while nobody has asked for them yet."""
BAR_WIDTH_PX = 860
"""At most: a long sentence."""
FREEZE_S = 2.0
"""Nothing moves this long after a touch."""
_TOAST_ICONS = {"ok": "circle-check", "alarm": "octagon-alert", "attention": "triangle-alert"}


class Window(QWidget):
    """One kiosk's window. `closed`: somebody wants out; `language_chosen`, `look_chosen`, `kept`: to be remembered.

    `first_painted`: its first picture is on the screen.
    """

    closed = Signal()
    first_painted = Signal()
    language_chosen = Signal(str)
    look_chosen = Signal(str, bool)
    kept = Signal(str, str)
    page_shown = Signal(str, str)

    def __init__(self, theme: Theme, floor: Floor) -> None:
        super().__init__()
        self.setObjectName("window")
        self.theme, self.floor = theme, floor
        self._shell = ShellView(floor)
        self._page_name, self._subject = "", ""
        self._before: tuple[str, str] = ("board", "")
        self._batch_from = "board"
        self._touched_at = float("-inf")
        self._rail = NavRail(theme, parent=self)
        self._top = TopBar(theme, parent=self)
        self._strip = OfflineStrip(theme, parent=self)
        self._banner = AlarmBanner(theme, parent=self)
        self._stack = QStackedWidget(self)
        self._pages: dict[str, Page] = {}
        self._actions_made: Actions | None = None
        self._keys: Keys | None = None
        self._touches: Touches | None = None
        self._is_painted = False
        self._later = list(LATER)
        self._undo = UndoBar(theme, parent=self)
        self._undo.hide()
        self._toast = Toast(theme, parent=self)
        self._toast.hide()
        self._arrange()
        self._wire()
        self._tick = QTimer(self)
        self._tick.setObjectName("tick")
        self._tick.setInterval(1000)
        self._tick.timeout.connect(floor.ticked)
        self._tick.start()
        self._loader = QTimer(self)
        self._loader.setObjectName("loader")
        self._loader.setInterval(LATER_MS)
        self._loader.timeout.connect(self._on_time_for_more)
        self._loader.start()
        self.show_page("board", "")

    def stop(self) -> None:
        """Do nothing by the clock any more; it is about to be taken away."""
        self._tick.stop()
        self._loader.stop()

    # ---- pages ------------------------------------------------------------------------------

    @property
    def page(self) -> tuple[str, str]:
        """Name and subject of the page that is shown."""
        return self._page_name, self._subject

    def show_page(self, name: str, subject: str) -> None:
        """Go to a page; `back` returns to the one before sign-in or display."""
        if name == "back":
            name, subject = self._before
        if self._page_name in ("board", "batch", "quality", "review", "alerts", "summary"):
            self._before = (self._page_name, self._subject)
        if self._page_name in ("board", "summary"):
            self._batch_from = self._page_name
        page = self._page(name)
        self._page_name, self._subject = name, subject
        page.show_subject(subject)
        self._stack.setCurrentWidget(page)
        self.theme.finger.arrived(page)
        self._touched_at = float("-inf")
        page.refresh()
        self._render_frame()
        self.page_shown.emit(name, subject)

    def _page(self, name: str) -> Page:
        """The page of this name, made when it is first wanted."""
        page = self._pages.get(name)
        if page is None:
            page = self._pages[name] = make_page(name, self.theme, self.floor, self._shell)
            self._stack.addWidget(page)
            page.go.connect(self.show_page)
            page.sheet.connect(self.perform)
            page.chosen.connect(self._on_chosen)
            page.kept.connect(self.kept)
        return page

    @property
    def _actions(self) -> Actions:
        if self._actions_made is None:
            self._actions_made = make_actions(self.theme, self.floor, self)
            self._actions_made.go.connect(self.show_page)
        return self._actions_made

    def _on_time_for_more(self) -> None:
        """The board stands: make what is still missing, one at a time, so that its first tap finds it ready."""
        if self._later:
            self._page(self._later.pop(0))
        else:
            self._loader.stop()
            self._actions  # noqa: B018 - made by being asked for
            self.listen_to_keys()

    def listen_to_keys(self) -> None:
        """Take hardware keys, bump bar and scanner; once, when the window is on the screen."""
        if self._keys is None:
            from kiosk.screens.keys import Keys

            self._keys = Keys(self)

    @property
    def shown_page(self) -> Page:
        """The page that is shown."""
        return self._page(self._page_name)

    def go_back(self) -> None:
        """Where the arrow in the head leads."""
        self._on_back()

    def perform(self, action: str, subject: str) -> None:
        """Do what a button of this batch says: tap, or open its sheet."""
        self._actions.perform(action, subject)

    # ---- the frame --------------------------------------------------------------------------

    def _render_frame(self) -> None:
        shell = self._shell
        self._rail.set_look(shell.rail(self._page_name))
        top = self._page(self._page_name).top()
        if self._page_name == "batch" and self._batch_from == "summary":
            top = replace(top, back=self.floor.words("nav.summary"))
        self._top.set_look(
            replace(
                top,
                connection=shell.connection(),
                actors=shell.actors(),
                clock=shell.clock(),
                back_name=top.back,
            )
        )
        strip, banner = shell.strip(), shell.banner()
        # A small screen needs its height for the batch; the rail still counts the alarms.
        roomy = not self.theme.metrics.compact
        shown = self._page_name == "board" or (self._page_name == "batch" and roomy)
        # There the page itself says so, and the keys for the PIN need the height.
        said = self._page_name == "sign_in" and not roomy and self.floor.connection == "offline"
        self._show_bar(self._strip, wanted=strip is not None and not said)
        self._show_bar(self._banner, wanted=banner is not None and shown)
        if strip is not None:
            self._strip.set_look(strip)
        if banner is not None:
            self._banner.set_look(banner)

    def _show_bar(self, bar: QWidget, *, wanted: bool) -> None:
        """A bar that comes or goes moves the page: not under a finger (screens.md 0)."""
        if bar.isHidden() == wanted and monotonic() - self._touched_at >= FREEZE_S:
            bar.setVisible(wanted)

    def _wire(self) -> None:
        floor = self.floor
        floor.told.connect(self._on_told)
        floor.sign_in_wanted.connect(self._on_sign_in_wanted)
        floor.undoable_changed.connect(self._on_undoable_changed)
        self._shell.changed.connect(self._render_frame)
        self._rail.chosen.connect(self._on_rail_chosen)
        self._top.back.connect(self._on_back)
        self._top.filter_chosen.connect(self._on_filter_chosen)
        self._top.actor_chosen.connect(self._shell.act_as)
        self._top.actor_add.connect(self._on_sign_in_wanted)
        self._top.connection_opened.connect(self._on_connection_opened)
        self._strip.opened.connect(self._on_strip_opened)
        self._banner.handled.connect(self._on_banner_handled)
        self._banner.opened.connect(self._on_banner_opened)
        self._banner.next_wanted.connect(self._shell.next_alarm)
        self._undo.undone.connect(self._on_undone)
        self._undo.expired.connect(self._on_undo_expired)
        self._toast.opened.connect(self._on_toast_opened)

    def _on_rail_chosen(self, key: str) -> None:
        self.show_page(key, "")

    def _on_back(self) -> None:
        if self._page_name == "quality" and self._subject:
            self.show_page("batch", self._subject)
        elif self._page_name == "batch":
            self.show_page(self._batch_from, "")
        else:
            self.show_page("board", "")

    def _on_filter_chosen(self, key: str) -> None:
        self._page(self._page_name).choose_filter(key)
        self._render_frame()

    def _on_sign_in_wanted(self) -> None:
        self.show_page("sign_in", "")

    def _on_connection_opened(self) -> None:
        if self.floor.connection == "refused":
            self.show_page("review", "")
        else:
            self.floor.try_now()

    def _on_strip_opened(self) -> None:
        self.show_page("review", "")

    def _on_banner_handled(self, key: str) -> None:
        handle(self.floor, key)

    def _on_banner_opened(self, _key: str) -> None:
        self.show_page("alerts", "")

    def _on_chosen(self, key: str) -> None:
        if key in ("id", "en"):
            self.floor.choose_language(key)
            self.language_chosen.emit(key)
        elif key == "glove":
            self.theme.set_glove(not self.theme.metrics.glove)
            self.look_chosen.emit("glove", self.theme.metrics.glove)
        elif key == "auto":
            self.kept.emit("dark", "auto")
        elif key == "leave":
            self.closed.emit()
            return
        else:
            self.theme.set_dark(key == "dark")
            self.look_chosen.emit("dark", self.theme.dark)
        self._page(self._page_name).refresh()
        self._render_frame()

    # ---- undo and toasts --------------------------------------------------------------------

    def _on_undoable_changed(self) -> None:
        look = self._shell.undo()
        if look is None:
            self._undo.dismiss()
            return
        self._undo.set_look(look)
        self._undo.show()
        self._undo.raise_()
        self._place_bars()

    def _on_undone(self, _tap: str) -> None:
        self._actions.undo()

    def _on_undo_expired(self, _tap: str) -> None:
        self.floor.undo_over()

    def _on_told(self, message: Message) -> None:
        icon = _TOAST_ICONS.get(message.tone, "info")
        self._toast.set_look(
            ToastLook(message.key, message.title, message.detail, icon, message.tone, message.stays)
        )
        self._toast.show()
        self._toast.raise_()
        self._place_bars()

    def _on_toast_opened(self, key: str) -> None:
        if key in ("review", "notices"):
            self.show_page(key, "")

    def _place_bars(self) -> None:
        px = self.theme.px
        most = min(px(BAR_WIDTH_PX), self.width() - 2 * px(MARGIN_PX))
        bottom = self.height() - px(MARGIN_PX)
        for bar in (self._undo, self._toast):
            if bar.isHidden():
                continue
            # No wider than its words: what it covers cannot be tapped meanwhile.
            wanted = bar.sizeHint()
            wide, high = min(wanted.width(), most), wanted.height()
            top = bottom - high
            if bar is self._toast and self._answers_a_sheet():
                top = px(MARGIN_PX)
            else:
                bottom -= high + px(8)
            bar.setGeometry((self.width() - wide) // 2, top, wide, high)

    def _answers_a_sheet(self) -> bool:
        """Why a sheet's button is closed is told above it: below it would lie on that very button."""
        if not self._toast.look().key.startswith("why."):
            return False
        from kiosk.widgets.sheet import Sheet

        return any(each.isVisible() for each in self.findChildren(Sheet))

    # ---- layout -----------------------------------------------------------------------------

    def _arrange(self) -> None:
        px = self.theme.px
        column = QVBoxLayout()
        column.setContentsMargins(px(16), 0, px(16), 0)
        column.setSpacing(px(8))
        column.addWidget(self._top)
        column.addWidget(self._strip)
        column.addWidget(self._banner)
        # Pages scroll or shrink: the largest of them must not push the window over the screen's edge.
        self._stack.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        column.addWidget(self._stack, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._rail)
        row.addLayout(column, 1)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Window)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)

    @override
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.TouchBegin:
            self._touched_at = monotonic()
        return super().event(event)

    @override
    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        by_keys = self.theme.finger.by_keys
        return go_on(self, self.focusWidget(), forward=forward, by_keys=by_keys)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._touches is None:
            self._touches = Touches(self, self.theme.finger)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            # All parts of this picture are painted before the next event.
            QTimer.singleShot(0, self, self.first_painted.emit)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.theme.set_window_width(self.width())
        self._place_bars()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        # The composition root closes in order; the window only says that the person wants out.
        event.ignore()
        if self.floor.kiosk_mode:
            # A cook's slip must not take the board away; a chief leaves by the settings page.
            self.floor.tell("kiosk_mode", self.floor.words("toast.kiosk_mode"), tone="attention")
        else:
            self.closed.emit()
