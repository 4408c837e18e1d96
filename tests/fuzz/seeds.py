"""Where the fuzzers begin: real frames, commands and files of this release, and strange values; it checks nothing."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from dapur.envelope import GENESIS
from dapur.ids import ConnectionId, DeviceId, KitchenId, OutboxId
from dapur.kitchen import STATE_VERSION
from dapur.wire.codec import encode_bytes, encode_claims
from dapur.wire.messages import (
    Challenge,
    Claims,
    ClientFrame,
    Enrol,
    Enrolled,
    Goodbye,
    GoodbyeCode,
    Got,
    Hello,
    Live,
    Mode,
    Outcome,
    Page,
    Pull,
    Query,
    Reply,
    Result,
    Results,
    Row,
    ServerFrame,
    SnapshotPart,
    Submit,
    Top,
    Welcome,
)
from kiosk.local.salvage import FILE_NAME, open_store
from tests.support import loose_taps

GOLDEN = Path(__file__).resolve().parents[1] / "dapur" / "golden"
KITCHEN = KitchenId("sppg-1")
DEVICE = DeviceId("kiosk-1")
OUTBOX = OutboxId("o-1")

STRANGE_VALUES: tuple[str, ...] = (
    *("null", "true", "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "-0.0", "1e-400"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "9007199254740993"),
    *("1" * 400, "1." + "0" * 400, "00", "+1", ".5", "0x10"),
    *('"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', '"\\ud83d\\ude00"', '"\u202e\u2066abc"'),
    *('"\u0627\u0644\u0639"', '"\\r\\nERROR forged line"', '"\x1b[31m"', '"\\"', '"\'"'),
    *('"\'; DROP TABLE event; --"', '"1 OR 1=1"', '"%s%n%x"', '"../../etc/passwd"', '"${jndi:x}"'),
    *("[" * 5000, "[" * 1500 + "]" * 1500, '{"a":' * 1500 + "1" + "}" * 1500),
    *('{"type":"pull","type":"hello"}', '{"":""}', "[]", "{}", '""', '"' + "a" * 70_000 + '"'),
)
"""JSON, or nearly: what a parser, a database, a log or a screen may stumble over."""


def claims(**changes: object) -> str:
    """The text inside a hello, as a kiosk with nothing says it."""
    plain = Claims(DEVICE, OUTBOX, 0, GENESIS, "", 0, GENESIS, "seed", (STATE_VERSION,), sent_ms=1)
    text: dict[str, object] = json.loads(encode_claims(plain))
    return json.dumps(text | changes)


def commands() -> list[bytes]:
    """Commands of every released version, as they stand in an outbox."""
    files = sorted(GOLDEN.glob("commands.v*.jsonl"))
    return [line for file in files for line in file.read_bytes().splitlines()]


def events() -> list[bytes]:
    """Events of every released version, as they stand in a log."""
    files = sorted(GOLDEN.glob("events.v*.jsonl"))
    return [line for file in files for line in file.read_bytes().splitlines()]


def snapshots() -> list[str]:
    """States of every released version."""
    return [file.read_text(encoding="utf-8").strip() for file in sorted(GOLDEN.glob("snapshot.*"))]


def client_frames() -> list[ClientFrame]:
    """One frame of each kind that a kiosk sends."""
    signature, key = bytes(64), bytes(range(32))
    return [
        Hello(claims(), signature),
        Hello(claims(epoch="e-1", since=5, dseq=3), signature),
        Enrol("ABCD-EFGH", key, signature),
        Pull(0),
        Pull(7, 2, 3),
        Submit((Row(1, GENESIS, commands()[0]), Row(2, key, b"{"))),
        Got(4, 1000),
        Query(1, "roster", _raw({})),
        Query(2, "sign_in", _raw({"staff": "s-nur", "pin": "135790"})),
    ]


def server_frames() -> list[ServerFrame]:
    """One frame of each kind that a server sends."""
    bodies = tuple(line.decode() for line in events()[:3])
    text = snapshots()[-1]
    part = SnapshotPart("e-1", 9, GENESIS, STATE_VERSION, 1, 1, text, GENESIS)
    name = ConnectionId("c-1")
    return [
        Challenge(bytes(32), 1),
        Enrolled(DEVICE, KITCHEN, bytes(32)),
        Welcome(
            name, KITCHEN, "e-1", 9, 0, 0, GENESIS, 0, STATE_VERSION, Mode.EVENTS, 1, echo_ms=1
        ),
        Page(1, bodies, GENESIS, 9, last=True),
        part,
        Live(4, bodies, GENESIS),
        Results((Result(1, Outcome.APPLIED, 1), Result(2, Outcome.REFUSED, 2, "late")), 2, 0),
        Top(9, GENESIS, 1, bytes(64)),
        Reply(1, _raw({"a": 1})),
        Goodbye(GoodbyeCode.RESTART, 1.5, "x"),
    ]


@cache
def kiosk_file() -> bytes:
    """The pages of a kiosk's file with some taps, its journal written back."""
    with TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        for number in range(1, 13):
            store.tap(*loose_taps.body(number, padding=40), tapped_ms=number)
        store.settle([Result(1, Outcome.APPLIED, 1)], durable=0)
        store.close()
        return (Path(folder) / FILE_NAME).read_bytes()


def corpus(target: str) -> list[bytes]:
    """The inputs that a guided run of this target begins with."""
    strange = [value.encode("utf-8", "surrogatepass") for value in STRANGE_VALUES]
    match target:
        case "codec":
            frames = [encode_bytes(frame) for frame in (*client_frames(), *server_frames())]
            return [*frames, *commands()[:8], *events()[:8], *strange]
        case "hello":
            frames = [encode_bytes(frame) for frame in client_frames()]
            return [*frames, b"\n".join([frames[0], *frames[3:]]), claims().encode()]
        case "submit":
            return [*commands(), b"\n".join(commands()[:5]), *(line[:4000] for line in strange)]
        case "snapshot":
            states = [text.encode() for text in snapshots()]
            return [*states, *(encode_bytes(frame) for frame in server_frames()), *events()]
        case "salvage":
            return [kiosk_file(), kiosk_file()[: 5 * 4096], commands()[0]]
        case _:
            raise LookupError(target)


def _raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))
