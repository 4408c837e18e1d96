"""What the line to the server is doing, as the badge and the crew read it; plain values."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class LinkState(StrEnum):
    """The badge's states."""

    ONLINE = "online"
    CONNECTING = "connecting"
    OFFLINE = "offline"
    REVOKED = "revoked"
    """This device may not come back; the link has stopped."""
    UPGRADE = "upgrade"
    """The server is too new or too old for this release; taps are kept."""
    UNTRUSTED = "untrusted"
    """What answers is not our server, or cannot prove it; nothing is told to it, taps are kept."""
    UNKNOWN_DEVICE = "unknown_device"
    """The server does not know this device: it must be enrolled anew; the link has stopped."""


class LinkStatus(msgspec.Struct, frozen=True):
    """A picture of the line; times are UTC ms as the server counts them."""

    state: LinkState
    since_ms: int
    last_heard_ms: int | None
    """When the last frame of the server came; None: never since the start."""
    unsent: int
    """Taps that the server has not answered."""
    retry_in_s: float | None
    """Until the next attempt; None while connected, connecting or stopped."""
    detail: str = ""
    """Why it is not online, for the support page; never shown big."""
