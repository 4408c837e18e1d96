"""From a button of a card or page to a tap or a sheet: the one place that knows which is which."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from dapur.batch import Batch
from dapur.progress import AdvanceBatchArgs, UndoArgs
from kiosk.screens.complete import CancelSheet, CompleteSheet
from kiosk.screens.hold import HoldSheet
from kiosk.screens.measure import MeasureSheet
from kiosk.screens.release import ReleaseSheet
from kiosk.screens.sheets import ViewSheet
from kiosk.theme.theme import Theme
from kiosk.views import buttons
from kiosk.views.complete import CancelView, CompleteView
from kiosk.views.floor import Floor
from kiosk.views.hold import HoldView
from kiosk.views.measure import MeasureView
from kiosk.views.release import ReleaseView


class Actions(QObject):
    """Opens sheets over the window, taps what needs none."""

    go = Signal(str, str)

    def __init__(self, theme: Theme, floor: Floor, host: QWidget) -> None:
        super().__init__(host)
        self._theme, self._floor, self._host = theme, floor, host

    def perform(self, action: str, subject: str) -> None:
        """Do what the button says about this batch, or about these people."""
        if action == "assign":
            self._assign(subject)
            return
        if action == "leave":
            self._leave(subject)
            return
        batch = self._floor.batch(subject)
        if batch is None:
            return
        if action.startswith("why:"):
            self._tell_why(action, batch)
        elif action == "check":
            self.go.emit("quality", subject)
        elif action == "advance":
            self._advance(batch)
        elif self._signed_in():
            self._open(action, subject)

    def _assign(self, wish: str) -> None:
        """Few open it: it is loaded when somebody does."""
        from kiosk.screens.assign import AssignSheet
        from kiosk.views.team import AssignView

        AssignSheet(self._theme, AssignView(self._floor, wish), self._host).open()

    def _leave(self, people: str) -> None:
        from kiosk.screens.leave import LeaveSheet
        from kiosk.views.leave import LeaveView

        LeaveSheet(self._theme, LeaveView(self._floor, people), self._host).open()

    def undo(self) -> None:
        """Take the offered tap back."""
        offer = self._floor.undoable
        if offer is not None:
            self._floor.tap("undo", offer.batch, UndoArgs(tap=offer.command))
            self._floor.undo_over()

    def _signed_in(self) -> bool:
        if self._floor.actor is not None:
            return True
        self._floor.ask_to_sign_in()
        return False

    def _open(self, action: str, subject: str) -> None:
        theme, floor, host = self._theme, self._floor, self._host
        sheet: ViewSheet
        match action:
            case "measure":
                sheet = MeasureSheet(theme, MeasureView(floor, subject), host)
            case "hold":
                sheet = HoldSheet(theme, HoldView(floor, subject), host)
            case "release":
                sheet = ReleaseSheet(theme, ReleaseView(floor, subject), host)
            case "complete":
                sheet = CompleteSheet(theme, CompleteView(floor, subject), host)
            case "cancel":
                sheet = CancelSheet(theme, CancelView(floor, subject), host)
            case _:
                return
        sheet.open()

    def _advance(self, batch: Batch) -> None:
        target = buttons.target(batch)
        if target is None:
            return
        args = AdvanceBatchArgs(to=target.value, round=batch.round)  # type: ignore[arg-type]
        command = self._floor.tap("advance_batch", batch.id, args)
        if command is not None:
            words = self._floor.words
            title = words("undo.text", name=batch.plan.name, stage=words(f"stage.{target}"))
            self._floor.undo_offer(command, batch, title, batch.plan.code)

    def _tell_why(self, action: str, batch: Batch) -> None:
        """A closed button was tapped: say all reasons."""
        reasons = buttons.reasons(self._floor, batch) or (action.split(":", 2)[2],)
        words = self._floor.words
        stage = buttons.target_text(self._floor, batch)
        title = words("blocked.title", stage=stage) if stage else batch.plan.name
        self._floor.tell(f"why.{batch.id}", title, " · ".join(reasons), tone="attention")
