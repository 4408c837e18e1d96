"""The quality check of one batch: items, forced corrective action, signature; it writes through the floor."""

from __future__ import annotations

import msgspec

from dapur import access
from dapur.batch import Item, newest_core
from dapur.envelope import StepUp
from dapur.ids import StaffId
from dapur.progress import core_block
from dapur.quality import GiveVerdictArgs, RecordCheckArgs, judged, required_items
from dapur.refusal import AnyRefusal
from dapur.stage import Stage
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import (
    BandLook,
    BlockLook,
    ButtonLook,
    ChipLook,
    CorrectiveLook,
    EmptyLook,
    OptionLook,
    QcLook,
    TopLook,
)
from kiosk.views.naming import subtitle
from kiosk.views.signing import Signing

GROUPS: tuple[tuple[str, tuple[Item, ...]], ...] = (
    ("senses", (Item.APPEARANCE, Item.AROMA, Item.TASTE, Item.TEXTURE)),
    ("safety", (Item.TEMPERATURE, Item.HYGIENE, Item.SAFETY)),
    ("sample", (Item.SAMPLE,)),
)
FIXES: tuple[tuple[str, str], ...] = (
    ("dilute", "droplets"),
    ("recook", "flame"),
    ("separate", "split"),
    ("replace", "replace"),
    ("discard_part", "trash-2"),
    ("discard_all", "ban"),
)


class Draft(msgspec.Struct):
    """What is filled in and not yet signed; kept per batch and round while the kiosk runs."""

    choices: dict[Item, bool] = msgspec.field(default_factory=dict)
    fixes: dict[Item, str] = msgspec.field(default_factory=dict)


