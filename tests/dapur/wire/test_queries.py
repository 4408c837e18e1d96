"""Arguments of queries keep to their bounds and their PINs to themselves."""

from __future__ import annotations

import msgspec
import pytest

from dapur.ids import StaffId
from dapur.wire.queries import (
    EnrolmentCodeReply,
    SetPinArgs,
    SignInArgs,
    locked_detail,
    tries_of,
    until_of,
    wrong_detail,
)


def test_pin_and_code_show_in_no_repr() -> None:
    args = SignInArgs(StaffId("ayu"), "135790")
    other = SetPinArgs(StaffId("ayu"), "135790", StaffId("budi"), "246813")
    reply = EnrolmentCodeReply("7QK2-M0ZD-H4TN", 5)
    told = f"{args} {args!r} {other!r} {[other]} {reply!r}"
    assert not any(secret in told for secret in ("135790", "246813", "7QK2"))
    assert b"135790" in msgspec.json.encode(args)


@pytest.mark.parametrize("pin", ["12345", "1234567", "12345a", "123456\n", "١٢٣٤٥٦", ""])
def test_pin_is_not_read_unless_it_has_six_digits(pin: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({"staff": "ayu", "pin": pin}), type=SignInArgs)


@pytest.mark.parametrize("staff", ["", "a b", "a\0", "x" * 65, "ayu\n"])
def test_staff_is_not_read_when_no_database_would_take_it(staff: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({"staff": staff, "pin": "135790"}), type=SignInArgs)


def test_details_come_back_as_they_were_told() -> None:
    assert tries_of(wrong_detail(3, 5)) == (3, 5)
    assert until_of(locked_detail(1_795_000_000_000)) == 1_795_000_000_000
    assert until_of(locked_detail(None)) is None


def test_strange_details_are_told_as_nothing() -> None:
    assert tries_of("what?") == (0, 0)
    assert until_of("-5") is None
