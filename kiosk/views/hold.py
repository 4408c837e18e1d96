"""The hold sheet: one of six reasons, evidence, a note; it writes through the floor."""

from __future__ import annotations

from dapur.batch import HoldReason, newest_core
from dapur.hold import GIVEN_BY_RULES, HoldBatchArgs
from dapur.stage import Stage
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, OptionLook, SheetLook
from kiosk.views.naming import subtitle

REASON_ICONS: dict[HoldReason, str] = {
    HoldReason.TEMPERATURE: "thermometer",
    HoldReason.QUALITY: "clipboard-x",
    HoldReason.INGREDIENT: "package-x",
    HoldReason.FOREIGN_OBJECT: "bug",
    HoldReason.ALLERGEN: "wheat-off",
    HoldReason.EQUIPMENT: "unplug",
}
REASONS = tuple(reason for reason in HoldReason if reason not in GIVEN_BY_RULES)


class HoldView(ViewModel):
    """One holding of one batch."""

    def __init__(self, floor: Floor, batch_id: str) -> None:
        super().__init__(floor)
        self.batch_id = batch_id
        self._reason: HoldReason | None = None
        self._cite = False

    def choose(self, reason: str) -> None:
        """Why."""
        self._reason = HoldReason(reason)
        self._cite = self._reason is HoldReason.TEMPERATURE and self._evidence_id() != ""
        self.changed.emit()

    def toggle_evidence(self, _key: str) -> None:
        """Cite the newest reading, or not."""
        self._cite = not self._cite
        self.changed.emit()

    def save(self) -> bool:
        """Hold it; True when it is on disk."""
        batch = self.floor.batch(self.batch_id)
        if self._reason is None or batch is None:
            return False
        evidence = (self._evidence_id(),) if self._cite else ()
        command = self.floor.tap(
            "hold_batch", self.batch_id, HoldBatchArgs(reason=self._reason, evidence=evidence)
        )
        if command is None:
            return False
        self.floor.tell("held", self.words("undo.hold", name=batch.plan.name), tone="attention")
        return True

    @property
    def _is_recall(self) -> bool:
        """A batch that is completed has no stage to stop: its food is called back."""
        batch = self.floor.batch(self.batch_id)
        return batch is not None and batch.stage is Stage.COMPLETED

    def _evidence_id(self) -> str:
        batch = self.floor.batch(self.batch_id)
        reading = newest_core(batch) if batch else None
        return reading.id if reading else ""

    # ---- looks ------------------------------------------------------------------------------

    def sheet(self) -> SheetLook:
        """Head and foot."""
        batch = self.floor.batch(self.batch_id)
        chosen = self._reason is not None
        return SheetLook(
            title=self.words(
                "recall.title" if self._is_recall else "hold.title",
                name=batch.plan.name if batch else self.batch_id,
            ),
            subtitle=subtitle(self.floor, batch) if batch else "",
            icon="circle-pause",
            close_name=self.words("act.close"),
            cancel=ButtonLook("cancel", self.words("act.cancel"), "", "outlined"),
            confirm=ButtonLook(
                "save",
                self.words("recall.save" if self._is_recall else "hold.save"),
                "pause",
                "primary" if chosen else "blocked",
                enabled=chosen,
                reason=self.words("hold.choose"),
            ),
        )

    def ask(self) -> str:
        """The question."""
        return self.words("recall.ask" if self._is_recall else "hold.ask")

    def effect(self) -> str:
        """What will stop and who can release."""
        return self.words("recall.effect" if self._is_recall else "hold.effect")

    def options(self) -> tuple[OptionLook, ...]:
        """The six reasons."""
        return tuple(
            OptionLook(
                reason, self.words(f"hold.{reason}"), REASON_ICONS[reason], reason is self._reason
            )
            for reason in REASONS
        )

    def evidence(self) -> OptionLook | None:
        """The newest reading, to be cited."""
        batch = self.floor.batch(self.batch_id)
        reading = newest_core(batch) if batch else None
        if reading is None:
            return None
        text = self.words(
            "hold.evidence",
            value=self.floor.degrees(reading.value_c),
            at=self.floor.clock(reading.at.earliest_ms),
        )
        return OptionLook("evidence", text, "thermometer", self._cite, kind="many")
