"""Past nights as lines, with the age of the answer; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.scroll import Scroll
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import BAR_MM
from kiosk.views.looks import ButtonLook
from kiosk.views.summary import SummaryView
from kiosk.widgets.action_button import ActionButton
from kiosk.widgets.segments import Segments
from kiosk.widgets.text_block import TextBlock
from kiosk.widgets.trend_grid import TrendGrid

SPANS_PX = 280


class TrendsPart(QWidget):
    """Shows the answer that is there; wants a newer one each time it is looked at."""

    def __init__(self, theme: Theme, view: SummaryView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._spans = Segments(theme, "summary.span", height_mm=BAR_MM, parent=self)
        self._spans.setFixedWidth(theme.px(SPANS_PX))
        self._said = TextBlock(theme, "", "body", tint="text2", lines=2, parent=self)
        self._said.setObjectName("summary.past")
        self._button = ActionButton(
            theme, "summary.past.again", ButtonLook("again", ""), size="bar", parent=self
        )
        self._grid = TrendGrid(theme)
        head = QHBoxLayout()
        head.setSpacing(theme.px(12))
        head.addWidget(self._spans)
        head.addWidget(self._said, 1)
        head.addWidget(self._button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, theme.px(12))
        column.setSpacing(theme.px(12))
        column.addLayout(head)
        column.addWidget(Scroll(self._grid, self), 1)
        self._spans.chosen.connect(view.past.choose_span)
        self._button.tapped.connect(view.past.press)

    def refresh(self) -> None:
        """The looks of the answer as it is now."""
        view = self._view
        view.past.want()
        look = view.past.look()
        self._spans.set_look(look.spans)
        self._said.set_text(look.said)
        self._button.setVisible(look.button is not None)
        if look.button is not None:
            self._button.set_look(look.button)
        self._grid.set_looks(view.trends(), view.trend_hint(), view.loading())
