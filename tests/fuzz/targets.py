"""What the fuzzers call: one function a door by which strange bytes come in; it raises only for a fault of ours."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typing_extensions import override

from dapur import kitchen as rules
from dapur.envelope import (
    COMMAND_MAX_BYTES,
    GENESIS,
    Malformed,
    chain,
    decode_command,
    decode_event,
    encode_command,
    encode_event,
)
from dapur.ids import CommandId, ConnectionId
from dapur.sync.effects import (
    ApplyEvents,
    ApplySnapshot,
    Close,
    Effect,
    Identify,
    Read,
    ReadSnapshot,
    Send,
)
from dapur.sync.kiosk_side import KioskSide, OutboxPosition, Position
from dapur.sync.server_side import ServerSide
from dapur.wire.codec import (
    BadFrame,
    decode_claims,
    decode_client,
    decode_server,
    encode_bytes,
)
from dapur.wire.messages import FRAME_MAX_BYTES, Limits, Row
from kiosk.local.errors import FileDamaged, FileTooNew
from kiosk.local.mirror import Mirror
from kiosk.local.salvage import FILE_NAME, open_store
from kiosk.local.store import Store
from server.desk.desk import Desk
from server.desk.folding import load
from server.desk.groups import Submission
from server.gateway.admission import Door, TurnedAway
from tests.fuzz import seeds
from tests.support.fake_identity import FakeIdentity
from tests.support.fake_log import FakeLog
from tests.support.groups import group

NOW_MS: Final = 1_795_300_000_000
ROW_MAX_BYTES: Final = FRAME_MAX_BYTES * 3 // 4
"""More does not fit into a frame: the wire carries a row as base64."""
ALARMS: Final = ("claims", "fork of device")
"""Errors that are the stranger's: it claims a position beyond the log, or an outbox of another past."""

Target = Callable[[bytes], None]


class Complaints(logging.Handler):
    """What was logged as an error while strange bytes were looked at."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Keep it with its traceback, unless it is an alarm about the stranger."""
        if any(alarm in record.getMessage() for alarm in ALARMS):
            return
        self.heard.append(logging.Formatter("%(name)s: %(message)s").format(record))


@contextmanager
def no_complaint() -> Iterator[None]:
    """Fail when the server or the kiosk logs an error: it would have taken the bytes for its own fault."""
    handler = Complaints()
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
    assert not handler.heard, handler.heard[0]


def codec(data: bytes) -> None:
    """Every reader of the wire and of the envelopes, as bytes and as text."""
    for text in (data, data.decode("utf-8", "replace"), data.decode("utf-8", "surrogateescape")):
        for decode in (decode_client, decode_server):
            try:
                frame = decode(text)
            except BadFrame:
                continue
            assert decode(encode_bytes(frame)) == frame
        if isinstance(text, str):
            with suppress(BadFrame):
                decode_claims(text)
        _event(text)
    try:
        command = decode_command(data)
    except Malformed:
        return
    raw = encode_command(command)
    assert len(raw) > COMMAND_MAX_BYTES or decode_command(raw) == command


def _event(text: bytes | str) -> None:
    try:
        event = decode_event(text)
    except Malformed:
        return
    assert decode_event(encode_event(event)) == event
    rules.encode_snapshot(rules.evolve(rules.empty(seeds.KITCHEN), event))


def hello(data: bytes) -> None:
    """A connection that sends these lines as frames, with a key that signs everything rightly."""
    door = _door()
    session = ServerSide(ConnectionId("c-1"), bytes(32), limits=Limits(), jitter=0.0, now_ms=0)
    session.open(NOW_MS)
    with no_complaint():
        for line in data.split(b"\n")[:8]:
            try:
                effects = session.receive(decode_client(line), 1)
            except BadFrame as error:
                effects = session.bad_frame(str(error))
            _carry(session, door, effects)
        _carry(session, door, session.tick(60_000))


def _carry(session: ServerSide, door: Door, effects: list[Effect]) -> None:
    for effect in effects:
        match effect:
            case Send():
                assert len(encode_bytes(effect.frame)) <= FRAME_MAX_BYTES, type(effect.frame)
            case Identify():
                found = door.identify(effect)
                if not isinstance(found, TurnedAway):
                    _carry(session, door, session.admit(found.admission))
            case Read():
                _carry(session, door, session.entries(effect.after, (), 9))
            case ReadSnapshot():
                state = session.snapshot(
                    epoch="e-1", seq=9, hash=GENESIS, state_version=2, text="x" * 9000
                )
                _carry(session, door, state)
            case Close():
                assert session.ended
            case _:
                pass


