"""The kitchen's own limits, each with its source: rules read them here, none is written into a
rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from dapur import access
from dapur.decision import Accepted, Already, Decision, Fact, Refused
from dapur.envelope import Event, Taken
from dapur.refusal import PolicyBounds, PolicyLonger, PolicyUnknown
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.words import Date, Name, Note

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

SUBJECT = "policy:kitchen"


class Limit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One value of the policy record, where it comes from and since when it holds."""

    value: Annotated[float, Meta(ge=-1_000_000, le=1_000_000)]
    source: Note
    valid_from: Date


def _default(value: float, source: str, valid_from: str = "2025-11-12") -> Limit:
    return Limit(float(value), source, valid_from)


_CHOICE = "Pilihan awal aplikasi; tetapkan di catatan kebijakan dapur"


class PolicyRecord(msgspec.Struct, frozen=True):
    """Every limit of a kitchen. The defaults are the suggestion of docs, never a legal number.

    Food safety first, then tolerances and delays of alarms (a door open for a minute is none).
    """

    cook_not_before_min: Limit = _default(0, "BGN, Oktober 2025: tidak memasak sebelum 00.00")
    """Minutes after local midnight of the serving date before which no cooking is planned."""
    consume_within_min: Limit = _default(240, "Kepala SPPG dan ahli gizi: 4 jam sejak akhir masak")
    warn_before_min: Limit = _default(60, _CHOICE)
    max_travel_min: Limit = _default(30, "Praktik SPPG: antar paling lama 30 menit")
    hot_hold_c: Limit = _default(60, "Labkes Jawa Barat, 28 September 2025")
    cold_hold_c: Limit = _default(5, "Labkes Jawa Barat, 28 September 2025")
    core_c: Limit = _default(75, "Pedoman umum keamanan pangan")
    sample_hold_h: Limit = _default(72, "Bergizi-ID: sampel disimpan 72 jam")
    sample_min_per_dish: Limit = _default(1, "BGN: sampel setiap hidangan")
    portions_cap: Limit = _default(
        2500, "BGN, 12 November 2025; 3.000 dengan juru masak bersertifikat"
    )
    ingredient_ceiling_pk_rp: Limit = _default(8000, "Bahan porsi kecil, 24 Februari 2026")
    ingredient_ceiling_pb_rp: Limit = _default(10000, "Bahan porsi besar, 24 Februari 2026")
    qc_taste: Limit = _default(1, "Uji organoleptik wajib sebelum berangkat")
    qc_appearance: Limit = _default(1, "Uji organoleptik wajib sebelum berangkat")
    qc_aroma: Limit = _default(1, "Uji organoleptik wajib sebelum berangkat")
    qc_texture: Limit = _default(1, "Uji organoleptik wajib sebelum berangkat")
    qc_temperature: Limit = _default(1, "Bergizi-ID: butir uji mutu")
    qc_hygiene: Limit = _default(1, "Bergizi-ID: butir uji mutu")
    qc_safety: Limit = _default(0, "Uji cepat bila alatnya ada")
    """1 = the item is required before a pass, 0 = it may be recorded."""
    score_min: Limit = _default(3, _CHOICE)
    """Lowest score (1–5) with which an item can be passed."""
    cook_may_release: Limit = _default(0, _CHOICE)
    """1 = who cooked may also release a hold; 0 = another person must."""
    hold_on_late_reading: Limit = _default(1, _CHOICE)
    """1 = a critical reading that arrives after the pass holds the batch."""
    yield_tolerance_pct: Limit = _default(2, _CHOICE)
    undo_clock_s: Limit = _default(60, _CHOICE)
    """Taking back the end of cooking clears the consumption clock only within this time."""
    late_start_min: Limit = _default(10, _CHOICE)
    late_finish_min: Limit = _default(5, "Definisi tepat waktu: rencana + 5 menit")
    core_tolerance_c: Limit = _default(0, _CHOICE)
    core_delay_min: Limit = _default(3, _CHOICE)
    """A core reading below the limit alarms only this long after the planned end of cooking."""
    unmeasured_min: Limit = _default(20, _CHOICE)
    qc_wait_min: Limit = _default(15, _CHOICE)
    held_min: Limit = _default(20, _CHOICE)
    serve_slack_min: Limit = _default(15, _CHOICE)
    """Between arrival at the stop and the first bite."""
    escalate_low_min: Limit = _default(0, _CHOICE)
    escalate_medium_min: Limit = _default(30, _CHOICE)
    escalate_high_min: Limit = _default(15, _CHOICE)
    escalate_critical_min: Limit = _default(5, _CHOICE)
    """Unanswered alerts go up after this; 0 = never."""


