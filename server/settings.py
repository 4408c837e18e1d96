"""The server's settings: a file, the environment over it, the command line over both; it opens nothing."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import platformdirs
from msgspec import Meta

ENV_PREFIX = "DAPUR_"
FILE_NAME = "server.toml"
DATA_ENV = "DAPUR_DATA"


class BadSettings(ValueError):
    """The operator's settings cannot be used; `str()` names the key."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One server's settings, as in `server.toml` in its data folder."""

    data: Path
    """Folder of the embedded database and of this file."""
    database: str = ""
    """`postgresql+psycopg://…`; empty: an SQLite file in `data`."""
    bus: Literal["memory"] = "memory"
    """How processes tell each other of new events; one process needs no more than its memory."""
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8790
    """0: any free one."""
    tls_cert: Path | None = None
    """PEM chain; without it only loopback is served."""
    tls_key: Path | None = None
    behind_tls_proxy: bool = False
    """Somebody in front ends TLS: a plain socket may be open to the network."""
    drain_s: Annotated[float, Meta(ge=0, le=60)] = 15.0
    """Over how many seconds goodbyes are spread at the end."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def database_url(self) -> str:
        """What SQLAlchemy opens."""
        return self.database or f"sqlite:///{self.data / 'server.db'}"


def default_data() -> Path:
    """Where a server keeps its data when nobody says."""
    return Path(os.environ.get(DATA_ENV) or platformdirs.user_data_path("dapur") / "server")


def load(data: Path, environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
    """Settings of the server in `data`: its file, then `DAPUR_…`, then `given`. Raises BadSettings."""
    found: dict[str, Any] = {**_file(data / FILE_NAME), **_environment(environment)}
    found |= {key: value for key, value in given.items() if value is not None}
    found["data"] = str(data)
    try:
        return msgspec.convert(found, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise BadSettings(f"settings: {error}") from error


def _decode(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(kind)


def _file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{path}: {error}") from error


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        field: environment[f"{ENV_PREFIX}{field.upper()}"]
        for field in Settings.__struct_fields__
        if field != "data" and f"{ENV_PREFIX}{field.upper()}" in environment
    }


def listen_address(text: str) -> tuple[str, int]:
    """Host and port of `--listen HOST:PORT`. Raises BadSettings."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit():
        raise BadSettings(f"--listen: {text!r} is not HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)
