"""What a session asks its shell to do; a session itself touches no socket, disk, clock or key."""

from __future__ import annotations

import msgspec

from dapur.ids import DeviceId
from dapur.wire.messages import (
    Claims,
    ClientFrame,
    Enrol,
    GoodbyeCode,
    Hello,
    Offer,
    Query,
    Reply,
    Result,
    Row,
    ServerFrame,
    SignedHead,
    Welcome,
)


class Effect(msgspec.Struct, frozen=True):
    """Base of all effects; carry them out in the order given."""


class Send(Effect, frozen=True):
    """Put this frame on the wire."""

    frame: ClientFrame | ServerFrame


# ---- asked by the kiosk's half ------------------------------------------------------------------


class SignHello(Effect, frozen=True):
    """Sign with the device key, then call `signed`."""

    text: bytes
    claims: str


class Admitted(Effect, frozen=True):
    """The server took us in; the badge may turn."""

    welcome: Welcome


class ApplyEvents(Effect, frozen=True):
    """Store these events and the new position in one local transaction; the chain was checked."""

    first: int
    bodies: tuple[str, ...]
    hash: bytes

    @property
    def last(self) -> int:
        """Seq of the last event."""
        return self.first + len(self.bodies) - 1


class ApplySnapshot(Effect, frozen=True):
    """Replace the replica by this whole state in one local transaction; the outbox stays as it is."""

    epoch: str
    seq: int
    hash: bytes
    state_version: int
    text: str


class Settle(Effect, frozen=True):
    """Store what became of own commands."""

    results: tuple[Result, ...]
    acked: int
    durable: int


class Restored(Effect, frozen=True):
    """The server's log was put back to an earlier state: what it had answered beyond `acked` is not in it.

    Take those answers back, so that the taps go out again and are not forgotten; `durable` is of the
    log as it is now.
    """

    acked: int
    durable: int


class KeepHead(Effect, frozen=True):
    """The server signed the very place where the replica is: check the signature and keep it."""

    signed: SignedHead


class NeedTail(Effect, frozen=True):
    """Read kept events `after`+1 … `up_to`, about `max_bytes` of them, and give them to `tail`."""

    after: int
    up_to: int
    max_bytes: int


class NeedRows(Effect, frozen=True):
    """Read up to `limit` outbox rows after dseq `after` and give them to `rows`."""

    after: int
    limit: int


class ClockSample(Effect, frozen=True):
    """Four-point time probe: kiosk's monotonic clock at sending and receiving, server's UTC in between."""

    sent_ms: int
    received_ms: int
    server_ms: int


class Answered(Effect, frozen=True):
    """A query got its reply."""

    reply: Reply


class CaughtUp(Effect, frozen=True):
    """The replica has reached the server's head."""

    seq: int


class Forked(Effect, frozen=True):
    """This outbox is not what the server knows of it (copied disk, old image): quarantine it, make a new one."""

    detail: str


class Ended(Effect, frozen=True):
    """This connection is over: close it and come back as the code says (None: it fell silent)."""

    code: GoodbyeCode | None
    retry_after_s: float
    detail: str


# ---- asked by the server's half -----------------------------------------------------------------


class TailEntry(msgspec.Struct, frozen=True):
    """An event that a kiosk brought back."""

    seq: int
    hash: bytes
    text: str


class Identify(Effect, frozen=True):
    """Look the device up, check the signature over `text`, then call `admit` or `refuse`."""

    hello: Hello
    claims: Claims
    text: bytes


class Register(Effect, frozen=True):
    """A kiosk without identity shows a code: check signature and code, then call `enrolled` or `refuse`."""

    enrol: Enrol
    text: bytes


class Take(Effect, frozen=True):
    """Give these commands to the desk; its receipts come back through `answered`."""

    rows: tuple[Row, ...]


class Read(Effect, frozen=True):
    """Read the log after `after` (about `max_bytes`), then call `entries`."""

    after: int
    max_bytes: int


class ReadSnapshot(Effect, frozen=True):
    """Make or find the kitchen's snapshot, then call `snapshot`."""


class Ask(Effect, frozen=True):
    """Answer this query, then call `reply`."""

    query: Query


class Heard(Effect, frozen=True):
    """The kiosk has stored the log up to `seq`, and says how it is."""

    device: DeviceId
    seq: int
    app: str
    """Its release."""
    unsent: int
    """Commands without an answer."""
    offset_ms: int | None
    """By how much its clock is ahead of the server's; None: not known."""


class Offered(Effect, frozen=True):
    """The kiosk says what it holds of a log that was lost; `want` asks for it."""

    offer: Offer


class Brought(Effect, frozen=True):
    """The tail that `want` asked for, whole: its chain leads to the signed head."""

    entries: tuple[TailEntry, ...]


class BadTail(Effect, frozen=True):
    """What came for `want` is not what was signed."""

    detail: str


class TopDue(Effect, frozen=True):
    """Send a signed `top`; `echo_ms` is what the kiosk's `got` carried, 0 for none."""

    echo_ms: int


class Close(Effect, frozen=True):
    """Send what is queued, then close."""

    code: GoodbyeCode
