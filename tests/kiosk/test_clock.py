"""What a kiosk says about time, whatever its clocks do."""

from __future__ import annotations

import random

import pytest

from dapur.envelope import Quality
from dapur.sync.effects import ClockSample
from kiosk.clock import (
    DRIFT_PPM,
    RELEASED_MS,
    UNKNOWN_SPAN_MS,
    WALL_SPREAD_MS,
    Jump,
    KioskTime,
    SystemClock,
)
from tests.support.clock import DictMemory, FakeClock

HOUR_MS = 3_600_000
TRUE_MS = 1_795_000_000_000


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(wall_ms=TRUE_MS)


@pytest.fixture
def memory() -> DictMemory:
    return DictMemory()


@pytest.fixture
def time(clock: FakeClock, memory: DictMemory) -> KioskTime:
    return KioskTime(clock, memory)


def probe(clock: FakeClock, true_ms: int, *, rtt_ms: int = 40, share: float = 0.5) -> ClockSample:
    """A probe that comes back now at `true_ms`; `share` of its time was the way out."""
    sent = clock.mono - rtt_ms
    return ClockSample(sent, clock.mono, true_ms - int(rtt_ms * (1 - share)))


def test_kiosk_says_synced_within_half_the_round_trip_when_probed(
    clock: FakeClock, time: KioskTime
) -> None:
    time.sample(probe(clock, TRUE_MS, rtt_ms=40))
    occurred = time.occurred()
    assert occurred.quality is Quality.SYNCED
    assert occurred.earliest_ms == pytest.approx(TRUE_MS - 20, abs=1)
    assert occurred.latest_ms == pytest.approx(TRUE_MS + 20, abs=1)
    assert time.server_now_ms() == TRUE_MS


def test_interval_widens_by_drift_when_the_probe_ages(clock: FakeClock, time: KioskTime) -> None:
    time.sample(probe(clock, TRUE_MS, rtt_ms=40))
    clock.pass_ms(10 * HOUR_MS)
    occurred = time.occurred()
    drift = 10 * HOUR_MS * DRIFT_PPM // 1_000_000
    assert abs((occurred.latest_ms - occurred.earliest_ms) - 2 * (20 + drift)) <= 2
    assert occurred.quality is Quality.SYNCED


def test_interval_holds_the_truth_when_the_line_is_lopsided(clock: FakeClock) -> None:
    random_ = random.Random(7)
    for _ in range(300):
        time = KioskTime(clock, DictMemory())
        for _ in range(random_.randrange(1, 12)):
            clock.pass_ms(random_.randrange(0, HOUR_MS))
            truth = clock.wall
            rtt = random_.randrange(0, 4000)
            time.sample(probe(clock, truth, rtt_ms=rtt, share=random_.random()))
            occurred = time.occurred()
            assert occurred.earliest_ms - 1 <= truth <= occurred.latest_ms + 1


def test_kiosk_trusts_the_quick_probe_when_slower_ones_follow(
    clock: FakeClock, time: KioskTime
) -> None:
    time.sample(probe(clock, TRUE_MS, rtt_ms=10))
    clock.pass_ms(1000)
    time.sample(probe(clock, TRUE_MS + 1000 + 900, rtt_ms=3000))
    assert abs(time.server_now_ms() - (TRUE_MS + 1000)) <= 1


def test_kiosk_says_wall_when_it_was_never_probed(time: KioskTime) -> None:
    occurred = time.occurred()
    assert occurred.quality is Quality.WALL
    assert occurred.earliest_ms == TRUE_MS - WALL_SPREAD_MS
    assert occurred.latest_ms == TRUE_MS + WALL_SPREAD_MS


def test_kiosk_says_unknown_from_the_last_server_time_when_it_wakes_in_1970(
    clock: FakeClock, memory: DictMemory, time: KioskTime
) -> None:
    time.sample(probe(clock, TRUE_MS))
    clock.reboot(wall_ms=60_000)
    after = KioskTime(clock, memory)
    clock.pass_ms(5 * 60_000)
    occurred = after.occurred()
    assert occurred.quality is Quality.UNKNOWN
    assert occurred.earliest_ms == pytest.approx(TRUE_MS + 5 * 60_000, abs=100)
    assert occurred.latest_ms == occurred.earliest_ms + UNKNOWN_SPAN_MS
    assert not after.synced


def test_fresh_kiosk_says_unknown_from_the_release_when_it_wakes_in_1970() -> None:
    occurred = KioskTime(FakeClock(wall_ms=0), DictMemory()).occurred()
    assert occurred.quality is Quality.UNKNOWN
    assert occurred.earliest_ms == RELEASED_MS


