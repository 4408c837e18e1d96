"""The team page: teams and their load left, people right, who is marked goes to a batch; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.looks import TopLook
from kiosk.views.team import TeamView
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import empty_layout
from kiosk.widgets.load_panel import LoadPanel
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.person_tile import PersonTile
from kiosk.widgets.text_block import TextBlock

PERSON_PX = 290
SIDE_PX, SIDE_COMPACT_PX = 400, 300


class TeamPage(Page):
    """Tap people, then where they go."""

    def __init__(self, theme: Theme, view: TeamView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._team = view
        self._teams: dict[str, OptionTile] = {}
        self._people: dict[str, PersonTile] = {}
        self._placed: tuple[tuple[str, ...], int] = ((), 0)
        self._team_column = QVBoxLayout()
        self._loads = LoadPanel(theme)
        self._grid = QGridLayout()
        self._why = TextBlock(theme, "", "body", tint="text2", lines=2)
        self._mark = ActionButton(theme, "team.mark", view.mark_button())
        self._mark.tapped.connect(self._on_mark_tapped)
        self._send = ActionButton(theme, "team.send", view.send_button())
        self._send.tapped.connect(self._on_send_tapped)
        self._send.blocked.connect(self._on_send_blocked)
        self._leave = ActionButton(theme, "team.leave", view.leave_button())
        self._leave.tapped.connect(self._on_leave_tapped)
        self._leave.blocked.connect(self._on_send_blocked)
        self._arrange()

    @override
    def show_subject(self, subject: str) -> None:
        """People for this batch."""
        self._team.about(subject)

    @override
    def top(self) -> TopLook:
        """Title and how many are here."""
        return self._team.top()

    @override
    def refresh(self) -> None:
        """Show teams, people and what can be done with the marked ones."""
        view = self._team
        self._show_teams()
        self._show_people()
        self._loads.set_look(view.loads())
        self._mark.set_look(view.mark_button())
        self._leave.set_look(view.leave_button())
        self._send.set_look(view.send_button())
        self._why.set_text(view.why_not())

    def _show_teams(self) -> None:
        looks = self._team.teams()
        if [look.key for look in looks] != list(self._teams):
            empty_layout(self._team_column)
            self._teams = {}
            for look in looks:
                tile = OptionTile(self.theme, f"team.{look.key or 'all'}", look)
                tile.chosen.connect(self._team.choose_team)
                self._teams[look.key] = tile
                self._team_column.addWidget(tile)
        for look in looks:
            self._teams[look.key].set_look(look)

    def _show_people(self) -> None:
        looks = self._team.people()
        wanted = tuple(look.key for look in looks)
        for key in self._people.keys() - set(wanted):
            gone = self._people.pop(key)
            self._grid.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for look in looks:
            if look.key not in self._people:
                tile = PersonTile(self.theme, f"team.person.{look.key}", look)
                tile.chosen.connect(self._team.toggle)
                self._people[look.key] = tile
            self._people[look.key].set_look(look)
        columns = max(1, self._scroll.viewport().width() // self.theme.px(PERSON_PX))
        if self._placed != (wanted, columns):
            self._placed = (wanted, columns)
            for place, key in enumerate(wanted):
                self._grid.addWidget(self._people[key], place // columns, place % columns)

    def _on_mark_tapped(self, _action: str) -> None:
        self._team.mark_shown()

    def _on_send_tapped(self, _action: str) -> None:
        self.sheet.emit("assign", self._team.wish)

    def _on_leave_tapped(self, _action: str) -> None:
        self.sheet.emit("leave", self._team.marked)

    def _on_send_blocked(self, _action: str, reason: str) -> None:
        self._team.floor.tell("team", reason, tone="attention")

    def _arrange(self) -> None:
        px = self.theme.px
        side_inside = QWidget()
        side = QVBoxLayout(side_inside)
        side.setContentsMargins(0, 0, px(4), px(12))
        side.setSpacing(px(12))
        self._team_column.setSpacing(px(8))
        side.addLayout(self._team_column)
        side.addWidget(self._loads)
        side.addStretch(1)
        side_scroll = Scroll(side_inside, self)
        compact = self.theme.metrics.compact
        side_scroll.setFixedWidth(px(SIDE_COMPACT_PX if compact else SIDE_PX))
        inside = QWidget()
        people = QVBoxLayout(inside)
        people.setContentsMargins(0, 0, px(4), px(12))
        self._grid.setSpacing(px(12))
        people.addLayout(self._grid)
        people.addStretch(1)
        self._scroll = Scroll(inside, self)
        foot = QHBoxLayout()
        foot.setSpacing(px(12))
        foot.addWidget(self._why, 1)
        foot.addWidget(self._mark)
        foot.addWidget(self._leave)
        foot.addWidget(self._send)
        right = QVBoxLayout()
        right.setSpacing(px(12))
        right.addWidget(self._scroll, 1)
        right.addLayout(foot)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, px(12))
        outer.setSpacing(px(12))
        outer.addWidget(side_scroll)
        outer.addLayout(right, 1)
