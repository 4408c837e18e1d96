"""The measuring sheet: keypad right, judgement left; it only composes."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from kiosk.screens.sheets import ViewSheet
from kiosk.theme.marks import override
from kiosk.theme.theme import Theme
from kiosk.views.measure import MeasureView
from kiosk.widgets.base import Panel
from kiosk.widgets.key_pad import KeyPad
from kiosk.widgets.limit_band import LimitBand
from kiosk.widgets.reading_value import ReadingValue
from kiosk.widgets.segments import Segments
from kiosk.widgets.text_block import TextBlock


class MeasureSheet(ViewSheet):
    """Three taps with gloves: digits, save."""

    def __init__(self, theme: Theme, view: MeasureView, host: QWidget) -> None:
        super().__init__(theme, view, "measure", host)
        self._measure = view
        body = QWidget()
        self._value_panel = Panel(theme, body)
        self._value = ReadingValue(theme, size="typing", parent=self._value_panel)
        self._band = LimitBand(theme, parent=self._value_panel)
        self._source_title = TextBlock(theme, "", "body", parent=body)
        self._source = Segments(theme, "measure.source", view.sources(), parent=body)
        self._point_title = TextBlock(theme, "", "body", parent=body)
        self._point = Segments(theme, "measure.place", view.places(), parent=body)
        self._before = TextBlock(theme, "", "body", tint="text2", parent=body)
        self._kept = TextBlock(theme, "", "body", tint="alarm_text", lines=3, parent=body)
        self._policy = TextBlock(theme, "", "caption", tint="text2", lines=2, parent=body)
        self._pad = KeyPad(theme, "measure.pad", view.pad(), kind="temperature", parent=body)
        self._lay_out(body)
        self.set_body(body)
        self._pad.changed.connect(self._on_pad_changed)
        self._source.chosen.connect(view.choose_source)
        self._point.chosen.connect(view.choose_place)
        self.refresh()

    @override
    def refresh(self) -> None:
        """Show what stands on the keypad and how it is judged."""
        view = self._measure
        self.set_look(view.sheet())
        reading = view.reading()
        self._value.set_look(reading)
        self._band.set_look(view.band(), reading.judged)
        bad = reading.judged == "alarm"
        self._value_panel.set_ground(
            "alarm_bg" if bad else "surface", "alarm_line" if bad else "line",
            border_px=2.0 if bad else 1.0,
        )  # fmt: skip
        self._source_title.set_text(view.words("measure.source"))
        self._point_title.set_text(view.words("measure.point"))
        self._source.set_look(view.sources())
        self._point.set_look(view.places())
        before = view.before()
        self._before.set_text(f"{view.words('measure.before')}  {before}" if before else "")
        self._kept.set_text(view.kept())
        self._kept.setVisible(bool(view.kept()))
        self._policy.set_text(view.source_of_limit())
        self._pad.set_look(view.pad())

    @override
    def confirm(self, _action: str) -> bool:
        """Save."""
        return self._measure.save()

    def _on_pad_changed(self, _entry: str) -> None:
        self._measure.type(self._pad.plain())

    def _lay_out(self, body: QWidget) -> None:
        px = self.theme.px
        panel = QVBoxLayout(self._value_panel)
        panel.setContentsMargins(px(20), px(12), px(20), px(16))
        panel.addWidget(self._value)
        panel.addWidget(self._band)
        left = QVBoxLayout()
        left.setSpacing(px(8))
        left.addWidget(self._value_panel)
        for widget in (
            self._source_title,
            self._source,
            self._point_title,
            self._point,
            self._before,
        ):
            left.addWidget(widget)
        left.addStretch(1)
        left.addWidget(self._kept)
        left.addWidget(self._policy)
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(24))
        row.addLayout(left, 11)
        row.addWidget(self._pad, 10)
