"""Checks PINs while there is no line, for people who signed in here online; it asks no server."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from dapur import pin as rules
from dapur.ids import StaffId
from dapur.pin import Locked, Tries, Wrong
from kiosk.vault import private_file

_log = logging.getLogger(__name__)


class Right(msgspec.Struct, frozen=True):
    """The PIN that was right at the last sign-in online."""

    pin_version: int


class NotHere(msgspec.Struct, frozen=True):
    """This person has not signed in on this kiosk online (or not since the file was lost)."""


class Expired(msgspec.Struct, frozen=True):
    """The last sign-in online is too long ago."""

    since_ms: int
    """UTC ms."""


Outcome = Right | Wrong | Locked | NotHere | Expired
"""What a check said; `Locked(None)` lasts until the next sign-in online, or until `forgive`."""


class _Verifier(msgspec.Struct, frozen=True):
    hash: str
    """argon2id; empty once it expired."""
    pin_version: int
    valid_until_ms: int
    tries: Tries = Tries()


class _Content(msgspec.Struct, frozen=True):
    people: dict[StaffId, _Verifier] = {}
    seen_ms: int = 0
    """Latest time that any check saw: a clock set back stretches nothing."""


class Verifiers:
    """One file of one kiosk. Synchronous, thread-safe; one check at a time."""

    def __init__(self, path: Path, key: bytes) -> None:
        """`key` is 32 bytes (`device_key.verifier_key`). A file that cannot be read is moved aside."""
        self._path = path
        self._key = key
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._read: _Content | None = None

    @property
    def _content(self) -> _Content:
        """What the file says, read when it is first asked for: no board waits for it."""
        with self._reading:
            if self._read is None:
                self._read = self._load()
            return self._read

    def remember(self, staff: StaffId, pin: str, now_ms: int, pin_version: int) -> None:
        """The server just found this PIN right: keep what checks it for 72 hours, count anew.

        `now_ms` is the server's time. Raises OSError when it could not be stored.
        """
        from kiosk.vault import sealing

        made = sealing.hashed(pin)
        with self._lock:
            people = dict(self._content.people)
            people[staff] = _Verifier(made, pin_version, now_ms + rules.OFFLINE_MS)
            # Only here time may go back: this one is the server's.
            self._store(_Content(people, now_ms))

    def check(self, staff: StaffId, pin: str, now_ms: int) -> Outcome:
        """Check a PIN without the server; takes as long as argon2 does.

        `now_ms` is the kiosk's best knowledge of UTC (`KioskTime.expiry_ms`). Raises OSError when
        the try could not be counted: then nothing was checked.
        """
        with self._lock:
            now = max(now_ms, self._content.seen_ms)
            known = self._content.people.get(staff)
            if known is None:
                return NotHere()
            if not known.hash or now >= known.valid_until_ms:
                return self._expire(staff, known, now)
            counted = rules.count(known.tries, now)
            if isinstance(counted, Locked):
                return counted
            self._put(staff, msgspec.structs.replace(known, tries=counted), now)
            if not _matches(known.hash, pin):
                return rules.after_wrong(counted)
            self._put(staff, msgspec.structs.replace(known, tries=Tries(seen_ms=now)), now)
            return Right(known.pin_version)

    def locked(self, staff: StaffId, now_ms: int) -> Locked | None:
        """Whether a check would be refused now by the counter; checks and counts nothing.

        Waits for nobody: the thread that paints may ask while another one checks a PIN.
        """
        content = self._content
        known = content.people.get(staff)
        return None if known is None else rules.locked(known.tries, max(now_ms, content.seen_ms))

    def forgive(self, staff: StaffId) -> None:
        """A chief lets this person try again here: the counter begins anew. Raises OSError."""
        with self._lock:
            known = self._content.people.get(staff)
            if known is not None and known.tries.failed:
                again = msgspec.structs.replace(known, tries=Tries(seen_ms=known.tries.seen_ms))
                self._put(staff, again, self._content.seen_ms)

    def forget(self, staff: StaffId) -> None:
        """Never check this person here again before the next sign-in online. Raises OSError."""
        with self._lock:
            self._keep({one: it for one, it in self._content.people.items() if one != staff})

    def reconcile(self, versions: Mapping[StaffId, int]) -> None:
        """Forget everybody who is not in the roster or has another PIN by now. Raises OSError.

        `versions` is the whole roster: each person's `pin_version`.
        """
        with self._lock:
            people = self._content.people
            self._keep(
                {one: it for one, it in people.items() if versions.get(one) == it.pin_version}
            )

    def people(self) -> frozenset[StaffId]:
        """Who was remembered and not forgotten, expired ones too."""
        with self._lock:
            return frozenset(self._content.people)

    # ---- inside -----------------------------------------------------------------------------

    def _expire(self, staff: StaffId, known: _Verifier, now_ms: int) -> Expired:
        if known.hash:
            # Nothing to steal is left; should the disk refuse, the next check tries again.
            with suppress(OSError):
                self._put(staff, msgspec.structs.replace(known, hash=""), now_ms)
        return Expired(known.valid_until_ms - rules.OFFLINE_MS)

    def _put(self, staff: StaffId, verifier: _Verifier, now_ms: int) -> None:
        self._store(_Content({**self._content.people, staff: verifier}, now_ms))

    def _keep(self, people: dict[StaffId, _Verifier]) -> None:
        if len(people) != len(self._content.people):
            self._store(_Content(people, self._content.seen_ms))

    def _store(self, content: _Content) -> None:
        """On the disk first, then in memory: what is counted here is counted after a restart."""
        from kiosk.vault import sealing

        sealed = sealing.sealed(msgspec.json.encode(content), self._key)
        private_file.write(self._path, sealed)
        self._read = content

    def _load(self) -> _Content:
        try:
            sealed = private_file.read(self._path)
            if sealed is None:
                return _Content()
            from kiosk.vault import sealing

            plain = sealing.opened(sealed, self._key)
            return msgspec.json.decode(plain, type=_Content)
        except (ValueError, msgspec.MsgspecError, OSError) as error:
            self._put_aside(error)
            return _Content()

    def _put_aside(self, error: Exception) -> None:
        """Everybody needs one sign-in online; the file stays for whoever looks into it."""
        _log.warning("offline PINs cannot be read and start anew: %s", type(error).__name__)
        number = 1
        while (aside := self._path.with_name(f"{self._path.name}.damaged-{number}")).exists():
            number += 1
        with suppress(OSError):
            self._path.replace(aside)


def _matches(made: str, pin: str) -> bool:
    # Hash and cipher take long to load, and who only looks at the board needs neither.
    from kiosk.vault import sealing

    return sealing.matches(made, pin)
