"""The bundled letters: loads Inter once and hands out cached fonts with tabular digits."""

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase, QFontMetricsF

from dapur import resources

FAMILY = "Inter"
FILES = ("Inter-Regular.ttf", "Inter-Medium.ttf", "Inter-SemiBold.ttf")


@cache
def load() -> str:
    """Registers the bundled files; returns the family to use. Needs a QGuiApplication."""
    for file in FILES:
        QFontDatabase.addApplicationFontFromData(resources.read_bytes(f"fonts/{file}"))
    return FAMILY


@cache
def font(pixel_size: int, weight: int = 400, *, strike: bool = False) -> QFont:
    """A cached font; callers must not change it."""
    made = QFont(load())
    made.setPixelSize(pixel_size)
    made.setWeight(QFont.Weight(weight))
    made.setFeature(QFont.Tag("tnum"), 1)
    made.setStrikeOut(strike)
    made.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    return made


@cache
def metrics(pixel_size: int, weight: int = 400) -> QFontMetricsF:
    """Cached measures of a font."""
    return QFontMetricsF(font(pixel_size, weight))
