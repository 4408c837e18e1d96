"""The page of what is over tonight: completed, cancelled, thrown away; recalled or taken back from here; texts only."""

from __future__ import annotations

from dapur.batch import Batch, consume_by_ms
from dapur.ids import StaffId
from dapur.progress import UndoArgs
from dapur.stage import FINISHED, Stage
from kiosk.views import buttons
from kiosk.views.admin_looks import RecordLook
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, ChipLook, EmptyLook, FilterLook, TopLook

ALL = "all"
ENDED = "ended"
"""Filter: cancelled or thrown away."""
UNDO, OPEN = "undo", "open"


class CompletedView(ViewModel):
    """Batches that left the kitchen's hands, the newest first."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._filter = ALL

    def choose(self, key: str) -> None:
        """Show these only."""
        self._filter = key
        self.changed.emit()

    def take_back(self, batch_id: str) -> None:
        """Undo the completion, by who made it and while nothing followed."""
        batch = self.floor.batch(batch_id)
        if batch is None or batch.completion is None:
            return
        args = UndoArgs(tap=batch.completion.command)
        if self.floor.tap("undo", batch.id, args) is not None:
            title = self.words("completed.taken_back", name=batch.plan.name)
            self.floor.tell(f"undo.{batch.id}", title, batch.plan.code, tone="ok")

    # ---- looks ------------------------------------------------------------------------------

    def top(self) -> TopLook:
        """Title and how many."""
        done = [each for each in self._over() if each.stage is Stage.COMPLETED]
        portions = sum(each.completion.portions for each in done if each.completion is not None)
        words, number = self.words, self.floor.number
        return TopLook(
            words("completed.title"),
            words("completed.count", count=len(done), portions=number(portions)),
            back=words("act.back_board"),
        )

    def filters(self) -> tuple[FilterLook, ...]:
        """All, each wave, and what was cancelled or thrown away."""
        night, over = self.floor.kitchen.night, self._over()
        named = [(ALL, self.words("completed.all"), "list", len(over))]
        for wave in night.waves if night is not None else ():
            count = sum(each.plan.wave == wave.id for each in over)
            named.append((wave.id, wave.name, "truck", count))
        ended = sum(each.stage is not Stage.COMPLETED for each in over)
        named.append((ENDED, self.words("completed.ended"), "ban", ended))
        return tuple(
            FilterLook(key, f"{text} · {count}", icon, chosen=key == self._filter)
            for key, text, icon, count in named
        )

    def rows(self) -> tuple[RecordLook, ...]:
        """One line a batch."""
        return tuple(self._row(batch) for batch in self._over() if self._is_wanted(batch))

    def empty(self) -> EmptyLook:
        """What stands there while nothing is over."""
        words = self.words
        return EmptyLook("check-check", words("completed.none"), words("completed.none_hint"))

    # ---- inside -----------------------------------------------------------------------------

    def _over(self) -> list[Batch]:
        over = [each for each in self.floor.kitchen.batches.values() if each.stage in FINISHED]
        return sorted(over, key=lambda each: (-ended_ms(each), each.plan.code))

    def _is_wanted(self, batch: Batch) -> bool:
        if self._filter == ENDED:
            return batch.stage is not Stage.COMPLETED
        return self._filter in (ALL, batch.plan.wave)

    def _row(self, batch: Batch) -> RecordLook:
        plan = batch.plan
        return RecordLook(
            batch.id,
            f"{plan.code} {plan.name}",
            self._story(batch),
            self._left(batch),
            self._chip(batch),
            self._buttons(batch),
            value_off=bool(self._why_not_eaten(batch)),
        )

    def _story(self, batch: Batch) -> str:
        floor, words = self.floor, self.words
        parts = [words(f"stage.{batch.stage}"), floor.clock(ended_ms(batch))]
        done, ended = batch.completion, batch.ended
        if done is not None:
            parts.append(self._who(done.actor))
            parts.append(words("portions", count=floor.number(done.portions)))
            parts.append(words("completed.waste", mass=floor.degrees(done.waste_kg)))
        if ended is not None:
            parts += [self._who(ended.actor), ended.reason]
        parts.append(self._why_not_eaten(batch))
        return " · ".join(part for part in parts if part)

    def _who(self, staff: StaffId) -> str:
        return self.floor.short_name(staff)

    def _by_ms(self, batch: Batch) -> int | None:
        """Until when it may be eaten (UTC ms); None for what nobody will eat."""
        if batch.stage is not Stage.COMPLETED:
            return None
        return consume_by_ms(batch, self.floor.kitchen.policy)

    def _why_not_eaten(self, batch: Batch) -> str:
        """That the time to eat it counts no more, and why; empty while it counts."""
        by_ms = self._by_ms(batch)
        if by_ms is None:
            return ""
        if batch.held:
            return self.words("completed.not_to_eat")
        return self.words("completed.over") if by_ms < self.floor.now_ms else ""

    def _left(self, batch: Batch) -> str:
        by_ms = self._by_ms(batch)
        if by_ms is None:
            return ""
        at = self.floor.clock(by_ms)
        if self._why_not_eaten(batch):
            return self.words("completed.before", at=at)
        return self.words("completed.left", left=self.floor.span(by_ms - self.floor.now_ms), at=at)

    def _chip(self, batch: Batch) -> ChipLook:
        words = self.words
        if batch.held:
            return ChipLook(words("completed.recalled"), "circle-pause", "held")
        if batch.stage is Stage.COMPLETED:
            return ChipLook(words("completed.passed"), "circle-check", "ok")
        return ChipLook(words(f"stage.{batch.stage}"), "ban", "neutral")

    def _buttons(self, batch: Batch) -> tuple[ButtonLook, ...]:
        words = self.words
        made = [ButtonLook(OPEN, words("act.view"), "arrow-right", "outlined")]
        hold = buttons.hold_button(self.floor, batch)
        if hold is not None:
            made.insert(0, hold)
        if self._may_take_back(batch):
            made.insert(0, ButtonLook(UNDO, words("completed.undo"), "undo-2", "outlined"))
        return tuple(made)

    def _may_take_back(self, batch: Batch) -> bool:
        if batch.stage is not Stage.COMPLETED or batch.completion is None:
            return False
        args = UndoArgs(tap=batch.completion.command)
        return self.floor.actor is not None and self.floor.why_not("undo", batch.id, args) is None


def ended_ms(batch: Batch) -> int:
    """When it was over (UTC ms): completed, cancelled or thrown away."""
    if batch.ended is not None:
        return batch.ended.at.earliest_ms
    return batch.completion.at.earliest_ms if batch.completion is not None else 0