DEFAULT = PolicyRecord()
NAMES: tuple[str, ...] = PolicyRecord.__struct_fields__
_MINUTES = (0.0, 240.0)
_SWITCH = (0.0, 1.0)
BOUNDS: dict[str, tuple[float, float]] = {
    **{name: _MINUTES for name in NAMES if name.endswith("_min")},
    **{name: _SWITCH for name in NAMES if name.startswith("qc_") and name != "qc_wait_min"},
    "cook_not_before_min": (-540.0, 720.0),
    "consume_within_min": (120.0, 360.0),
    "warn_before_min": (5.0, 120.0),
    "max_travel_min": (5.0, 180.0),
    "hot_hold_c": (50.0, 80.0),
    "cold_hold_c": (0.0, 10.0),
    "core_c": (55.0, 100.0),
    "sample_hold_h": (24.0, 336.0),
    "sample_min_per_dish": (0.0, 10.0),
    "portions_cap": (1.0, 20_000.0),
    "ingredient_ceiling_pk_rp": (0.0, 100_000.0),
    "ingredient_ceiling_pb_rp": (0.0, 100_000.0),
    "score_min": (1.0, 5.0),
    "cook_may_release": _SWITCH,
    "hold_on_late_reading": _SWITCH,
    "yield_tolerance_pct": (0.0, 50.0),
    "undo_clock_s": (0.0, 300.0),
    "core_tolerance_c": (0.0, 5.0),
}
"""What any kitchen may choose (kitchen.md 1.5: the window 2–6 h)."""
COMMON_WINDOW_MIN = 240.0
"""Longer than four hours needs the Kepala SPPG in person (kitchen.md 1.5)."""


class SetPolicyArgs(Args, frozen=True):
    """New values by name; what is not named stays."""

    limits: Annotated[dict[Name, Limit], Meta(min_length=1, max_length=60)]


class PolicySet(Body, frozen=True):
    """These values hold from now on."""

    limits: dict[str, Limit]


def problem(limits: dict[str, Limit]) -> PolicyUnknown | PolicyBounds | None:
    """The first value that no kitchen may choose, in the order of the names."""
    for name in sorted(limits):
        if name not in BOUNDS:
            return PolicyUnknown(name)
        low, high = BOUNDS[name]
        if not low <= limits[name].value <= high:
            return PolicyBounds(name, low, high)
    return None


def decide_set(kitchen: Kitchen, taken: Taken, args: SetPolicyArgs) -> Decision:
    """Take new values within their bounds; a longer window only from the Kepala SPPG or the
    server.
    """
    wrong = problem(args.limits)
    if wrong is not None:
        return Refused(wrong)
    window = args.limits.get("consume_within_min")
    if window is not None and window.value > COMMON_WINDOW_MIN:
        roles = kitchen.roles_of(taken.command.actor)
        if not roles & {access.Role.KEPALA, access.Role.SYSTEM}:
            return Refused(PolicyLonger(window.value))
    if all(getattr(kitchen.policy, name) == limit for name, limit in args.limits.items()):
        return Already()
    return Accepted((Fact("policy_set", SUBJECT, PolicySet(args.limits)),))


def evolve_set(kitchen: Kitchen, event: Event, data: PolicySet) -> Kitchen:  # noqa: ARG001
    """Replace the named values; names of a later release are passed over."""
    known = {name: limit for name, limit in data.limits.items() if name in BOUNDS}
    return msgspec.structs.replace(kitchen, policy=msgspec.structs.replace(kitchen.policy, **known))


COMMANDS: dict[str, CommandRule] = {
    "set_policy": command(SetPolicyArgs, decide_set, access.KEEPERS, needs_step_up=True),
}
EVENTS: dict[str, EventRule] = {"policy_set": event(PolicySet, evolve_set)}
