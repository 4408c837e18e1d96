"""The plan for 30,000 kitchens follows from the run's figures, and the paper says what the plan says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import scale
from bench.figure import Figure
from bench.night import night

ROOT = Path(__file__).resolve().parents[2]
VALUES = {
    "province_kiosks": 8_000.0,
    "province_all_in": 40.0,
    "province_bare_process": 80.0,
    "province_kitchen_memory": 70.0,
    "province_kiosk_memory": 20.0,
    "province_kitchen_cpu": 100.0,
    "province_kitchen_cpu_postgresql": 20.0,
    "province_kiosk_cpu": 20.0,
    "province_kiosk_cpu_postgresql": 1.0,
    "province_kiosk_network": 30.0,
    "province_tap_cpu": 5_000.0,
    "province_tap_cpu_postgresql": 2_000.0,
    "province_tap_cpu_redis": 40.0,
    "province_tap_redis": 2.0,
    "province_tap_wal": 3_000.0,
    "province_tap_commits": 9.0,
    "province_tap_stored": 2_000.0,
    "province_tap_network": 3_000.0,
    "night_taps": 372.0,
    "night_peak_hour": 133.0,
}


def _units(**other: float) -> scale.Units:
    values = {**VALUES, **other}
    return scale.Units({name: Figure(name, value, "") for name, value in values.items()})


def test_installation_fits_until_its_database_is_full() -> None:
    full = scale.database_full(_units())
    assert scale.cell(_units(), int(full)).fits
    assert not scale.cell(_units(), int(full) + 1_000).fits


def test_more_kitchens_are_more_processes_and_none_is_fuller() -> None:
    few, many = (scale.cell(_units(), kitchens) for kitchens in (1_000, 6_000))
    assert few.processes < many.processes
    assert max(few.busiest, many.busiest) <= scale.FULL
    tight = scale.cell(_units(province_kitchen_memory=20_000.0), 6_000)
    assert tight.processes > many.processes
    assert tight.memory_gb <= scale.PROCESS_GB


def test_more_processes_are_planned_where_taps_cost_more() -> None:
    cheap = scale.cell(_units(province_tap_cpu=2_000.0), 2_000)
    dear = scale.cell(_units(province_tap_cpu=9_000.0), 2_000)
    assert 2 <= cheap.processes < dear.processes


def test_first_bottleneck_is_what_is_full_with_the_fewest_kitchens() -> None:
    found = scale.limits(_units(province_tap_cpu_postgresql=20_000.0))
    assert [kitchens for kitchens, _ in found] == sorted(kitchens for kitchens, _ in found)
    assert "processors" in found[0][1]
    slow_disk = scale.limits(
        _units(province_tap_cpu_postgresql=10.0, province_kitchen_cpu_postgresql=0.0)
    )
    assert "disk" in slow_disk[0][1]


def test_cost_below_zero_is_noise_and_counts_as_none() -> None:
    assert _units(province_kiosk_cpu=-5.0)("province_kiosk_cpu") == 0.0


def test_plan_of_what_was_not_measured_is_refused() -> None:
    with pytest.raises(KeyError):
        scale.plan({})


def test_paper_holds_the_plan_that_its_figures_give() -> None:
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    told = page.partition(scale.BEGIN)[2].partition(scale.END)[0].strip()
    assert told == scale.plan(scale.read(ROOT / "docs" / "scale.jsonl")).strip()


def test_demo_night_is_worked_to_its_end_and_has_a_busiest_hour() -> None:
    told = night()
    assert told.taps == sum(told.kinds.values())
    assert told.taps / told.hours < told.peak_hour_taps < told.taps
    assert told.kinds["complete_batch"] == 16
