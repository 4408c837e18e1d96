"""Answers of identity in tests: everybody of the small night has a name and the PIN 135790."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from dapur.wire.messages import Query, Reply
from dapur.wire.queries import (
    ROSTER,
    SIGN_IN,
    STEP_UP,
    Person,
    QueryCode,
    RosterReply,
    SignInArgs,
    SignInReply,
    wrong_detail,
)
from tests.support.mini_server import MiniServer

PIN = "135790"


def answers(server: MiniServer) -> Callable[[Query], Reply]:
    """What `server.answer` may be."""

    def answer(query: Query) -> Reply:
        if query.name == ROSTER:
            people = tuple(
                Person(who, who.title(), has_pin=True, pin_version=1)
                for who in server.kitchen.staff
            )
            return _value(query, RosterReply("Dapur Uji", "Kiosk 1", people))
        if query.name in (SIGN_IN, STEP_UP):
            args = msgspec.json.decode(query.args, type=SignInArgs)
            if args.pin != PIN:
                return Reply(query.id, error=QueryCode.PIN_WRONG, detail=wrong_detail(2, 5))
            until = server.now_ms() + 72 * 3_600_000
            return _value(query, SignInReply(args.staff, args.staff.title(), until, 1))
        return Reply(query.id, error=QueryCode.UNKNOWN_QUERY)

    return answer


def _value(query: Query, value: msgspec.Struct) -> Reply:
    return Reply(query.id, msgspec.Raw(msgspec.json.encode(value)))
