"""Reads the arguments of a named query, for whoever answers it; what they mean it does not know."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from dapur.wire.queries import QueryCode
from server.desk.ports import QueryError

A = TypeVar("A", bound=msgspec.Struct)


def read_args(args: msgspec.Raw, kind: type[A]) -> A:
    """The arguments as what the query wants. QueryError BAD_ARGS when they are not that."""
    try:
        return msgspec.json.decode(args, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        # The error's text names fields, not values: no PIN gets into a reply or a log line.
        raise QueryError(QueryCode.BAD_ARGS, str(error)[:200]) from error
