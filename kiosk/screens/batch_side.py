"""The right column of the batch page: steps, amounts, team and notes by tabs; it only composes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from kiosk.screens.scroll import Scroll
from kiosk.theme.theme import Theme
from kiosk.views.batch_page import BatchView
from kiosk.views.batch_side import AMOUNTS, NOTES, STEPS, TEAM, WRITE, WRITTEN_MAX
from kiosk.views.looks import Actor, ButtonLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.avatar import Avatar
from kiosk.widgets.base import Panel, empty_layout
from kiosk.widgets.event_line import EventLine
from kiosk.widgets.segments import Segments
from kiosk.widgets.step_list import StepList
from kiosk.widgets.text_block import TextBlock


class BatchSide(QWidget):
    """`blocked(action, reason)` when a closed button was tapped; `team_wanted` to send other people here."""

    blocked = Signal(str, str)
    team_wanted = Signal()

    def __init__(self, theme: Theme, view: BatchView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme, self._view = theme, view
        self._tabs = Segments(theme, "batch.tab")
        self._steps = StepList(theme, "batch.step")
        self._amounts_title = TextBlock(theme, "", "body", weight=600, lines=2)
        self._amounts = QGridLayout()
        self._team_title = TextBlock(theme, "", "section")
        self._team = QGridLayout()
        self._own_place = ActionButton(theme, "batch.own_place", ButtonLook("own_place", ""))
        self._others = ActionButton(theme, "batch.others", ButtonLook("others", ""))
        self._ask = TextBlock(theme, "", "section")
        self._phrases = QGridLayout()
        self._story_title = TextBlock(theme, "", "section")
        self._story = QVBoxLayout()
        self._shown: dict[str, object] = {}
        self._panels = self._arrange()
        self._tabs.chosen.connect(view.choose_tab)
        self._steps.tapped.connect(self._on_step_tapped)
        self._own_place.tapped.connect(self._on_own_place_tapped)
        self._own_place.blocked.connect(self.blocked)
        self._others.tapped.connect(self._on_others_tapped)

    def refresh(self) -> None:
        """Show the batch as it is."""
        view, words, compact = self._view, self._view.words, self.theme.metrics.compact
        tabs = view.tabs(compact=compact)
        self._tabs.set_look(tabs)
        beside = {TEAM} | ({AMOUNTS} if tabs.chosen == STEPS else set())
        for key, panel in self._panels.items():
            panel.setVisible(key == tabs.chosen or (not compact and key in beside))
        self._steps.set_look(view.steps(compact=compact))
        self._show_amounts()
        self._show_team()
        self._ask.set_text(words("note.ask"))
        self._story_title.set_text(words("batch.history"))
        self._show_phrases()
        self._show_story()

    def _changed(self, part: str, value: object) -> bool:
        if self._shown.get(part) == value:
            return False
        self._shown[part] = value
        return True

    def _show_amounts(self) -> None:
        title, rows = self._view.amounts()
        self._amounts_title.set_text(title)
        if not self._changed("amounts", rows):
            return
        empty_layout(self._amounts)
        right = Qt.AlignmentFlag.AlignRight
        for place, (name, amount) in enumerate(rows):
            self._amounts.addWidget(TextBlock(self.theme, name, lines=2), place, 0)
            self._amounts.addWidget(
                TextBlock(self.theme, amount, weight=600, align=right), place, 1
            )

    def _show_team(self) -> None:
        people, button = self._view.team(), self._view.own_place()
        words = self._view.words
        self._team_title.set_text(words("batch.team") if people else words("batch.no_team"))
        self._own_place.setVisible(button is not None)
        if button is not None:
            self._own_place.set_look(button)
        others = self._view.others()
        self._others.setVisible(others is not None)
        if others is not None:
            self._others.set_look(others)
        compact = self.theme.metrics.compact
        if self._changed("team", (people, compact)):
            empty_layout(self._team)
            columns = 1 if compact else 2
            for place, (actor, role) in enumerate(people):
                row = self._person(actor, role)
                self._team.addLayout(row, place // columns, place % columns)

    def _person(self, actor: Actor, role: str) -> QLayout:
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(8))
        row.addWidget(Avatar(self.theme, actor.initials, size=40, name=actor.name))
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(TextBlock(self.theme, actor.name, weight=600))
        names.addWidget(TextBlock(self.theme, role, "caption", tint="text2"))
        row.addLayout(names, 1)
        return row

    def _show_phrases(self) -> None:
        looks, compact = self._view.phrases(), self.theme.metrics.compact
        if not self._changed("phrases", (looks, compact)):
            return
        columns = 1 if compact else 2
        empty_layout(self._phrases)
        for place, look in enumerate(looks):
            button = ActionButton(self.theme, f"batch.note.{look.action}", look)
            button.tapped.connect(self._on_phrase_tapped)
            self._phrases.addWidget(button, place // columns, place % columns)

    def _show_story(self) -> None:
        lines = self._view.events()
        if self._changed("story", lines):
            empty_layout(self._story)
            for look in lines:
                self._story.addWidget(EventLine(self.theme, look))

    def _on_step_tapped(self, step: str, _action: str) -> None:
        self._view.finish_step(step)

    def _on_own_place_tapped(self, _action: str) -> None:
        self._view.take_own_place()

    def _on_phrase_tapped(self, preset: str) -> None:
        if preset != WRITE:
            self._view.leave_note(preset)
            return
        # The keyboard is wanted seldom: loaded then.
        from kiosk.screens.writing import WritingSheet

        floor, title = self._view.floor, self._view.words("note.write")
        sheet = WritingSheet(self.theme, floor, title, "", self.window(), limit=WRITTEN_MAX)
        sheet.written.connect(self._view.write_note)
        sheet.open()

    def _on_others_tapped(self, _action: str) -> None:
        self.team_wanted.emit()

    # ---- layout -----------------------------------------------------------------------------

    def _arrange(self) -> dict[str, Panel]:
        # A compact window's column is too narrow for both words in one line.
        places = QVBoxLayout() if self.theme.metrics.compact else QHBoxLayout()
        places.setSpacing(self.theme.px(8))
        places.addWidget(self._own_place, 1)
        places.addWidget(self._others, 1)
        parts: dict[str, tuple[QWidget | QLayout, ...]] = {
            STEPS: (self._steps,),
            AMOUNTS: (self._amounts_title, self._amounts),
            NOTES: (self._ask, self._phrases, self._story_title, self._story),
            TEAM: (self._team_title, self._team, places),
        }
        # Steps bring their own margins: the current one is marked from edge to edge.
        panels = {
            key: self._panel(*inside, pad_px=2 if key == STEPS else 12)
            for key, inside in parts.items()
        }
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self.theme.px(12))
        for panel in panels.values():
            column.addWidget(panel)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(self.theme.px(8))
        outer.addWidget(self._tabs)
        outer.addWidget(Scroll(inside, self), 1)
        return panels

    def _panel(self, *parts: QWidget | QLayout, pad_px: int) -> Panel:
        panel = Panel(self.theme)
        column = QVBoxLayout(panel)
        pad = self.theme.px(pad_px)
        column.setContentsMargins(pad, pad, pad, pad)
        column.setSpacing(self.theme.px(8))
        for part in parts:
            if isinstance(part, QLayout):
                column.addLayout(part)
            else:
                column.addWidget(part)
        return panel
