"""Makes an authority of one's own and certificates signed by it; it reads no clock and writes no file."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Iterator, Sequence

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from typing_extensions import override

from dapur.enrolment import pin_of

AUTHORITY_DAYS = 3_650
"""A kiosk may lie in a cupboard for years; a change of the authority reaches the others by itself."""
SERVER_DAYS = 397
"""A stolen key is of use for so long; renewing needs nobody at a kiosk."""
SKEW = dt.timedelta(days=1)
"""Clocks that are a little behind take a new certificate too."""
AUTHORITIES_MAX = 8
"""Announced at one time: they travel to every kiosk in one frame."""
_CURVE = ec.SECP256R1()


class BadCertificate(ValueError):
    """A file holds no certificate that could be used; `str()` says why."""


class Pair(msgspec.Struct, frozen=True):
    """A certificate and its key, both PEM."""

    certificate: bytes
    key: bytes

    @override
    def __repr__(self) -> str:
        """Without the key: it must reach no log line."""
        return "Pair(…)"


def new_authority(now: dt.datetime) -> Pair:
    """A fresh authority that may sign servers and nothing else."""
    key = ec.generate_private_key(_CURVE)
    serial = x509.random_serial_number()
    name = _name(f"Dapur {serial:x}"[:24])
    public = key.public_key()
    builder = _begun(name, name, public, serial, now, AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    return _signed(builder, key, key)


def issue(authority: Pair, hosts: Sequence[str], now: dt.datetime) -> Pair:
    """A server's certificate for these names and addresses, with the authority's behind it.

    Raises BadCertificate for an authority that cannot be read, ValueError for a bad host.
    """
    parent = _read(authority.certificate)[0]
    parent_key = _read_key(authority.key)
    key = ec.generate_private_key(_CURVE)
    public, serial = key.public_key(), x509.random_serial_number()
    names = x509.SubjectAlternativeName([_host(each) for each in hosts])
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(parent_key.public_key())
    builder = _begun(_name(hosts[0][:64]), parent.subject, public, serial, now, SERVER_DAYS)
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(names, critical=False)
        .add_extension(identifier, critical=False)
    )
    made = _signed(builder, key, parent_key)
    return Pair(made.certificate + authority.certificate, made.key)


def hosts_of(chain: bytes) -> tuple[str, ...]:
    """The names and addresses that a certificate is good for. Raises BadCertificate."""
    try:
        found = _read(chain)[0].extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    names = found.value.get_values_for_type(x509.DNSName)
    return (*names, *map(str, found.value.get_values_for_type(x509.IPAddress)))


def expires(chain: bytes) -> dt.datetime:
    """Until when a chain is good: the first of its certificates that ends. Raises BadCertificate."""
    return min(each.not_valid_after_utc for each in _read(chain))


def pin(certificate: bytes) -> str:
    """By what a new kiosk knows the first certificate again. Raises BadCertificate."""
    der, spki = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return pin_of(_read(certificate)[0].public_key().public_bytes(der, spki))


def split(bundle: bytes) -> tuple[bytes, ...]:
    """Every certificate of a PEM text by itself. Raises BadCertificate."""
    return tuple(each.public_bytes(serialization.Encoding.PEM) for each in _read(bundle))


def check(pair: Pair, authorities: bytes, now: dt.datetime) -> None:
    """Raise BadCertificate for what no kiosk could use: wrong key, no host, out of time, foreign."""
    leaf = _read(pair.certificate)[0]
    if leaf.public_key() != _read_any_key(pair.key).public_key():
        raise BadCertificate("the key is of another certificate")
    if not hosts_of(pair.certificate):
        raise BadCertificate("the certificate names no host (subjectAltName)")
    if not leaf.not_valid_before_utc <= now < expires(pair.certificate):
        until = f"{expires(pair.certificate):%Y-%m-%d}"
        raise BadCertificate(f"the certificate is not valid now (it ends on {until})")
    if authorities:
        must_lead_to(pair.certificate, authorities)


def must_lead_to(chain: bytes, authorities: bytes) -> None:
    """Raise BadCertificate for a chain that none of these authorities signed: kiosks would be lost."""
    if not any(_leads_to(chain, each) for each in _read(authorities)):
        raise BadCertificate(
            "the certificate does not come from an authority that kiosks are told of"
        )


def _leads_to(chain: bytes, root: x509.Certificate) -> bool:
    """Whether one of the chain was signed by this authority."""

    def signed(each: x509.Certificate) -> bool:
        try:
            each.verify_directly_issued_by(root)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True

    return any(signed(each) for each in _read(chain))


def _begun(
    name: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    serial: int,
    now: dt.datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(now - SKEW)
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _signed(
    builder: x509.CertificateBuilder,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
) -> Pair:
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Pair(builder.sign(signer, hashes.SHA256()).public_bytes(pem), secret)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        pass
    labels = text.removeprefix("*.").split(".")
    if not all(_is_label(label) for label in labels) or len(text) > 253:  # noqa: PLR2004 - RFC 1035
        raise ValueError(f"{text!r} is no host name and no address")
    return x509.DNSName(text.lower())


def _is_label(text: str) -> bool:
    return text.isascii() and text.replace("-", "a").isalnum() and not text.startswith("-")


def _read(text: bytes) -> Sequence[x509.Certificate]:
    try:
        found = list(_certificates(text))
    except ValueError as error:
        raise BadCertificate(f"no certificate can be read: {error}") from error
    if not found or len(found) > AUTHORITIES_MAX:
        raise BadCertificate(f"1 to {AUTHORITIES_MAX} certificates (PEM) are expected")
    return found


def _certificates(text: bytes) -> Iterator[x509.Certificate]:
    """Only what stands between the marks: a key in the same file is none of our business."""
    mark = b"-----BEGIN CERTIFICATE-----"
    for part in text.split(mark)[1:]:
        yield x509.load_pem_x509_certificate(mark + part)


def _read_any_key(text: bytes) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(text, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadCertificate(f"no private key can be read: {error}") from error


def _read_key(text: bytes) -> ec.EllipticCurvePrivateKey:
    key = _read_any_key(text)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadCertificate("an authority's key is an elliptic curve key")
    return key
