"""Letting people go from the batches where they stand, without sending them elsewhere; it writes through the floor."""

from __future__ import annotations

from dapur.batch import Batch
from dapur.crew import ReleaseCrewArgs
from dapur.ids import StaffId
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, OptionLook, SheetLook
from kiosk.views.naming import crew, lead
from kiosk.views.team import places


class LeaveView(ViewModel):
    """Some people, the batches where they stand, and which of these they leave: all, unless told."""

    def __init__(self, floor: Floor, people: str) -> None:
        """`people` is that of `TeamView.marked`."""
        super().__init__(floor)
        self.people = tuple(map(StaffId, filter(None, people.split(","))))
        self._chosen = {batch.id for batch in self._places()}

    def toggle(self, batch: str) -> None:
        """They leave this one, or stay."""
        self._chosen ^= {each.id for each in self._places() if each.id == batch}
        self.changed.emit()

    def save(self) -> bool:
        """Let them go; True when every tap is on disk."""
        left = self._left()
        for batch in left:
            for staff in self._of(batch):
                args = ReleaseCrewArgs(staff=staff)
                if self.floor.tap("release_crew", batch.id, args) is None:
                    return False
        title = self.words("leave.done", count=len(self.people))
        self.floor.tell("team.left", title, self._where(left), tone="ok")
        return True

    # ---- looks ------------------------------------------------------------------------------

    def sheet(self) -> SheetLook:
        """Who, and the button that says what they leave."""
        words, left = self.words, self._left()
        text = words("leave.from", name=self._where(left)) if left else words("leave.act")
        return SheetLook(
            title=words("leave.title", count=len(self.people)),
            subtitle=", ".join(map(self.floor.short_name, self.people)),
            icon="user-minus",
            close_name=words("act.close"),
            cancel=ButtonLook("cancel", words("act.cancel"), "", "outlined"),
            confirm=ButtonLook(
                "save",
                text,
                "user-minus",
                "primary" if left else "blocked",
                enabled=bool(left),
                reason="" if left else words("team.choose_batch"),
            ),
        )

    def batches(self) -> tuple[OptionLook, ...]:
        """Where they stand, and who of them."""
        return tuple(
            OptionLook(
                each.id,
                f"{each.plan.code} {each.plan.name}",
                "users",
                each.id in self._chosen,
                "many",
                note=", ".join(self._post(each, staff) for staff in self._of(each)),
            )
            for each in self._places()
        )

    # ---- inside -----------------------------------------------------------------------------

    def _places(self) -> tuple[Batch, ...]:
        found = {each.id: each for staff in self.people for each in places(self.floor, staff)}
        return tuple(sorted(found.values(), key=lambda each: (each.plan.ready_ms, each.plan.code)))

    def _left(self) -> tuple[Batch, ...]:
        return tuple(each for each in self._places() if each.id in self._chosen)

    def _of(self, batch: Batch) -> tuple[StaffId, ...]:
        there = crew(batch)
        return tuple(staff for staff in self.people if staff in there)

    def _post(self, batch: Batch, staff: StaffId) -> str:
        name = self.floor.short_name(staff)
        return self.words("leave.leads", name=name) if lead(batch) == staff else name

    def _where(self, left: tuple[Batch, ...]) -> str:
        if len(left) == 1:
            return left[0].plan.name
        return self.words("leave.batches", count=len(left))