def test_kiosk_stays_synced_when_only_its_process_restarts(
    clock: FakeClock, memory: DictMemory, time: KioskTime
) -> None:
    time.sample(probe(clock, TRUE_MS))
    clock.pass_ms(60_000)
    again = KioskTime(clock, memory)
    assert again.synced
    assert again.server_now_ms() == pytest.approx(TRUE_MS + 60_000, abs=1)


def test_taps_stay_right_when_the_wall_clock_is_set_back_mid_shift(
    clock: FakeClock, time: KioskTime
) -> None:
    time.sample(probe(clock, TRUE_MS))
    clock.set_wall(TRUE_MS - 365 * 24 * HOUR_MS)
    clock.pass_ms(60_000)
    occurred = time.occurred()
    assert occurred.quality is Quality.SYNCED
    assert occurred.earliest_ms <= TRUE_MS + 60_000 <= occurred.latest_ms
    assert time.wall_is_wrong


def test_kiosk_never_probed_covers_both_times_when_its_wall_clock_is_set(
    clock: FakeClock, time: KioskTime
) -> None:
    clock.set_wall(TRUE_MS + 3 * HOUR_MS)
    occurred = time.occurred()
    assert occurred.quality is Quality.UNKNOWN
    assert occurred.earliest_ms <= TRUE_MS
    assert occurred.latest_ms >= TRUE_MS + 3 * HOUR_MS


def test_jump_is_reported_once_when_the_wall_clock_is_set(
    clock: FakeClock, time: KioskTime
) -> None:
    jumps: list[Jump] = []
    time.on_jump(jumps.append)
    clock.pass_ms(HOUR_MS)
    time.tick()
    assert jumps == []
    clock.set_wall(clock.wall - 10_000)
    time.tick()
    time.tick()
    assert [jump.by_ms for jump in jumps] == [-10_000]
    clock.set_wall(clock.wall + 4_000)
    time.tick()
    assert len(jumps) == 1


@pytest.mark.parametrize(("off_ms", "wrong"), [(119_000, False), (121_000, True), (-121_000, True)])
def test_banner_is_due_when_the_wall_clock_is_two_minutes_off(
    clock: FakeClock, time: KioskTime, off_ms: int, wrong: bool
) -> None:
    assert not time.wall_is_wrong
    time.sample(probe(clock, TRUE_MS - off_ms))
    assert time.wall_is_wrong is wrong


def test_expiry_does_not_go_back_when_the_wall_clock_is_set_back_and_restarted(
    clock: FakeClock, memory: DictMemory, time: KioskTime
) -> None:
    time.sample(probe(clock, TRUE_MS))
    for _ in range(70):
        clock.pass_ms(HOUR_MS)
        time.tick()
    clock.reboot(wall_ms=TRUE_MS)
    after = KioskTime(clock, memory)
    assert after.expiry_ms() >= TRUE_MS + 70 * HOUR_MS - 60_000


def test_expiry_counts_the_hours_switched_off_when_the_wall_clock_knows_them(
    clock: FakeClock, memory: DictMemory, time: KioskTime
) -> None:
    time.sample(probe(clock, TRUE_MS))
    clock.reboot(wall_ms=TRUE_MS + 80 * HOUR_MS)
    assert KioskTime(clock, memory).expiry_ms() == TRUE_MS + 80 * HOUR_MS


def test_expiry_does_not_follow_when_the_wall_clock_is_absurdly_ahead(
    clock: FakeClock, memory: DictMemory, time: KioskTime
) -> None:
    time.sample(probe(clock, TRUE_MS))
    clock.reboot(wall_ms=TRUE_MS + 900 * 24 * HOUR_MS)
    assert KioskTime(clock, memory).expiry_ms() == pytest.approx(TRUE_MS, abs=100)


def test_kiosk_starts_afresh_when_its_note_of_the_time_is_spoilt(clock: FakeClock) -> None:
    memory = DictMemory()
    memory.note(known_time='{"boot": 4')
    assert KioskTime(clock, memory).occurred().quality is Quality.WALL


def test_probe_is_passed_over_when_it_came_back_before_it_went(
    clock: FakeClock, time: KioskTime
) -> None:
    time.sample(ClockSample(clock.mono + 5, clock.mono, TRUE_MS + HOUR_MS))
    assert not time.synced


def test_system_clock_runs_evenly() -> None:
    clock = SystemClock()
    first, second = clock.mono_ms(), clock.mono_ms()
    assert 0 <= second - first < 5_000
    assert clock.wall_ms() > RELEASED_MS
    assert clock.boot() == SystemClock().boot()
