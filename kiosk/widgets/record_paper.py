"""A written record on the glass, as wide as its place and as long as it needs; it decides no word."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QPointF, QRectF, QTimer
from PySide6.QtGui import QAbstractTextDocumentLayout as Layout
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent, QTextDocument
from PySide6.QtWidgets import QWidget

from kiosk.record.document import Document, parts
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.widgets.base import Themed

_MARGIN_PX = 20


class RecordPaper(Themed):
    """Lays out one part a turn of the loop, so that no tap waits; painting draws only what is in sight."""

    def __init__(self, theme: Theme, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._document: Document | None = None
        self._parts: tuple[str, ...] = ()
        self._texts: list[QTextDocument] = []
        self._laid = 0
        """So many parts have the present width."""
        self._timer = QTimer(self)
        self._timer.setObjectName(f"{subject}.lay")
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._lay_one)

    def document(self) -> Document | None:
        """What is shown."""
        return self._document

    @property
    def is_whole(self) -> bool:
        """Whether every part is laid out."""
        return self._laid == len(self._parts)

    def set_document(self, document: Document | None) -> None:
        """Show this record; None: an empty place."""
        if document is self._document:
            return
        self._document = document
        self._parts = parts(document) if document is not None else ()
        for text in self._texts:
            text.deleteLater()
        self._texts = []
        self.setAccessibleName(document.title if document is not None else "")
        self._lay()

    @override
    def restyle(self) -> None:
        for text in self._texts:
            text.setDefaultFont(self.theme.font("body"))
        self._lay()

    def _lay(self) -> None:
        """From the first part on; what is seen first is there at once."""
        self._laid = 0
        self._timer.start()
        self._lay_one()

    def _lay_one(self) -> None:
        if self.is_whole:
            self._timer.stop()
            self._fit()
            return
        if self._laid == len(self._texts):
            self._texts.append(self._made(self._parts[self._laid]))
        self._texts[self._laid].setTextWidth(self.width() - 2 * self.theme.px(_MARGIN_PX))
        self._laid += 1
        # While a narrower or wider window is laid out anew the place keeps its length.
        if not self._timer.isActive() or self._laid == len(self._texts):
            self._fit()

    def _made(self, part: str) -> QTextDocument:
        text = QTextDocument(self)
        text.setDocumentMargin(0)
        text.setDefaultFont(self.theme.font("body"))
        text.setHtml(part)
        return text

    def _fit(self) -> None:
        margin = self.theme.px(_MARGIN_PX)
        long = sum(text.size().height() for text in self._texts)
        self.setFixedHeight(ceil(long) + (len(self._texts) + 1) * margin)
        self.update()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._lay()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._document is None:
            return
        margin = self.theme.px(_MARGIN_PX)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.theme.color("line"))
        painter.setBrush(self.theme.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 10, 10)
        seen = QRectF(event.rect())
        top = float(margin)
        for text in self._texts:
            place = QRectF(QPointF(margin, top), text.size())
            top = place.bottom() + margin
            if place.intersects(seen):
                self._draw(painter, text, place, seen)

    def _draw(self, painter: QPainter, text: QTextDocument, place: QRectF, seen: QRectF) -> None:
        context = Layout.PaintContext()
        context.clip = seen.translated(-place.topLeft())
        palette = self.theme.qpalette()
        palette.setColor(QPalette.ColorRole.Text, self.theme.color("text"))
        context.palette = palette
        painter.save()
        painter.translate(place.topLeft())
        text.documentLayout().draw(painter, context)
        painter.restore()
