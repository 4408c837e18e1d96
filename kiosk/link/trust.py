"""By what this kiosk knows its server: pinned authorities, their succession, and clocks that are wrong.

A server's certificate is always checked: its chain, its name, its time. Only whose time counts may
differ: a kiosk whose battery is empty asks the last time that the server itself told.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from dapur.enrolment import pin_of
from dapur.wire.queries import AUTHORITIES, AuthoritiesArgs, AuthoritiesReply
from kiosk.clock import KioskTime
from kiosk.link.errors import EnrolRefused, QueryFailed
from kiosk.local import trust as file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kiosk.link.line import Line
    from kiosk.link.link import Link

ASK_MS = 3_600_000
"""The operator waits two hours after an announcement (`server.cli.certificates.HEARD_AFTER`)."""
FETCH_S = 15.0
BUNDLE_MAX_BYTES = 64 * 1024
_TLS_PORT = 443
_NOT_YET, _EXPIRED = 9, 10
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""
_NO_CHECK_TIME = 0x20_0000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME."""
_OLD_TLS = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION"})

FOREIGN = "not trusted: "
"""How the detail of an ending begins when the server could not prove that it is ours."""
_log = logging.getLogger(__name__)


class Trust:
    """What `wss://` is checked against; immutable."""

    def __init__(self, certificates: str = "") -> None:
        """`certificates` (PEM): these and no others; empty: those of the system. Raises ssl.SSLError."""
        self.certificates = certificates
        self.context = _context(certificates)

    def timeless(self) -> ssl.SSLContext:
        """The same without a look at this machine's clock; who uses it looks at another (`verified`)."""
        context = _context(self.certificates)
        context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
        return context


def _context(certificates: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=certificates or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def is_foreign(error: Exception) -> bool:
    """Whether somebody answered who is not our server, or cannot prove it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return True
    return isinstance(error, ssl.SSLError) and error.reason in _OLD_TLS


async def verified(
    dial: Callable[[ssl.SSLContext], Awaitable[Line]], trust: Trust, time: KioskTime
) -> Line:
    """Dial; when only the time is wrong, by the time that the server told last. Raises OSError and more.

    Not yet valid: this machine may have lost its clock; the server's last time is the least that it
    can be. Expired: believed to be a wrong clock only when the server told the time in this boot.
    """
    try:
        return await dial(trust.context)
    except ssl.SSLCertVerificationError as error:
        doubtful = error.verify_code == _NOT_YET or (error.verify_code == _EXPIRED and time.synced)
        if not doubtful:
            raise
        line = await dial(trust.timeless())
        if _is_in_time(line, time.server_now_ms()):
            _log.warning("this machine's clock is wrong; the server's last time was used")
            return line
        line.transport.abort()
        raise


def _is_in_time(line: Line, now_ms: int) -> bool:
    tls = line.transport.get_extra_info("ssl_object")
    shown = None if tls is None else tls.getpeercert()
    if not shown:
        return False
    begins_s, ends_s = (
        ssl.cert_time_to_seconds(str(shown[key])) for key in ("notBefore", "notAfter")
    )
    return begins_s * 1000 <= now_ms < ends_s * 1000


# ---- the first meeting ---------------------------------------------------------------------------


async def fetched(url: str, pin: str) -> str:
    """The authority (PEM) that a pin names, as the server at `url` shows it.

    What is read here is public and checked against the pin: until then nobody is trusted and nothing
    is said. Raises EnrolRefused `foreign` when the server has no such authority, OSError, TimeoutError.
    """
    async with asyncio.timeout(FETCH_S):
        answer = await _got(url)
    for each in _certificates(answer):
        if _pin(each) == pin:
            return each
    raise EnrolRefused("foreign", "the server is not the one that gave this code")


async def proven(url: str, trust: Trust) -> None:
    """Shake hands with the server at `url` by this trust alone, and leave. Raises OSError, TimeoutError.

    Whose clock is wrong does not matter here: it would not be wrong for long, a wrong trust would.
    """
    parts = urlsplit(url)
    async with asyncio.timeout(FETCH_S):
        _, writer = await asyncio.open_connection(
            parts.hostname, parts.port or _TLS_PORT, ssl=trust.timeless()
        )
    writer.transport.abort()


async def _got(url: str) -> bytes:
    parts = urlsplit(url)
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.minimum_version = ssl.TLSVersion.TLSv1_3
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    host, port = parts.hostname or "", parts.port or _TLS_PORT
    reader, writer = await asyncio.open_connection(host, port, ssl=anybody)
    try:
        writer.write(f"GET /authority HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        answer = b""
        while (more := await reader.read(4096)) and len(answer) < BUNDLE_MAX_BYTES:
            answer += more
    finally:
        writer.transport.abort()
    head, _, body = answer.partition(b"\r\n\r\n")
    return body if head.split(b" ")[1:2] == [b"200"] else b""


def _certificates(bundle: bytes) -> list[str]:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    text = bundle.decode("ascii", "replace")
    parts = (part.partition(end) for part in text.split(begin)[1:])
    return [f"{begin}{body}{end}\n" for body, mark, _ in parts if mark]


def _pin(certificate: str) -> str:
    # A kiosk that is enrolled never reads a certificate itself.
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except ValueError:
        return ""
    return pin_of(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


# ---- the succession ------------------------------------------------------------------------------


class TrustWatch:
    """Asks at each arrival and every hour what to trust from now on: a new authority needs no visit."""

    def __init__(self, link: Link, path: Path | None, time: KioskTime) -> None:
        """`path`: where it is kept; None: this kiosk's trust was chosen by hand, or it needs none."""
        self._link = link
        self._path = path
        self._time = time
        self._asked_ms: int | None = None
        self._task: asyncio.Task[None] | None = None
        # Between two looks the line may have gone and come again.
        self._ended = link.subscribe(self._on_line)

    def look(self) -> None:
        """Ask if need be; call about once a second."""
        if self._path is None or not self._link.online:
            return
        now_ms = self._time.mono_ms()
        if self._asked_ms is not None and now_ms - self._asked_ms < ASK_MS:
            return
        self._asked_ms = now_ms
        self._task = asyncio.get_running_loop().create_task(self._ask(self._path), name="trust")

    async def close(self) -> None:
        """End of the kiosk."""
        self._ended()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _on_line(self) -> None:
        if not self._link.online:
            self._asked_ms = None

    async def _ask(self, path: Path) -> None:
        try:
            raw = await self._link.query(AUTHORITIES, AuthoritiesArgs())
            told = "".join(msgspec.json.decode(raw, type=AuthoritiesReply).authorities)
            if not told or told == file.load(path):
                # A server that names none goes on being known by what is known of it.
                return
            trust = Trust(told)
            # An operator's mistake must not lock a whole province out.
            await proven(self._link.url, trust)
            file.save(path, told)
        except (QueryFailed, msgspec.MsgspecError, OSError, ValueError) as error:
            _log.info("what to trust is as before: %s", error)
            return
        self._link.trust(trust)
        _log.info("the server named %d authorities", told.count("BEGIN CERTIFICATE"))
