"""The settings page: look, hands, the glass, and what the support asks for; it only composes."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from dapur.envelope import StepUp
from dapur.ids import StaffId
from kiosk.screens.page import Page
from kiosk.screens.scroll import Scroll
from kiosk.theme.marks import override
from kiosk.theme.metrics import choose_dpi
from kiosk.theme.theme import Theme
from kiosk.views.ask_pin import Ask, ask_tap
from kiosk.views.display import DPI, MOTION, NO, SOUNDS, YES, DisplayView
from kiosk.views.looks import OptionLook, TopLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.base import Panel
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.text_block import TextBlock


class DisplayPage(Page):
    """Choices of this kiosk; the window carries them out and remembers them."""

    def __init__(self, theme: Theme, view: DisplayView, parent: QWidget | None = None) -> None:
        super().__init__(theme, view, parent)
        self._display = view
        self._titles: list[TextBlock] = []
        self._tiles: dict[str, OptionTile] = {}
        self._buttons: dict[str, ActionButton] = {}
        self._facts: list[tuple[TextBlock, TextBlock]] = []
        self._about = TextBlock(theme, "", "section")
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, theme.px(12))
        row.setSpacing(theme.px(24))
        row.addLayout(self._choices(inside), 3)
        row.addLayout(self._side(inside), 2)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Scroll(inside, self))

    @override
    def top(self) -> TopLook:
        """Title."""
        return self._display.top()

    @override
    def refresh(self) -> None:
        """Show what is chosen."""
        for title, (text, tiles) in zip(self._titles, self._sections(), strict=True):
            title.set_text(text)
            for tile in tiles:
                self._tiles[tile.key].set_look(tile)
        for look in self._display.buttons():
            self._buttons[look.action].set_look(look)
        self._about.set_text(self._display.words("display.section_about"))
        for (name, value), (name_text, value_text) in zip(
            self._facts, self._display.facts(), strict=True
        ):
            name.set_text(name_text)
            value.set_text(value_text)

    # ---- taps -------------------------------------------------------------------------------

    def _on_tile_chosen(self, key: str) -> None:
        if key == "motion":
            self.theme.set_reduce_motion(not self.theme.reduce_motion)
            self.kept.emit(MOTION, YES if self.theme.reduce_motion else NO)
        elif key == SOUNDS:
            self._display.turn_sounds()
        else:
            self.chosen.emit(key)
        self.refresh()

    def _on_button_tapped(self, action: str) -> None:
        match action:
            case "wipe":
                from kiosk.screens.wiping import Wiping

                Wiping(self.theme, self._display.floor, self.window())
            case "hear":
                self._display.hear()
            case "scale":
                self._open_scale()
            case "licences":
                from kiosk.screens.licences import LicencesSheet
                from kiosk.views.licences import LicencesView

                LicencesSheet(self.theme, LicencesView(self._display.floor), self.window()).open()
            case _:
                self._ask_to_leave()

    def _on_blocked(self, action: str, reason: str) -> None:
        self._display.floor.tell(f"why.{action}", reason, tone="attention")

    def _open_scale(self) -> None:
        from kiosk.screens.scale import ScaleSheet
        from kiosk.views.scale import ScaleView

        view = ScaleView(self._display.floor, self.theme.metrics.dpi)
        sheet = ScaleSheet(self.theme, view, self.window())
        sheet.measured.connect(self._on_measured)
        sheet.open()

    def _on_measured(self, dpi: float) -> None:
        """0: what the screen says of itself."""
        reported = QGuiApplication.primaryScreen().physicalDotsPerInch()
        self.theme.set_metrics(replace(self.theme.metrics, dpi=choose_dpi(reported, dpi or None)))
        self.theme.set_window_width(self.window().width())
        self.kept.emit(DPI, f"{dpi:.1f}" if dpi else "")

    def _ask_to_leave(self) -> None:
        from kiosk.screens.ask_pin import AskSheet

        words = self._display.words
        ask = Ask(words("display.leave"), "", "log-out", (words("display.leave_why"),))

        def leave(_who: StaffId, _step_up: StepUp) -> bool:
            return True

        sheet = AskSheet(self.theme, ask_tap(self._display.floor, ask, leave), self.window())
        sheet.done.connect(self._on_leave_signed)
        sheet.open()

    def _on_leave_signed(self) -> None:
        self.chosen.emit("leave")

    # ---- layout -----------------------------------------------------------------------------

    def _sections(self) -> tuple[tuple[str, tuple[OptionLook, ...]], ...]:
        theme = self.theme
        return self._display.sections(
            dark=theme.dark, glove=theme.metrics.glove, still=theme.reduce_motion
        )

    def _choices(self, inside: QWidget) -> QVBoxLayout:
        px = self.theme.px
        column = QVBoxLayout()
        column.setSpacing(px(8))
        for title, looks in self._sections():
            head = TextBlock(self.theme, title, "section", parent=inside)
            self._titles.append(head)
            column.addWidget(head)
            grid = QGridLayout()
            grid.setSpacing(px(12))
            for place, look in enumerate(looks):
                tile = OptionTile(self.theme, f"display.{look.key}", look, parent=inside)
                tile.chosen.connect(self._on_tile_chosen)
                self._tiles[look.key] = tile
                grid.addWidget(tile, place // 2, place % 2)
            grid.setColumnStretch(0, 1)
            grid.setColumnStretch(1, 1)
            column.addLayout(grid)
            column.addSpacing(px(8))
        column.addStretch(1)
        return column

    def _side(self, inside: QWidget) -> QVBoxLayout:
        px = self.theme.px
        column = QVBoxLayout()
        column.setSpacing(px(12))
        for look in self._display.buttons():
            button = ActionButton(
                self.theme, f"display.{look.action}", look, size="choice", parent=inside
            )
            button.tapped.connect(self._on_button_tapped)
            button.blocked.connect(self._on_blocked)
            self._buttons[look.action] = button
            column.addWidget(button)
        panel = Panel(self.theme, inside)
        facts = QVBoxLayout(panel)
        facts.setContentsMargins(px(16), px(12), px(16), px(12))
        facts.setSpacing(px(6))
        facts.addWidget(self._about)
        for name, value in self._display.facts():
            facts.addLayout(self._fact(name, value))
        column.addWidget(panel)
        column.addStretch(1)
        return column

    def _fact(self, name: str, value: str) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(12))
        left = TextBlock(self.theme, name, "body", tint="text2")
        right = TextBlock(self.theme, value, "body", lines=2)
        row.addWidget(left, 2)
        row.addWidget(right, 3)
        self._facts.append((left, right))
        return row
