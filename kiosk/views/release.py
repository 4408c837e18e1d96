"""The release sheet: cites the hold, shows what happened since, asks for a decision and a signature."""

from __future__ import annotations

from dapur import access
from dapur.batch import Hold, ReleaseDecision
from dapur.envelope import StepUp
from dapur.hold import ReleaseHoldArgs
from dapur.ids import StaffId
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, EventLook, OptionLook, SheetLook
from kiosk.views.naming import hold_number, stage_text, subtitle
from kiosk.views.signing import Signing
from kiosk.views.story import lines_since


class ReleaseView(ViewModel):
    """One release of the oldest open hold of a batch, as it stood when the sheet opened."""

    def __init__(self, floor: Floor, batch_id: str) -> None:
        super().__init__(floor)
        self.batch_id = batch_id
        batch = floor.batch(batch_id)
        self._hold = batch.open_holds[0] if batch and batch.open_holds else None
        critical = self._hold is not None and self._hold.critical
        self.signing = Signing(floor, access.SUPERVISORS if critical else access.JUDGES, self)
        self.signing.changed.connect(self.changed)
        self.signing.signed.connect(self._on_signed)
        self._decision: ReleaseDecision | None = None
        self.done = False

    @property
    def hold(self) -> Hold | None:
        """The hold that is cited."""
        return self._hold

    def choose(self, decision: str) -> None:
        """What happens to the batch."""
        self._decision = ReleaseDecision(decision)
        self.changed.emit()

    def _on_signed(self, signer: str, step_up: StepUp) -> None:
        batch = self.floor.batch(self.batch_id)
        if self._decision is None or self._hold is None or batch is None:
            return
        hold = self._hold
        args = ReleaseHoldArgs(
            hold=hold.id,
            decision=self._decision,
            portions=batch.plan.portions if self._decision is ReleaseDecision.DISCARD else None,
            evidence=hold.evidence[0] if hold.evidence else "",
        )
        command = self.floor.tap(
            "release_hold", self.batch_id, args, step_up=step_up, actor=StaffId(signer)
        )
        self.done = command is not None
        self.changed.emit()

    # ---- looks ------------------------------------------------------------------------------

    def sheet(self) -> SheetLook:
        """Head and foot; the signature, not a button, is what releases."""
        batch = self.floor.batch(self.batch_id)
        number = hold_number(self._hold) if self._hold else ""
        return SheetLook(
            title=self.words("release.title", name=batch.plan.name if batch else self.batch_id),
            subtitle=subtitle(self.floor, batch) if batch else "",
            icon="lock-open",
            close_name=self.words("act.close"),
            cancel=ButtonLook("cancel", self.words("release.keep"), "", "outlined"),
            confirm=ButtonLook(
                "save",
                self.words("release.pin", number=number)
                if self._decision
                else self.words("release.choose"),
                "lock-open",
                "blocked",
                enabled=False,
                reason=self.words("release.choose")
                if self._decision is None
                else self.signing.prompt(),
            ),
        )

    @property
    def may_sign(self) -> bool:
        """Whether a decision is chosen, so that a PIN would count."""
        return self._decision is not None and self._hold is not None

    def head(self) -> tuple[str, str, str, str]:
        """Number, since when, reason, note and by whom."""
        hold = self._hold
        if hold is None:
            return ("", "", "", "")
        floor = self.floor
        age = floor.ago(floor.now_ms - hold.at.earliest_ms)
        return (
            self.words("release.hold", number=hold_number(hold)),
            f"{floor.clock(hold.at.earliest_ms)} · {age}",
            self.words(f"hold.{hold.reason}"),
            " · ".join(
                part
                for part in (hold.note, self.words("release.by", who=floor.name_of(hold.actor)))
                if part
            ),
        )

    def since(self) -> tuple[EventLook, ...]:
        """What happened since it was held."""
        batch = self.floor.batch(self.batch_id)
        if batch is None or self._hold is None:
            return ()
        return lines_since(self.floor, batch, self._hold.at.earliest_ms)[-4:]

    def nothing_since(self) -> str:
        """Instead of an empty list."""
        return self.words("release.nothing")

    def options(self) -> tuple[OptionLook, ...]:
        """Three decisions, none preselected."""
        batch = self.floor.batch(self.batch_id)
        stage = stage_text(self.floor, batch) if batch else ""
        portions = self.floor.number(batch.plan.portions) if batch else ""
        rows = (
            (ReleaseDecision.CONTINUE, self.words("release.continue", stage=stage), "undo-2"),
            (ReleaseDecision.REWORK, self.words("release.rework"), "refresh-cw"),
            (ReleaseDecision.DISCARD, self.words("release.discard", portions=portions), "trash-2"),
        )
        return tuple(OptionLook(key, text, icon, key is self._decision) for key, text, icon in rows)

    def recorded(self) -> str:
        """What will stand in the log."""
        number = hold_number(self._hold) if self._hold else ""
        return self.words("release.recorded", number=number)
