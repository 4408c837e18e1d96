"""The certificate of a running server: loaded at the start and anew when its files change; it writes nothing."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

from server.tls import authority
from server.tls.authority import BadCertificate

_log = logging.getLogger(__name__)

Mark = tuple[tuple[int, int, int], ...]


class Certificates:
    """One context for the whole life of the listener: what is loaded into it counts from the next kiosk on."""

    def __init__(
        self, certificate: Path | None, key: Path | None = None, authorities: Path | None = None
    ) -> None:
        """PEM files; without a certificate there is no TLS. `authorities`: what kiosks shall trust.

        Raises OSError, ssl.SSLError, BadCertificate.
        """
        self._certificate, self._key, self._announced = certificate, key, authorities
        self.context: ssl.SSLContext | None = None
        self.authorities: tuple[str, ...] = ()
        """PEM, the present one first."""
        self.pin = ""
        """Of the present authority, for new kiosks."""
        self.expires_s = 0.0
        """UTC seconds until when the certificate is good; 0 without TLS."""
        self._mark = self._marked()
        self._load()

    def look(self) -> bool:
        """Load what has changed; whether it has. Files that cannot be used leave all as it was."""
        try:
            mark = self._marked()
            if mark == self._mark:
                return False
            self._mark = mark
            self._load()
        except (OSError, ValueError) as error:
            _log.error("the certificate cannot be loaded anew: %s", error)
            return False
        _log.info("the certificate was loaded anew")
        return True

    def _load(self) -> None:
        if self._certificate is not None:
            self._load_certificate(self._certificate)
        if self._announced is not None:
            told = authority.split(self._announced.read_bytes())
            self.authorities = tuple(each.decode("ascii") for each in told)
            self.pin = authority.pin(told[0])

    def _load_certificate(self, path: Path) -> None:
        chain = path.read_bytes()
        if self._announced is not None:
            authority.must_lead_to(chain, self._announced.read_bytes())
        expires_s = authority.expires(chain).timestamp()
        # Tried in a context of its own: a key that does not fit must not stay in the one in use.
        fresh = _filled(path, self._key)
        if self.context is None:
            self.context = fresh
        else:
            self.context.load_cert_chain(path, self._key)
        self.expires_s = expires_s

    def _marked(self) -> Mark:
        paths = (self._certificate, self._key, self._announced)
        found = (path.stat() for path in paths if path is not None)
        return tuple((each.st_mtime_ns, each.st_size, each.st_ino) for each in found)


def _filled(certificate: Path, key: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    return context


def pin_of(authorities: Path | None) -> str:
    """What a new kiosk is told of the server's authority; empty: none is announced.

    Raises OSError, BadCertificate.
    """
    return "" if authorities is None else authority.pin(authorities.read_bytes())


__all__ = ["BadCertificate", "Certificates", "pin_of"]
