"""The server's settings: a file, the environment over it, the command line over both; it opens nothing."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import msgspec
import platformdirs
from msgspec import Meta

ENV_PREFIX = "DAPUR_"
FILE_NAME = "server.toml"
DATABASE_FILE = "server.db"
PORT_MAX = 65_535
DATA_ENV = "DAPUR_DATA"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SQLITE = "sqlite:///"


Told = Literal[
    "production:status",
    "production:temperature",
    "production:quality",
    "production:alerts",
    "staff:activity",
    "inventory:usage",
    "distribution:tracking",
]
Heard = Literal["distribution:tracking", "inventory:alerts", "system:notice", "production:plan"]
Dialect = Literal[
    "strict", "realtime", "created", "client", "update", "distribution", "distribution_notice",
    "inventory", "broadcast", "event",
]  # fmt: skip
"""Envelopes that the platform's programs read; told in docs/bridge.md."""
_TENANT = "{sppgId}"


class Alias(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another name for a topic of the bridge, as older programs of the platform know it."""

    channel: Annotated[str, Meta(min_length=1, max_length=200)]
    """With `{sppgId}` where the kitchen's id stands; inwards any other `{word}` is one word."""
    direction: Literal["out", "in"]
    topic: Told | Heard
    dialect: Dialect = "strict"
    """Of what goes out; what comes in is read in any of them."""

    def __post_init__(self) -> None:
        """Raises ValueError for a direction that the topic has not, or a name that cannot be said."""
        known = get_args(Told if self.direction == "out" else Heard)
        if self.topic not in known:
            raise ValueError(f"nothing of {self.topic} goes {self.direction}")
        if self.channel.count(_TENANT) > 1 or self.channel == _TENANT:
            raise ValueError(f"{self.channel}: {_TENANT} stands in it once, beside something else")
        if self.direction == "out" and (_TENANT not in self.channel or self.channel.count("{") > 1):
            raise ValueError(f"{self.channel}: what goes out needs {_TENANT} and no other hole")


class BadSettings(ValueError):
    """The operator's settings cannot be used; `str()` names the key and where it came from."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One server's settings, as in `server.toml` in its data folder."""

    data: Path
    """Folder of the embedded database and of this file."""
    database: Annotated[str, Meta(pattern=r"^(sqlite:///.+|postgres(ql)?(\+psycopg)?://.+)?\Z")] = (
        ""
    )
    """`postgresql://…` or `sqlite:///file`; empty: an SQLite file in `data`."""
    bus: Annotated[str, Meta(pattern=r"^(memory|rediss?://.+|redis\+sentinel://.+/.+)\Z")] = (
        "memory"
    )
    """How processes tell each other of new events: `memory` is enough for one process; for many
    `redis://…`, `rediss://…` or `redis+sentinel://host:port,host:port/service`. Without it they
    still find each other's events, up to 3 s later.
    """
    bridge: Annotated[str, Meta(pattern=r"^(off|bus|rediss?://.+|redis\+sentinel://.+/.+)\Z")] = (
        "off"
    )
    """The platform's Redis: an address as of `bus`, or `bus` for the very same one."""
    bridge_alias: tuple[Alias, ...] = ()
    """Only in the file: a table `[[bridge_alias]]` for each."""
    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=PORT_MAX)] = 8790
    """0: any free one."""
    tls_cert: Path | None = None
    """PEM chain, relative to `data`; without it only loopback is served."""
    tls_key: Path | None = None
    """PEM key; may be left out when it is in the chain's file."""
    tls_authority: Path | None = None
    """PEM certificates that kiosks shall trust, relative to `data`, the present authority first; without
    it they trust what their own machine does.
    """
    behind_tls_proxy: bool = False
    """Somebody in front ends TLS: a plain socket may be open to the network."""
    address_limit: Annotated[int, Meta(ge=0, le=100_000)] = 64
    """Sockets that one address may have before their hello; 0: no limit, where a balancer in front
    hides who comes. Behind a TLS proxy there is none.
    """
    metrics: str = ""
    """`HOST:PORT` where `/metrics` is served, plainly and to whoever asks; empty: beside the kiosks
    when only this machine can be one (loopback, no TLS proxy in front), else nowhere.
    """
    drain_s: Annotated[float, Meta(ge=0, le=60)] = 15.0
    """Over how many seconds goodbyes are spread at the end."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def metrics_at(self) -> tuple[str, int] | None:
        """Host and port of the figures' own address. Raises BadSettings."""
        return listen_address(self.metrics, "metrics") if self.metrics else None

    @property
    def metrics_beside_kiosks(self) -> bool:
        """Whether the kiosks' own port may tell the figures: nobody from outside reaches it."""
        return not self.metrics and self.host in LOOPBACK and not self.behind_tls_proxy

    @property
    def guests_per_address(self) -> int:
        """What counts of `address_limit`."""
        return 0 if self.behind_tls_proxy else self.address_limit

    @property
    def bridge_address(self) -> str:
        """Of the platform's Redis; empty without a bridge. Raises BadSettings."""
        if self.bridge == "bus" and self.bus == "memory":
            raise BadSettings("bridge: bus is in memory, which the platform cannot reach")
        return {"off": "", "bus": self.bus}.get(self.bridge, self.bridge)

    @property
    def database_url(self) -> str:
        """What SQLAlchemy opens."""
        return self.database or f"{_SQLITE}{self.data / DATABASE_FILE}"

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; None when the database is a server of its own."""
        url = self.database_url
        return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None


def default_data() -> Path:
    """Where a server keeps its data when nobody says."""
    return Path(os.environ.get(DATA_ENV) or platformdirs.user_data_path("dapur") / "server")


def load(data: Path, environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
    """Settings of the server in `data`: its file, then `DAPUR_…`, then what is `given` and not None.

    Raises BadSettings.
    """
    if "?" in str(data):
        # SQLAlchemy would read what follows as options and open another file.
        raise BadSettings(f"{data}: a data folder must not have a question mark in its name")
    path = data / FILE_NAME
    origins = (
        (str(path), _file(path)),
        ("the environment", _environment(environment)),
        ("the command line", {key: value for key, value in given.items() if value is not None}),
    )
    found: dict[str, Any] = {}
    origin_of: dict[str, str] = {}
    for origin, values in origins:
        found |= values
        origin_of |= dict.fromkeys(values, origin)
    found |= {"data": str(data)}
    try:
        settings = msgspec.convert(found, Settings, strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise BadSettings(_sentence(str(error), path, origin_of)) from error
    if "bridge" in origin_of:
        try:
            _ = settings.bridge_address
        except BadSettings as error:
            raise BadSettings(f"{error} (in {origin_of['bridge']})") from error
    try:
        _ = settings.metrics_at
    except BadSettings as error:
        raise BadSettings(f"{error} (in {origin_of['metrics']})") from error
    return _beside(settings)


def _beside(settings: Settings) -> Settings:
    """Certificates with their whole paths; `/` leaves an absolute one as it is."""
    return msgspec.structs.replace(
        settings,
        tls_cert=settings.tls_cert and settings.data / settings.tls_cert,
        tls_key=settings.tls_key and settings.data / settings.tls_key,
        tls_authority=settings.tls_authority and settings.data / settings.tls_authority,
    )


def _sentence(problem: str, path: Path, origin_of: dict[str, str]) -> str:
    """`port: Expected … (in the environment)`; an unknown key can only come from the file."""
    what, _, place = problem.partition(" - at `$.")
    key = place.rstrip("`")
    return f"{key}: {what} (in {origin_of.get(key, path)})" if key else f"{path}: {what}"


def _decode(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str) and value:
        return Path(value)
    raise ValueError(f"Expected a path, got {value!r}")


def _file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            found = tomllib.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise BadSettings(f"{path}: {error}") from error
    if "data" in found:
        raise BadSettings(f"{path}: data is the folder of this file and cannot be set in it")
    return found


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Only our own names: others (`DAPUR_SERVER`, …) belong to kiosks and tests; empty is unset."""
    return {
        field: value
        for field in Settings.__struct_fields__
        if field not in ("data", "bridge_alias")
        and (value := environment.get(f"{ENV_PREFIX}{field.upper()}"))
    }


def add_to_file(data: Path, values: Mapping[str, str]) -> None:
    """Write texts into the file of `data`, which must not have them yet. Raises BadSettings, OSError."""
    path = data / FILE_NAME
    if known := sorted(_file(path).keys() & values.keys()):
        raise BadSettings(f"{path}: {', '.join(known)} stands there already")
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    # At the top: what follows a table's heading would belong to the table.
    lines = "".join(
        f"{key} = {msgspec.json.encode(text).decode()}\n" for key, text in values.items()
    )
    fresh = path.with_suffix(".new")
    fresh.write_text(lines + before, encoding="utf-8")
    fresh.replace(path)


def listen_address(text: str, key: str = "--listen") -> tuple[str, int]:
    """Host and port of `HOST:PORT` or `[IPV6]:PORT`. Raises BadSettings, which names the `key`."""
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or int(port) > PORT_MAX:
        raise BadSettings(f"{key}: {text!r} is not HOST:PORT")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)
