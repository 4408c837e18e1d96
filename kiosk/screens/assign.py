"""The assign sheet: to which batch, as what; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from kiosk.screens.scroll import Scroll
from kiosk.screens.sheets import ViewSheet
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.team import AssignView
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.segments import Segments

COLUMNS = 2
LIST_PX = 360


class AssignSheet(ViewSheet):
    """Where the people go."""

    def __init__(self, theme: Theme, view: AssignView, host: QWidget) -> None:
        super().__init__(theme, view, "assign", host)
        self._assign = view
        body, inside = QWidget(), QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, theme.px(4), 0)
        grid.setSpacing(theme.px(12))
        self._batches: dict[str, OptionTile] = {}
        for place, look in enumerate(view.batches()):
            tile = OptionTile(theme, f"assign.batch.{look.key}", look, parent=inside)
            tile.chosen.connect(view.choose)
            self._batches[look.key] = tile
            grid.addWidget(tile, place // COLUMNS, place % COLUMNS)
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(12))
        scroll = Scroll(inside, body)
        scroll.setMinimumHeight(theme.px(LIST_PX))
        column.addWidget(scroll, 1)
        posts, leave = view.posts(), view.leave()
        self._posts: Segments | None = None
        if posts is not None:
            self._posts = Segments(theme, "assign.post", posts, parent=body)
            self._posts.chosen.connect(view.choose_post)
            column.addWidget(self._posts)
        self._leave: OptionTile | None = None
        if leave is not None:
            self._leave = OptionTile(theme, "assign.leave", leave, parent=body)
            self._leave.chosen.connect(view.toggle_leave)
            column.addWidget(self._leave)
        self.set_body(body)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show what is chosen."""
        view = self._assign
        self.set_look(view.sheet())
        for look in view.batches():
            if look.key in self._batches:
                self._batches[look.key].set_look(look)
        posts, leave = view.posts(), view.leave()
        if self._posts is not None and posts is not None:
            self._posts.set_look(posts)
        if self._leave is not None and leave is not None:
            self._leave.set_look(leave)

    @override
    def confirm(self, _action: str) -> bool:
        """Send them."""
        return self._assign.save()