def submit(data: bytes) -> None:
    """An outbox whose rows are these lines, rightly chained, given to the desk on a real night."""
    log = FakeLog()
    log.restore(_night())
    desk = Desk(log, devices=_identity().records, now_ms=lambda: NOW_MS)
    rows: list[Row] = []
    link = GENESIS
    for number, line in enumerate(data.split(b"\n")[:16], start=1):
        body = line[:ROW_MAX_BYTES]
        link = chain(link, body)
        rows.append(Row(number, link, body))
    with no_complaint():
        sent = Submission(seeds.KITCHEN, seeds.DEVICE, seeds.OUTBOX, tuple(rows))
        answer = desk.take_group([sent]).answers[0]
    assert answer.fault is None, answer
    assert [result.dseq for result in answer.results] == [row.dseq for row in rows]
    again = desk.take_group([sent]).answers[0]
    assert again.results == answer.results, "the stored receipts are others"
    fold = desk.fold(seeds.KITCHEN)
    assert fold is not None
    assert load(log, seeds.KITCHEN).kitchen == fold.kitchen, "the log folds to another state"
    text = rules.encode_snapshot(fold.kitchen)
    assert rules.decode_snapshot(text, rules.STATE_VERSION) == fold.kitchen


def snapshot(data: bytes) -> None:
    """A state's text, and lines that a server sends to a kiosk."""
    text = data.decode("utf-8", "surrogateescape")
    for version in range(rules.STATE_OLDEST, rules.STATE_VERSION + 1):
        try:
            state = rules.decode_snapshot(text, version)
        except rules.UnreadableSnapshot:
            continue
        rules.encode_snapshot(state)
    side = KioskSide(
        device=seeds.DEVICE,
        app="fuzz",
        states=(rules.STATE_VERSION,),
        position=Position(),
        outbox=OutboxPosition(seeds.OUTBOX),
        row_hash=lambda _: None,
        now_ms=0,
    )
    for line in data.split(b"\n")[:8]:
        try:
            _understood(side.receive(decode_server(line), 1))
        except BadFrame:
            continue


def _understood(effects: list[Effect]) -> None:
    for effect in effects:
        if isinstance(effect, ApplySnapshot):
            try:
                rules.decode_snapshot(effect.text, effect.state_version)
            except rules.UnreadableSnapshot:
                continue
        elif isinstance(effect, ApplyEvents):
            for body in effect.bodies:
                _event(body)


def salvage(data: bytes) -> None:
    """A kiosk's file with these pages: it opens, or is moved aside whole, and takes a tap."""
    folder = Path(mkdtemp(prefix="dapur-fuzz-", dir=_fast()))
    try:
        (folder / "store").mkdir()
        (folder / "store" / FILE_NAME).write_bytes(data)
        with suppress(FileTooNew), closing(open_store(folder / "store")) as store:
            _use(store)
        for aside in folder.glob("store.damaged-*"):
            assert (aside / FILE_NAME).read_bytes() == data, "the evidence was changed"
    finally:
        shutil.rmtree(folder)


def _use(store: Store) -> None:
    """What a start reads, and a tap; damage found only here ends the kiosk, which then salvages."""
    try:
        mirror = Mirror(store, seeds.KITCHEN, seeds.DEVICE)
        store.salvaged()
        store.unsent()
        store.tap(CommandId("c-fuzz"), b"{}", tapped_ms=NOW_MS)
        assert mirror.shown.id
    except FileDamaged:
        return


def _fast() -> Path | None:
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else None


@cache
def _identity() -> FakeIdentity:
    identity = FakeIdentity()
    identity.add(seeds.DEVICE, seeds.KITCHEN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    return identity


@cache
def _night() -> FakeLog:
    """A log that already holds a night, so that commands find what they speak of."""
    log = FakeLog()
    log.create_kitchen(seeds.KITCHEN, epoch="e-1")
    lines = (seeds.GOLDEN / "events.v2.jsonl").read_bytes().splitlines()
    log.append([group(log, seeds.KITCHEN, lines)])
    return log


@cache
def _door() -> Door:
    return Door(_night(), _identity(), lambda: NOW_MS, signed=lambda *_: True)


TARGETS: Final[dict[str, Target]] = {
    "codec": codec,
    "hello": hello,
    "submit": submit,
    "snapshot": snapshot,
    "salvage": salvage,
}
