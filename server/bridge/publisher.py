"""Tells the platform what the log says, event by event; the position moves when it was told."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

import msgspec

from dapur import kitchen as rules
from dapur.envelope import Malformed, decode_event
from dapur.ids import KitchenId
from dapur.kitchen import Kitchen
from server.bridge.message import Message
from server.bridge.names import Names
from server.bridge.outward import Step, messages
from server.bridge.ports import Platform
from server.bridge.writer import write
from server.desk.failpoint import Failpoint, reach
from server.desk.folding import base_of
from server.desk.ports import Away, Entry, Head, Log, Since
from server.log.pacing import Stepping
from server.log.positions import Places
from server.log.shares import Minds
from server.metrics import Metrics

NAME = "bridge"
VERSION = 1
"""Raised when what was told must be told anew."""
BACK_MS = 24 * 3_600_000
"""A bridge that is opened on an old kitchen tells of its last day: the running night whole."""
BEGUN_AT_ONCE = 100
"""Kitchens whose first position is looked for in one step."""
KITCHENS_CACHED = 1_000
EVENTS_PER_READ = 500
REST_MS = 2_000
"""After a failure the platform is left alone for so long."""


class _State(msgspec.Struct, frozen=True):
    """The kitchen after event `seq`."""

    seq: int
    epoch: str
    kitchen: Kitchen


class Publisher:
    """`server.log.follower.Followed`. One thread at a time."""

    def __init__(
        self,
        places: Places,
        log: Log,
        platform: Platform,
        names: Names,
        metrics: Metrics,
        now_ms: Callable[[], int],
    ) -> None:
        self._places = places
        self._log = log
        self._platform = platform
        self._names = names
        self._metrics = metrics
        self._now_ms = now_ms
        self._states: OrderedDict[KitchenId, _State] = OrderedDict()

    def behind(self, minds: Minds) -> dict[KitchenId, tuple[int, int]]:
        """Last event that was told and last one of the log, of minded kitchens where they differ.

        Raises Unavailable.
        """
        found: dict[KitchenId, tuple[int, int]] = {}
        begun = 0
        for kitchen, (told, head) in self._places.behind().items():
            if not minds(kitchen):
                continue
            position = told
            if position is None:
                if begun == BEGUN_AT_ONCE:
                    continue
                begun += 1
                position = self._places.begin(kitchen, self._first(kitchen))
            if position < head:
                found[kitchen] = position, head
        return found

    def follow(self, kitchen: KitchenId, entries: Sequence[Entry]) -> int:
        """Tell of these events in order. Raises Away, Outrun, Unavailable."""
        head = self._log.head(kitchen)
        if head is None:
            raise LookupError(f"no log of kitchen {kitchen}")
        self.follow_all({kitchen: Since(head, tuple(entries))})
        return entries[-1].seq

    def follow_all(self, found: Mapping[KitchenId, Since]) -> None:
        """The same for several kitchens; raises what one of them would, and all may then be told again."""
        told: list[Message] = []
        said: list[tuple[str, bytes]] = []
        states: dict[KitchenId, _State] = {}
        for kitchen, since in found.items():
            states[kitchen], messages_of = self._stepped_all(kitchen, since)
            told += messages_of
            said += self._said(kitchen, messages_of)
        if said:
            self._platform.publish(said)
            reach(Failpoint.AFTER_TOLD)
        self._places.move_all(
            {
                kitchen: (each.entries[0].seq - 1, states[kitchen].seq)
                for kitchen, each in found.items()
            }
        )
        for kitchen, state in states.items():
            self._keep(kitchen, state)
        now_ms = self._now_ms()
        for message in told:
            self._metrics.told(message.topic, now_ms - message.recorded_ms)

    def _stepped_all(self, kitchen: KitchenId, since: Since) -> tuple[_State, list[Message]]:
        """The kitchen after these events, and what they mean."""
        state = self._state(kitchen, since.entries[0].seq - 1, since.head)
        told: list[Message] = []
        for entry in since.entries:
            state, new = _stepped(state, entry)
            told += new
        return state, told

    def _said(self, kitchen: KitchenId, told: Sequence[Message]) -> list[tuple[str, bytes]]:
        """Channels and bodies of messages, as the platform's dialects want them."""
        return [
            (channel, body)
            for message in told
            for channel, dialect in self._names.told(message.topic, kitchen)
            if (body := write(message, dialect, channel)) is not None
        ]

    # ---- where it stands -----------------------------------------------------------------------

    def _first(self, kitchen: KitchenId) -> int:
        """The last event of an older day: found by halves, for times grow with the log."""
        head = self._log.head(kitchen)
        if head is None:
            return 0
        since_ms = self._now_ms() - BACK_MS
        low, high = head.floor, head.seq
        while low < high:
            middle = (low + high) // 2
            entries = self._log.read(kitchen, middle, limit=1)
            if entries and _recorded_ms(entries[0]) < since_ms:
                low = middle + 1
            else:
                high = middle
        return low

    def _state(self, kitchen: KitchenId, seq: int, head: Head) -> _State:
        """The kitchen at `seq`; when its beginning is archived, the oldest that is known."""
        kept = self._states.get(kitchen)
        if kept is not None and (kept.seq, kept.epoch) == (seq, head.epoch):
            return kept
        base = base_of(self._log, kitchen, head)
        state = _State(base.seq, head.epoch, base.kitchen)
        if base.seq > seq:
            if head.floor:
                return _State(seq, head.epoch, base.kitchen)
            state = _State(0, head.epoch, rules.empty(kitchen))
        while state.seq < seq:
            entries = self._log.read(kitchen, state.seq, limit=EVENTS_PER_READ, up_to=seq)
            for entry in entries:
                state = _stepped(state, entry, silent=True)[0]
        return state

    def _keep(self, kitchen: KitchenId, state: _State) -> None:
        self._states[kitchen] = state
        self._states.move_to_end(kitchen)
        if len(self._states) > KITCHENS_CACHED:
            self._states.popitem(last=False)


def _stepped(
    state: _State, entry: Entry, *, silent: bool = False
) -> tuple[_State, tuple[Message, ...]]:
    """The kitchen after one more event, and what it means."""
    try:
        event = decode_event(entry.body)
    except Malformed:
        return _State(entry.seq, state.epoch, state.kitchen), ()
    after = rules.evolve(state.kitchen, event)
    step = Step(event, state.kitchen, after)
    told = () if silent else messages(step, epoch=state.epoch, seq=entry.seq)
    return _State(entry.seq, state.epoch, after), told


def _recorded_ms(entry: Entry) -> int:
    try:
        return decode_event(entry.body).recorded_ms
    except Malformed:
        return 0


class Telling:
    """`Stepping`: a follower that rests while the platform is away; the platform says why it is."""

    def __init__(self, follower: Stepping) -> None:
        self._follower = follower
        self._rests_until_ms = 0

    def step(self, now_ms: int) -> int:
        """Tell of some events; how many. Raises Unavailable."""
        if 0 < self._rests_until_ms - now_ms <= REST_MS:
            return 0
        try:
            return self._follower.step(now_ms)
        except Away:
            self._rests_until_ms = now_ms + REST_MS
            return 0

    def stop(self) -> None:
        """Give the lease back."""
        self._follower.stop()
