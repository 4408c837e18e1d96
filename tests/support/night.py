"""One small night for kiosk tests: a wave, two batches and four people."""

from __future__ import annotations

import time
from functools import partial

from dapur.access import Role
from dapur.batch import Step
from dapur.crew import RosterStaffArgs, staff_subject
from dapur.ids import BatchId, StaffId
from dapur.night import SUBJECT, OpenNightArgs, Stop, Wave, midnight_ms, serving_date_of
from dapur.planning import DishLimits, PlanBatchArgs
from tests.support.mini_server import MiniServer

OFFSET_MIN = 420
HOUR_MS = 3_600_000
RINA = StaffId("rina")
BUDI = StaffId("budi")
SARI = StaffId("sari")
PAK = StaffId("pak")
CHICKEN = BatchId("B-1")
FRUIT = BatchId("B-2")
_PEOPLE = {
    RINA: Role.STAFF_DAPUR,
    BUDI: Role.STAFF_DAPUR,
    SARI: Role.AHLI_GIZI,
    PAK: Role.KEPALA,
}


def open_night(server: MiniServer) -> str:
    """Fill the kitchen; gives the serving date."""
    now = time.time_ns() // 1_000_000
    date = serving_date_of(now, OFFSET_MIN)
    midnight = midnight_ms(date, OFFSET_MIN)
    stop = Stop("sd-1", "SDN 1", "school", midnight + 8 * HOUR_MS, 15, pk=100, pb=80)
    waves = (Wave("G1", "Gelombang 1", midnight + 6 * HOUR_MS, (stop,)),)
    server.system("open_night", SUBJECT, OpenNightArgs(date, "WIB", OFFSET_MIN, waves))
    for staff, role in _PEOPLE.items():
        server.system(
            "roster_staff",
            staff_subject(staff),
            RosterStaffArgs(staff, (role,), "TIM", now - HOUR_MS, now + 8 * HOUR_MS),
        )
    batch = partial(
        PlanBatchArgs,
        night=date,
        wave="G1",
        prepare_ms=midnight,
        cook_ms=midnight + HOUR_MS,
        ready_ms=midnight + 3 * HOUR_MS,
        pk=100,
        pb=80,
    )
    chicken = batch(
        dish="ayam-kecap",
        name="Ayam kecap",
        code="G1-01",
        limits=DishLimits(core_c=75.0),
        steps=(Step("Masak sampai matang", 30, 75.0),),
    )
    server.system("plan_batch", CHICKEN, chicken)
    fruit = batch(dish="pisang", name="Pisang", code="G1-02", no_cook=True)
    server.system("plan_batch", FRUIT, fruit)
    return date
