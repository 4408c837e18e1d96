"""Every kind of state a batch can be in, and one tap of every kind that fits it: for the conflict
table.
"""

from __future__ import annotations

from collections.abc import Callable

from dapur.batch import Batch
from dapur.envelope import Taken, encode_command
from dapur.ids import KIOSK as KIOSK_ITSELF
from dapur.ids import SYSTEM, BatchId, DeviceId
from dapur.kitchen import Kitchen
from tests.support.taps import DATE, KIOSK, KIOSK_2, WAVES, Night, at, batch_at, plan_args, staffed

BATCH = BatchId("b1")


def _cooking_ready() -> Night:
    night = batch_at("cooking")
    night.tap("record_temperature", BATCH, {"value_c": 86.1}, minute=240)
    night.tap("finish_step", BATCH, {"step": 2}, minute=241)
    return night


def _held(stage: str) -> Night:
    night = batch_at(stage)
    night.tap("hold_batch", BATCH, {"reason": "allergen"}, actor="s-qc")
    return night


def _failed() -> Night:
    night = batch_at("checked")
    night.tap("give_verdict", BATCH, {"passed": False}, actor="s-gizi", tap_id="v-fail")
    return night


def _rework() -> Night:
    night = _failed()
    release = {"hold": "v-fail", "decision": "rework"}
    assert night.tap("release_hold", BATCH, release, actor="s-kepala").code == ""
    return night


def _cancelled() -> Night:
    night = batch_at("preparing")
    reason = {"reason": "bahan tidak datang pagi ini"}
    assert night.tap("cancel_batch", BATCH, reason, actor="s-kepala").code == ""
    return night


def _discarded() -> Night:
    night = batch_at("quality_check")
    args = {"portions": 214, "reason": "jatuh ke lantai dapur"}
    assert night.tap("discard_batch", BATCH, args, actor="s-kepala").code == ""
    return night


def _disputed() -> Night:
    """A refused tap waits in the inbox."""
    night = batch_at("planned")
    assert night.tap("advance_batch", BATCH, {"to": "quality_check"}, tap_id="t-refused").code
    return night


def _handed() -> Night:
    """A chief gave the floor to whoever is Kepala SPPG; nobody took it yet."""
    night = batch_at("planned")
    args = {"role": "KEPALA"}
    given = night.tap("hand_over", "handover:kitchen", args, actor="s-gizi", tap_id="h-1")
    assert given.code == ""
    return night


SITUATIONS: dict[str, Callable[[], Night]] = {
    "unknown": staffed,
    "planned": lambda: batch_at("planned"),
    "preparing": lambda: batch_at("preparing"),
    "cooking": lambda: batch_at("cooking"),
    "cooking_ready": _cooking_ready,
    "quality_check": lambda: batch_at("quality_check"),
    "checked": lambda: batch_at("checked"),
    "passed": lambda: batch_at("passed"),
    "completed": lambda: batch_at("completed"),
    "held_cooking": lambda: _held("cooking"),
    "held_check": lambda: _held("checked"),
    "failed": _failed,
    "recalled": lambda: _held("completed"),
    "rework": _rework,
    "cancelled": _cancelled,
    "discarded": _discarded,
    "disputed": _disputed,
    "handed": _handed,
}

CORRECTED = plan_args(
    pk=130,
    cook_ms=at(150),
    dish="ayam-bali",
    name="Ayam bali",
    limits={"core_c": 74.0},
    steps=[
        {"text": "Potong", "duration_min": 10},
        {"text": "Tumis bumbu", "duration_min": 30},
        {"text": "Masak sampai matang", "duration_min": 60, "core_c": 74.0},
    ],
)
"""What the operator's corrected file says: other portions, start, dish, limit and steps."""

Making = Callable[[Kitchen, Batch | None], tuple[dict[str, object], str]]
"""From the state on the screen: the args and who taps."""


def _round(batch: Batch | None) -> int:
    return batch.round if batch is not None else 1


def _hold(batch: Batch | None) -> str:
    return batch.holds[-1].id if batch is not None and batch.holds else "no-such-hold"


def _evidence(batch: Batch | None) -> str:
    evidence = batch.holds[-1].evidence if batch is not None and batch.holds else ()
    return evidence[0] if evidence else ""


def _last(batch: Batch | None) -> str:
    return batch.last.command if batch is not None and batch.last is not None else "no-such-tap"


def _advance(to: str) -> Making:
    return lambda _, batch: ({"to": to, "round": _round(batch)}, "s-cook")


