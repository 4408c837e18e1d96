"""The figures of past nights as the server gave them last: asks when they are wanted, keeps them with their age."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import QObject, QTimer, Signal

from dapur.night import serving_date_of
from dapur.past import NightFigures
from kiosk.past import Asked, NoAnswer
from kiosk.views.floor import WIB_MIN, Floor
from kiosk.views.looks import ButtonLook, Segment, SegmentsLook
from kiosk.views.summary_looks import PastLook

SPANS = (7, 30)
REACH_DAYS = 180
"""How far back is asked: the server gives the newest nights of it, and a kitchen rests on holidays."""
FRESH_MS = 10 * 60_000
"""Past nights do not change; a new one comes once a day."""
AGAIN_MS = 60_000
"""After a failure nobody is asked again sooner, unless a person wants it."""
SLOW_MS = 300
"""Longer than this an answer is waited for in sight, with a way out."""


class PastNights(QObject):
    """One for a desk. Nothing is asked before somebody looks, and one question is on its way at most."""

    changed = Signal()

    def __init__(self, floor: Floor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._floor = floor
        self.span = SPANS[0]
        self._all: tuple[NightFigures, ...] = ()
        self._answered_ms: int | None = None
        self._asked_ms = 0
        self._question: Asked | None = None
        """The newest; over when it is answered, also before it has come back from the asking."""
        self._failed = False
        self._slow = QTimer(self)
        self._slow.setObjectName("summary.past.slow")
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW_MS)
        self._slow.timeout.connect(self.changed)

    @property
    def _is_asking(self) -> bool:
        return self._question is not None and not self._question.is_over

    @property
    def nights(self) -> tuple[NightFigures, ...]:
        """The newest nights of the chosen span, oldest first."""
        return self._all[-self.span :]

    @property
    def answer(self) -> tuple[NightFigures, ...]:
        """All that the server gave last, oldest first; the same object until it gives another."""
        return self._all

    @property
    def week(self) -> tuple[NightFigures, ...]:
        """The newest seven, whatever is chosen."""
        return self._all[-SPANS[0] :]

    def choose_span(self, key: str) -> None:
        """So many nights."""
        if key in map(str, SPANS):
            self.span = int(key)
            self.changed.emit()

    def want(self) -> None:
        """Somebody looks: ask, if there is a line and nothing fresh is known."""
        now = self._floor.now_ms
        fresh = self._answered_ms is not None and now - self._answered_ms < FRESH_MS
        patient = self._failed and now - self._asked_ms < AGAIN_MS
        if self._floor.fresh and not (self._is_asking or fresh or patient):
            self._ask()

    def press(self, action: str) -> None:
        """The person asks again, or does not want to wait."""
        if action == "stop" and self._question is not None and not self._question.is_over:
            self._question.cancel()
            self._over(failed=True)
        elif action == "again" and not self._is_asking:
            self._ask()

    def _ask(self) -> None:
        self._asked_ms, self._failed = self._floor.now_ms, False
        last = self._last_night()
        first = last - timedelta(days=REACH_DAYS)
        self._slow.start()
        ask = self._floor.past.trends
        self._question = ask(first.isoformat(), last.isoformat(), self._on_answer)

    def _last_night(self) -> date:
        """The one before tonight: tonight is on the other tab, and still grows."""
        night, now = self._floor.kitchen.night, self._floor.now_ms
        tonight = night.serving_date if night is not None else serving_date_of(now, WIB_MIN)
        return date.fromisoformat(tonight) - timedelta(days=1)

    def _on_answer(self, answer: tuple[NightFigures, ...] | NoAnswer) -> None:
        if not isinstance(answer, NoAnswer):
            self._all, self._answered_ms = answer, self._floor.now_ms
        self._over(failed=isinstance(answer, NoAnswer))

    def _over(self, *, failed: bool) -> None:
        self._failed = failed
        self._slow.stop()
        self.changed.emit()

    # ---- words ------------------------------------------------------------------------------

    def look(self) -> PastLook:
        """The choice of span, what is to be said of the answer, and what can be done."""
        floor, words = self._floor, self._floor.words
        spans = SegmentsLook(
            tuple(Segment(str(n), words("summary.past.span", count=n)) for n in SPANS),
            str(self.span),
        )
        if self._is_asking:
            waits = floor.now_ms - self._asked_ms >= SLOW_MS or not self._slow.isActive()
            stop = ButtonLook("stop", words("act.cancel"), "x", "outlined")
            return PastLook(
                spans, words("summary.past.asking") if waits else "", stop if waits else None
            )
        again = ButtonLook("again", words("summary.past.again"), "rotate-cw", "outlined")
        return PastLook(spans, self._said(), again if floor.fresh else None)

    def _said(self) -> str:
        floor, words = self._floor, self._floor.words
        if self._answered_ms is None:
            if self._failed and floor.fresh:
                return words("summary.past.failed")
            return "" if floor.fresh else words("summary.past.offline")
        said = words(
            "summary.past.answered",
            at=floor.clock(self._answered_ms),
            age=floor.ago(floor.now_ms - self._answered_ms),
        )
        if not floor.fresh:
            return f"{said} {words('summary.past.newer')}"
        if self._failed:
            return f"{said} {words('summary.past.failed')}"
        return said if self._all else words("summary.past.none")
