"""The temperature keypad: judges while typing, never refuses a real number; it writes through the floor."""

from __future__ import annotations

from dapur.batch import Point, Source
from dapur.temperature import RecordTemperatureArgs
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import (
    BandLook,
    ButtonLook,
    KeyPadLook,
    ReadingLook,
    Segment,
    SegmentsLook,
    SheetLook,
)
from kiosk.views.naming import day_text, stage_text

LOW_C, HIGH_C = -40.0, 150.0
"""What a probe of a kitchen can show (screens.md 4)."""
BAND_LOW_C, BAND_HIGH_C = 20.0, 100.0
PLACES = ("middle", "edge", "bottom")


class MeasureView(ViewModel):
    """One measuring of one batch; made anew each time so that no half-typed number is kept."""

    def __init__(self, floor: Floor, batch_id: str) -> None:
        super().__init__(floor)
        self.batch_id = batch_id
        self._entry = ""
        self._source = Source.HAND
        self._place = PLACES[0]

    def type(self, plain: str) -> None:
        """What stands on the keypad, with a decimal point."""
        self._entry = plain
        self.changed.emit()

    def choose_source(self, source: str) -> None:
        """By hand or by probe."""
        self._source = Source(source)
        self.changed.emit()

    def choose_place(self, place: str) -> None:
        """Where in the pot."""
        self._place = place
        self.changed.emit()

    @property
    def value_c(self) -> float | None:
        """The number typed, None while it is none or out of the probe's range."""
        try:
            value = float(self._entry)
        except ValueError:
            return None
        return value if LOW_C <= value <= HIGH_C else None

    def save(self) -> bool:
        """Write the reading; True when it is on disk."""
        value = self.value_c
        if value is None:
            return False
        args = RecordTemperatureArgs(
            value_c=value,
            point=Point.CORE,
            source=self._source,
            place=self.words(f"point.{self._place}"),
        )
        written = self.floor.tap("record_temperature", self.batch_id, args)
        if written is None:
            return False
        self.floor.tell(
            "reading", self.words("toast.reading", value=self.floor.degrees(value)), tone="ok"
        )
        return True

    # ---- looks ------------------------------------------------------------------------------

    @property
    def limit_c(self) -> float | None:
        """The dish's core limit."""
        batch = self.floor.batch(self.batch_id)
        return batch.plan.limits.core_c if batch else None

    @property
    def cold(self) -> bool:
        """Whether the number typed is below the limit."""
        value, limit = self.value_c, self.limit_c
        return value is not None and limit is not None and value < limit

    def sheet(self) -> SheetLook:
        """Head and foot."""
        batch = self.floor.batch(self.batch_id)
        name = batch.plan.name if batch else self.batch_id
        code = batch.plan.code if batch else ""
        value = self.value_c
        text = self.floor.degrees(value) if value is not None else ""
        return SheetLook(
            title=self.words("measure.title"),
            subtitle=self.words(
                "measure.subtitle",
                name=name,
                code=code,
                stage=stage_text(self.floor, batch) if batch else "",
            ),
            icon="thermometer",
            close_name=self.words("act.close"),
            cancel=ButtonLook("cancel", self.words("act.cancel"), "", "outlined"),
            confirm=ButtonLook(
                "save",
                self.words("act.save_temp", value=text) if text else self.words("act.save"),
                "check",
                "primary" if text else "blocked",
                enabled=bool(text),
                reason=self._why_not(),
            ),
        )

    def _why_not(self) -> str:
        if not self._entry:
            return self.words("measure.empty")
        degrees = self.floor.degrees
        return self.words("measure.range", low=degrees(LOW_C), high=degrees(HIGH_C))

    def reading(self) -> ReadingLook:
        """The number being typed and how it is judged."""
        shown = self._entry.replace("-", "\N{MINUS SIGN}")
        if self.words.language == "id":
            shown = shown.replace(".", ",")
        limit = self.limit_c
        if limit is None:
            verdict, icon = self.words("measure.no_limit"), "info"
        elif self.value_c is None:
            verdict, icon = (
                (self._why_not() if self._entry else self.words("measure.empty")),
                "info",
            )
        elif self.cold:
            diff = self.floor.degrees(limit - self.value_c)
            verdict, icon = self.words("measure.outside", diff=diff), "octagon-alert"
        else:
            verdict, icon = self.words("measure.inside"), "circle-check"
        judged = "none" if limit is None or self.value_c is None else "alarm" if self.cold else "ok"
        return ReadingLook(
            text=shown,
            unit=self.words("temp.unit"),
            judged=judged,  # type: ignore[arg-type]
            verdict=verdict,
            verdict_icon=icon,
            hint=self.words("measure.limit", limit=self.floor.limit(limit)) if limit else "",
        )

    def band(self) -> BandLook | None:
        """Number against limit."""
        limit = self.limit_c
        if limit is None:
            return None
        low = min(BAND_LOW_C, self.value_c if self.value_c is not None else BAND_LOW_C)
        high = max(BAND_HIGH_C, self.value_c if self.value_c is not None else BAND_HIGH_C)
        return BandLook(
            self.value_c, limit, low, high, low_text=f"{low:.0f}", high_text=f"{high:.0f}"
        )

    def sources(self) -> SegmentsLook:
        """By hand or by probe."""
        return SegmentsLook(
            (
                Segment("hand", self.words("source.hand"), "hand"),
                Segment("probe", self.words("source.probe"), "cable"),
            ),
            self._source,
        )

    def places(self) -> SegmentsLook:
        """Where in the pot."""
        segments = tuple(Segment(key, self.words(f"point.{key}")) for key in PLACES)
        return SegmentsLook(segments, self._place)

    def pad(self) -> KeyPadLook:
        """The keys."""
        return KeyPadLook(
            clear_text=self.words("act.clear"),
            back_name=self.words("act.delete"),
            sign_name="\N{MINUS SIGN}",
            decimal="," if self.words.language == "id" else ".",
        )

    def before(self) -> str:
        """The last three readings."""
        batch = self.floor.batch(self.batch_id)
        readings = batch.readings[-3:] if batch else ()
        floor = self.floor
        return " · ".join(
            f"{floor.clock(each.at.earliest_ms)} {floor.degrees(each.value_c)}" for each in readings
        )

    def kept(self) -> str:
        """Why a bad number can be saved all the same."""
        return self.words("measure.kept") if self.cold else ""

    def source_of_limit(self) -> str:
        """Where the limit comes from."""
        batch = self.floor.batch(self.batch_id)
        if batch is None or self.limit_c is None:
            return ""
        policy = self.floor.kitchen.policy.core_c
        if batch.plan.limits.source:
            source, date = batch.plan.limits.source, policy.valid_from
        elif policy.value == self.limit_c:
            source, date = policy.source, policy.valid_from
        else:
            return self.words("measure.dish_limit")
        return self.words("measure.policy", source=source, date=day_text(self.floor, date))