def _release(decision: str) -> Making:
    portions = {"portions": 214} if decision == "discard" else {}
    return lambda _, batch: (
        {"hold": _hold(batch), "decision": decision, "evidence": _evidence(batch), **portions},
        "s-kepala",
    )


def _verdict(*, passed: bool) -> Making:
    return lambda _, batch: ({"passed": passed, "round": _round(batch)}, "s-gizi")


def _check(*, passed: bool) -> Making:
    fixed = {} if passed else {"corrective_action": "panaskan lagi"}
    return lambda _, batch: (
        {"item": "TASTE", "passed": passed, "round": _round(batch), **fixed},
        "s-qc",
    )


TAPS: dict[str, tuple[str, Making]] = {
    "plan": ("plan_batch", lambda _, __: (plan_args(), "s-kepala")),
    "plan_other": ("plan_batch", lambda _, __: (plan_args(pk=60), "s-kepala")),
    "change": ("change_plan", lambda _, __: (plan_args(pk=100), "s-kepala")),
    "change_other": ("change_plan", lambda _, __: (plan_args(pk=110), "s-manager")),
    "change_file": ("change_plan", lambda _, __: (CORRECTED, SYSTEM)),
    "change_wave": ("change_plan", lambda _, __: (plan_args(wave="G2"), SYSTEM)),
    "to_preparing": ("advance_batch", _advance("preparing")),
    "to_cooking": ("advance_batch", _advance("cooking")),
    "to_check": ("advance_batch", _advance("quality_check")),
    "step_1": ("finish_step", lambda _, b: ({"step": 1, "round": _round(b)}, "s-cook")),
    "step_2": ("finish_step", lambda _, b: ({"step": 2, "round": _round(b)}, "s-cook")),
    "undo": ("undo", lambda _, b: ({"tap": _last(b)}, "s-cook")),
    "note": ("note_batch", lambda _, __: ({"text": "api kecil"}, "s-driver")),
    "hot": ("record_temperature", lambda _, __: ({"value_c": 82.5}, "s-cook")),
    "low": ("record_temperature", lambda _, __: ({"value_c": 58.9}, "s-cook")),
    "check_good": ("record_check", _check(passed=True)),
    "check_bad": ("record_check", _check(passed=False)),
    "pass": ("give_verdict", _verdict(passed=True)),
    "fail": ("give_verdict", _verdict(passed=False)),
    "rework": (
        "start_rework",
        lambda _, b: ({"corrective_action": "masak lagi", "round": _round(b)}, "s-gizi"),
    ),
    "hold": ("hold_batch", lambda _, __: ({"reason": "temperature"}, "s-cook")),
    "go_on": ("release_hold", _release("continue")),
    "cook_again": ("release_hold", _release("rework")),
    "throw": ("release_hold", _release("discard")),
    "complete": (
        "complete_batch",
        lambda _, b: ({"portions": 214, "round": _round(b)}, "s-cook"),
    ),
    "complete_less": (
        "complete_batch",
        lambda _, b: ({"portions": 150, "round": _round(b)}, "s-cook"),
    ),
    "cancel": ("cancel_batch", lambda _, __: ({"reason": "bahan tidak datang"}, "s-manager")),
    "discard": (
        "discard_batch",
        lambda _, __: ({"portions": 214, "reason": "jatuh ke lantai"}, "s-kepala"),
    ),
    "lead_a": ("assign_crew", lambda _, __: ({"staff": "s-cook", "post": "lead"}, "s-hrd")),
    "lead_b": ("assign_crew", lambda _, __: ({"staff": "s-cook2", "post": "lead"}, "s-manager")),
    "helper": ("assign_crew", lambda _, __: ({"staff": "s-qc"}, "s-manager")),
    "leave": ("release_crew", lambda _, __: ({"staff": "s-qc"}, "s-hrd")),
}
"""Every kind about a batch, with the variants that matter, as tapped on the state that the screen
showed.
"""

