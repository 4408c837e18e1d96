"""The alerts page: open alerts over those of tonight that are over, one in full beside them; it only composes."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.alerts import HANDLE, VIEW, AlertsView
from kiosk.views.alerts_looks import AlertLook, AlertsLook
from kiosk.views.looks import TopLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.alert_detail import AlertDetail, AlertFacts
from kiosk.widgets.alert_row import AlertRow
from kiosk.widgets.base import Panel, empty_layout
from kiosk.widgets.resolved_row import ResolvedRow
from kiosk.widgets.segments import Segments
from kiosk.widgets.text_block import TextBlock

_DETAIL_PX = 440
_FILTERS_PX = 420


class AlertsPage(Page):
    """Who handles what."""

    def __init__(self, theme: Theme, view: AlertsView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._alerts = view
        self._rows: dict[str, AlertRow] = {}
        self._over: dict[str, ResolvedRow] = {}
        self._title = TextBlock(theme, "", "section")
        self._filters = Segments(theme, "alerts.filter", parent=self)
        self._mute = ActionButton(theme, "alerts.mute", size="card", parent=self)
        self._muted = TextBlock(theme, "", "body", tint="text2", lines=2)
        self._none = TextBlock(theme, "", "name", tint="text2")
        self._open = QVBoxLayout()
        self._resolved_title = TextBlock(theme, "", "section")
        self._resolved_none = TextBlock(theme, "", "body", tint="text2")
        self._more = ActionButton(theme, "alerts.more", size="card", parent=self)
        self._resolved = QVBoxLayout()
        facts = AlertFacts(theme)
        self._detail = AlertDetail(theme, facts, Scroll(facts), self)
        self._arrange()
        self._filters.chosen.connect(view.choose_filter)
        self._mute.tapped.connect(self._on_mute_tapped)
        self._mute.blocked.connect(self._on_mute_blocked)
        self._more.tapped.connect(self._on_more_tapped)
        self._detail.tapped.connect(self._on_detail_tapped)
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    @override
    def top(self) -> TopLook:
        """Title and counts."""
        return self._alerts.top()

    @override
    def show_subject(self, subject: str) -> None:
        """An alert, if one is named."""
        if subject:
            self._alerts.choose(subject)

    @override
    def refresh(self) -> None:
        """Show the alerts that hold, and those of tonight that are over."""
        look = self._alerts.look()
        self._title.set_text(look.title)
        self._filters.set_look(look.filters)
        self._mute.set_look(look.mute)
        self._muted.set_text(look.muted)
        self._muted.setVisible(bool(look.muted))
        self._none.set_text(look.none)
        self._none.setVisible(not look.rows)
        self._show_rows(look.rows)
        self._show_resolved(look)
        detail = None if self.theme.metrics.compact else self._alerts.detail()
        self._detail.setVisible(detail is not None)
        if detail is not None:
            self._detail.set_look(detail)

    def _show_rows(self, looks: tuple[AlertLook, ...]) -> None:
        if [look.key for look in looks] != list(self._rows):
            empty_layout(self._open)
            self._rows = {}
            for look in looks:
                row = AlertRow(self.theme, look)
                row.opened.connect(self._on_row_opened)
                row.acted.connect(self._on_acted)
                self._rows[look.key] = row
                self._open.addWidget(row)
        compact = self.theme.metrics.compact
        for look in looks:
            # Without the panel beside the list nothing is chosen: a tap opens the sheet.
            self._rows[look.key].set_look(_plain(look) if compact else look)

    def _show_resolved(self, look: AlertsLook) -> None:
        self._resolved_title.set_text(look.resolved_title)
        self._resolved_none.set_text(look.resolved_none)
        self._resolved_none.setVisible(not look.resolved)
        self._more.setVisible(look.more is not None)
        if look.more is not None:
            self._more.set_look(look.more)
        if [each.key for each in look.resolved] != list(self._over):
            empty_layout(self._resolved)
            self._over = {each.key: ResolvedRow(self.theme, each) for each in look.resolved}
            for row in self._over.values():
                self._resolved.addWidget(row)
            return
        for each in look.resolved:
            self._over[each.key].set_look(each)

    # ---- taps -------------------------------------------------------------------------------

    def _on_row_opened(self, key: str) -> None:
        self._alerts.choose(key)
        if self.theme.metrics.compact:
            from kiosk.screens.alerts_sheet import AlertSheet

            sheet = AlertSheet(self.theme, self._alerts.again(), key, self.window())
            sheet.acted.connect(self._on_acted)
            sheet.open()

    def _on_acted(self, key: str, action: str) -> None:
        if action == HANDLE:
            self._alerts.handle(key)
        elif subject := self._alerts.about(key):
            if action == VIEW:
                self.go.emit("batch", subject)
            else:
                self.sheet.emit(action, subject)
        else:
            self._alerts.choose(key)

    def _on_detail_tapped(self, action: str) -> None:
        self._on_acted(self._alerts.chosen, action)

    def _on_mute_tapped(self, _action: str) -> None:
        self._alerts.mute()

    def _on_mute_blocked(self, _action: str, reason: str) -> None:
        self._alerts.floor.tell("alerts.mute", reason)

    def _on_more_tapped(self, _action: str) -> None:
        self._alerts.show_all_resolved()

    # ---- layout -----------------------------------------------------------------------------

    def _on_theme_changed(self) -> None:
        self._detail.setFixedWidth(self.theme.px(_DETAIL_PX))
        self._filters.setMinimumWidth(self.theme.px(_FILTERS_PX))
        if self.isVisible():
            self.refresh()

    def _panel(self, head: QHBoxLayout) -> tuple[Panel, QVBoxLayout]:
        """A panel with this head, and its column."""
        px = self.theme.px
        head.setContentsMargins(px(20), px(8), px(14), px(8))
        head.setSpacing(px(12))
        panel = Panel(self.theme)
        column = QVBoxLayout(panel)
        column.setContentsMargins(1, 1, 1, px(8))
        column.setSpacing(0)
        column.addLayout(head)
        return panel, column

    def _arrange(self) -> None:
        px = self.theme.px
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._filters)
        head.addWidget(self._mute)
        opened, upper = self._panel(head)
        for note in (self._muted, self._none):
            row = QHBoxLayout()
            row.setContentsMargins(px(20), 0, px(20), 0)
            row.addWidget(note)
            upper.addLayout(row)
        upper.addSpacing(px(6))
        self._open.setSpacing(0)
        upper.addLayout(self._open)
        foot = QHBoxLayout()
        foot.addWidget(self._resolved_title)
        foot.addStretch(1)
        foot.addWidget(self._resolved_none)
        foot.addWidget(self._more)
        over, lower = self._panel(foot)
        self._resolved.setSpacing(0)
        lower.addLayout(self._resolved)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, px(12))
        column.setSpacing(px(12))
        for part in (opened, over):
            column.addWidget(part)
        column.addStretch(1)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, px(12))
        right.addWidget(self._detail)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(12))
        row.addWidget(Scroll(inside, self), 1)
        row.addLayout(right)


def _plain(look: AlertLook) -> AlertLook:
    return replace(look, chosen=False)
