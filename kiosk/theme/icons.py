"""The bundled pictograms: tints an outline and keeps each result; it knows no meaning."""

import logging
from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from dapur import resources
from kiosk.theme.tokens import ICON_STROKE

CACHE_SIZE = 512  # about 90 icons in a few sizes and colours of two palettes
_log = logging.getLogger(__name__)


@lru_cache(maxsize=CACHE_SIZE)
def pixmap(name: str, size: int, color: str, dpr: float = 1.0) -> QPixmap:
    """The icon in one size (logical pixels) and colour; empty if there is no such icon."""
    device_px = max(1, round(size * dpr))
    made = QPixmap(device_px, device_px)
    made.fill(Qt.GlobalColor.transparent)
    drawing = _drawing(name)
    if drawing:
        tinted = drawing.replace("currentColor", color)
        painter = QPainter(made)
        QSvgRenderer(QByteArray(tinted.encode())).render(
            painter, QRectF(0, 0, device_px, device_px)
        )
        painter.end()
    made.setDevicePixelRatio(dpr)
    return made


def draw(painter: QPainter, name: str, x: float, y: float, size: int, color: str) -> None:
    """Paints the icon with its top left corner at x, y."""
    if name:
        dpr = painter.device().devicePixelRatioF()
        painter.drawPixmap(round(x), round(y), pixmap(name, size, color, dpr))


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Every icon that is bundled."""
    found = (entry.name for entry in resources.path("icons").iterdir())
    return frozenset(name.removesuffix(".svg") for name in found if name.endswith(".svg"))


@lru_cache(maxsize=CACHE_SIZE)
def _drawing(name: str) -> str:
    if name not in names():
        _log.warning("no icon named %s", name)
        return ""
    text = resources.read_bytes(f"icons/{name}.svg").decode()
    return text.replace('stroke-width="2"', f'stroke-width="{ICON_STROKE}"')
