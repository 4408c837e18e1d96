"""Tells the server what this kiosk has to say of itself: saved taps, a clock that was set; it settles
nothing and throws nothing away.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from hashlib import sha256

import msgspec

from dapur import kiosk_log
from dapur.envelope import Command, Malformed, decode_command, encode_command
from dapur.ids import KIOSK, SessionId
from dapur.kiosk_log import ReportClockJumpArgs, ReportSalvagedArgs, Why, kiosk_subject
from kiosk.clock import Jump
from kiosk.desk import Desk, DiskRefused, Tapped
from kiosk.local.carve import WHY_DAMAGED
from kiosk.local.mirror import Mirror
from kiosk.local.rows import Salvaged

ROWS_A_TICK = 25
"""A second's share: each row is a commit or two, and the screen must stay quick."""
TEXT_BYTES = 7 * 1024
"""Of a saved tap inside its report; a command has 8 KiB, what stands around it takes under one."""
JUMPS_A_START = 100
"""A clock that is set again and again says nothing new after that; the log must not fill with it."""

_word = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_log = logging.getLogger(__name__)


class Reports:
    """One for a kiosk. Nobody needs to be signed in: the kiosk speaks in its own name.

    A saved tap is marked as reported only after its report is in the outbox; a kiosk that dies in
    between reports it again, and the kitchen makes one item of both.
    """

    def __init__(self, desk: Desk, mirror: Mirror) -> None:
        self._desk = desk
        self._store = mirror.store
        self._subject = kiosk_subject(mirror.device)
        self._looked_at = ""
        self._rows: deque[Salvaged] = deque()
        self._jumps: deque[Jump] = deque()
        self._jumped = 0

    def jumped(self, jump: Jump) -> None:
        """The wall clock was set: the next tick writes it down."""
        self._jumped += 1
        if self._jumped <= JUMPS_A_START:
            self._jumps.append(jump)

    def tick(self) -> None:
        """Write what waits; call about once a second. A full disk only makes it wait longer."""
        try:
            self._look()
            for _ in range(min(ROWS_A_TICK, len(self._rows))):
                self._report(self._rows[0])
                self._rows.popleft()
            while self._jumps:
                self._tell_jump(self._jumps[0])
                self._jumps.popleft()
        except DiskRefused as error:
            _log.info("the reports wait for the disk: %s", error)

    # ---- inside -----------------------------------------------------------------------------

    def _look(self) -> None:
        """Saved taps appear with a new outbox, and only then: after a start and after a fork."""
        outbox = self._store.outbox_position.outbox
        if outbox != self._looked_at:
            self._rows = deque(self._store.salvaged())
            self._looked_at = outbox

    def _report(self, row: Salvaged) -> None:
        if self._written(*_report_of(row, self._subject)):
            self._store.reported(row)

    def _tell_jump(self, jump: Jump) -> None:
        args = ReportClockJumpArgs(jump.wall_ms - jump.by_ms, jump.wall_ms, jump.boot)
        self._written("report_clock_jump", self._subject, args)

    def _written(self, kind: str, subject: str, args: msgspec.Struct) -> bool:
        answer = self._desk.tap(kind, subject, args, actor=KIOSK, session=SessionId(""))
        if isinstance(answer, Tapped):
            return True
        _log.error("%s was not written: %s", kind, answer.refusal)
        return False


def _report_of(row: Salvaged, subject: str) -> tuple[str, str, msgspec.Struct]:
    """Kind, subject and args of what is said of a saved row."""
    try:
        tap = decode_command(row.bytes)
    except Malformed:
        tap = None
    if tap is not None and (again := _own_report(tap)) is not None:
        # A report that was itself lost is sent as it was: reports in reports would outgrow a command.
        return tap.kind, tap.subject, again
    return "report_salvaged", subject, _args(row, tap)


def _own_report(tap: Command) -> msgspec.Struct | None:
    rule = kiosk_log.COMMANDS.get(tap.kind)
    if rule is None or tap.actor != KIOSK:
        return None
    try:
        return msgspec.json.decode(tap.args, type=rule.args)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _args(row: Salvaged, tap: Command | None) -> ReportSalvagedArgs:
    return ReportSalvagedArgs(
        outbox=_as_word(row.outbox),
        dseq=max(0, row.dseq),
        tap=_as_word(row.id),
        text=_text(row.bytes, tap),
        verified=row.verified,
        answered=row.answered,
        why=Why.DAMAGED_FILE if row.why == WHY_DAMAGED else Why.FORK,
    )


def _text(body: bytes, tap: Command | None) -> str:
    """The bytes as text that fits; of a long tap who, what and when, without what it said."""
    text = body.decode(errors="replace")
    if _size(text) <= TEXT_BYTES:
        return text
    if tap is not None:
        bare = encode_command(msgspec.structs.replace(tap, args=msgspec.Raw(b"null"))).decode()
        if _size(bare) <= TEXT_BYTES:
            return bare
    while _size(text) > TEXT_BYTES:
        text = text[: len(text) * TEXT_BYTES // _size(text)]
    return text


def _size(text: str) -> int:
    return len(msgspec.json.encode(text))


def _as_word(name: str) -> str:
    """A name as it was, or one made from it when a broken page left no name."""
    return (
        name if _word.match(name) else f"x-{sha256(name.encode(errors='replace')).hexdigest()[:32]}"
    )
