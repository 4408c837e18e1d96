"""The people at the kiosks: who taps what, chosen by chance from what the screen offers; they see only the screen."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec

from dapur import offers
from dapur.alert import AlertActArgs
from dapur.batch import HoldReason, Item, Point
from dapur.crew import OpenSessionArgs, session_subject
from dapur.ending import CancelBatchArgs, CompleteBatchArgs, DiscardBatchArgs
from dapur.envelope import StepUp
from dapur.hold import HoldBatchArgs
from dapur.ids import BatchId, CommandId, SessionId, StaffId
from dapur.kitchen import COMMANDS, Kitchen
from dapur.progress import AdvanceBatchArgs, NoteBatchArgs, UndoArgs
from dapur.quality import GiveVerdictArgs, RecordCheckArgs, StartReworkArgs
from dapur.review import Review, SettleReviewArgs, open_reviews
from dapur.rule import NoArgs, Wish
from dapur.temperature import RecordTemperatureArgs
from kiosk.desk import Tapped
from kiosk.local.errors import DiskRefused
from tests.simulation.kiosk import Kiosk
from tests.simulation.kitchens import CREW

Confirm = Callable[[Kiosk, Tapped, str], None]


def tap(kiosk: Kiosk, random: Random, confirm: Confirm) -> None:
    """Somebody does something at this kiosk."""
    shown = kiosk.mirror.shown
    here = {
        session.staff: session.id
        for session in shown.sessions.values()
        if session.device == kiosk.device and session.closed_ms is None
    }
    absent = [StaffId(person) for person in CREW if person not in here]
    if not here or (absent and random.random() < 0.1):
        _sign_in(kiosk, random.choice(absent), confirm)
        return
    actor = random.choice(sorted(here))
    now_ms = kiosk.time.server_now_ms()
    chosen, cites = wish(shown, actor, here[actor], now_ms, random)
    if chosen is not None:
        _give(kiosk, chosen, actor, here[actor], confirm, cites)


def _sign_in(kiosk: Kiosk, actor: StaffId, confirm: Confirm) -> None:
    session = SessionId(kiosk.world.name("session"))
    args = OpenSessionArgs(offline=not kiosk.online)
    _give(kiosk, Wish("open_session", session_subject(session), args), actor, session, confirm)


def _give(
    kiosk: Kiosk,
    chosen: Wish,
    actor: StaffId,
    session: SessionId,
    confirm: Confirm,
    cites: CommandId | None = None,
) -> None:
    step_up = StepUp(kiosk.time.occurred().latest_ms - 1_000, online=kiosk.online)
    try:
        answer = kiosk.desk.tap(
            chosen.kind,
            chosen.subject,
            chosen.args,
            actor=actor,
            session=session,
            step_up=step_up,
            cites=cites,
        )
    except DiskRefused:
        kiosk.world.tell(f"{kiosk.name} cannot write")
        return
    if isinstance(answer, Tapped):
        kiosk.world.tell(f"{kiosk.name} {actor} {chosen.kind} {chosen.subject} as {answer.dseq}")
        confirm(kiosk, answer, chosen.kind)


def wish(
    shown: Kitchen, actor: StaffId, session: SessionId, now_ms: int, random: Random
) -> tuple[Wish | None, CommandId | None]:
    """What somebody may want who sees this; and which refused tap it repeats."""
    chance = random.random()
    if chance < 0.05:
        return Wish("close_session", session_subject(session), NoArgs()), None
    if chance < 0.12 and (items := open_reviews(shown)):
        return _settled(items, random)
    if chance < 0.16 and shown.alerts:
        key = random.choice(sorted(shown.alerts))
        kind = random.choice(("acknowledge_alert", "mute_alert"))
        return Wish(kind, f"alert:{key}", AlertActArgs()), None
    if not shown.batches:
        return None, None
    batch = shown.batches[random.choice(sorted(shown.batches))]
    if chance < 0.5:
        open_ = [one for one in offers.offers(shown, batch, actor, now_ms) if one.open]
        likely = [one for one in open_ if one.kind not in ("cancel_batch", "discard_batch")]
        if choice := likely or open_:
            one = random.choice(choice)
            return Wish(one.kind, batch.id, one.args), None
    return _anything(shown, batch.id, random), None


def _settled(items: tuple[Review, ...], random: Random) -> tuple[Wish | None, CommandId | None]:
    item = random.choice(items)
    rule = COMMANDS.get(item.kind)
    if random.random() < 0.3 and rule is not None and item.refusal is not None:
        return Wish(
            item.kind, item.about, msgspec.json.decode(item.args, type=rule.args)
        ), item.command
    return Wish("settle_review", f"review:{item.id}", SettleReviewArgs(item.id, "accept")), None


def _anything(shown: Kitchen, name: BatchId, random: Random) -> Wish:
    batch = shown.batches[name]
    made: tuple[Callable[[], tuple[str, msgspec.Struct]], ...] = (
        lambda: ("record_temperature", RecordTemperatureArgs(_degrees(random), random.choice(list(Point)))),
        lambda: ("record_temperature", RecordTemperatureArgs(_degrees(random))),
        lambda: ("hold_batch", HoldBatchArgs(random.choice(list(HoldReason)[:6]))),
        lambda: ("note_batch", NoteBatchArgs(text="catatan dapur, suhu dan rasa")),
        lambda: (
            "record_check",
            RecordCheckArgs(random.choice(list(Item)), passed=random.random() < 0.9, round=batch.round,
                            corrective_action="dimasak lagi"),
        ),
        lambda: (
            "advance_batch",
            AdvanceBatchArgs(random.choice(("preparing", "cooking", "quality_check")), batch.round),
        ),
        lambda: ("complete_batch", CompleteBatchArgs(batch.plan.portions, round=batch.round)),
        lambda: ("give_verdict", GiveVerdictArgs(random.random() < 0.8, batch.round)),
        lambda: ("start_rework", StartReworkArgs("dimasak lagi", batch.round)),
        lambda: (
            ("undo", UndoArgs(batch.last.command))
            if batch.last is not None
            else ("note_batch", NoteBatchArgs(text="belum ada"))
        ),
        lambda: (
            ("cancel_batch", CancelBatchArgs("bahan tidak datang"))
            if random.random() < 0.2
            else ("record_temperature", RecordTemperatureArgs(_degrees(random)))
        ),
        lambda: (
            ("discard_batch", DiscardBatchArgs(10, "jatuh ke lantai dapur"))
            if random.random() < 0.2
            else ("note_batch", NoteBatchArgs(text="hampir jatuh"))
        ),
    )  # fmt: skip
    kind, args = random.choice(made)()
    return Wish(kind, name, args)


def _degrees(random: Random) -> float:
    return round(random.uniform(55, 95), 1)
