"""Every frame of the wire `dapur.v1`, closed: what is not here cannot be said. Not one noun is known here."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from dapur.ids import ConnectionId, DeviceId, KitchenId, OutboxId

SUBPROTOCOL = "dapur.v1"
FRAME_MAX_BYTES = 64 * 1024
"""Largest frame either side reads (OWASP's advice for WebSockets is 64 KiB or less)."""
PAGE_MAX_BYTES = 4 * 1024
"""A page must get through a line of 8 kbit/s within the 15 s in which a silent peer is cut."""
WINDOW_COMMANDS = 200
"""Commands a kiosk may have unanswered."""
WINDOW_PAGES = 16
"""Pages that answer one pull: 64 KiB, so that catch-up is not bound to one round trip a page."""
TAIL_MAX_BYTES = 24 * 1024
"""Events of one `tail`: as JSON strings they are twice as long at worst, and a frame is 64 KiB."""
WINDOW_TAILS = 8
"""Frames that answer one `want`."""


ID_PATTERN = r"^[A-Za-z0-9._:@-]{1,64}\Z"
"""Ids reach databases, logs and file names: nothing else may stand in them (and no database takes a NUL)."""
COUNT_MAX = 2**53 - 1
"""Largest integer that every JSON reader and every database column holds exactly."""

Count = Annotated[int, Meta(ge=0, le=COUNT_MAX)]
Octets = bytes  # a field of `Row` has the type's name
Hash = Annotated[bytes, Meta(min_length=32, max_length=32)]
Signature = Annotated[bytes, Meta(max_length=64)]
Word = Annotated[str, Meta(max_length=64)]
Text = Annotated[str, Meta(max_length=200)]
# What a stranger sends is bounded field by field; what the server sends is not read back by it.


class Outcome(StrEnum):
    """What became of a command."""

    APPLIED = "applied"
    ALREADY = "already"
    REFUSED = "refused"
    QUARANTINED = "quarantined"
    MALFORMED = "malformed"


class GoodbyeCode(StrEnum):
    """Why the server ends a connection; each has one reaction of the kiosk (docs/protocol.md)."""

    RESTART = "restart"
    REVOKED = "revoked"
    REPLACED = "replaced"
    UPGRADE = "upgrade"
    TOO_FAST = "too_fast"
    FORK = "fork"
    UNKNOWN_DEVICE = "unknown_device"
    BAD_CODE = "bad_code"
    BAD_FRAME = "bad_frame"
    UNAVAILABLE = "unavailable"
    TOO_SLOW = "too_slow"


CLOSE_CODES: dict[GoodbyeCode, int] = {
    GoodbyeCode.BAD_FRAME: 4400,
    GoodbyeCode.UNKNOWN_DEVICE: 4401,
    GoodbyeCode.BAD_CODE: 4402,
    GoodbyeCode.REVOKED: 4403,
    GoodbyeCode.TOO_SLOW: 4408,
    GoodbyeCode.REPLACED: 4409,
    GoodbyeCode.FORK: 4410,
    GoodbyeCode.UPGRADE: 4426,
    GoodbyeCode.TOO_FAST: 4429,
    GoodbyeCode.RESTART: 1012,
    GoodbyeCode.UNAVAILABLE: 1013,
}


class Frame(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of all frames; `type` names which."""


# ---- client → server ---------------------------------------------------------------------------


class Claims(msgspec.Struct, frozen=True):
    """What a kiosk says of itself; travels as JSON text inside :class:`Hello` because the text is signed."""

    device: Annotated[DeviceId, Meta(pattern=ID_PATTERN)]
    outbox: Annotated[OutboxId, Meta(pattern=ID_PATTERN)]
    dseq: Count
    hash: Hash
    """Hash of the outbox row `dseq` (32 zero bytes when empty)."""
    epoch: Word
    """Epoch of the replica, empty before the first snapshot."""
    since: Count
    since_hash: Hash
    app: Text
    states: Annotated[tuple[int, ...], Meta(max_length=100)]
    """Versions of the kitchen's snapshot that this kiosk can read."""
    sent_ms: Count
    """The kiosk's monotonic clock; comes back in `welcome.echo_ms`."""


class Hello(Frame, frozen=True, tag="hello"):
    """First frame of a kiosk: claims and an Ed25519 signature over `b"dapur.v1 hello\\n" + nonce + claims`."""

    claims: str
    signature: Signature


class Pull(Frame, frozen=True, tag="pull"):
    """Ask for what follows `since`: up to `pages` pages come back, the last one marked.

    With `part` ≥ 1 ask instead for parts `part`, `part`+1, … of a snapshot; part 1 makes a fresh one.
    """

    since: Count
    pages: Count = WINDOW_PAGES
    part: Count = 0


class Row(msgspec.Struct, frozen=True):
    """One outbox row: `hash` = SHA-256(hash of row dseq-1 + bytes)."""

    dseq: Annotated[int, Meta(ge=1, le=COUNT_MAX)]
    hash: Hash
    bytes: Octets


class Submit(Frame, frozen=True, tag="submit"):
    """Commands in outbox order, gapless."""

    rows: tuple[Row, ...]


class Got(Frame, frozen=True, tag="got"):
    """How far this kiosk has stored the log, and how it is; answered by a `top` that echoes `sent_ms`."""

    seq: Count
    sent_ms: Count
    unsent: Count = 0
    """Commands without an answer."""
    offset_ms: Annotated[int, Meta(ge=-COUNT_MAX, le=COUNT_MAX)] | None = None
    """By how much the machine's clock is ahead of the server's; None: not known yet, or an older release."""


class Query(Frame, frozen=True, tag="query"):
    """A named question; `id` is chosen by the asker and comes back in the reply."""

    id: Count
    name: Word
    args: msgspec.Raw


class Enrol(Frame, frozen=True, tag="enrol"):
    """First frame of a kiosk that has no identity yet: a one-time code and its new public key.

    `signature` over `b"dapur.v1 enrol\\n" + nonce + code + "\\n" + public_key` proves that it holds the key.
    """

    code: Word
    public_key: Hash
    signature: Signature


class SignedHead(msgspec.Struct, frozen=True):
    """A head that the server signed in a `top`: it proves that the log once reached it."""

    epoch: Word
    head: Count
    hash: Hash
    signature: Signature


class Offer(Frame, frozen=True, tag="offer"):
    """Answer to a welcome with `recovering`: events `after`+1 … `signed.head` of the lost log are here.

    Without `signed` nothing is.
    """

    after: Count = 0
    signed: SignedHead | None = None


class Tail(Frame, frozen=True, tag="tail"):
    """Answer to a `want`: events `first`, `first`+1, … as they once came; the last one is marked."""

    first: Annotated[int, Meta(ge=1, le=COUNT_MAX)]
    bodies: tuple[str, ...]
    last: bool = True
    """This `want` is answered."""


ClientFrame = Hello | Enrol | Pull | Submit | Got | Query | Offer | Tail

# ---- server → client ---------------------------------------------------------------------------


class Challenge(Frame, frozen=True, tag="challenge"):
    """First frame of the server: sign this nonce."""

    nonce: bytes
    time_ms: int


class Enrolled(Frame, frozen=True, tag="enrolled"):
    """The code was right: this is who the kiosk is. The connection then ends; come back with a hello."""

    device: DeviceId
    kitchen: KitchenId
    server_key: bytes
    """Ed25519 public key that signs `top`."""


class Limits(msgspec.Struct, frozen=True):
    """What this server asks its kiosks to keep to."""

    frame_bytes: int = FRAME_MAX_BYTES
    window_commands: int = WINDOW_COMMANDS
    window_pages: int = WINDOW_PAGES
    top_every_s: int = 10
    got_every_s: int = 30


class Mode(StrEnum):
    """How the kiosk's replica gets up to date."""

    EVENTS = "events"
    SNAPSHOT = "snapshot"


class Lost(msgspec.Struct, frozen=True):
    """The log of `epoch` was put back to event `seq`, where its chain is `hash`; kiosks may hold the rest."""

    epoch: str
    seq: int
    hash: bytes


class Welcome(Frame, frozen=True, tag="welcome"):
    """The kiosk is admitted. It may submit at once; a `pull` starts catch-up."""

    connection: ConnectionId
    kitchen: KitchenId
    epoch: str
    head: int
    floor: int
    acked: int
    """Last dseq of this outbox that is in the log."""
    acked_hash: bytes
    durable: int
    """Seq up to which a verified backup or a second copy exists."""
    state_version: int
    mode: Mode
    time_ms: int
    echo_ms: int
    limits: Limits = Limits()
    recovering: Lost | None = None
    """A restored log waits for its tail: say `offer`; no command is answered until a `goodbye`."""


class Page(Frame, frozen=True, tag="page"):
    """Answer to a pull: events `first`, `first`+1, …; `hash` is the chain after the last; empty when up to date."""

    first: int
    bodies: tuple[str, ...]
    hash: bytes
    head: int
    last: bool
    """This pull is answered; ask again if `head` is not reached."""


class SnapshotPart(Frame, frozen=True, tag="snapshot"):
    """Part `part` (from 1) of `parts` of the kitchen's state after `seq`; checksum = SHA-256 of the whole text."""

    epoch: str
    seq: int
    hash: bytes
    state_version: int
    part: int
    parts: int
    text: str
    checksum: bytes


class Live(Frame, frozen=True, tag="live"):
    """New events as they are logged; same meaning as in :class:`Page`."""

    first: int
    bodies: tuple[str, ...]
    hash: bytes


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """The stored receipt of one command. `seq`: the log reached this with it; `code`: of a refusal."""

    dseq: int
    outcome: Outcome
    seq: int
    code: str = ""


class Results(Frame, frozen=True, tag="results"):
    """Receipts. `acked` is the last dseq in the log of this kiosk's outbox."""

    results: tuple[Result, ...]
    acked: int
    durable: int


class Top(Frame, frozen=True, tag="top"):
    """Where the log stands, every ten seconds: liveness, clock, and the cure for a lost last message."""

    head: int
    hash: bytes
    time_ms: int
    signature: bytes
    """Server's Ed25519 signature over `b"dapur.v1 top\\n" + kitchen + "\\n" + epoch + "\\n" + head + "\\n" + hash`."""
    echo_ms: int = 0


class Want(Frame, frozen=True, tag="want"):
    """Of what was offered, give events `after`+1 … `up_to` in at most `frames` tails."""

    after: int
    up_to: int
    frames: int = WINDOW_TAILS


def _null() -> msgspec.Raw:
    return msgspec.Raw(b"null")


class Reply(Frame, frozen=True, tag="reply"):
    """Answer to the query of the same `id`: `value`, or `error` with a stable code."""

    id: int
    value: msgspec.Raw = msgspec.field(default_factory=_null)
    error: str = ""
    detail: str = ""


class Goodbye(Frame, frozen=True, tag="goodbye"):
    """The server ends the connection; come back after `retry_after_s` (0: your own back-off)."""

    code: GoodbyeCode
    retry_after_s: float = 0.0
    detail: str = ""


ServerFrame = (
    Challenge
    | Enrolled
    | Welcome
    | Page
    | SnapshotPart
    | Live
    | Results
    | Top
    | Want
    | Reply
    | Goodbye
)


def hello_text(nonce: bytes, claims: str) -> bytes:
    """The bytes a kiosk signs."""
    return b"dapur.v1 hello\n" + nonce + claims.encode()


def enrol_text(nonce: bytes, code: str, public_key: bytes) -> bytes:
    """The bytes a kiosk signs when it enrols."""
    return b"dapur.v1 enrol\n" + nonce + code.encode() + b"\n" + public_key


def top_text(kitchen: KitchenId, epoch: str, head: int, head_hash: bytes) -> bytes:
    """The bytes a server signs in a `top`."""
    return b"dapur.v1 top\n" + f"{kitchen}\n{epoch}\n{head}\n".encode() + head_hash
