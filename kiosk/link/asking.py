"""Questions on their way: which are open, until when, and who waits; it sends nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from dapur.wire.messages import Reply
from kiosk.link.errors import NotOnline, QueryFailed, Refused, TimedOut

Done = Callable[[msgspec.Raw | QueryFailed], None]


class Asking:
    """The open questions of one connection. Expired by the watchdog: a timer each would leak them
    on Qt's loop, where a cancelled timer lives on until it fires (measured)."""

    def __init__(self, mono_ms: Callable[[], int]) -> None:
        self._mono_ms = mono_ms
        self._open: dict[int, tuple[int, Done]] = {}

    def add(self, number: int, done: Done, timeout_s: float) -> None:
        """A question was asked."""
        self._open[number] = (self._mono_ms() + int(timeout_s * 1000), done)

    def answer(self, reply: Reply) -> None:
        """The server answered; an answer to nothing is passed over."""
        _, done = self._open.pop(reply.id, (0, None))
        if done is not None:
            done(Refused(reply.error, reply.detail) if reply.error else reply.value)

    def expire(self) -> None:
        """Give up what took too long; call about twice a second."""
        now = self._mono_ms()
        for number in [one for one, (until, _) in self._open.items() if until <= now]:
            _, done = self._open.pop(number)
            done(TimedOut("no answer in time"))

    def fail_all(self) -> None:
        """The line broke."""
        waiting, self._open = self._open, {}
        for _, done in waiting.values():
            done(self.not_online())

    @staticmethod
    def not_online() -> NotOnline:
        """Why nothing can be asked now."""
        return NotOnline("no line to the server")
