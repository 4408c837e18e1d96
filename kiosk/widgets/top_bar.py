"""The head of a page: where we are, counts, line, people, clock; every tap goes upward."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import MEDIUM
from kiosk.views.looks import ButtonLook, ChipLook, FilterLook, TopLook
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.actor_switch import ActorSwitch
from kiosk.widgets.base import Themed, empty_layout
from kiosk.widgets.chip import Chip
from kiosk.widgets.connection_badge import ConnectionBadge
from kiosk.widgets.filter_chip import FilterChip
from kiosk.widgets.text_block import TextBlock

HEIGHT_PX, COMPACT_PX = 68, 56


class TopBar(Themed):
    """Emits `back`, `filter_chosen(key)`, `connection_opened`, `actor_chosen(key)`, `actor_add`."""

    back = Signal()
    filter_chosen = Signal(str)
    connection_opened = Signal()
    actor_chosen = Signal(str)
    actor_add = Signal()

    def __init__(
        self,
        theme: Theme,
        look: TopLook | None = None,
        subject: str = "top",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._subject = subject
        self._look = TopLook("")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._back = ActionButton(
            theme, f"{subject}.back", ButtonLook("back", ""), size="bar", parent=self
        )
        self._title = TextBlock(theme, "", "title", parent=self)
        self._chip = Chip(theme, parent=self)
        self._subtitle = TextBlock(
            theme, "", "body", tint="text2", weight=MEDIUM, lines=2, parent=self
        )
        self._filters = QHBoxLayout()
        self._filter_chips: list[FilterChip] = []
        self._connection = ConnectionBadge(theme, subject=f"{subject}.connection", parent=self)
        self._actors = ActorSwitch(theme, subject=f"{subject}.actor", parent=self)
        self._clock = TextBlock(theme, "", "clock", align=Qt.AlignmentFlag.AlignRight, parent=self)
        self._row = QHBoxLayout(self)
        self._arrange()
        self._back.tapped.connect(self._on_back_tapped)
        self._connection.opened.connect(self.connection_opened)
        self._actors.chosen.connect(self.actor_chosen)
        self._actors.add.connect(self.actor_add)
        self.restyle()
        self._show_parts()
        if look is not None:
            self.set_look(look)

    def set_look(self, look: TopLook) -> None:
        if look == self._look:
            return
        filters_changed = look.filters != self._look.filters
        self._look = look
        self._title.set_text(look.title)
        self._subtitle.set_text(look.subtitle)
        self._clock.set_text(look.clock)
        self._chip.set_look(look.chip or ChipLook(""))
        if look.connection is not None:
            self._connection.set_look(look.connection)
        if look.actors is not None:
            self._actors.set_look(look.actors)
        if look.back:
            self._back.set_look(ButtonLook("back", look.back, "arrow-left", "outlined"))
            self._back.setAccessibleName(look.back_name or look.back)
        if filters_changed:
            self._show_filters(look.filters)
        self._show_parts()

    @override
    def restyle(self) -> None:
        px = self.theme.px
        high = COMPACT_PX if self.theme.metrics.compact else HEIGHT_PX
        self.setFixedHeight(max(px(high), self.theme.mm(12) + px(8)))
        self._row.setSpacing(px(8 if self.theme.metrics.compact else 12))
        self._filters.setSpacing(px(8))
        self._show_parts()

    def _arrange(self) -> None:
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self._back)
        self._row.addWidget(self._title)
        self._row.addWidget(self._chip)
        self._row.addWidget(self._subtitle, 1)
        self._row.addStretch(0)
        self._row.addLayout(self._filters)
        self._row.addSpacing(self.theme.px(8))
        self._row.addWidget(self._connection)
        self._row.addWidget(self._actors)
        self._row.addSpacing(self.theme.px(8))
        self._row.addWidget(self._clock)

    def _show_parts(self) -> None:
        look = self._look
        crowded = self.theme.metrics.compact and bool(look.filters)
        full = self.theme.metrics.compact and bool(look.chip and look.chip.text and look.subtitle)
        self._title.set_role("name" if full else "title")
        self._back.setVisible(bool(look.back))
        self._subtitle.setVisible(bool(look.subtitle) and not crowded)
        # In two lines it is a little over half as wide: a long name gives way, not what stands here.
        self._subtitle.setMinimumWidth(round(self._subtitle.natural_width() * 0.65))
        self._connection.setVisible(look.connection is not None)
        self._actors.setVisible(look.actors is not None)
        self._clock.setVisible(bool(look.clock))

    def _show_filters(self, filters: tuple[FilterLook, ...]) -> None:
        keys = [look.key for look in filters]
        if keys != [chip.look().key for chip in self._filter_chips]:
            empty_layout(self._filters)
            self._filter_chips = []
            for look in filters:
                chip = FilterChip(self.theme, f"{self._subject}.filter.{look.key}", look, self)
                chip.chosen.connect(self.filter_chosen)
                self._filters.addWidget(chip)
                self._filter_chips.append(chip)
            return
        for chip, look in zip(self._filter_chips, filters, strict=True):
            chip.set_look(look)

    def _on_back_tapped(self) -> None:
        self.back.emit()
