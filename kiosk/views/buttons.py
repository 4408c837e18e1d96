"""The buttons of a batch: which, how loud, and why closed; asked of the rules, so none can contradict them."""

from __future__ import annotations

from dapur.access import Role
from dapur.batch import Batch
from dapur.ids import StaffId
from dapur.offers import Offer, forward
from dapur.quality import verdict_of
from dapur.refusal import ChecksFailed, ChecksMissing, SampleMissing, VerdictMissing
from dapur.stage import FINISHED, OVER, Stage
from kiosk.views.floor import Floor
from kiosk.views.looks import ButtonLook, ButtonRole

HOLD, RELEASE, MEASURE, MAIN, CHECK, COMPLETE = (
    "hold", "release", "measure", "advance", "check", "complete",
)  # fmt: skip
_TARGETS: dict[Stage, Stage] = {
    Stage.PLANNED: Stage.PREPARING,
    Stage.PREPARING: Stage.COOKING,
    Stage.COOKING: Stage.QUALITY_CHECK,
    Stage.QUALITY_CHECK: Stage.COMPLETED,
}
_CHECK_REFUSALS = (ChecksMissing, ChecksFailed, SampleMissing, VerdictMissing)
"""What the check sheet itself cures: no reason against opening it."""


def target(batch: Batch) -> Stage | None:
    """Where the batch goes next; None at its end."""
    if batch.stage is Stage.PREPARING and batch.plan.no_cook:
        return Stage.QUALITY_CHECK
    return _TARGETS.get(batch.stage)


def target_text(floor: Floor, batch: Batch) -> str:
    """The next stage in words."""
    stage = target(batch)
    return floor.words(f"stage.{stage}") if stage else ""


def _judge(floor: Floor) -> StaffId:
    """Whose rights the buttons show: the actor's, else those of the head until somebody signs in."""
    if floor.actor is not None:
        return floor.actor
    heads = [each.id for each in floor.kitchen.staff.values() if Role.KEPALA in each.roles]
    return heads[0] if heads else StaffId("")


def way(floor: Floor, batch: Batch) -> Offer | None:
    """The way forward, open or blocked, asked of the rules."""
    return forward(floor.kitchen, batch, _judge(floor), floor.now_ms)


def reasons(floor: Floor, batch: Batch) -> tuple[str, ...]:
    """All reasons why the next stage is closed, in words."""
    offer = way(floor, batch)
    if offer is None:
        return ()
    blocks = [
        block
        for block in offer.blocks
        if not (batch.stage is Stage.QUALITY_CHECK and isinstance(block, _CHECK_REFUSALS))
    ]
    return tuple(floor.refusal(block).sentence for block in blocks)


def _passed(batch: Batch) -> bool:
    verdict = verdict_of(batch)
    return verdict is not None and verdict.passed


def main_button(floor: Floor, batch: Batch) -> ButtonLook | None:
    """The named stage: solid only when it may go on now and the data is fresh."""
    stage = target(batch)
    if stage is None:
        return None
    words, why = floor.words, reasons(floor, batch)
    if batch.stage is Stage.QUALITY_CHECK and not _passed(batch):
        role: ButtonRole = "blocked" if batch.held else "tonal"
        return ButtonLook(
            CHECK,
            words("act.fill_check"),
            "clipboard-check",
            role,
            not batch.held,
            why[0] if why else "",
        )
    action, icon = (COMPLETE, "check") if stage is Stage.COMPLETED else (MAIN, "arrow-right")
    text = words("act.complete") if action == COMPLETE else words(f"act.to_{stage}")
    if batch.held:
        return ButtonLook(
            action, text, icon, "blocked", enabled=False, reason=why[0] if why else ""
        )
    if why:
        return ButtonLook(action, text, icon, "tonal", reason=why[0])
    if batch.stage is Stage.PLANNED and floor.now_ms < batch.plan.prepare_ms:
        return ButtonLook(action, text, icon, "outlined")
    return ButtonLook(action, text, icon, "primary" if floor.fresh else "tonal")


def hold_button(floor: Floor, batch: Batch) -> ButtonLook | None:
    """Hold in any stage that is not over; release while held; recall once completed."""
    if batch.stage in OVER:
        return None
    words = floor.words
    if batch.held:
        return ButtonLook(RELEASE, words("act.release"), "lock-open")
    if batch.stage is Stage.COMPLETED:
        return ButtonLook(HOLD, words("act.recall"), "circle-pause")
    return ButtonLook(HOLD, words("act.hold"), "pause")


def card_buttons(floor: Floor, batch: Batch) -> tuple[ButtonLook, ...]:
    """Hold far left so that a slip never completes, then measure, then the named stage."""
    made = [hold_button(floor, batch)]
    measurable = batch.plan.limits.core_c is not None and batch.stage not in FINISHED
    if measurable and batch.stage is not Stage.PLANNED:
        made.append(ButtonLook(MEASURE, floor.words("act.measure"), "thermometer"))
    made.append(main_button(floor, batch))
    return tuple(look for look in made if look is not None)


def page_buttons(floor: Floor, batch: Batch) -> tuple[ButtonLook, ...]:
    """The foot of the batch page."""
    made = list(card_buttons(floor, batch))
    if batch.stage in (Stage.PLANNED, Stage.PREPARING, Stage.COOKING):
        cancel = ButtonLook("cancel", floor.words("act.cancel_batch"), "ban", "outlined")
        made.insert(1 if made else 0, cancel)
    return tuple(made)