class QualityView(ViewModel):
    """The check sheet of the batch that the page shows."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self.batch_id = ""
        self._drafts: dict[tuple[str, int], Draft] = {}
        self._fixing: Item | None = None
        self.signing = Signing(floor, access.JUDGES, self)
        self.signing.changed.connect(self.changed)
        self.signing.signed.connect(self._on_signed)
        self.finished = False

    def show(self, batch_id: str) -> None:
        """Work on this batch."""
        self.batch_id = batch_id
        self.finished = False
        self._fixing = next(iter(self._unfixed()), None)
        self.signing.choose_default()
        self.changed.emit()

    def choose(self, item: str, choice: str) -> None:
        """Pass or fail; a failed item asks at once what is done about it."""
        which = Item(item)
        draft = self._draft()
        draft.choices[which] = choice == "pass"
        if choice == "pass":
            draft.fixes.pop(which, None)
            self._fixing = next(iter(self._failed()), None)
        else:
            self._fixing = which
        self.changed.emit()

    def choose_fix(self, fix: str) -> None:
        """The corrective action of the failed item in hand."""
        if self._fixing is not None:
            self._draft().fixes[self._fixing] = fix
            self._fixing = next(iter(self._unfixed()), self._fixing)
            self.changed.emit()

    # ---- state ------------------------------------------------------------------------------

    def _draft(self) -> Draft:
        batch = self.floor.batch(self.batch_id)
        key = (self.batch_id, batch.round if batch else 0)
        return self._drafts.setdefault(key, Draft())

    def items(self) -> tuple[Item, ...]:
        """What must be checked, in the order of the sheet."""
        wanted = required_items(self.floor.kitchen.policy)
        return tuple(item for _, items in GROUPS for item in items if item in wanted)

    def _choice(self, item: Item) -> bool | None:
        draft = self._draft()
        if item in draft.choices:
            return draft.choices[item]
        batch = self.floor.batch(self.batch_id)
        standing = judged(batch).get(item) if batch else None
        return standing.passed if standing else None

    def _failed(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items() if self._choice(item) is False)

    def _unfixed(self) -> tuple[Item, ...]:
        fixes = self._draft().fixes
        drafted = self._draft().choices
        return tuple(item for item in self._failed() if item in drafted and item not in fixes)

    def _open(self) -> int:
        return sum(1 for item in self.items() if self._choice(item) is None)

    @property
    def next_open(self) -> str:
        """The first item in the order of the sheet that nobody has judged; empty when there is none."""
        return next((item for item in self.items() if self._choice(item) is None), "")

    @property
    def mending(self) -> bool:
        """Whether a failed item still waits for its corrective action."""
        return bool(self._unfixed())

    def _blocks(self) -> tuple[AnyRefusal, ...]:
        batch = self.floor.batch(self.batch_id)
        return core_block(batch) if batch and not self._failed() else ()

    @property
    def ready(self) -> bool:
        """Whether only the signature is missing."""
        batch = self.floor.batch(self.batch_id)
        at_check = batch is not None and batch.stage is Stage.QUALITY_CHECK and not batch.held
        return at_check and not self._open() and not self._unfixed() and not self._blocks()

    def _on_signed(self, signer: str, step_up: StepUp) -> None:
        batch = self.floor.batch(self.batch_id)
        if batch is None or not self.ready:
            return
        draft, failed, round_ = self._draft(), self._failed(), batch.round
        who = StaffId(signer)
        for item, passed in draft.choices.items():
            args = RecordCheckArgs(
                item=item,
                passed=passed,
                round=round_,
                value=self._value(item),
                corrective_action=self._fix_text(draft.fixes.get(item, "")),
            )
            if self.floor.tap("record_check", batch.id, args, actor=who) is None:
                return
        verdict = GiveVerdictArgs(passed=not failed, round=round_)
        if self.floor.tap("give_verdict", batch.id, verdict, step_up=step_up, actor=who) is None:
            return
        self._drafts.pop((batch.id, round_), None)
        self.finished = True
        self.changed.emit()

    def _value(self, item: Item) -> float | None:
        batch = self.floor.batch(self.batch_id)
        reading = newest_core(batch) if batch and item is Item.TEMPERATURE else None
        return reading.value_c if reading else None

    def _fix_text(self, fix: str) -> str:
        return self.words(f"fix.{fix}") if fix else ""

    # ---- looks ------------------------------------------------------------------------------

    def top(self) -> TopLook:
        """Title and count."""
        batch = self.floor.batch(self.batch_id)
        if batch is None:
            return TopLook(self.words("batch.gone"), back=self.words("act.back_batch"))
        done, total = len(self.items()) - self._open(), len(self.items())
        chip = ChipLook(
            f"{self.words('stage.quality_check')} {done}/{total}", "clipboard-check", "attention"
        )
        return TopLook(
            title=batch.plan.name,
            subtitle=subtitle(self.floor, batch),
            back=self.words("act.back_batch"),
            chip=chip,
        )

    def heading(self) -> tuple[str, str]:
        """Title of the sheet and its count."""
        done, total = len(self.items()) - self._open(), len(self.items())
        count = self.words("qc.filled", done=done, total=total)
        failed = len(self._failed())
        if failed:
            count = f"{count} · {self.words('qc.failed', count=failed)}"
        batch = self.floor.batch(self.batch_id)
        if batch and batch.round > 1:
            count = f"{self.words('qc.round', n=batch.round)} · {count}"
        return self.words("qc.title"), count

    def groups(self) -> tuple[tuple[str, tuple[QcLook, ...]], ...]:
        """Rows under their headings."""
        items = self.items()
        return tuple(
            (
                self.words(f"qc.group_{name}"),
                tuple(self._row(item) for item in each if item in items),
            )
            for name, each in GROUPS
            if any(item in items for item in each)
        )

    def _row(self, item: Item) -> QcLook:
        choice = self._choice(item)
        sample = item is Item.SAMPLE
        batch = self.floor.batch(self.batch_id)
        return QcLook(
            key=item,
            title=self.words(f"qc.item.{item}"),
            detail=self._hint(item),
            choice="" if choice is None else "pass" if choice else "fail",
            pass_text=self.words("qc.sample_pass" if sample else "qc.pass"),
            fail_text=self.words("qc.sample_fail" if sample else "qc.fail"),
            value=self._shown_value(item),
            band=self._band(item),
            judged="alarm" if item is Item.TEMPERATURE and self._too_cold() else "ok",
            enabled=batch is not None and batch.stage is Stage.QUALITY_CHECK and not batch.held,
        )

    def _hint(self, item: Item) -> str:
        policy = self.floor.kitchen.policy
        fix = self._draft().fixes.get(item)
        if fix:
            return self._fix_text(fix)
        if item is Item.TEMPERATURE:
            limit = self._limit_c()
            if limit is None:
                return self.words("qc.hint.TEMPERATURE_NONE")
            return self.words("qc.hint.TEMPERATURE", limit=self.floor.limit(limit))
        if item is Item.SAMPLE:
            hours, cold = policy.sample_hold_h.value, policy.cold_hold_c.value
            return self.words("qc.hint.SAMPLE", hours=f"{hours:g}", cold=f"{cold:g}")
        return self.words(f"qc.hint.{item}")

    def _limit_c(self) -> float | None:
        batch = self.floor.batch(self.batch_id)
        return batch.plan.limits.core_c if batch else None

    def _too_cold(self) -> bool:
        value, limit = self._value(Item.TEMPERATURE), self._limit_c()
        return value is not None and limit is not None and value < limit

    def _shown_value(self, item: Item) -> str:
        if item is not Item.TEMPERATURE or self._limit_c() is None:
            return ""
        value = self._value(item)
        if value is None:
            return self.words("temp.never")
        return f"{self.floor.degrees(value)} {self.words('temp.unit')}"

    def _band(self, item: Item) -> BandLook | None:
        limit = self._limit_c()
        if item is not Item.TEMPERATURE or limit is None:
            return None
        return BandLook(self._value(item), limit, 20.0, 100.0)

    def corrective(self) -> CorrectiveLook | None:
        """What is done about the failed item in hand; None while nothing failed."""
        item = self._fixing
        if item is None or self._choice(item) is not False:
            return None
        chosen = self._draft().fixes.get(item, "")
        return CorrectiveLook(
            self.words("qc.corrective", item=self.words(f"qc.item.{item}")),
            tuple(
                OptionLook(key, self.words(f"fix.{key}"), icon, key == chosen)
                for key, icon in FIXES
            ),
        )

    def warning(self) -> tuple[str, str] | None:
        """What saving a failed check does."""
        if not self._failed():
            return None
        return self.words("qc.after_fail"), self.words("qc.after_fail_2")

    def nothing(self) -> EmptyLook:
        """Instead of a sheet."""
        words = self.words
        return EmptyLook("clipboard-check", words("qc.none_due"), words("qc.none_due_hint"))

    def block(self) -> BlockLook:
        """What is still missing."""
        signer = self.signing.signer
        if self._open():
            item = self.words(f"qc.item.{self.next_open}")
            return BlockLook(
                self.words("qc.need_items", count=self._open()),
                (self.words("qc.need_next", item=item),),
                icon="info",
            )
        if self._unfixed():
            return BlockLook(self.words("qc.need_action"), icon="triangle-alert", tone="attention")
        if blocks := self._blocks():
            said = self.floor.refusal(blocks[0])
            return BlockLook(said.sentence, (said.next,), icon="thermometer", tone="attention")
        if signer is None:
            return BlockLook(self.words("qc.need_signer"), icon="user", tone="attention")
        return BlockLook(
            self.words("qc.need_pin", who=self.floor.name_of(signer)), icon="key-round"
        )

    def save_button(self) -> ButtonLook:
        """Names the result; the PIN is what saves."""
        key = "qc.save_hold" if self._failed() else "qc.save_pass"
        icon = "circle-pause" if self._failed() else "check"
        why = self.block()
        reason = why.joiner.join((why.title, *why.reasons))
        return ButtonLook("save", self.words(key), icon, "blocked", enabled=False, reason=reason)


def due(floor: Floor) -> tuple[str, ...]:
    """Batches that wait for a check, longest first."""
    waiting = [
        batch
        for batch in floor.kitchen.batches.values()
        if batch.stage is Stage.QUALITY_CHECK and not batch.held
    ]
    waiting.sort(key=lambda batch: batch.history[-1].at.earliest_ms if batch.history else 0)
    return tuple(batch.id for batch in waiting)
