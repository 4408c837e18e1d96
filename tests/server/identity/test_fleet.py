"""Who may see all kitchens, and what is seen: signs of life of kiosks and server processes."""

from __future__ import annotations

import pytest

from dapur.ids import DeviceId, StaffId
from dapur.wire.queries import FleetReply
from server.desk.ports import DeviceRecord, QueryError, Sign
from server.identity.fleet import CLOCK_MS, PAGE_ROWS, PROCESS_SILENT_MS, SILENT_MS
from tests.support.identity_rig import AYU, K1, K2, NOW, OPI, Rig

LATER = NOW + SILENT_MS + 1


def desk(rig: Rig) -> DeviceRecord:
    """A kiosk of K1 where the operator is signed in and may look."""
    rig.identity.show_fleet(rig.kiosk1.device, NOW, allowed=True)
    rig.here[rig.kiosk1.device] = frozenset({AYU, OPI})
    return rig.kiosk1


def seen(rig: Rig, now_ms: int = NOW, **wanted: object) -> FleetReply:
    return rig.ask(rig.kiosk1, "fleet", wanted, FleetReply, now_ms=now_ms)


def names(reply: FleetReply) -> list[str]:
    return [row.name for row in reply.rows]


@pytest.mark.parametrize(
    ("allowed", "here", "why"),
    [
        (False, {OPI}, "not_allowed: device"),
        (True, set(), "not_allowed: role"),
        (True, {AYU}, "not_allowed: role"),
    ],
)
def test_nobody_sees_other_kitchens_without_both_permits(
    rig: Rig, *, allowed: bool, here: set[StaffId], why: str
) -> None:
    rig.identity.show_fleet(rig.kiosk1.device, NOW, allowed=allowed)
    rig.here[rig.kiosk1.device] = frozenset(here)
    with pytest.raises(QueryError) as told:
        seen(rig)
    assert str(told.value) == why


def test_permit_is_of_one_kiosk_and_can_be_taken_back(rig: Rig) -> None:
    desk(rig)
    rig.here[rig.kiosk2.device] = frozenset({OPI})
    with pytest.raises(QueryError):
        rig.ask(rig.kiosk2, "fleet", {}, FleetReply)
    assert seen(rig).kiosks == 2
    rig.identity.show_fleet(rig.kiosk1.device, NOW, allowed=False)
    with pytest.raises(QueryError):
        seen(rig)
    with pytest.raises(LookupError):
        rig.identity.show_fleet(DeviceId("nobody"), NOW, allowed=True)


def test_operator_sees_how_kiosks_of_all_kitchens_are_as_two_processes_heard_them(rig: Rig) -> None:
    desk(rig)
    rig.identity.heard({rig.kiosk1.device: Sign(0, "dapur-kiosk 0.1.0")}, 1, NOW)
    sign = Sign(0, "dapur-kiosk 0.0.9", unsent=7, offset_ms=-CLOCK_MS - 1)
    rig.restarted().heard({rig.kiosk2.device: sign}, 3, NOW)
    reply = seen(rig)
    assert (reply.kitchens, reply.kiosks, reply.silent, reply.behind) == (2, 2, 0, 0)
    assert (reply.unsent, reply.clocks) == (1, 1)
    assert reply.releases == {"dapur-kiosk 0.0.9": 1, "dapur-kiosk 0.1.0": 1}
    assert [(each.process, each.connections) for each in reply.processes] == [
        ("one", 1),
        ("two", 3),
    ]
    row = next(row for row in reply.rows if row.kitchen == K2)
    assert (row.kitchen_name, row.app, row.unsent) == ("Dapur k2", sign.app, 7)
    assert (row.heard_ms, row.offset_ms) == (NOW, sign.offset_ms)


def test_silent_kiosk_and_silent_process_are_known_and_the_kiosk_stands_first(rig: Rig) -> None:
    desk(rig)
    rig.identity.heard({rig.kiosk2.device: Sign(0)}, 1, NOW)
    rig.restarted().heard({rig.kiosk1.device: Sign(0)}, 1, LATER)
    reply = seen(rig, LATER)
    assert reply.silent == 1
    assert names(reply) == ["Kios k2", "Kios k1"]
    assert LATER - NOW > PROCESS_SILENT_MS
    assert [each.process for each in reply.processes] == ["two"]
    assert names(seen(rig, LATER, only_troubled=True)) == ["Kios k2"]


def test_process_that_ends_in_order_is_gone_at_once(rig: Rig) -> None:
    desk(rig)
    two = rig.restarted()
    two.heard({}, 0, NOW)
    assert [each.process for each in seen(rig).processes] == ["two"]
    two.ended()
    assert seen(rig).processes == ()


def test_operator_finds_a_kiosk_by_part_of_a_name_and_no_sign_is_a_wildcard(rig: Rig) -> None:
    desk(rig)
    rig.enrol(K1, "Antri 100%")
    assert names(seen(rig, find="ANTRI")) == ["Antri 100%"]
    assert names(seen(rig, find="k2")) == ["Kios k2"]
    assert names(seen(rig, find="%")) == ["Antri 100%"]
    assert names(seen(rig, find="_")) == []


def test_operator_leafs_through_a_fleet_of_more_than_a_page_and_revoked_kiosks_are_out(
    rig: Rig,
) -> None:
    desk(rig)
    gone = rig.enrol(K2, "Lama")
    rig.identity.revoke(gone.device, NOW)
    for number in range(PAGE_ROWS):
        rig.enrol(K2, f"Kios {number}")
    first = seen(rig)
    rest = seen(rig, skip=len(first.rows))
    assert (first.kiosks, len(first.rows), first.more, rest.more) == (
        PAGE_ROWS + 2,
        PAGE_ROWS,
        True,
        False,
    )
    found = {row.device for row in (*first.rows, *rest.rows)}
    assert len(found) == PAGE_ROWS + 2
    assert gone.device not in found
