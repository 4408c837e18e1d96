"""The quality page: items left, corrective action and signature right; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.screens.sign_panel import SignPanel
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import CorrectiveLook, TopLook
from kiosk.views.quality import QualityView, due
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Panel
from kiosk.widgets.block_reason import BlockReason
from kiosk.widgets.corrective_panel import CorrectivePanel
from kiosk.widgets.empty_state import EmptyState
from kiosk.widgets.qc_row import QcHeading, QcRow
from kiosk.widgets.text_block import TextBlock


class QualityPage(Page):
    """The sheet of one batch, signed at the end by a PIN."""

    def __init__(self, theme: Theme, view: QualityView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._quality = view
        self._panel = Panel(theme)
        self._title = TextBlock(theme, "", "section", parent=self._panel)
        self._count = TextBlock(theme, "", "body", tint="text2", parent=self._panel)
        self._rows: dict[str, QcRow] = {}
        self._headings: list[QcHeading] = []
        self._items = QVBoxLayout()
        self._items.setSpacing(0)
        self._corrective: CorrectivePanel | None = None
        self._corrective_slot = QVBoxLayout()
        self._warning = Panel(theme, self, fill="amber_bg", border="")
        self._warning_title = TextBlock(
            theme, "", "body", tint="amber_text", lines=3, parent=self._warning
        )
        self._warning_detail = TextBlock(
            theme, "", "caption", tint="amber_text", lines=2, parent=self._warning
        )
        self._sign_panel = Panel(theme, self)
        self._sign = SignPanel(theme, view.signing, "quality.sign", self._sign_panel)
        self._block = BlockReason(theme, parent=self)
        self._save = ActionButton(
            theme, "quality.save", view.save_button(), size="page", parent=self
        )
        self._save.blocked.connect(self._on_missing_wanted)
        self._sign.blocked.connect(self._show_next_open)
        self._nothing = EmptyState(theme, "quality.none", self)
        self._arrange()

    @override
    def top(self) -> TopLook:
        """Name and count."""
        return self._quality.top()

    @override
    def show_subject(self, subject: str) -> None:
        """The batch; without one, the batch that waits longest."""
        waiting = due(self._quality.floor)
        wanted = subject or (waiting[0] if waiting else "")
        self._quality.show(wanted)

    @override
    def refresh(self) -> None:
        """Show the sheet as it is filled in."""
        view = self._quality
        if view.finished:
            view.finished = False
            self.go.emit("batch", view.batch_id)
            return
        batch = view.floor.batch(view.batch_id)
        self._nothing.setVisible(batch is None)
        self._nothing.set_look(view.nothing())
        for part in (self._left, self._right):
            part.setVisible(batch is not None)
        self._save.setVisible(batch is not None)
        self._block.setVisible(batch is not None)
        if batch is None:
            return
        title, count = view.heading()
        self._title.set_text(title)
        self._count.set_text(count)
        self._show_rows()
        self._show_corrective(view.corrective())
        warning = view.warning()
        self._warning.setVisible(warning is not None)
        if warning is not None:
            self._warning_title.set_text(warning[0])
            self._warning_detail.set_text(warning[1])
        self._mending.setVisible(warning is not None)
        if self.theme.metrics.compact:
            # One after the other where both do not fit: first what is done about it, then the PIN.
            self._mending.setVisible(view.mending)
            self._sign_panel.setVisible(not view.mending)
        self._sign.set_open(view.ready, view.block().title)
        self._block.set_look(view.block())
        self._save.set_look(view.save_button())

    def _on_missing_wanted(self, action: str, reason: str) -> None:
        """The closed button was tapped: say what is missing, and bring it into sight."""
        self._quality.floor.tell(f"why.{action}", reason, tone="attention")
        self._show_next_open()

    def _show_next_open(self) -> None:
        row = self._rows.get(self._quality.next_open)
        if row is not None:
            self._left.ensureWidgetVisible(row, 0, self.theme.px(8))

    def _show_rows(self) -> None:
        groups = self._quality.groups()
        wanted = [row.key for _, rows in groups for row in rows]
        if wanted != list(self._rows):
            self._build_rows()
        for heading, (title, _) in zip(self._headings, groups, strict=True):
            heading.set_look(title)
        for _, rows in groups:
            for row in rows:
                self._rows[row.key].set_look(row)

    def _build_rows(self) -> None:
        for widget in (*self._headings, *self._rows.values()):
            self._items.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._headings, self._rows = [], {}
        for title, rows in self._quality.groups():
            heading = QcHeading(self.theme, title)
            self._headings.append(heading)
            self._items.addWidget(heading)
            for look in rows:
                row = QcRow(self.theme, f"quality.{look.key}", look)
                row.chosen.connect(self._quality.choose)
                self._rows[look.key] = row
                self._items.addWidget(row)

    def _show_corrective(self, look: CorrectiveLook | None) -> None:
        if look is None:
            if self._corrective is not None:
                self._corrective.hide()
            return
        if self._corrective is None:
            self._corrective = CorrectivePanel(self.theme, "quality.fix", look)
            self._corrective.chosen.connect(self._quality.choose_fix)
            self._corrective_slot.addWidget(self._corrective)
        self._corrective.set_look(look)
        self._corrective.show()

    def _arrange(self) -> None:
        px = self.theme.px
        head = QHBoxLayout()
        head.setContentsMargins(px(20), px(12), px(20), px(12))
        head.addWidget(self._title, 1)
        head.addWidget(self._count)
        sheet = QVBoxLayout(self._panel)
        sheet.setContentsMargins(1, 1, 1, 1)
        sheet.setSpacing(0)
        sheet.addLayout(head)
        sheet.addLayout(self._items)
        sheet.addStretch(1)
        warn = QVBoxLayout(self._warning)
        warn.setContentsMargins(px(16), px(12), px(16), px(12))
        warn.addWidget(self._warning_title)
        warn.addWidget(self._warning_detail)
        sign = QVBoxLayout(self._sign_panel)
        sign.setContentsMargins(px(16), px(16), px(16), px(16))
        sign.addWidget(self._sign)
        mending = QWidget()
        inside = QVBoxLayout(mending)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(px(12))
        inside.addLayout(self._corrective_slot)
        inside.addWidget(self._warning)
        inside.addStretch(1)
        # Only what is chosen from may scroll: the keys of a signature stay where they are.
        self._mending = Scroll(mending, self)
        self._right = QWidget(self)
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(px(12))
        right.addWidget(self._mending, 1)
        right.addWidget(self._sign_panel)
        self._left = Scroll(self._panel, self)
        columns = QHBoxLayout()
        columns.setSpacing(px(12))
        columns.addWidget(self._left, 4)
        columns.addWidget(self._right, 3)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._block)
        foot.addSpacing(px(16))
        foot.addWidget(self._save)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, px(12))
        outer.setSpacing(px(12))
        outer.addWidget(self._nothing, 1)
        outer.addLayout(columns, 1)
        outer.addLayout(foot)
        self._save.setMinimumWidth(px(300))
