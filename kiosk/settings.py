"""Where a kiosk keeps its data and whom it calls, from the command line; it opens nothing."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import platformdirs

DATA_ENV = "DAPUR_KIOSK_DATA"
SERVER_ENV = "DAPUR_SERVER"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class BadSettings(ValueError):
    """What the operator typed cannot be used; `str()` says what to change."""


class Settings(msgspec.Struct, frozen=True):
    """One kiosk's settings."""

    data: Path
    """Folder for all of this kiosk's data; one process at a time."""
    server: str
    """`ws://` (loopback only) or `wss://`; empty: where it was enrolled."""
    enrol: str = ""
    """One-time code of a fresh kiosk; ignored by one that is enrolled already."""
    authority: Path | None = None
    """PEM file of the certificate authority that the server's certificate must come from."""
    name: str = ""
    """What people call this kiosk; empty: its device id."""

    @property
    def store(self) -> Path:
        """Folder of the local file."""
        return self.data / "store"

    @property
    def identity(self) -> Path:
        """File that says who this kiosk is."""
        return self.data / "identity.json"

    @property
    def trust(self) -> Path:
        """File of the authorities by which this kiosk knows its server."""
        return self.data / "authorities.pem"

    @property
    def secrets(self) -> Path:
        """Folder of the keys, where the system has no key store."""
        return self.data / "secrets"


def add_options(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """The options that every kiosk program takes."""
    parser.add_argument(
        "--data",
        type=Path,
        default=environment.get(DATA_ENV) or platformdirs.user_data_path("dapur") / "kiosk",
        help=f"folder for this kiosk's data (default: ${DATA_ENV} or the user's data folder)",
    )
    parser.add_argument(
        "--server",
        default=environment.get(SERVER_ENV, ""),
        help=f"address of the server, ws://… or wss://… (default: ${SERVER_ENV}, or as enrolled)",
    )
    parser.add_argument(
        "--enrol", default="", metavar="CODE", help="one-time enrolment code, whole"
    )
    parser.add_argument(
        "--authority", type=Path, metavar="PEM", help="trust this authority instead of the system's"
    )
    parser.add_argument("--name", default="", help="what people call this kiosk")


def from_options(options: argparse.Namespace) -> Settings:
    """The settings that the options say. Raises BadSettings."""
    if options.server:
        check_address(options.server)
    return Settings(
        data=Path(options.data).absolute(),
        server=options.server,
        enrol=options.enrol,
        authority=options.authority,
        name=options.name,
    )


def parse(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from a command line that takes nothing else. Raises BadSettings; exits on --help."""
    parser = argparse.ArgumentParser("dapur-kiosk")
    add_options(parser, environment)
    return from_options(parser.parse_args(arguments))


def check_address(address: str) -> None:
    """Raises BadSettings for an address that a kiosk must not call.

    Without TLS taps and PINs would cross the network in the clear, so `ws://` is for loopback.
    """
    parts = urlsplit(address)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise BadSettings(f"{address!r} is no address of a server: ws://… or wss://…")
    if parts.scheme == "ws" and parts.hostname not in LOOPBACK:
        raise BadSettings(f"{address!r}: outside this machine only wss:// is allowed")
