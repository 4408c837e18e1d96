"""Codes let one kiosk in, for ten minutes; a revoked kiosk stays out."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from dapur.ids import DeviceId, KitchenId
from dapur.wire.queries import DevicesReply
from server.desk.ports import Enrolled, Sign
from server.identity import codes
from server.log.engine import reading
from server.log.scope import EVERY_KITCHEN
from tests.support.identity_rig import K1, K2, NOW, Rig, public_key, refusal

MINUTE = 60_000


def spoilt(code: str) -> str:
    """The same locator with another secret."""
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def test_code_is_shown_in_three_groups_of_crockfords_letters(rig: Rig) -> None:
    code = rig.identity.new_code(K1, "Kios", NOW)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", code)


def test_code_makes_a_device_of_its_kitchen(rig: Rig) -> None:
    key = public_key()
    code = rig.identity.new_code(K2, "Kios Masak", NOW)
    made = rig.identity.enrol(code, key, NOW + 5)
    assert made.kitchen == K2
    record = rig.restarted().device(made.device)
    assert record is not None
    assert (record.kitchen, record.name, record.public_key) == (K2, "Kios Masak", key)
    assert (record.enrolled_ms, record.revoked_ms) == (NOW + 5, None)


def test_code_is_read_whatever_its_case_and_dashes(rig: Rig) -> None:
    for change in (str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "):
        code = rig.identity.new_code(K1, "Kios", NOW)
        assert rig.identity.enrol(change(code), public_key(), NOW).kitchen == K1


def test_code_is_read_with_the_letters_that_people_take_for_digits() -> None:
    assert codes.read("oil1-2345-abcd") == "01112345ABCD"
    assert codes.read("U111-2345-ABCD") is None
    assert codes.read("111-2345-ABCD") is None


def test_code_works_once(rig: Rig) -> None:
    code = rig.identity.new_code(K1, "Kios", NOW)
    rig.identity.enrol(code, public_key(), NOW)
    assert refusal(lambda: rig.identity.enrol(code, public_key(), NOW)) == "code_used_up"


def test_kiosk_that_missed_the_answer_gets_the_same_answer_again(rig: Rig) -> None:
    key = public_key()
    code = rig.identity.new_code(K1, "Kios", NOW)
    first = rig.identity.enrol(code, key, NOW)
    assert rig.restarted().enrol(code, key, NOW + MINUTE) == first
    rig.identity.revoke(first.device, NOW + MINUTE)
    assert refusal(lambda: rig.identity.enrol(code, key, NOW + MINUTE)) == "code_used_up"


def test_code_ends_after_ten_minutes(rig: Rig) -> None:
    last, late = (rig.identity.new_code(K1, "Kios", NOW) for _ in range(2))
    assert rig.identity.enrol(last, public_key(), NOW + 10 * MINUTE - 1).kitchen == K1
    enrol = rig.identity.enrol
    assert refusal(lambda: enrol(late, public_key(), NOW + 10 * MINUTE)) == "code_expired"


def test_code_is_used_up_after_five_wrong_tries(rig: Rig) -> None:
    code, other = (rig.identity.new_code(K1, "Kios", NOW) for _ in range(2))
    for _ in range(5):
        assert refusal(lambda: rig.identity.enrol(spoilt(code), public_key(), NOW)) == "code_wrong"
    assert refusal(lambda: rig.restarted().enrol(code, public_key(), NOW)) == "code_used_up"
    assert rig.identity.enrol(other, public_key(), NOW).kitchen == K1


def test_code_is_good_after_four_wrong_tries(rig: Rig) -> None:
    code = rig.identity.new_code(K1, "Kios", NOW)
    for _ in range(4):
        refusal(lambda: rig.identity.enrol(spoilt(code), public_key(), NOW))
    assert rig.identity.enrol(code, public_key(), NOW).kitchen == K1


@pytest.mark.parametrize("typed", ["", "0000-0000-0000", "x", "'; DROP TABLE device", "\0" * 12])
def test_stranger_gets_nothing_for_a_guess(rig: Rig, typed: str) -> None:
    assert refusal(lambda: rig.identity.enrol(typed, public_key(), NOW)) == "code_wrong"


@pytest.mark.parametrize("size", [0, 31, 33])
def test_key_of_another_size_is_refused_and_costs_no_code(rig: Rig, size: int) -> None:
    code = rig.identity.new_code(K1, "Kios", NOW)
    assert refusal(lambda: rig.identity.enrol(code, bytes(size), NOW)).startswith("bad_key")
    assert rig.identity.enrol(code, public_key(), NOW).kitchen == K1


def test_two_kiosks_with_one_code_at_once_get_one_device(rig: Rig) -> None:
    code = rig.identity.new_code(K1, "Kios", NOW)
    before = len(rig.identity.devices(K1))

    def enrol(_number: int) -> Enrolled | str:
        made: list[Enrolled] = []
        told = refusal(lambda: made.append(rig.identity.enrol(code, public_key(), NOW)))
        return made[0] if made else told

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(enrol, range(4)))
    assert answers.count("code_used_up") == 3
    assert len(rig.identity.devices(K1)) == before + 1


def test_database_holds_no_code_that_could_be_used(rig: Rig) -> None:
    code = rig.identity.new_code(K1, "Kios", NOW)
    with reading(rig.engine, EVERY_KITCHEN) as connection:
        rows = connection.exec_driver_sql("SELECT * FROM enrolment_code").all()
    assert rows
    stored = "".join(str(value) for row in rows for value in row)
    assert code[5:9] + code[10:] not in stored
    assert code not in stored


def test_old_codes_are_forgotten_the_next_day(rig: Rig) -> None:
    old = rig.identity.new_code(K1, "Kios", NOW)
    rig.identity.new_code(K1, "Kios", NOW + 25 * 60 * MINUTE)
    assert refusal(lambda: rig.identity.enrol(old, public_key(), NOW)) == "code_wrong"


def test_code_needs_a_kitchen_and_a_name(rig: Rig) -> None:
    with pytest.raises(LookupError):
        rig.identity.new_code(KitchenId("k9"), "Kios", NOW)
    for name in ("", "  ", "x" * 81, "a\0b", "a\nb"):
        with pytest.raises(ValueError, match="name"):
            rig.identity.new_code(K1, name, NOW)


def test_revoked_and_unknown_devices_are_named(rig: Rig) -> None:
    one, two = rig.kiosk1.device, rig.kiosk2.device
    unknown = DeviceId("nobody")
    assert rig.identity.revoked([one, two, unknown]) == {unknown}
    rig.identity.revoke(one, NOW + 7)
    assert rig.ended == [one]
    assert rig.restarted().revoked([one, two, unknown]) == {one, unknown}
    assert rig.identity.revoked([]) == frozenset()
    many = [DeviceId(f"d{number}") for number in range(2500)]
    assert rig.identity.revoked([*many, two]) == frozenset(many)


def test_first_revocation_stands(rig: Rig) -> None:
    rig.identity.revoke(rig.kiosk1.device, NOW + 7)
    rig.identity.revoke(rig.kiosk1.device, NOW + 99)
    record = rig.identity.device(rig.kiosk1.device)
    assert record is not None
    assert record.revoked_ms == NOW + 7
    with pytest.raises(LookupError):
        rig.identity.revoke(DeviceId("nobody"), NOW)


def test_position_and_sign_of_life_never_go_back(rig: Rig) -> None:
    device = rig.kiosk1.device
    (before,) = rig.identity.devices(K1)
    assert (before.heard_ms, before.got_seq) == (None, 0)
    rig.identity.heard({device: Sign(40), DeviceId("nobody"): Sign(1)}, 2, NOW + 10)
    rig.identity.heard({device: Sign(30)}, 2, NOW + 5)
    (info,) = rig.ask(rig.kiosk1, "devices", {}, DevicesReply).devices
    assert (info.device, info.heard_ms, info.got_seq) == (device, NOW + 10, 40)


def test_unknown_device_has_no_record(rig: Rig) -> None:
    assert rig.identity.device(DeviceId("nobody")) is None
