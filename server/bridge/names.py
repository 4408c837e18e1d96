"""Which channel means what: our strict names and the operator's aliases for them; it opens no message."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from dapur.ids import KitchenId
from server.settings import Alias, Dialect, Heard, Told

TENANT = "{sppgId}"
TOLD: tuple[Told, ...] = (
    "production:status",
    "production:temperature",
    "production:quality",
    "production:alerts",
    "staff:activity",
    "inventory:usage",
    "distribution:tracking",
)
"""Topics that we publish."""
HEARD: tuple[Heard, ...] = (
    "distribution:tracking",
    "inventory:alerts",
    "system:notice",
    "production:plan",
)
"""Topics that we listen to."""
_GLOB = re.compile(r"([*?\[\]\\^])")
_HOLE = re.compile(r"\{([A-Za-z]+)\}")


class Route(msgspec.Struct, frozen=True):
    """Where a message came in."""

    topic: Heard
    tenant: str
    """Of the channel's name; empty when the name has none."""
    strict: bool
    """Our own name: then the body must name the tenant too."""


class _Ear(msgspec.Struct, frozen=True):
    pattern: re.Pattern[str]
    topic: Heard
    strict: bool


class Names:
    """The strict names, and the aliases of one installation."""

    def __init__(self, aliases: Sequence[Alias] = ()) -> None:
        inward = [alias for alias in aliases if alias.direction == "in"]
        self._ears = [_Ear(_reading(strict(topic), ".+"), topic, strict=True) for topic in HEARD]
        self._ears += [
            _Ear(_reading(each.channel), topic, strict=False)
            for each in inward
            for topic in HEARD
            if topic == each.topic
        ]
        names = [*map(strict, HEARD), *(alias.channel for alias in inward)]
        self.patterns: tuple[str, ...] = tuple(dict.fromkeys(map(_glob, names)))
        """What PSUBSCRIBE takes."""
        self._mouths: dict[Told, list[tuple[str, Dialect]]] = {
            topic: [(strict(topic), "strict")] for topic in TOLD
        }
        for alias in aliases:
            if alias.direction == "out":
                for topic in TOLD:
                    if topic == alias.topic:
                        self._mouths[topic].append((alias.channel, alias.dialect))

    def told(self, topic: Told, kitchen: KitchenId) -> list[tuple[str, Dialect]]:
        """The channels on which a topic of this kitchen is said, and in which dialect."""
        return [(name.replace(TENANT, kitchen), dialect) for name, dialect in self._mouths[topic]]

    def route(self, channel: str) -> Route | None:
        """What a channel means; None for one that nobody asked for."""
        for ear in self._ears:
            if found := ear.pattern.fullmatch(channel):
                tenant = found.groupdict().get("sppgId") or ""
                return Route(ear.topic, tenant, ear.strict)
        return None


def strict(topic: str) -> str:
    """Our own name of a topic."""
    return f"realtime:{TENANT}:{topic}"


def stream(kitchen: KitchenId) -> str:
    """Where plans wait that must not be lost."""
    return f"realtime:{kitchen}:production:plan:stream"


def _reading(name: str, tenant: str = "[^:]+") -> re.Pattern[str]:
    """Each hole is one word: `menu:{sppgId}` must not hear `menu:updates:…`. Only our own names, which
    nobody else uses, take a tenant with colons, as a kitchen's id may have.
    """
    parts = _HOLE.split(name)
    text = ""
    for place, part in enumerate(parts):
        if place % 2 == 0:
            text += re.escape(part)
        else:
            text += f"(?P<sppgId>{tenant})" if part == "sppgId" else r"[^:]+"
    return re.compile(text, re.DOTALL)


def _glob(name: str) -> str:
    """The name as a pattern of Redis."""
    return "*".join(_GLOB.sub(r"\\\1", part) for part in _HOLE.split(name)[::2])
