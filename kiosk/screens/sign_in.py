"""The sign-in page: teams left, people in the middle, PIN right; it only composes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import SEMIBOLD
from kiosk.views.looks import Actor, OptionLook, TopLook
from kiosk.views.sign_in import UNLOCK, SignInView
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.avatar import Avatar
from kiosk.widgets.base import Panel, empty_layout
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.lockout_panel import LockoutPanel
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.person_tile import PersonTile
from kiosk.widgets.pin_dots import PinDots
from kiosk.widgets.text_block import TextBlock

PIN_DIGITS = 6
PERSON_PX = 300
TITLE_PX = 104


class SignInPage(Page):
    """Be the actor in two taps and six digits."""

    def __init__(self, theme: Theme, view: SignInView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._sign_in = view
        self._teams: dict[str, OptionTile] = {}
        self._people: dict[str, PersonTile] = {}
        self._placed: tuple[tuple[str, ...], int] = ((), 0)
        self._here_title = TextBlock(theme, "", "caption", tint="text2", lines=2)
        self._here = QHBoxLayout()
        self._here_shown: tuple[object, ...] = (None,)
        self._here_panel = Panel(theme, self)
        self._keeps = TextBlock(theme, "", "caption", tint="text2")
        self._all_out = ActionButton(theme, "sign_in.out_all", view.all_out_button())
        self._all_out.tapped.connect(self._on_all_out_tapped)
        self._offline_panel = Panel(theme, self, fill="surface2", border="line2")
        self._offline = TextBlock(theme, "", "body", weight=SEMIBOLD, lines=2)
        self._list_from = TextBlock(theme, "", "caption", tint="text2", lines=2)
        self._team_column = QVBoxLayout()
        self._grid = QGridLayout()
        self._people_inside = QWidget()
        self._nobody = TextBlock(theme, "", "section", tint="text2", lines=3)
        self._avatar = Avatar(theme, size=56)
        self._name = TextBlock(theme, "", "title")
        self._role = TextBlock(theme, "", "body", tint="text2")
        self._dots = PinDots(theme, PIN_DIGITS)
        self._prompt = TextBlock(theme, "", "body", tint="text2", lines=2)
        self._pad = KeyPad(theme, "sign_in.pad", view.pad())
        self._auto = TextBlock(theme, "", "caption", tint="text2", lines=3)
        self._lock_slot = QVBoxLayout()
        self._lock: LockoutPanel | None = None
        self._pin = QWidget()
        self._arrange()
        self._pad.changed.connect(self._on_pad_changed)
        self._pad.completed.connect(self._on_pad_completed)
        self._pad.blocked.connect(self._on_pad_blocked)
        view.signed_in.connect(self._on_signed_in)

    @override
    def top(self) -> TopLook:
        """Title, kitchen and kiosk."""
        words, floor = self._sign_in.words, self._sign_in.floor
        text = words("signin.subtitle", kitchen=floor.kitchen_name, kiosk=floor.kiosk_name)
        return TopLook(words("signin.title"), text)

    @override
    def show_subject(self, subject: str) -> None:
        """A scanned badge says who signs in; the PIN is asked all the same."""
        if subject:
            self._sign_in.choose_person(subject)

    @override
    def refresh(self) -> None:
        """Show people and prompt."""
        view, words = self._sign_in, self._sign_in.words
        here = view.here()
        self._here_title.set_text(words("signin.here" if here else "signin.none_here"))
        self._keeps.set_text(words("signin.keeps") if here else "")
        # The toast says the same when it matters; keys and names need the room of a small window.
        self._keeps.setVisible(bool(here) and not self.theme.metrics.compact)
        self._all_out.setVisible(bool(here))
        self._all_out.set_look(view.all_out_button())
        strip = view.offline()
        self._offline_panel.setVisible(strip is not None)
        if strip is not None:
            self._offline.set_text(strip.title)
            self._list_from.set_text(strip.detail)
        self._show_here(here)
        self._show_teams()
        self._show_people()
        self._show_pin()

    def _show_here(self, here: tuple[Actor, ...]) -> None:
        """As many as there is room for, who taps first; the others come first by a tap on their face."""
        looks = tuple(self._sign_in.out_button(actor) for actor in here)
        shown = (looks, self._here_panel.width())
        if shown == self._here_shown:
            return
        self._here_shown = shown
        empty_layout(self._here)
        px = self.theme.px
        rest = (self._all_out, self._keeps)
        room = self._here_panel.width() - px(TITLE_PX) - 2 * px(16)
        room -= sum(part.sizeHint().width() + px(12) for part in rest if not part.isHidden())
        for actor, look in zip(here, looks, strict=True):
            button = ActionButton(self.theme, f"sign_in.out.{actor.key}", look)
            button.tapped.connect(self._sign_in.sign_out)
            room -= button.sizeHint().width() + px(12)
            if room < 0:
                button.deleteLater()
                break
            self._here.addWidget(button)

    def _show_teams(self) -> None:
        rows = self._sign_in.teams()
        if [key for key, *_ in rows] != list(self._teams):
            empty_layout(self._team_column)
            self._teams = {}
            for key, name, size, chosen in rows:
                look = OptionLook(key, name, chosen=chosen, note=str(size))
                tile = OptionTile(self.theme, f"sign_in.team.{key or 'all'}", look)
                tile.chosen.connect(self._sign_in.choose_team)
                self._teams[key] = tile
                self._team_column.addWidget(tile)
            self._team_column.addStretch(1)
            return
        for key, name, size, chosen in rows:
            self._teams[key].set_look(OptionLook(key, name, chosen=chosen, note=str(size)))

    def _show_people(self) -> None:
        looks = self._sign_in.people()
        self._nobody.setVisible(not looks)
        self._nobody.set_text("" if looks else self._sign_in.words("signin.no_roster"))
        wanted = tuple(look.key for look in looks)
        for key in tuple(self._people):
            if key not in wanted:
                gone = self._people.pop(key)
                self._grid.removeWidget(gone)
                gone.hide()
                gone.deleteLater()
                self._placed = ((), 0)
        for look in looks:
            if look.key not in self._people:
                tile = PersonTile(self.theme, f"person.{look.key}", look)
                tile.chosen.connect(self._sign_in.choose_person)
                self._people[look.key] = tile
            self._people[look.key].set_look(look)
        columns = max(1, self._people_scroll.viewport().width() // self.theme.px(PERSON_PX))
        if self._placed != (wanted, columns):
            self._placed = (wanted, columns)
            for place, key in enumerate(wanted):
                self._grid.addWidget(self._people[key], place // columns, place % columns)

    def _show_pin(self) -> None:
        view = self._sign_in
        lockout = view.lockout()
        self._pin.setVisible(lockout is None)
        if lockout is not None:
            if self._lock is None:
                self._lock = LockoutPanel(self.theme, "sign_in.lock", lockout)
                self._lock.tapped.connect(self._on_lock_tapped)
                self._lock_slot.addWidget(self._lock)
            self._lock.set_look(lockout)
        if self._lock is not None:
            self._lock.setVisible(lockout is not None)
        person = view.person
        self._avatar.setVisible(person is not None)
        if person is not None:
            self._avatar.set_look(person.initials, active=True)
        self._name.set_text(person.name if person else view.words("signin.first"))
        self._role.set_text(view.person_role())
        self._dots.set_look(view.filled)
        self._prompt.set_text(view.prompt(), "alarm_text" if view.wrong else "text2")
        self._pad.set_look(view.pad())
        self._auto.set_text(view.words("signin.auto"))
        # The keys need all the height that a small window has.
        metrics = self.theme.metrics
        self._auto.setVisible(not metrics.compact or (person is None and not metrics.glove))
        if not view.filled and self._pad.entry():
            self._pad.set_entry("")

    def _on_pad_changed(self, entry: str) -> None:
        if len(entry) < PIN_DIGITS:
            self._sign_in.typed(len(entry))

    def _on_pad_blocked(self) -> None:
        view = self._sign_in
        view.floor.tell("why.pin", view.prompt(), tone="attention")

    def _on_pad_completed(self, pin: str) -> None:
        self._sign_in.typed(PIN_DIGITS)
        self._sign_in.enter(pin)

    def _on_lock_tapped(self, action: str) -> None:
        if action != UNLOCK:
            self._sign_in.leave_lockout()
        elif (view := self._sign_in.unlock()) is not None:
            from kiosk.screens.ask_pin import AskSheet

            AskSheet(self.theme, view, self.window()).open()

    def _on_all_out_tapped(self, _action: str) -> None:
        self._sign_in.sign_out_all()

    def _on_signed_in(self) -> None:
        self.go.emit("back", "")

    def _arrange(self) -> None:
        px = self.theme.px
        teams = Panel(self.theme, self)
        self._team_column.setContentsMargins(px(8), px(8), px(8), px(8))
        inside = QVBoxLayout(teams)
        inside.setContentsMargins(0, 0, 0, 0)
        team_inside = QWidget()
        team_inside.setLayout(self._team_column)
        inside.addWidget(Scroll(team_inside, teams))
        self._grid.setSpacing(px(12))
        self._grid.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout(self._people_inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._nobody)
        column.addLayout(self._grid)
        column.addStretch(1)
        self._people_scroll = Scroll(self._people_inside, self)
        self._people_scroll.resized.connect(self._on_view_changed)
        pin_panel = Panel(self.theme, self)
        outer_pin = QVBoxLayout(pin_panel)
        outer_pin.setContentsMargins(px(20), px(16), px(20), px(16))
        outer_pin.addLayout(self._lock_slot)
        outer_pin.addWidget(self._pin, 1)
        self._arrange_pin()
        row = QHBoxLayout()
        row.setSpacing(px(12))
        row.addWidget(teams, 4)
        row.addWidget(self._people_scroll, 15)
        row.addWidget(pin_panel, 9)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, px(12))
        outer.setSpacing(px(12))
        outer.addLayout(self._arrange_head())
        outer.addLayout(row, 1)

    def _arrange_head(self) -> QHBoxLayout:
        """Who is here, and beside it that there is no line."""
        px = self.theme.px
        here = QHBoxLayout(self._here_panel)
        here.setContentsMargins(px(16), px(8), px(16), px(8))
        here.setSpacing(px(12))
        self._here_title.setFixedWidth(px(TITLE_PX))
        here.addWidget(self._here_title)
        here.addLayout(self._here)
        here.addStretch(1)
        here.addWidget(self._keeps)
        here.addWidget(self._all_out)
        offline = QVBoxLayout(self._offline_panel)
        offline.setContentsMargins(px(16), px(8), px(16), px(8))
        offline.setSpacing(px(2))
        offline.addStretch(1)
        offline.addWidget(self._offline)
        offline.addWidget(self._list_from)
        offline.addStretch(1)
        self._offline_panel.set_ground("surface2", "line2", dashed=True)
        head = QHBoxLayout()
        head.setSpacing(px(12))
        head.addWidget(self._here_panel, 19)
        head.addWidget(self._offline_panel, 9)
        return head

    def _arrange_pin(self) -> None:
        px = self.theme.px
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self._name)
        names.addWidget(self._role)
        who = QHBoxLayout()
        who.setSpacing(px(12))
        who.addWidget(self._avatar)
        who.addLayout(names, 1)
        pin = QVBoxLayout(self._pin)
        pin.setContentsMargins(0, 0, 0, 0)
        pin.setSpacing(px(12))
        pin.addLayout(who)
        pin.addWidget(self._prompt)
        pin.addWidget(self._dots, 0, Qt.AlignmentFlag.AlignLeft)
        pin.addWidget(self._pad)
        pin.addStretch(1)
        pin.addWidget(self._auto)
