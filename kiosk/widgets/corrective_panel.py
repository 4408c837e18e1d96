"""What is done about a failed item: preset actions and a note; one must be chosen by a person."""

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from kiosk.theme import paint
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.theme.tokens import CARD_MM, RADIUS_CARD
from kiosk.views.looks import CorrectiveLook, NoteLook, OptionLook
from kiosk.widgets.base import Panel, Themed
from kiosk.widgets.icon_mark import IconMark
from kiosk.widgets.note_field import NoteField
from kiosk.widgets.option_tile import OptionTile
from kiosk.widgets.text_block import TextBlock

_COLUMNS = 2


class AlarmHead(Themed):
    """The red-edged head with icon and title."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self.icon = IconMark(theme, "", 26, "alarm_text", self)
        self.title = TextBlock(theme, "", "section", tint="alarm_text", lines=2, parent=self)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.px(20), theme.px(12), theme.px(16), theme.px(12))
        row.setSpacing(theme.px(12))
        row.addWidget(self.icon)
        row.addWidget(self.title, 1)
        self.setMinimumHeight(theme.px(56))

    @override
    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        rect = QRectF(self.rect())
        radius = self.theme.px(RADIUS_CARD) - 2
        painter.setClipRect(rect)
        high = rect.adjusted(0, 0, 0, radius)
        paint.box(painter, high, fill=self.theme.code("alarm_bg"), radius=radius)


class CorrectivePanel(Panel):
    """Emits `chosen(option key)` and `note_changed(text)`."""

    chosen = Signal(str)
    note_changed = Signal(str)

    def __init__(
        self,
        theme: Theme,
        subject: str,
        look: CorrectiveLook | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._subject = subject
        self.set_ground("surface", "alarm_line", border_px=2)
        self._head = AlarmHead(theme, self)
        self._grid = QGridLayout()
        self._grid.setSpacing(theme.px(10))
        self._grid.setContentsMargins(theme.px(16), theme.px(14), theme.px(16), theme.px(14))
        self._tiles: dict[str, OptionTile] = {}
        self._note: NoteField | None = None
        box = QVBoxLayout(self)
        box.setContentsMargins(2, 2, 2, 2)
        box.setSpacing(0)
        box.addWidget(self._head)
        box.addLayout(self._grid)
        if look is not None:
            self.set_look(look)

    def set_look(self, look: CorrectiveLook) -> None:
        self._head.icon.set_icon(look.icon)
        self._head.title.set_text(look.title)
        self.setAccessibleName(look.title)
        keys = [option.key for option in look.options]
        if keys != list(self._tiles):
            self._build(look.options)
        for option in look.options:
            self._tiles[option.key].set_look(option)
        if look.note is not None:
            self._show_note(look.note, len(keys))

    def _build(self, options: tuple[OptionLook, ...]) -> None:
        for tile in self._tiles.values():
            tile.hide()
            tile.deleteLater()
        self._tiles = {}
        for number, option in enumerate(options):
            subject = f"{self._subject}.{option.key}"
            tile = OptionTile(self.theme, subject, option, height_mm=CARD_MM, parent=self)
            tile.chosen.connect(self.chosen)
            self._grid.addWidget(tile, number // _COLUMNS, number % _COLUMNS)
            self._tiles[option.key] = tile

    def _show_note(self, look: NoteLook, options: int) -> None:
        if self._note is None:
            self._note = NoteField(self.theme, f"{self._subject}.note", look, self)
            self._note.changed.connect(self.note_changed)
            row = (options + _COLUMNS - 1) // _COLUMNS
            self._grid.addWidget(self._note, row, 0, 1, _COLUMNS)
        self._note.set_look(look)