LOST = encode_command(
    staffed().taken("record_temperature", BATCH, {"value_c": 82.5}, tap_id="lost-1").command
).decode()
"""A tap that was saved from a lost outbox, in its own words."""
SEEN: dict[str, object] = {"rule": "overdue", "about": BATCH, "since_ms": at(300)}
_OTHER: dict[str, tuple[str, str, dict[str, object], str]] = {
    "policy": (
        "set_policy",
        "policy:kitchen",
        {"limits": {"core_c": {"value": 76, "source": "SOP", "valid_from": "2026-11-01"}}},
        "s-kepala",
    ),
    "roster": (
        "roster_staff",
        "staff:s-new",
        {
            "staff": "s-new",
            "roles": ["DRIVER"],
            "team": "TIM_DISTRIBUSI",
            "shift_start_ms": at(300),
            "shift_end_ms": at(700),
        },
        "s-admin",
    ),
    "unlock": ("unlock_staff", "staff:s-viewer", {"staff": "s-viewer"}, "s-admin"),
    "roles": ("change_roles", "staff:s-viewer", {"staff": "s-viewer", "roles": []}, "s-admin"),
    "night": (
        "open_night",
        "night:kitchen",
        {"serving_date": DATE, "zone": "WIB", "offset_min": 420, "waves": WAVES[:1]},
        "s-kepala",
    ),
    "night_g2": (
        "open_night",
        "night:kitchen",
        {"serving_date": DATE, "zone": "WIB", "offset_min": 420, "waves": WAVES[1:]},
        SYSTEM,
    ),
    "night_end": (
        "close_night",
        "night:kitchen",
        {"serving_date": DATE, "leave_open": [BATCH]},
        "s-kepala",
    ),
    "sign_in": ("open_session", "session:s-cook2@new", {}, "s-cook2"),
    "sign_out": ("close_session", "session:s-viewer@kiosk-1", {}, "s-viewer"),
    "settle": ("settle_review", "review:x", {"review": "x", "answer": "accept"}, "s-kepala"),
    "settle_open": (
        "settle_review",
        "review:t-refused",
        {"review": "t-refused", "answer": "accept"},
        "s-kepala",
    ),
    "settle_too": (
        "settle_review",
        "review:t-refused",
        {"review": "t-refused", "answer": "accept"},
        "s-admin",
    ),
    "hand_up": (
        "settle_review",
        "review:t-refused",
        {"review": "t-refused", "answer": "escalate"},
        "s-admin",
    ),
    "raise": (
        "raise_alert",
        "alert:overdue:b1:1",
        SEEN,
        SYSTEM,
    ),
    "resolve": ("resolve_alert", "alert:overdue:b1:1", {}, SYSTEM),
    "escalate": ("escalate_alert", "alert:overdue:b1:1", {"level": 1}, SYSTEM),
    "handle": ("acknowledge_alert", "alert:overdue:b1:1", {"seen": SEEN}, "s-kepala"),
    "mute": ("mute_alert", "alert:overdue:b1:1", {"seen": SEEN}, "s-cook"),
    "saved": (
        "report_salvaged",
        "kiosk:kiosk-1",
        {
            "outbox": "o-1",
            "dseq": 7,
            "tap": "lost-1",
            "text": LOST,
            "verified": True,
            "answered": False,
            "why": "damaged_file",
        },
        KIOSK_ITSELF,
    ),
    "clock": (
        "report_clock_jump",
        "kiosk:kiosk-1",
        {"from_ms": at(200), "to_ms": at(260), "boot": "boot-1"},
        KIOSK_ITSELF,
    ),
    "hand": ("hand_over", "handover:kitchen", {"role": "KEPALA"}, "s-gizi"),
    "hand_name": ("hand_over", "handover:kitchen", {"to": "s-gizi"}, "s-kepala"),
    "take": ("take_over", "handover:kitchen", {"hand_over": "h-1"}, "s-kepala"),
    "message": ("post_notice", "notice:kitchen", {"text": "stok beras menipis"}, SYSTEM),
    "delivery": (
        "track_delivery",
        "delivery:D-1",
        {"status": "DEPARTED", "wave": "pagi", "temp_c": 64.5},
        SYSTEM,
    ),
}
"""Every kind that is not about a batch."""
NAMES: tuple[str, ...] = (*TAPS, *_OTHER)


def kind_of(name: str) -> str:
    """The command kind of a tap of the table."""
    return TAPS[name][0] if name in TAPS else _OTHER[name][0]


def made(night: Night, name: str, device: DeviceId, tap_id: str, minute: float) -> Taken:
    """The tap as made on the state that `night` shows, not yet delivered."""
    session = None
    if name in _OTHER:
        kind, subject, args, actor = _OTHER[name]
        if name == "sign_in":
            session = f"s-cook2@new-{device}"
            subject = f"session:{session}"
        if name == "sign_out":
            session, device = "s-viewer@kiosk-1", KIOSK
    else:
        kind, making = TAPS[name]
        args, actor = making(night.kitchen, night.kitchen.batches.get(BATCH))
        subject = BATCH
    return night.taken(
        kind, subject, args, actor=actor, device=device, tap_id=tap_id, minute=minute,
        session=session,
    )  # fmt: skip


__all__ = ["BATCH", "KIOSK", "KIOSK_2", "NAMES", "SITUATIONS", "TAPS", "kind_of", "made"]
