"""Why a question to the server has no answer; a query fails with exactly one of these."""

from __future__ import annotations


class QueryFailed(Exception):
    """Base: there is no answer."""


class NotOnline(QueryFailed):
    """There is no line now, or it broke before the answer came."""


class TimedOut(QueryFailed):
    """The server took too long."""


class Refused(QueryFailed):
    """The server answered with an error."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class EnrolRefused(Exception):
    """The server did not take the code; `code` is its goodbye's, empty when it just closed."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
