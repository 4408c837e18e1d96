"""How much one address, one device and one kitchen may take of this process; it counts and ends nobody.

A limit that many share is no limit against one: the hall has room for each address, a flood does not
begin anew with a new connection, and a kitchen that sends more than can be written waits alone.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Hashable

import msgspec

if sys.platform != "win32":
    import resource

from dapur.ids import DeviceId, KitchenId
from dapur.sync.server_side import FRAMES_BURST, FRAMES_PER_S

GUESTS_PER_ADDRESS = 64
"""Sockets of one address that have not said who they are; kiosks of one school share an address and are
known within a second.
"""
GUESTS_MAX = 8_192
"""Such sockets of all addresses, also those that asked for nothing yet; two thousand kiosks that come
back together fit in.
"""
KITCHEN_CALM_COMMANDS = 1_500
"""A kitchen may have so many taps with the desk; then its own kiosks are not read for a moment. All
kiosks of a kitchen that was offline empty their outboxes below it.
"""
TIRED_MAX = 20_000
"""Devices whose spent patience is remembered: as many as may be connected."""
OWN_FILES = 48
"""Files of the process itself: three for each connection to SQLite, Redis, the loop, modules."""
SOCKETS_LEAST = 4
LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1"})
"""Who is on this machine: a proxy, a test; its address says nothing about who comes."""


class Room(msgspec.Struct, frozen=True):
    """How many sockets there is room for."""

    guests: int
    connections: int


def room(most: int) -> Room:
    """So many connections at most, or fewer where the system gives fewer files (`ulimit -n`).

    A process that has no file left can neither open its database nor take a socket; so it keeps some
    back, and turns newcomers away before those that it serves feel it.
    """
    files = most + GUESTS_MAX + OWN_FILES
    if sys.platform != "win32":
        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        files = files if soft == resource.RLIM_INFINITY else min(files, soft)
    sockets = max(SOCKETS_LEAST, files - OWN_FILES)
    guests = min(GUESTS_MAX, max(1, sockets // 4, sockets - most))
    return Room(guests, min(most, sockets - guests))


class Guests:
    """Sockets before their hello, by address."""

    def __init__(self, per_address: int = GUESTS_PER_ADDRESS, most: int = GUESTS_MAX) -> None:
        """`per_address` 0: addresses say nothing here, for a balancer hides them."""
        self._per_address = per_address
        self._most = most
        self._of: Counter[str] = Counter()
        self._guests: dict[Hashable, str] = {}

    def came(self, guest: Hashable, address: str) -> bool:
        """One more; False: it is not even listened to (twice what an address may have)."""
        if len(self._guests) >= self._most or self._over(address, 2 * self._per_address):
            return False
        self._guests[guest] = address
        self._of[address] += 1
        return True

    def left(self, guest: Hashable) -> None:
        """It said who it is, or is gone; a second time does nothing."""
        address = self._guests.pop(guest, None)
        if address is None:
            return
        self._of[address] -= 1
        if not self._of[address]:
            del self._of[address]

    def crowded(self, address: str) -> bool:
        """Whether this address has more than its share: it is told to come back."""
        return self._over(address, self._per_address + 1)

    def __len__(self) -> int:
        return len(self._guests)

    def _over(self, address: str, limit: int) -> bool:
        return bool(self._per_address) and address not in LOOPBACK and self._of[address] >= limit


class Patience(msgspec.Struct, frozen=True):
    """What is left of a device's bucket of frames (`dapur.sync.server_side`), and when that was."""

    tokens: float
    at_ms: int
    """Monotonic."""


class Tired:
    """What devices had left when their connection ended."""

    def __init__(self, most: int = TIRED_MAX) -> None:
        self._most = most
        self._left: dict[DeviceId, Patience] = {}

    def ended(self, device: DeviceId, patience: Patience) -> None:
        """A connection of this device is over."""
        self._left.pop(device, None)
        if patience.tokens >= FRAMES_BURST - 1:
            return
        if len(self._left) >= self._most:
            # The one that has rested longest is the one that has most of it back.
            del self._left[next(iter(self._left))]
        self._left[device] = patience

    def begins(self, device: DeviceId, now_ms: int) -> float:
        """What its next connection begins with."""
        left = self._left.pop(device, None)
        if left is None:
            return FRAMES_BURST
        rested_s = (now_ms - left.at_ms) / 1000
        return min(FRAMES_BURST, left.tokens + rested_s * FRAMES_PER_S)


class Kitchens:
    """Commands of each kitchen that are with the desk."""

    def __init__(self, calm: int = KITCHEN_CALM_COMMANDS) -> None:
        self._calm = calm
        self._waiting: Counter[KitchenId] = Counter()
        self._room: dict[KitchenId, asyncio.Event] = {}

    def took(self, kitchen: KitchenId, commands: int) -> None:
        """So many were given to the desk; negative: answered."""
        self._waiting[kitchen] += commands
        if self._waiting[kitchen] <= self._calm and (room := self._room.pop(kitchen, None)):
            room.set()
        if not self._waiting[kitchen]:
            del self._waiting[kitchen]

    async def calm(self, kitchen: KitchenId) -> None:
        """Wait until little enough of this kitchen waits that more may be read."""
        while self._waiting[kitchen] > self._calm:
            await self._room.setdefault(kitchen, asyncio.Event()).wait()
