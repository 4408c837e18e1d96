"""The names of people, kitchen and kiosks: asked from the server, kept for when it is away; no rights."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from dapur.ids import StaffId
from dapur.wire.queries import (
    DEVICES,
    ROSTER,
    DevicesArgs,
    DevicesReply,
    Person,
    RosterArgs,
    RosterReply,
)
from kiosk.link.errors import QueryFailed
from kiosk.link.link import Link
from kiosk.local.errors import DiskRefused
from kiosk.local.store import Store

__all__ = ["People", "Person"]

_ROSTER, _HEARD, _NAMES = "roster", "roster_ms", "kiosk_names"
_TAIL = 4
"""Signs of an id that tell two kiosks with one name apart."""
_log = logging.getLogger(__name__)


class People:
    """What the roster said last."""

    def __init__(self, store: Store, link: Link) -> None:
        self._store = store
        self._link = link
        self._listeners: list[Callable[[], None]] = []
        self._reply = _stored(store)
        self.roster: Mapping[StaffId, Person] = {one.id: one for one in self._reply.people}
        heard = store.noted(_HEARD)
        self._heard_ms = int(heard) if heard.isascii() and heard.isdigit() else 0

    @property
    def kitchen_name(self) -> str:
        """What people call this kitchen; empty before the first roster."""
        return self._reply.kitchen_name

    @property
    def kiosk_name(self) -> str:
        """What people call this kiosk; empty before the first roster."""
        return self._reply.device_name

    @property
    def heard_ms(self) -> int:
        """When the server last told the roster (UTC ms by its clock); 0 for never."""
        return self._heard_ms

    @property
    def pin_versions(self) -> Mapping[StaffId, int]:
        """The present PIN of each person: what is kept of an older one is void."""
        return {one.id: one.pin_version for one in self._reply.people}

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Hear of a new roster; call what comes back to hear no more."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def refresh(self) -> bool:
        """Ask the server; False when it did not answer (the old names stay)."""
        try:
            raw = await self._link.query(ROSTER, RosterArgs())
            reply = msgspec.json.decode(raw, type=RosterReply)
        except (QueryFailed, msgspec.MsgspecError) as error:
            _log.info("no roster: %s", error)
            return False
        self._heard_ms = self._link.status.last_heard_ms or self._heard_ms
        is_new = reply != self._reply
        self._reply = reply
        self._keep(reply)
        if is_new:
            self.roster = {one.id: one for one in reply.people}
            for listener in tuple(self._listeners):
                listener()
        return True

    def _keep(self, reply: RosterReply) -> None:
        try:
            told = msgspec.json.encode(reply).decode()
            self._store.note(**{_ROSTER: told, _HEARD: str(self._heard_ms)})
        except DiskRefused as error:
            _log.info("the roster is not kept: %s", error)


class KioskNames:
    """Names by device id. A name is given with the enrolment and stands: the one of now is the one of
    then. Kiosks that are shut out keep theirs; who was told once is remembered without a line.
    """

    def __init__(self, store: Store, link: Link) -> None:
        self._store = store
        self._link = link
        self.names: Mapping[str, str] = _stored_names(store)

    def ask(self, done: Callable[[], None]) -> None:
        """Ask the server; `done` is called when it told something new, and not otherwise."""

        def answered(answer: msgspec.Raw | QueryFailed) -> None:
            if self._took(answer):
                done()

        self._link.ask(DEVICES, DevicesArgs(), answered)

    def _took(self, answer: msgspec.Raw | QueryFailed) -> bool:
        if isinstance(answer, QueryFailed):
            _log.info("no names of kiosks: %s", answer)
            return False
        try:
            told = msgspec.json.decode(answer, type=DevicesReply).devices
        except msgspec.MsgspecError as error:
            _log.info("no names of kiosks: %s", error)
            return False
        names: dict[str, str] = {**self.names}
        names.update((one.device, one.name) for one in told)
        if names == self.names:
            return False
        self.names = names
        try:
            self._store.note(**{_NAMES: msgspec.json.encode(names).decode()})
        except DiskRefused as error:
            _log.info("the names of kiosks are not kept: %s", error)
        return True


def labels(names: Mapping[str, str]) -> dict[str, str]:
    """Each kiosk's name, with the end of its id where several bear it: a new tablet in an old one's place."""
    borne = Counter(names.values())
    return {
        device: name if borne[name] == 1 else f"{name} (…{device[-_TAIL:]})"
        for device, name in names.items()
    }


class RosterWatch:
    """Asks for the roster after each arrival at the server, and when people of the log lack a name."""

    def __init__(
        self, people: People, link: Link, wanted: Callable[[], frozenset[StaffId]]
    ) -> None:
        self._people = people
        self._link = link
        self._wanted = wanted
        self._asked: frozenset[StaffId] | None = None
        self._task: asyncio.Task[bool] | None = None
        # A line may be gone and back between two looks.
        self._deafen = link.subscribe(self._on_line)

    def look(self) -> None:
        """Ask if need be; call about once a second."""
        if not self._link.online:
            return
        wanted = self._wanted()
        if wanted == self._asked or (self._task is not None and not self._task.done()):
            return
        self._asked = wanted
        self._task = asyncio.get_running_loop().create_task(self._people.refresh(), name="roster")

    async def close(self) -> None:
        """End of the kiosk."""
        self._deafen()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _on_line(self) -> None:
        if not self._link.online:
            self._asked = None


def _stored(store: Store) -> RosterReply:
    nobody = RosterReply("", "", ())
    try:
        return (
            msgspec.json.decode(store.noted(_ROSTER) or "null", type=RosterReply | None) or nobody
        )
    except msgspec.MsgspecError:
        # Written by another release: the server tells it again.
        return nobody


def _stored_names(store: Store) -> dict[str, str]:
    try:
        return msgspec.json.decode(store.noted(_NAMES) or "{}", type=dict[str, str])
    except msgspec.MsgspecError:
        # Written by another release: the server tells them again.
        return {}
