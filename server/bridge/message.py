"""One thing that the platform is told, before it has a form; its identity says that it is ours."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime, timedelta, timezone

import msgspec

from dapur.ids import KitchenId
from server.settings import Told

Data = dict[str, object]
"""What becomes a JSON object."""
_PLACES = 4_096
"""Messages of one event: as many as a UUID of version 7 has bits for."""


class Message(msgspec.Struct, frozen=True):
    """What one event means to the platform, under one topic."""

    topic: Told
    type: str
    kitchen: KitchenId
    epoch: str
    seq: int
    place: int
    """Among the messages of this event."""
    at_ms: int
    """When it happened, UTC."""
    recorded_ms: int
    offset_min: int
    """The kitchen's minutes east of UTC."""
    data: Data
    actor: Data | None = None

    @property
    def id(self) -> str:
        """The same whenever this event is told: who heard it before knows it again."""
        digest = _digest(self.kitchen, self.epoch, self.seq, self.place)
        return str(_uuid(self.recorded_ms, self.place, digest))

    @property
    def time(self) -> str:
        """ISO-8601 with the kitchen's offset."""
        return iso(self.at_ms, self.offset_min)


def iso(at_ms: int, offset_min: int) -> str:
    """A moment (UTC ms) as ISO-8601 with its offset."""
    zone = timezone(timedelta(minutes=offset_min))
    moment = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    return moment.isoformat(timespec="milliseconds")


def is_ours(text: str, kitchen: KitchenId, epoch: object, seq: object) -> bool:
    """Whether this is the id under which we ourselves told of that event."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return False
    if not isinstance(epoch, str) or not isinstance(seq, int):
        return False
    place = found.int >> 64 & (_PLACES - 1)
    at_ms = found.int >> 80
    return found == _uuid(at_ms, place, _digest(kitchen, epoch, seq, place))


def _digest(kitchen: KitchenId, epoch: str, seq: int, place: int) -> int:
    text = f"{kitchen}\0{epoch}\0{seq}\0{place}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big")


def _uuid(at_ms: int, place: int, digest: int) -> uuid.UUID:
    """Version 7 (RFC 9562): the time, 12 bits, 62 bits."""
    high = (at_ms & (1 << 48) - 1) << 16 | 7 << 12 | place
    return uuid.UUID(int=high << 64 | 2 << 62 | digest >> 2)
