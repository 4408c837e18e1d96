"""Where Redis is: reads the operator's address and opens connections to it; it carries no hint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

CONNECT_S = 2.0
"""For each step of connecting; a Redis that needs longer is as good as none."""
SENTINEL_PORT = 26_379
_SENTINEL = "redis+sentinel"
_SENTINEL_OPTIONS = {"sentinel_username", "sentinel_password"}
_HELP = "cannot be read (in a password, special characters are written as %XX)"
"""What exactly is wrong is not repeated: it might be the password."""


class Dialler(msgspec.Struct, frozen=True):
    """What makes connections."""

    pool: ConnectionPool
    sentinels: Sentinel | None = None

    def dial(self) -> AbstractConnection:
        """A connection that is not open yet and belongs to the caller alone."""
        # The library leaves this one without types.
        make: Callable[[], AbstractConnection] = self.pool.make_connection
        return make()

    async def close(self) -> None:
        """Let the pool and the Sentinels go. Raises RedisError, OSError."""
        await self.pool.aclose()
        if self.sentinels is not None:
            await self.sentinels.aclose()


class BadAddress(ValueError):
    """The address of the bus cannot be used; `str()` says why and repeats no password."""


def dialler_of(url: str) -> Dialler:
    """What makes connections to `redis://`, `rediss://` or `redis+sentinel://h1:p,h2:p/service[/db]`.

    Each new connection asks the Sentinels again who the master is. Raises BadAddress.
    """
    options: dict[str, Any] = {
        "protocol": 3,
        "socket_timeout": CONNECT_S,
        "socket_connect_timeout": CONNECT_S,
        "client_name": "dapur",
        # Who connects again, and when, is decided in one place: the bus.
        "retry": Retry(NoBackoff(), 0),
    }
    try:
        dialler = _dialler(url, options)
        # An option that no connection takes is told now and not at every try.
        dialler.dial()
    except (ValueError, TypeError):
        raise BadAddress(f"{shown(url)}: {_HELP}") from None
    return dialler


def shown(url: str) -> str:
    """The address without who, with which password and with which options."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


def _dialler(url: str, options: dict[str, Any]) -> Dialler:
    parts = urlsplit(url)
    if parts.scheme == _SENTINEL:
        return _sentinels(url, options)
    if not parts.hostname or not (parts.port or parts.port is None):
        raise ValueError
    pool: ConnectionPool = ConnectionPool.from_url(url, **options)
    return Dialler(pool)


def _sentinels(url: str, options: dict[str, Any]) -> Dialler:
    parts = urlsplit(url)
    person, _, hosts = parts.netloc.rpartition("@")
    service, _, database = parts.path.strip("/").partition("/")
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if not service or not asked.keys() <= _SENTINEL_OPTIONS:
        raise ValueError
    user, _, word = person.partition(":")
    who = {"username": unquote(user) or None, "password": unquote(word) or None}
    # The library leaves its constructor without types.
    make: Callable[..., Sentinel] = Sentinel
    sentinels = make(
        [_host(each) for each in hosts.split(",")],
        sentinel_kwargs={
            **{key: value for key, value in options.items() if key != "protocol"},
            "username": asked.get("sentinel_username"),
            "password": asked.get("sentinel_password"),
        },
        **options,
        **who,
        db=int(database or 0),
    )
    pool: ConnectionPool = sentinels.master_for(service).connection_pool
    return Dialler(pool, sentinels)


def _host(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError
    return parts.hostname, parts.port or SENTINEL_PORT
