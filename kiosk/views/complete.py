"""Completing and cancelling a batch: portions made, or a reason of ten characters; writes through the floor."""

from __future__ import annotations

from dapur.ending import CancelBatchArgs, CompleteBatchArgs
from dapur.envelope import StepUp
from dapur.ids import StaffId
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, KeyPadLook, OptionLook, SheetLook
from kiosk.views.naming import subtitle

CANCEL_REASONS: tuple[tuple[str, str], ...] = (
    ("no_ingredients", "package-x"),
    ("menu_changed", "clipboard-list"),
    ("school_closed", "ban"),
    ("equipment", "unplug"),
    ("unsafe", "triangle-alert"),
    ("duplicate", "list"),
)
PORTIONS_DIGITS = 5


class CompleteView(ViewModel):
    """How many portions came out of the pot; the plan's number stands until keys are tapped."""

    def __init__(self, floor: Floor, batch_id: str) -> None:
        super().__init__(floor)
        self.batch_id = batch_id
        self._entry = ""

    def type(self, entry: str) -> None:
        """What stands on the keypad."""
        self._entry = entry
        self.changed.emit()

    @property
    def portions(self) -> int:
        """The number typed, else the plan's."""
        batch = self.floor.batch(self.batch_id)
        if self._entry:
            return int(self._entry)
        return batch.plan.portions if batch else 0

    def save(self) -> bool:
        """Complete it; True when it is on disk."""
        batch = self.floor.batch(self.batch_id)
        if batch is None:
            return False
        args = CompleteBatchArgs(portions=self.portions, round=batch.round)
        command = self.floor.tap("complete_batch", batch.id, args)
        if command is None:
            return False
        stage = self.words("stage.completed")
        title = self.words("undo.text", name=batch.plan.name, stage=stage)
        self.floor.undo_offer(command, batch, title, batch.plan.code)
        return True

    # ---- looks ------------------------------------------------------------------------------

    def sheet(self) -> SheetLook:
        """Head and foot."""
        batch = self.floor.batch(self.batch_id)
        number = self.floor.number(self.portions)
        return SheetLook(
            title=self.words("complete.title", name=batch.plan.name if batch else self.batch_id),
            subtitle=subtitle(self.floor, batch) if batch else "",
            icon="circle-check",
            close_name=self.words("act.close"),
            cancel=ButtonLook("cancel", self.words("act.cancel"), "", "outlined"),
            confirm=ButtonLook(
                "save", self.words("complete.save", portions=number), "check", "primary"
            ),
        )

    def number(self) -> tuple[str, str, str]:
        """Caption, number, plan."""
        batch = self.floor.batch(self.batch_id)
        planned = self.floor.number(batch.plan.portions) if batch else ""
        return (
            self.words("complete.portions"),
            self.floor.number(self.portions),
            self.words("complete.plan", portions=planned),
        )

    def pad(self) -> KeyPadLook:
        """The keys."""
        return KeyPadLook(self.words("act.clear"), self.words("act.delete"))


class CancelView(ViewModel):
    """Why a batch is not cooked."""

    def __init__(self, floor: Floor, batch_id: str) -> None:
        super().__init__(floor)
        self.batch_id = batch_id
        self._reason = ""

    def choose(self, reason: str) -> None:
        """Why."""
        self._reason = reason
        self.changed.emit()

    @property
    def chosen(self) -> str:
        """The reason's text; empty while none is chosen."""
        return self.words(f"cancel.reason.{self._reason}") if self._reason else ""

    def sheet(self) -> SheetLook:
        """Head and foot; the signature cancels."""
        batch = self.floor.batch(self.batch_id)
        return SheetLook(
            title=self.words("cancel.title", name=batch.plan.name if batch else self.batch_id),
            subtitle=subtitle(self.floor, batch) if batch else "",
            icon="ban",
            close_name=self.words("act.close"),
            cancel=ButtonLook("cancel", self.words("cancel.keep"), "", "outlined"),
        )

    def options(self) -> tuple[OptionLook, ...]:
        """Six reasons, each long enough for the rule of ten characters."""
        return tuple(
            OptionLook(key, self.words(f"cancel.reason.{key}"), icon, key == self._reason)
            for key, icon in CANCEL_REASONS
        )

    def save(self, signer: StaffId, step_up: StepUp) -> bool:
        """Cancel it in the signer's name; True when it is on disk."""
        args = CancelBatchArgs(reason=self.chosen)
        floor = self.floor
        return (
            floor.tap("cancel_batch", self.batch_id, args, step_up=step_up, actor=signer)
            is not None
        )
