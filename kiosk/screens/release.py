"""The release sheet: the hold it cites, what happened since, three decisions, a signature; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.sheets import ViewSheet
from kiosk.screens.sign_panel import SignPanel
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.release import ReleaseView
from kiosk.widgets.base import Panel, empty_layout
from kiosk.widgets.event_line import EventLine
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.text_block import TextBlock


class ReleaseSheet(ViewSheet):
    """Goes away by itself once the release is on disk."""

    def __init__(self, theme: Theme, view: ReleaseView, host: QWidget) -> None:
        super().__init__(theme, view, "release", host)
        self._release = view
        body = QWidget()
        self._hold_panel = Panel(theme, body, border="held")
        self._number = TextBlock(theme, "", "section", parent=self._hold_panel)
        self._when = TextBlock(theme, "", "body", tint="text2", parent=self._hold_panel)
        self._reason = TextBlock(theme, "", "section", parent=self._hold_panel)
        self._by = TextBlock(theme, "", "body", tint="text2", lines=2, parent=self._hold_panel)
        self._since_title = TextBlock(theme, "", "body", parent=body)
        self._since = QVBoxLayout()
        self._shown: tuple[object, ...] = ()
        self._decision_title = TextBlock(theme, "", "body", parent=body)
        self._options: dict[str, OptionTile] = {}
        self._sign = SignPanel(theme, view.signing, "release.sign", body)
        self._recorded = TextBlock(theme, "", "caption", tint="text2", lines=2, parent=body)
        self._lay_out(theme, body)
        self.set_body(body)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show hold, story and choice."""
        view = self._release
        if view.done:
            self.close_down()
            return
        self.set_look(self.without_foot(view.sheet()))
        number, when, reason, by = view.head()
        self._number.set_text(number)
        self._when.set_text(when)
        self._reason.set_text(reason)
        self._by.set_text(by)
        self._since_title.set_text(view.words("release.since"))
        self._decision_title.set_text(view.words("release.decision"))
        self._recorded.set_text(view.recorded())
        self._recorded.setHidden(self.theme.metrics.compact)
        self._show_since()
        for look in view.options():
            self._options[look.key].set_look(look)
        self._sign.set_open(view.may_sign, view.words("release.choose"))

    @override
    def confirm(self, _action: str) -> bool:
        """The signature confirms, no button does."""
        return False

    def _show_since(self) -> None:
        lines = self._release.since()
        if lines == self._shown and self._since.count():
            return
        self._shown = lines
        empty_layout(self._since)
        for look in lines:
            self._since.addWidget(EventLine(self.theme, look))
        if not lines:
            text = self._release.nothing_since()
            self._since.addWidget(TextBlock(self.theme, text, "body", tint="text2"))

    def _lay_out(self, theme: Theme, body: QWidget) -> None:
        px, view = theme.px, self._release
        head = QHBoxLayout()
        head.addWidget(self._number, 1)
        head.addWidget(self._when)
        panel = QVBoxLayout(self._hold_panel)
        panel.setContentsMargins(px(16), px(12), px(16), px(12))
        panel.setSpacing(px(2))
        panel.addLayout(head)
        panel.addWidget(self._reason)
        panel.addWidget(self._by)
        left = QVBoxLayout()
        left.setSpacing(px(8))
        left.addWidget(self._hold_panel)
        left.addWidget(self._since_title)
        left.addLayout(self._since)
        left.addWidget(self._decision_title)
        for look in view.options():
            tile = OptionTile(theme, f"release.decision.{look.key}", look, parent=body)
            tile.chosen.connect(view.choose)
            self._options[look.key] = tile
            left.addWidget(tile)
        left.addStretch(1)
        right = QVBoxLayout()
        right.addWidget(self._sign, 1)
        right.addWidget(self._recorded)
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(24))
        row.addLayout(left, 11)
        row.addLayout(right, 7)
