"""What can be wrong with Redis, in the few words that `/readyz` and the log say; it mends nothing."""

from __future__ import annotations

from redis import exceptions
from redis.asyncio.sentinel import MasterNotFoundError

from server.bus.line import OutOfStep

FAILING = "failing"
"""A fault of ours or something that nobody thought of."""
# Some of these inherit from others: the first that fits.
_TROUBLES: tuple[tuple[type[Exception], str], ...] = (
    (MasterNotFoundError, "without a master"),
    (exceptions.AuthenticationError, "closed to us"),
    (exceptions.AuthorizationError, "closed to us"),
    (exceptions.NoPermissionError, "closed to us"),
    (exceptions.BusyLoadingError, "loading"),
    (exceptions.ReadOnlyError, "read-only"),
    (exceptions.OutOfMemoryError, "full"),
    (exceptions.TimeoutError, "silent"),
    (exceptions.ConnectionError, "away"),
    (exceptions.RedisError, "odd"),
    (OutOfStep, "odd"),
    (TimeoutError, "silent"),
    (OSError, "away"),
)


def trouble_of(error: Exception) -> str:
    """One or a few words; nothing of the address or of who we are."""
    return next((word for kind, word in _TROUBLES if isinstance(error, kind)), FAILING)
