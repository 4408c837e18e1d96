"""The review inbox: every refused tap and doubtful fact waits here until a named person settles it."""

from __future__ import annotations

import json

import msgspec

from dapur.batch import Batch
from dapur.ids import BatchId
from dapur.kitchen import COMMANDS
from dapur.review import Answer, Reason, Review, SettleReviewArgs, open_reviews
from dapur.review import subject as review_subject
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import (
    AnswerLook,
    ButtonLook,
    ChipLook,
    EmptyLook,
    EventLook,
    RefusalLook,
    TopLook,
)
from kiosk.views.naming import stage_text, subtitle
from kiosk.views.story import lines_since

REDOABLE = frozenset({Reason.REFUSED, Reason.SALVAGED})
_HOUR_MS = 3_600_000
LATE_MS = 60_000
"""A tap that took longer to arrive was made offline."""


class ReviewView(ViewModel):
    """List left, the chosen item right."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._chosen = ""

    def choose(self, item: str) -> None:
        """Look at this item."""
        self._chosen = item
        self.changed.emit()

    def answer(self, answer: str) -> None:
        """Settle the chosen item."""
        item = self.item
        if item is None:
            return
        if answer == Answer.REDO:
            if raw := self._args(item):
                self.floor.tap_raw(item.kind, item.about, raw, cites=item.command)
            return
        args = SettleReviewArgs(item.id, "escalate" if answer == Answer.ESCALATE else "accept")
        self.floor.tap("settle_review", review_subject(item.id), args)

    @property
    def item(self) -> Review | None:
        """The chosen item, else the oldest."""
        items = open_reviews(self.floor.kitchen)
        found = next((each for each in items if each.id == self._chosen), None)
        return found or (items[0] if items else None)

    def _args(self, item: Review) -> msgspec.Raw | None:
        """The args of the old tap; None when they were cut or this release cannot read them."""
        rule = COMMANDS.get(item.kind)
        if rule is None:
            return None
        try:
            msgspec.json.decode(item.args, type=rule.args)
            args = json.loads(item.args)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        batch = self.floor.batch(item.about)
        if batch is not None and isinstance(args, dict) and "round" in args:
            args["round"] = batch.round  # the present round: that is what repeating means
        return msgspec.Raw(msgspec.json.encode(args))

    # ---- looks ------------------------------------------------------------------------------

    def top(self) -> TopLook:
        """Title and count."""
        count = len(open_reviews(self.floor.kitchen))
        text = self.words("review.subtitle", count=count) if count else self.words("review.none")
        return TopLook(self.words("review.title"), text)

    def rows(self) -> tuple[RefusalLook, ...]:
        """The inbox, oldest first."""
        chosen = self.item
        return tuple(
            self._row(item, chosen=item is chosen) for item in open_reviews(self.floor.kitchen)
        )

    def _row(self, item: Review, *, chosen: bool) -> RefusalLook:
        floor = self.floor
        chips = [ChipLook(floor.short_name(item.actor), "user")]
        age = floor.now_ms - item.raised_ms
        tone = "attention" if age > _HOUR_MS // 4 else "neutral"
        chips.append(ChipLook(floor.ago(age), "clock", tone))  # type: ignore[arg-type]
        if item.escalated_ms is not None:
            chips.append(ChipLook(self.words("review.escalated"), "arrow-up-right", "info"))
        return RefusalLook(
            item.id, self._title(item), self.why(item)[0], floor.clock(item.at.earliest_ms),
            chips=tuple(chips), chosen=chosen,
        )  # fmt: skip

    def _title(self, item: Review) -> str:
        batch = self.floor.batch(item.about)
        what = self._what(item)
        return f"{what} · {batch.plan.name}" if batch else what

    def _what(self, item: Review) -> str:
        key = f"tap.{item.kind}"
        text = self.words(key) if self.words.has(key) else item.kind or self.words("tap.unreadable")
        try:
            args = json.loads(item.args)
        except ValueError:
            return text
        if isinstance(args, dict) and isinstance(target := args.get("to"), str):
            return self.words(f"stage.{target}") if self.words.has(f"stage.{target}") else text
        if isinstance(args, dict) and isinstance(value := args.get("value_c"), int | float):
            return f"{text} {self.floor.degrees(float(value))} °C"
        return text

    def why(self, item: Review) -> tuple[str, str]:
        """Sentence and next step."""
        if item.refusal is not None:
            said = self.floor.refusal(item.refusal)
            return said.sentence, said.next
        return (
            self.words(f"reason.{item.reason}", detail=self._detail(item)),
            self.words(f"reason.{item.reason}.next"),
        )

    def _detail(self, item: Review) -> str:
        """What the rules say by a code in words, all else as it came."""
        key = f"reason.{item.reason}.{item.detail}"
        return self.words(key) if self.words.has(key) else item.detail

    def tap_lines(self, item: Review) -> tuple[str, str, str]:
        """The tap: what, who and where, how recorded."""
        floor = self.floor
        who = f"{floor.name_of(item.actor)} · {floor.clock(item.at.earliest_ms)}"
        late = item.raised_ms - item.at.latest_ms > LATE_MS
        how = self.words("review.recorded", at=floor.clock(item.raised_ms))
        return self._title(item), who, f"{self.words('review.offline')} · {how}" if late else how

    def code(self, item: Review) -> str:
        """The stable code, for the telephone."""
        tag = item.refusal.__struct_config__.tag if item.refusal is not None else item.reason
        return self.words("review.code", code=tag)

    def batch(self, item: Review) -> Batch | None:
        """The batch it is about."""
        return self.floor.kitchen.batches.get(BatchId(item.about))

    def events(self, item: Review) -> tuple[EventLook, ...]:
        """What happened to the batch from half an hour before the tap."""
        batch = self.batch(item)
        if batch is None:
            return ()
        return lines_since(self.floor, batch, item.at.earliest_ms - _HOUR_MS // 2)[-8:]

    def state_now(self, item: Review) -> tuple[str, str]:
        """Name and present stage of the batch."""
        batch = self.batch(item)
        if batch is None:
            return self.words("batch.gone"), ""
        held = f" · {self.words('chip.held')}" if batch.held else ""
        return f"{batch.plan.name} · {stage_text(self.floor, batch)}{held}", subtitle(
            self.floor, batch
        )

    def answers(self, item: Review) -> tuple[AnswerLook, ...]:
        """Repeat, accept, hand up."""
        actor = self.floor.actor
        who = self.floor.short_name(actor) if actor else self.words("you")
        return (
            self._redo(item, who),
            AnswerLook(
                self.words("review.accept"),
                self.words("review.accept_text"),
                ButtonLook(Answer.ACCEPT, self.words("review.accept"), "", "tonal"),
                "check-check",
            ),
            AnswerLook(
                self.words("review.escalate"),
                self.words("review.escalate_text"),
                ButtonLook(Answer.ESCALATE, self.words("review.escalate"), "", "outlined"),
                "arrow-up-right",
            ),
        )

    def _redo(self, item: Review, who: str) -> AnswerLook:
        title, icon = self.words("review.redo"), "rotate-cw"
        args = self._args(item) if item.reason in REDOABLE else None
        if args is None:
            text = self.words("review.redo_none")
            button = ButtonLook(
                Answer.REDO, self.words("review.redo_save"), "", "blocked", False, text
            )
            return AnswerLook(title, text, button, icon)
        label = f"{self.words('review.redo_save')}: {self._what(item)}"
        stopped = self.floor.why_not(item.kind, item.about, args)
        if stopped is not None:
            text = self.words("review.redo_refused", sentence=self.floor.refusal(stopped).sentence)
            return AnswerLook(title, text, ButtonLook(Answer.REDO, label, "", "tonal"), icon)
        text = self.words("review.redo_text", who=who)
        return AnswerLook(title, text, ButtonLook(Answer.REDO, label, "", "primary"), icon)

    def nothing(self) -> EmptyLook:
        """Instead of an item."""
        return EmptyLook("inbox", self.words("review.none"), self.words("review.none_hint"))

    def never(self) -> str:
        """Why no reading is in this list."""
        return self.words("review.never")
