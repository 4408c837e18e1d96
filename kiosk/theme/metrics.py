"""Millimetres to pixels: sizes follow the real screen, gloves and window; plain data, no Qt."""

import msgspec
from msgspec.structs import replace

from kiosk.theme.tokens import GLOVE_FACTOR, MIN_TEXT_PX, TYPE_PX, TextRole

MM_PER_INCH = 25.4
REFERENCE_DPI = 102.0  # 21.5 inch at 1920 x 1080: 4 px are 1 mm
MIN_DPI, MAX_DPI = 60.0, 400.0  # outside this the screen's EDID lies
GLOVE_ENOUGH_MM = 20.0  # industrial practice for gloves: 19 to 20 mm
FULL_WIDTH_PX = 1600  # a narrower window (at reference dpi) is compact


class Metrics(msgspec.Struct, frozen=True):
    """Sizes for one screen; `dpi` is physical, or what the administrator measured."""

    dpi: float = REFERENCE_DPI
    glove: bool = False
    compact: bool = False

    @property
    def scale(self) -> float:
        """Pixels here for one pixel of the reference screen."""
        return self.dpi / REFERENCE_DPI

    def mm(self, millimetres: float) -> int:
        """Pixels of a target that a finger must hit; a quarter more with gloves."""
        wanted = millimetres * GLOVE_FACTOR if self.glove else millimetres
        if self.compact:
            # A small window has no room for more than a glove needs.
            wanted = min(wanted, max(millimetres, GLOVE_ENOUGH_MM))
        return round(wanted * self.dpi / MM_PER_INCH)

    def px(self, reference_px: float) -> int:
        """Pixels of a gap, line or drawing given at the reference screen; gloves do not matter."""
        scaled = round(reference_px * self.scale)
        return max(1, scaled) if reference_px > 0 else scaled

    def text(self, role: TextRole) -> int:
        """Pixel size of a text role, never below what can be read."""
        return max(MIN_TEXT_PX, round(TYPE_PX[role] * self.scale))

    def for_window(self, width_px: int) -> "Metrics":
        """The same sizes with the compact flag that suits this window."""
        return replace(self, compact=width_px < FULL_WIDTH_PX * self.scale)


def choose_dpi(reported: float, override: float | None = None) -> float:
    """The administrator's number if given, else the screen's if it can be true."""
    if override is not None and MIN_DPI <= override <= MAX_DPI:
        return override
    return reported if MIN_DPI <= reported <= MAX_DPI else REFERENCE_DPI
