"""A written record on the glass, as wide as its place and as long as it needs; it decides no word."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QAbstractTextDocumentLayout as Layout
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QResizeEvent, QTextDocument
from PySide6.QtWidgets import QWidget

from kiosk.record.document import Document, html
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.widgets.base import Themed

_MARGIN_PX = 20


class RecordPaper(Themed):
    """Lays the text out once for each width; painting draws only what is in sight."""

    def __init__(self, theme: Theme, subject: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName(subject)
        self._document: Document | None = None
        self._text = QTextDocument(self)
        self.restyle()

    def document(self) -> Document | None:
        """What is shown."""
        return self._document

    def set_document(self, document: Document | None) -> None:
        """Show this record; None: an empty place."""
        if document is self._document:
            return
        self._document = document
        self._text.setHtml(html(document) if document is not None else "")
        self.setAccessibleName(document.title if document is not None else "")
        self.setAccessibleDescription(self._text.toPlainText())
        self._lay()

    @override
    def restyle(self) -> None:
        self._text.setDefaultFont(self.theme.font("body"))
        self._text.setDocumentMargin(self.theme.px(_MARGIN_PX))
        self._lay()

    def _lay(self) -> None:
        self._text.setTextWidth(max(self.width(), 1))
        self.setFixedHeight(max(int(self._text.size().height()) + 1, 1))
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
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.theme.color("line"))
        painter.setBrush(self.theme.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 10, 10)
        painter.setClipRect(event.rect())
        context = Layout.PaintContext()
        context.clip = QRectF(event.rect())
        palette = self.theme.qpalette()
        palette.setColor(QPalette.ColorRole.Text, self.theme.color("text"))
        context.palette = palette
        self._text.documentLayout().draw(painter, context)
