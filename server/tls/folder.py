"""The folder of keys and certificates in a server's data folder: its acts, each whole or not at all; it serves nobody.

`server.pem` (certificate, authority, key) is what the server shows; `authorities.pem` is what it tells
kiosks to trust: the present authority first, then the next or the one before. The authorities' own keys
lie beside them and are read by these acts alone.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path

from server.tls import authority as make
from server.tls.authority import BadCertificate, Pair

FOLDER = "tls"
SERVER = "server.pem"
ANNOUNCED = "authorities.pem"
_AUTHORITY = "authority.pem"
_NEXT = "next.pem"
_PRIVATE = 0o600
_PRIVATE_FOLDER = 0o700


class TlsFolder:
    """Acts of the operator. All raise OSError; BadCertificate for a file that cannot be used."""

    def __init__(self, data: Path) -> None:
        self.path = data / FOLDER

    @property
    def made(self) -> bool:
        """Whether there is a server's certificate."""
        return (self.path / SERVER).exists()

    @property
    def has_authority(self) -> bool:
        """Whether certificates can be signed here."""
        return (self.path / _AUTHORITY).exists()

    @property
    def has_next(self) -> bool:
        """Whether another authority was announced."""
        return (self.path / _NEXT).exists()

    def hosts(self) -> tuple[str, ...]:
        """The names in the server's certificate."""
        return make.hosts_of(self.chain())

    def chain(self) -> bytes:
        """What the server shows; a key may stand in it."""
        return (self.path / SERVER).read_bytes()

    def announced(self) -> tuple[bytes, ...]:
        """What kiosks are told to trust, the present authority first; empty when it is the world's."""
        path = self.path / ANNOUNCED
        return make.split(path.read_bytes()) if path.exists() else ()

    def announced_at(self) -> dt.datetime:
        """When kiosks were told of the next authority."""
        return dt.datetime.fromtimestamp((self.path / _NEXT).stat().st_mtime, dt.UTC)

    # ---- acts ----------------------------------------------------------------------------------

    def make(self, hosts: Sequence[str], now: dt.datetime) -> None:
        """An authority of one's own and a certificate for these hosts. Raises ValueError for a bad host."""
        own = make.new_authority(now)
        shown = make.issue(own, hosts, now)
        self._write(_AUTHORITY, _joined(own))
        self._write(ANNOUNCED, own.certificate)
        self._write(SERVER, _joined(shown))

    def take(self, given: Pair, authorities: bytes, now: dt.datetime) -> None:
        """The operator's own certificate; `authorities` empty: one that every machine knows."""
        make.check(given, authorities, now)
        self._write(SERVER, _joined(given))
        for name in (_AUTHORITY, _NEXT, *(() if authorities else (ANNOUNCED,))):
            (self.path / name).unlink(missing_ok=True)
        if authorities:
            self._write(ANNOUNCED, b"".join(make.split(authorities)))

    def renew(self, now: dt.datetime, hosts: Sequence[str] = ()) -> None:
        """A fresh certificate of the present authority; without `hosts` for those of the old one."""
        shown = make.issue(self._pair(_AUTHORITY), hosts or self.hosts(), now)
        self._write(SERVER, _joined(shown))

    def announce(self, now: dt.datetime) -> None:
        """Make the next authority and tell kiosks to trust it beside the present one."""
        present = self._pair(_AUTHORITY).certificate
        coming = make.new_authority(now)
        self._write(_NEXT, _joined(coming))
        self._write(ANNOUNCED, present + coming.certificate)

    def rollover(self, now: dt.datetime) -> None:
        """The announced authority becomes the present one; the one before is trusted until `forget`.

        Cut at any point, doing it again ends it.
        """
        coming, before = self._pair(_NEXT), self._pair(_AUTHORITY).certificate
        shown = make.issue(coming, self.hosts(), now)
        # Kiosks know both before the server shows the new one, and after.
        self._write(ANNOUNCED, coming.certificate + before)
        self._write(SERVER, _joined(shown))
        (self.path / _NEXT).replace(self.path / _AUTHORITY)

    def forget(self) -> None:
        """Kiosks are told of the present authority alone."""
        (self.path / _NEXT).unlink(missing_ok=True)
        self._write(ANNOUNCED, self._pair(_AUTHORITY).certificate)

    # ---- files ---------------------------------------------------------------------------------

    def _pair(self, name: str) -> Pair:
        try:
            text = (self.path / name).read_bytes()
        except FileNotFoundError as error:
            raise BadCertificate(f"{self.path / name} is missing") from error
        certificate, mark, key = text.partition(b"-----BEGIN PRIVATE KEY-----")
        return Pair(certificate, mark + key)

    def _write(self, name: str, text: bytes) -> None:
        """Private from its first byte on, and whole at a power cut."""
        self.path.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        fresh = self.path / f"{name}.new"
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as file:  # noqa: PTH123 - Path.open gives no mode
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path / name)


def _joined(pair: Pair) -> bytes:
    return pair.certificate + pair.key
