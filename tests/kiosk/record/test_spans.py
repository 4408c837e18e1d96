"""Holds and hand-overs out of a list of events: only what the list really says."""

from __future__ import annotations

from dapur.batch import Line
from dapur.handover import SUBJECT
from dapur.ids import CommandId, DeviceId, StaffId
from dapur.past import AuditRow, PassingRow
from kiosk.record.handovers import GIVEN, TAKEN, passings_from
from kiosk.record.holds import HELD, RELEASED, holds_from

MINUTE_MS = 60_000
WIB_MIN = 7 * 60
MIDNIGHT_MS = 1_795_280_400_000
"""2026-11-22, 00:00 WIB."""


def line(minute: int, kind: str, who: str) -> Line:
    at_ms = MIDNIGHT_MS + minute * MINUTE_MS
    return Line(at_ms, CommandId(f"c{minute}"), kind, StaffId(who), DeviceId("d"), at_ms)


def event(minute: int, kind: str, who: str, passing: PassingRow | None = None) -> AuditRow:
    at_ms = MIDNIGHT_MS + minute * MINUTE_MS
    return AuditRow(
        *(minute + 1_000, kind, SUBJECT, who, "s", "d", f"c{minute}", at_ms, at_ms, "synced"),
        recorded_ms=at_ms,
        passing=passing,
    )


def test_list_tells_who_held_and_who_released_one_hold_after_the_other() -> None:
    found = holds_from(
        (line(1, HELD, "siti"), line(9, RELEASED, "ratna"), line(20, HELD, "joko")),
    )
    assert found is not None
    assert [(each.by, each.released_by, each.took_ms) for each in found] == [
        ("siti", "ratna", 8 * MINUTE_MS),
        ("joko", "", None),
    ]
    assert not any(each.reason for each in found)


def test_list_does_not_tell_which_of_two_open_holds_was_released() -> None:
    two = (line(1, HELD, "siti"), line(2, HELD, "joko"), line(9, RELEASED, "ratna"))
    assert holds_from(two) is None


def test_release_without_its_hold_is_passed_over() -> None:
    assert holds_from((line(9, RELEASED, "ratna"),)) == ()


def test_taker_takes_from_the_newest_giver_and_the_one_before_is_replaced() -> None:
    found = passings_from(
        (
            event(-400, GIVEN, "endang"),
            event(-390, TAKEN, "ratna"),
            event(60, GIVEN, "ratna"),
            event(61, GIVEN, "ratna"),
            event(70, TAKEN, "hendra"),
            event(80, TAKEN, "endang"),
        ),
        "2026-11-22",
        WIB_MIN,
    )
    assert [(each.giver, each.taker, each.replaced) for each in found] == [
        ("endang", "ratna", False),
        ("ratna", "", True),
        ("ratna", "hendra", False),
    ]


def test_hand_over_tells_to_whom_and_how_much_was_open_where_the_server_kept_it() -> None:
    told = PassingRow("", "KEPALA", "gelombang 2 belum mulai", 2, 0, 1, 0, 3)
    given, old = passings_from(
        (event(90, GIVEN, "ratna"), event(60, GIVEN, "endang", told)), "2026-11-22", WIB_MIN
    )
    assert (given.giver, given.role, given.note) == ("endang", "KEPALA", "gelombang 2 belum mulai")
    assert given.open is not None
    counts = [getattr(given.open, sort).count for sort in ("alerts", "checks", "holds", "clocks")]
    assert counts == [2, 0, 1, 3]
    assert (old.giver, old.open, old.note) == ("ratna", None, "")


def test_hand_over_of_the_night_before_or_after_stays_out() -> None:
    day = 24 * 60
    events = (event(-15 * 60, GIVEN, "a"), event(-9 * 60, GIVEN, "b"), event(day, GIVEN, "c"))
    assert [each.giver for each in passings_from(events, "2026-11-22", WIB_MIN)] == ["b"]
