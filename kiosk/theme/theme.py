"""The look in force: palette and sizes together, switched live; widgets read it, nobody else."""

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QToolTip

from kiosk.theme import fonts
from kiosk.theme.finger import Finger
from kiosk.theme.metrics import Metrics
from kiosk.theme.paint import Ink, color
from kiosk.theme.tokens import DARK, LIGHT, TYPE_WEIGHT, Palette, TextRole


class Theme(QObject):
    """Palette and metrics of this kiosk; `changed` tells widgets to measure and paint again."""

    changed = Signal()

    def __init__(
        self,
        *,
        dark: bool = False,
        metrics: Metrics | None = None,
        reduce_motion: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._dark = dark
        self._metrics = metrics or Metrics()
        self._reduce_motion = reduce_motion
        self._app: QApplication | None = None
        self._px: dict[float, int] = {}
        self._codes: dict[str, str] = {}
        self.finger = Finger(self.mm)
        """What the hand does at this window."""

    @property
    def dark(self) -> bool:
        return self._dark

    @property
    def palette(self) -> Palette:
        return DARK if self._dark else LIGHT

    @property
    def metrics(self) -> Metrics:
        return self._metrics

    @property
    def reduce_motion(self) -> bool:
        return self._reduce_motion

    def set_dark(self, dark: bool) -> None:
        """Switches between the day and the night palette."""
        if dark != self._dark:
            self._dark = dark
            self._announce()

    def set_glove(self, glove: bool) -> None:
        """Makes targets a quarter larger, or normal again."""
        self.set_metrics(replace(self._metrics, glove=glove))

    def set_metrics(self, metrics: Metrics) -> None:
        """Takes the sizes of another screen."""
        if metrics != self._metrics:
            self._metrics = metrics
            self._announce()

    def set_window_width(self, width_px: int) -> None:
        """Chooses compact or full; a resize that does not cross the border changes nothing."""
        self.set_metrics(self._metrics.for_window(width_px))

    def set_reduce_motion(self, reduce_motion: bool) -> None:
        """Stops blinking and sliding."""
        if reduce_motion != self._reduce_motion:
            self._reduce_motion = reduce_motion
            self.changed.emit()

    @property
    def look_key(self) -> tuple[bool, Metrics]:
        """Equal for looks that paint the same: what pictures are kept by."""
        return self._dark, self._metrics

    def code(self, role: str) -> str:
        """The `#RRGGBB` of a palette role."""
        found = self._codes.get(role)
        if found is None:
            found = self._codes[role] = str(getattr(self.palette, role))
        return found

    def color(self, role: str) -> QColor:
        return color(self.code(role))

    def ink(self, role: TextRole, tint: str = "text", weight: int | None = None) -> Ink:
        """How a text of this role is written in this colour role."""
        return Ink(self._metrics.text(role), weight or TYPE_WEIGHT[role], self.code(tint))

    def font(self, role: TextRole, weight: int | None = None) -> QFont:
        return fonts.font(self._metrics.text(role), weight or TYPE_WEIGHT[role])

    def mm(self, millimetres: float) -> int:
        return self._metrics.mm(millimetres)

    def px(self, reference_px: float) -> int:
        # A card asks for about ninety of these each time it is painted.
        found = self._px.get(reference_px)
        if found is None:
            found = self._px[reference_px] = self._metrics.px(reference_px)
        return found

    def apply(self, app: QApplication) -> None:
        """Dresses the application and keeps it dressed when the look changes."""
        self._app = app
        app.setStyle("Fusion")
        self._dress(app)

    def qpalette(self) -> QPalette:
        """The palette for what Qt paints itself."""
        made = QPalette()
        for role, name in _QPALETTE.items():
            made.setColor(role, self.color(name))
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText):
            made.setColor(QPalette.ColorGroup.Disabled, role, self.color("text3"))
        return made

    def _announce(self) -> None:
        self._px.clear()
        self._codes.clear()
        if self._app is not None:
            self._dress(self._app)
        self.changed.emit()

    def _dress(self, app: QApplication) -> None:
        # No style sheet: under one every widget costs twice its memory (13 KB a button, not 5).
        palette = self.qpalette()
        app.setFont(self.font("body"))
        app.setPalette(palette)
        QToolTip.setFont(self.font("body"))
        QToolTip.setPalette(palette)


_QPALETTE = {
    QPalette.ColorRole.Window: "bg",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "surface2",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "surface2",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.Highlight: "tonal",
    QPalette.ColorRole.HighlightedText: "on_tonal",
    QPalette.ColorRole.ToolTipBase: "text",
    QPalette.ColorRole.ToolTipText: "surface",
    QPalette.ColorRole.PlaceholderText: "text2",
    QPalette.ColorRole.Link: "primary",
    QPalette.ColorRole.Mid: "line2",
}
