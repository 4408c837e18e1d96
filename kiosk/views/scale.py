"""The real size of the screen, measured with a bank card held to a bar; it stores nothing."""

from __future__ import annotations

from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, SheetLook

CARD_WIDE_MM = 85.6
"""Width of a bank card or KTP (ISO/IEC 7810, ID-1)."""
MM_PER_INCH = 25.4
COARSE, FINE = 1.05, 1.005
LEAST_DPI, MOST_DPI = 60.0, 340.0
"""Beyond the upper end the bar would be wider than the sheet on a screen of 1280 pixels."""


class ScaleView(ViewModel):
    """One measuring: the bar grows and shrinks until it is as wide as the card."""

    def __init__(self, floor: Floor, dpi: float) -> None:
        super().__init__(floor)
        self.dpi = dpi

    @property
    def bar_px(self) -> int:
        """Width of the bar in pixels of the screen."""
        return round(CARD_WIDE_MM * self.dpi / MM_PER_INCH)

    def step(self, action: str) -> None:
        """`wider`, `narrower` in small steps; `much_wider`, `much_narrower` in large ones."""
        factor = COARSE if action.startswith("much_") else FINE
        factor = factor if action.endswith("wider") else 1 / factor
        self.dpi = min(max(self.dpi * factor, LEAST_DPI), MOST_DPI)
        self.changed.emit()

    def sheet(self) -> SheetLook:
        """Head and foot."""
        words = self.words
        return SheetLook(
            words("scale.title"),
            words("scale.subtitle"),
            "ruler",
            words("act.close"),
            ButtonLook("cancel", words("act.cancel"), "", "outlined"),
            ButtonLook("save", words("act.save"), "check", "primary"),
            ButtonLook("reported", words("scale.reported"), "undo-2", "outlined"),
        )

    def buttons(self) -> tuple[ButtonLook, ...]:
        """From much smaller to much larger."""
        words = self.words
        return (
            ButtonLook("much_narrower", words("scale.much_narrower"), "minus", "neutral"),
            ButtonLook("narrower", words("scale.narrower"), "minus", "neutral"),
            ButtonLook("wider", words("scale.wider"), "plus", "neutral"),
            ButtonLook("much_wider", words("scale.much_wider"), "plus", "neutral"),
        )
