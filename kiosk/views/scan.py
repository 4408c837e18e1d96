"""What a scanned code means, and what the hardware keys do in words; it opens nothing."""

from __future__ import annotations

from dapur.ids import BatchId, StaffId
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, SheetLook

_KEYS = (
    ("arrows", "← ↑ → ↓"),
    ("digits", "1 … 9"),
    ("enter", "Enter"),
    ("advance", "+"),
    ("measure", "*"),
    ("hold", "−"),
    ("escape", "Esc"),
    ("help", "? · F1"),
)


def read_code(floor: Floor, code: str) -> tuple[str, str] | None:
    """Page and subject of a code: a batch's (`G1-02`), a batch's id, a person's id; None (and told) for another."""
    wanted = code.strip()
    batches = floor.kitchen.batches
    if BatchId(wanted) in batches:
        return "batch", wanted
    for batch in batches.values():
        if batch.plan.code.casefold() == wanted.casefold():
            return "batch", str(batch.id)
    words = floor.words
    person = StaffId(wanted)
    if person in floor.people.session.signed_in:
        floor.people.session.act_as(person)
        floor.tell("scan", words("scan.acts", name=floor.short_name(person)), tone="ok")
        return None
    if person in floor.kitchen.staff:
        return "sign_in", wanted
    floor.tell("scan", words("scan.unknown", code=wanted), words("scan.next"), tone="attention")
    return None


class KeysView(ViewModel):
    """The help about keys."""

    def sheet(self) -> SheetLook:
        """Title and the way out."""
        words = self.words
        return SheetLook(
            words("keys.title"),
            words("keys.subtitle"),
            "keyboard",
            words("act.close"),
            confirm=ButtonLook("close", words("act.close"), "check", "primary"),
        )

    def rows(self) -> tuple[tuple[str, str], ...]:
        """Each key and what it does."""
        return tuple((key, self.words(f"keys.{name}")) for name, key in _KEYS)

    def scanner(self) -> str:
        """What a barcode scanner does."""
        return self.words("keys.scanner")
