"""The end of the night: what stays open into the next, who closes it, what was closed; texts and taps only."""

from __future__ import annotations

from PySide6.QtCore import Signal

from dapur import access
from dapur.batch import Batch
from dapur.envelope import StepUp
from dapur.handover import waiting
from dapur.ids import StaffId
from dapur.night import SUBJECT, CloseNightArgs
from dapur.stage import FINISHED
from kiosk.views.admin_looks import RecordLook
from kiosk.views.ask_pin import Ask, AskView, ask_tap
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, ButtonRole, ChipLook, OptionLook
from kiosk.views.naming import stage_text
from kiosk.views.summary import date_text


class NightEndView(ViewModel):
    """A chief ticks every batch that is not finished, and closes the night. `shown`: a tick changed."""

    shown = Signal()

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._left: frozenset[str] = frozenset()

    @property
    def may_close(self) -> bool:
        """Whether a night is open and the person who taps may end it: others need not see how."""
        actor, kitchen = self.floor.actor, self.floor.kitchen
        return kitchen.night is not None and actor is not None and kitchen.may(actor, access.CHIEFS)

    # ---- looks ------------------------------------------------------------------------------

    def title(self) -> str:
        """Which night ends."""
        night = self.floor.kitchen.night
        if night is None:
            return ""
        return self.words("handover.night", night=date_text(self.floor, night.serving_date))

    def told(self) -> str:
        """What becomes of the batches that are not finished, before anybody signs."""
        return self.words("handover.left_stay" if self._busy() else "handover.close_clean")

    def closed(self) -> RecordLook | None:
        """The night that ended, and the way to its record; None while one is open."""
        floor, words = self.floor, self.words
        last = floor.kitchen.last_closed
        if floor.kitchen.night is not None or not last:
            return None
        unsent = floor.waiting(SUBJECT) > 0
        return RecordLook(
            last,
            words("handover.closed", night=date_text(floor, last)),
            words("handover.in_record"),
            "",
            ChipLook(words("handover.unsent"), "cloud-upload", "pending") if unsent else None,
            (ButtonLook("record", words("handover.see"), "scroll-text", "outlined"),),
        )

    def unfinished(self) -> tuple[OptionLook, ...]:
        """Batches that stay open into the next night: each must be ticked, so that none is forgotten."""
        return tuple(
            OptionLook(
                batch.id,
                batch.plan.name,
                chosen=batch.id in self._left,
                kind="many",
                note=f"{batch.plan.code} · {stage_text(self.floor, batch)}",
            )
            for batch in self._busy()
        )

    def _busy(self) -> list[Batch]:
        batches = self.floor.kitchen.batches.values()
        busy = [each for each in batches if each.stage not in FINISHED or each.held]
        return sorted(busy, key=lambda each: each.plan.code)

    def buttons(self) -> tuple[ButtonLook, ButtonLook]:
        """Tick all, and end the night: closed as long as a batch is forgotten."""
        words, busy, reason = self.words, self._busy(), self._why_not()
        all_ = bool(busy) and not self._missing()
        tick = ButtonLook(
            "tick",
            words("handover.tick_none" if all_ else "handover.tick_all"),
            "check-check",
            "outlined" if busy else "blocked",
            bool(busy),
            "" if busy else words("handover.nothing_left"),
        )
        role: ButtonRole = "blocked" if reason else "primary"
        return tick, ButtonLook("close", words("handover.close"), "moon", role, not reason, reason)

    def _missing(self) -> list[Batch]:
        return [each for each in self._busy() if each.id not in self._left]

    def _why_not(self) -> str:
        words, missing = self.words, self._missing()
        if self.floor.kitchen.night is None:
            return words("handover.no_night")
        if waiting(self.floor.kitchen) is not None:
            return words("handover.take_first")
        return words("handover.tick_first", count=len(missing)) if missing else ""

    # ---- taps -------------------------------------------------------------------------------

    def toggle(self, batch: str) -> None:
        """This one stays open, or not."""
        self._left ^= {batch}
        self.shown.emit()

    def tick_all(self) -> None:
        """All of them, or none."""
        busy = frozenset(str(each.id) for each in self._busy())
        self._left = frozenset() if busy <= self._left else busy
        self.shown.emit()

    def close(self) -> AskView | None:
        """The PIN of who ends the night."""
        night, floor, words = self.floor.kitchen.night, self.floor, self.words
        if night is None or self._why_not():
            return None
        # Only what was ticked when the sheet opened: a batch that comes meanwhile is not forgotten.
        left = tuple(each.id for each in self._busy())
        key = "handover.close_left" if left else "handover.close_clean"
        ask = Ask(
            words("handover.close_title", night=date_text(floor, night.serving_date)),
            "",
            "moon",
            (words(key, count=len(left)), words("handover.close_what")),
            words("handover.close_consent"),
        )

        def act(who: StaffId, step_up: StepUp) -> bool:
            args = CloseNightArgs(night.serving_date, left)
            if floor.tap("close_night", SUBJECT, args, step_up=step_up, actor=who) is None:
                return False
            self._left = frozenset()
            floor.tell(
                "handover", words("handover.was_closed"), words("handover.in_record"), tone="ok"
            )
            return True

        return ask_tap(floor, ask, act)
