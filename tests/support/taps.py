"""Taps and people for tests of the kitchen: short ways to say who does what, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import msgspec

from dapur import crew
from dapur.access import Role
from dapur.envelope import Command, Occurred, Quality, StepUp, Taken
from dapur.ids import SYSTEM, CommandId, DeviceId, KitchenId, SessionId, StaffId
from dapur.kitchen import SERVER_DEVICE, Kitchen, Taking, empty, take
from dapur.night import Stop, Wave, midnight_ms
from dapur.rule import NoArgs

DATE = "2026-11-22"
MIDNIGHT_MS = midnight_ms(DATE, 420)
MIN = 60_000
KIOSK = DeviceId("kiosk-1")
KIOSK_2 = DeviceId("kiosk-2")

PEOPLE: dict[str, tuple[Role, ...]] = {
    "s-kepala": (Role.KEPALA,),
    "s-admin": (Role.ADMIN,),
    "s-gizi": (Role.AHLI_GIZI,),
    "s-manager": (Role.PRODUKSI_MANAGER,),
    "s-cook": (Role.STAFF_DAPUR,),
    "s-cook2": (Role.STAFF_DAPUR,),
    "s-qc": (Role.STAFF_QC,),
    "s-hrd": (Role.HRD_MANAGER,),
    "s-driver": (Role.DRIVER,),
    "s-viewer": (Role.VIEWER,),
}


def at(minute: float) -> int:
    """UTC ms of a minute after local midnight of the serving date."""
    return MIDNIGHT_MS + int(minute * MIN)


class Night:
    """A kitchen one can tap on: each call takes one command and keeps every event."""

    def __init__(self, kitchen: Kitchen | None = None) -> None:
        self.kitchen = kitchen if kitchen is not None else empty(KitchenId("sppg-1"))
        self.events: list[bytes] = []
        self.taps = 0
        self.minute = 60.0
        self.last: Taking | None = None

    def taken(
        self,
        kind: str,
        subject: str,
        args: msgspec.Struct | Mapping[str, object] | None = None,
        *,
        actor: str = "s-cook",
        minute: float | None = None,
        span_ms: int = 0,
        device: DeviceId = KIOSK,
        session: str | None = None,
        step_up: bool = True,
        tap_id: str | None = None,
        cites: str | None = None,
        base: int = 0,
    ) -> Taken:
        """The command as the deciding side holds it."""
        self.taps += 1
        latest_ms = at(self.minute if minute is None else minute)
        occurred = Occurred(latest_ms - span_ms, latest_ms, Quality.SYNCED)
        if actor == SYSTEM:
            device = SERVER_DEVICE
        command = Command(
            CommandId(tap_id or f"c-{self.taps:05}"),
            kind,
            subject,
            msgspec.Raw(msgspec.json.encode(NoArgs() if args is None else args)),
            StaffId(actor),
            SessionId(f"{actor}@{device}" if session is None else session),
            base,
            occurred,
            step_up=StepUp(latest_ms, online=True) if step_up else None,
            cites=CommandId(cites) if cites else None,
        )
        return Taken(command, device, occurred, latest_ms)

    def tap(
        self,
        kind: str,
        subject: str,
        args: msgspec.Struct | Mapping[str, object] | None = None,
        *,
        actor: str = "s-cook",
        minute: float | None = None,
        span_ms: int = 0,
        device: DeviceId = KIOSK,
        session: str | None = None,
        step_up: bool = True,
        tap_id: str | None = None,
        cites: str | None = None,
        base: int = 0,
    ) -> Taking:
        """Take one command; the clock of the night goes on by a minute."""
        taken = self.taken(
            kind, subject, args, actor=actor, minute=minute, span_ms=span_ms, device=device,
            session=session, step_up=step_up, tap_id=tap_id, cites=cites, base=base,
        )  # fmt: skip
        return self.give(taken)

    def give(self, taken: Taken) -> Taking:
        """Take a command that was made before."""
        taking = take(self.kitchen, taken, taken.received_ms)
        self.kitchen = taking.kitchen
        self.events.extend(msgspec.json.encode(event) for event in taking.events)
        self.minute = max(self.minute, (taken.received_ms - MIDNIGHT_MS) / MIN) + 1
        self.last = taking
        return taking


WAVES = (
    Wave(
        "G1",
        "Gelombang 1",
        at(390),
        (Stop("sd-01", "SDN Tanah Baru 1", "school", at(465), 15, pk=120, pb=90, special=4),),
    ),
    Wave("G2", "Gelombang 2", at(600), (Stop("sd-02", "SDN 2", "school", at(690), 20, pb=150),)),
)


def plan_args(**changes: object) -> dict[str, object]:
    """A chicken dish for the first wave, cooked from 02.00 to 04.30."""
    args: dict[str, object] = {
        "night": DATE,
        "dish": "ayam",
        "name": "Ayam kecap",
        "wave": "G1",
        "code": "G1-02",
        "prepare_ms": at(30),
        "cook_ms": at(120),
        "ready_ms": at(270),
        "pk": 120,
        "pb": 90,
        "special": 4,
        "steps": [
            {"text": "Tumis bumbu", "duration_min": 30},
            {"text": "Masak sampai matang", "duration_min": 60, "core_c": 75.0},
        ],
        "ingredients": [{"name": "Ayam", "amount": 42.5, "unit": "kg"}],
    }
    return args | changes


def staffed() -> Night:
    """A kitchen with its people signed in on both kiosks and the night open."""
    ready = _staffed()
    night = Night(ready.kitchen)
    night.events, night.taps, night.minute = list(ready.events), ready.taps, ready.minute
    return night


@cache
def _staffed() -> Night:
    night = Night()
    night.minute = -300
    for person, roles in PEOPLE.items():
        args = crew.RosterStaffArgs(person, roles, "TIM_PENGOLAHAN", at(-60), at(480))
        night.tap("roster_staff", f"staff:{person}", args, actor=SYSTEM)
        for device in (KIOSK, KIOSK_2):
            night.tap("open_session", f"session:{person}@{device}", actor=person, device=device)
    night.tap(
        "open_night",
        "night:kitchen",
        {"serving_date": DATE, "zone": "WIB", "offset_min": 420, "waves": WAVES},
        actor=SYSTEM,
    )
    return night


ITEMS = ("TASTE", "APPEARANCE", "AROMA", "TEXTURE", "TEMPERATURE", "HYGIENE", "SAMPLE")
WAY = ("planned", "preparing", "cooking", "quality_check", "checked", "passed", "completed")


def batch_at(stage: str, night: Night | None = None, batch: str = "b1", **plan: object) -> Night:
    """A kitchen whose batch has come this far on the good way (WAY)."""
    night = staffed() if night is None else night
    steps: dict[str, Callable[[], Taking | None]] = {
        "planned": lambda: night.tap("plan_batch", batch, plan_args(**plan), actor="s-kepala"),
        "preparing": lambda: night.tap("advance_batch", batch, {"to": "preparing"}, minute=31),
        "cooking": lambda: night.tap("advance_batch", batch, {"to": "cooking"}, minute=121),
        "quality_check": lambda: _to_check(night, batch),
        "checked": lambda: _check_all(night, batch),
        "passed": lambda: night.tap("give_verdict", batch, {"passed": True}, actor="s-gizi"),
        "completed": lambda: night.tap("complete_batch", batch, {"portions": 214}),
    }
    for name in WAY[: WAY.index(stage) + 1]:
        taking = steps[name]()
        assert taking is None or taking.code == "", (name, taking.code)
    return night


def _to_check(night: Night, batch: str) -> Taking:
    night.tap("record_temperature", batch, {"value_c": 86.1}, minute=240)
    night.tap("finish_step", batch, {"step": 2}, minute=241)
    return night.tap("advance_batch", batch, {"to": "quality_check"}, minute=250)


def _check_all(night: Night, batch: str, round_: int = 1) -> None:
    for item in ITEMS:
        args = {"item": item, "passed": True, "round": round_}
        assert night.tap("record_check", batch, args, actor="s-qc").code == ""
