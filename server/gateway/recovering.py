"""Asks kiosks for what a restored log lacks, one after another, until it is over; it keeps no socket and no clock."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from dapur import kitchen as rules
from dapur.envelope import decode_event
from dapur.ids import CommandId, DeviceId, KitchenId
from dapur.retold import retold
from dapur.sync.effects import TailEntry
from dapur.sync.tail import TailCheck
from dapur.wire.messages import GoodbyeCode, Lost, Offer, SignedHead, top_text
from server.desk.folding import load
from server.desk.ports import (
    Conflict,
    Entry,
    Head,
    Log,
    Over,
    Recoveries,
    Recovery,
    Standing,
    Stored,
    Unavailable,
)

BACK_S = (0.1, 2.0)
"""When it is over all kiosks of a kitchen come back, not all at once."""

TAILS_AT_ONCE = 16
"""Of one process, each in memory until it is whole; the others are asked a second later."""
_GAP = "keeps events"

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Bringer(Protocol):
    """A connection as it is seen from here."""

    def want(self, check: TailCheck) -> None:
        """Ask its kiosk for a tail."""

    def end(self, code: GoodbyeCode, *, retry_after_s: float = 0.0, detail: str = "") -> None:
        """Say goodbye and close."""


class Run(Protocol):
    """Does something that may wait in another thread, then tells of it here; never when it failed."""

    def __call__(self, work: Callable[[], T], then: Callable[[T], None], /) -> None: ...


class _Here(msgspec.Struct):
    """A kiosk that is connected to this process."""

    bringer: Bringer
    offer: Offer | None = None
    told: str = ""
    """Why nothing is asked of it; empty: not known yet, or it is its turn some time."""


class _Place(msgspec.Struct):
    """A kitchen that is being recovered, as this process sees it."""

    recovery: Recovery
    here: dict[DeviceId, _Here] = {}
    asked: DeviceId | None = None
    """Who is giving its tail."""


class Recovering:
    """One for a process; every method is called on the loop. Other processes do the same: what the
    database says counts."""

    def __init__(
        self,
        recoveries: Recoveries,
        log: Log,
        run: Run,
        *,
        signed: Callable[[bytes, bytes], bool],
        now_ms: Callable[[], int],
        random_: random.Random | None = None,
    ) -> None:
        """`signed(signature, text)`: whether that is our signature; `now_ms` is also called in threads."""
        self._recoveries = recoveries
        self._log = log
        self._run = run
        self._signed = signed
        self._now_ms = now_ms
        self._random = random_ or random.Random()  # noqa: S311 - spreads load, guards nothing
        self._places: dict[KitchenId, _Place] = {}

    def load(self) -> None:
        """Find out what is to be recovered; before the first kiosk comes. Raises Unavailable."""
        self._places = {name: _Place(one) for name, one in self._recoveries.open().items()}
        for name in self._places:
            _log.info("%s was restored and waits for its kiosks", name)

    @property
    def kitchens(self) -> int:
        """How many still wait."""
        return len(self._places)

    # ---- kiosks ----------------------------------------------------------------------------------

    def joined(self, kitchen: KitchenId, device: DeviceId, bringer: Bringer) -> Lost | None:
        """A kiosk is admitted: what it is to be told, None when its kitchen is sound."""
        place = self._places.get(kitchen)
        if place is None:
            return None
        place.here[device] = _Here(bringer)
        if place.asked == device:
            place.asked = None
        return Lost(place.recovery.epoch, place.recovery.seq, place.recovery.hash)

    def left(self, kitchen: KitchenId, device: DeviceId, bringer: Bringer) -> None:
        """Its connection is gone."""
        place = self._places.get(kitchen)
        here = None if place is None else place.here.get(device)
        if place is None or here is None or here.bringer is not bringer:
            return
        del place.here[device]
        if here.offer is not None and not here.told:
            self._note(kitchen, device, Standing.AWAITED, "went away")
        if place.asked == device:
            place.asked = None
            self._ask_all(kitchen)

    def offered(self, kitchen: KitchenId, device: DeviceId, offer: Offer) -> None:
        """It says what it holds."""
        place = self._places.get(kitchen)
        if place is not None and device in place.here:
            place.here[device].offer = offer
            self._ask(kitchen, device)

    def brought(self, kitchen: KitchenId, device: DeviceId, entries: Sequence[TailEntry]) -> None:
        """Its tail came whole and leads to the head that was signed."""
        if self._asked_is(kitchen, device):
            bring = partial(self._bring, kitchen, device, entries)
            self._run(bring, partial(self._done, kitchen, device))

    def wrong(self, kitchen: KitchenId, device: DeviceId, detail: str) -> None:
        """What came is not what was signed."""
        place = self._places.get(kitchen)
        if place is not None and self._asked_is(kitchen, device):
            _log.error("%s: the tail of %s is refused: %s", kitchen, device, detail)
            if (here := place.here.get(device)) is not None:
                here.told = f"refused: {detail}"
            self._note(kitchen, device, Standing.DONE, f"refused: {detail}")
            self._next(kitchen)

    def look(self) -> None:
        """See what is over; call about once a second."""
        if self._places:
            self._run(partial(self._over, tuple(self._places)), self._end)

    # ---- on the loop -----------------------------------------------------------------------------

    def _asked_is(self, kitchen: KitchenId, device: DeviceId) -> bool:
        place = self._places.get(kitchen)
        return place is not None and place.asked == device

    def _ask(self, kitchen: KitchenId, device: DeviceId) -> None:
        place = self._places.get(kitchen)
        here = None if place is None else place.here.get(device)
        if place is None or here is None or here.offer is None:
            return
        judge = partial(self._judge, place.recovery, device, here.offer, here.told)
        self._run(judge, partial(self._judged, kitchen, device))

    def _judged(
        self, kitchen: KitchenId, device: DeviceId, found: tuple[str, TailCheck | None]
    ) -> None:
        place = self._places.get(kitchen)
        here = None if place is None else place.here.get(device)
        if place is None or here is None:
            return
        before, (here.told, check) = here.told, found
        if here.told != before:
            self.look()
        busy = sum(one.asked is not None for one in self._places.values())
        if check is not None and place.asked is None and busy < TAILS_AT_ONCE:
            place.asked = device
            here.bringer.want(check)

    def _done(self, kitchen: KitchenId, device: DeviceId, told: str) -> None:
        place = self._places.get(kitchen)
        if place is not None and (here := place.here.get(device)) is not None:
            here.told = told
        self._next(kitchen)

    def _next(self, kitchen: KitchenId) -> None:
        place = self._places.get(kitchen)
        if place is not None:
            place.asked = None
            self._ask_all(kitchen)
            self.look()

    def _ask_all(self, kitchen: KitchenId) -> None:
        """The log may have moved, and one is free to be asked: what it may want now is looked at anew."""
        for device, here in tuple(self._places[kitchen].here.items()):
            if not here.told or here.told.startswith(_GAP):
                self._ask(kitchen, device)

    def _note(self, kitchen: KitchenId, device: DeviceId, standing: Standing, told: str) -> None:
        note = partial(self._recoveries.note, kitchen, device, standing)
        self._run(lambda: note(seq=0, told=told, now_ms=self._now_ms()), _nothing)

    def _end(self, over: Sequence[KitchenId]) -> None:
        for kitchen in over:
            place = self._places.pop(kitchen, None)
            if place is None:
                continue
            _log.info("%s is recovered: its kiosks come back", kitchen)
            for here in place.here.values():
                back_s = self._random.uniform(*BACK_S)
                here.bringer.end(GoodbyeCode.RESTART, retry_after_s=back_s, detail="recovered")
        for kitchen, place in self._places.items():
            # Another process may have brought what was missing, or the database was away.
            if place.asked is None:
                self._ask_all(kitchen)

    # ---- in a thread -----------------------------------------------------------------------------

    def _over(self, kitchens: Sequence[KitchenId]) -> tuple[KitchenId, ...]:
        return tuple(each for each in kitchens if self._recoveries.settle(each, self._now_ms()))

    def _judge(
        self, recovery: Recovery, device: DeviceId, offer: Offer, before: str
    ) -> tuple[str, TailCheck | None]:
        """Why nothing is to be asked of this kiosk now, or what; news of it is written down."""
        kitchen, signed = recovery.kitchen, offer.signed
        head = self._log.head(kitchen)
        if head is None:
            return before, None
        proved, told = self._looked_at(recovery, head, offer.after, signed)
        if told != before or not told:
            standing = Standing.DONE if told else Standing.BRINGING
            now_ms = self._now_ms()
            self._recoveries.note(kitchen, device, standing, seq=proved, told=told, now_ms=now_ms)
            if told.startswith("refused"):
                _log.error("%s: the offer of %s is %s", kitchen, device, told)
        if told or signed is None:
            return told, None
        return "", TailCheck(head.seq, head.hash, signed.head, signed.hash)

    def _looked_at(
        self, recovery: Recovery, head: Head, after: int, signed: SignedHead | None
    ) -> tuple[int, str]:
        """How far it proves that the log went, and why nothing is asked of it; empty: something is."""
        if signed is None:
            return 0, "nothing kept"
        text = top_text(recovery.kitchen, signed.epoch, signed.head, signed.hash)
        if signed.epoch != recovery.epoch or not self._signed(signed.signature, text):
            return 0, "refused: not signed by this server for the log that was lost"
        if signed.head <= head.seq:
            same = self._hash_at(recovery.kitchen, signed.head, head) in (None, signed.hash)
            return signed.head, "nothing more" if same else "refused: another past"
        if after > head.seq:
            return signed.head, f"{_GAP} from {after + 1} on, {head.seq + 1} is wanted"
        return signed.head, ""

    def _hash_at(self, kitchen: KitchenId, seq: int, head: Head) -> bytes | None:
        """None when it is archived, or before the first event."""
        if seq == head.seq:
            return head.hash
        if not head.floor < seq:
            return None
        return self._log.read(kitchen, seq - 1, limit=1)[0].hash

    def _bring(self, kitchen: KitchenId, device: DeviceId, entries: Sequence[TailEntry]) -> str:
        """Why nothing more is asked of it; empty: what is left has to be looked at anew."""
        told = f"brought {entries[0].seq} to {entries[-1].seq}"
        try:
            fresh = [Entry(each.seq, each.hash, each.text.encode()) for each in entries]
            self._recoveries.bring(kitchen, fresh, self._answers(kitchen, fresh))
        except (Conflict, Unavailable):
            # Another process had the same or more, or nobody knows: whatever is left is asked for.
            return ""
        except Over:
            told = "came too late"
        except Exception as error:  # noqa: BLE001 - signed once, yet nobody could fold it: the log stays sound
            _log.exception("%s: the tail of %s cannot be taken", kitchen, device)
            told = f"refused: {type(error).__name__}"
        _log.info("%s: %s %s", kitchen, device, told)
        self._recoveries.note(
            *(kitchen, device, Standing.DONE), seq=0, told=told, now_ms=self._now_ms()
        )
        return told

    def _answers(self, kitchen: KitchenId, entries: Sequence[Entry]) -> list[Stored]:
        """What the commands behind these events were answered, once all of them fold."""
        state = load(self._log, kitchen).kitchen
        found: dict[CommandId, Stored] = {}
        for entry in entries:
            event = decode_event(entry.body)
            state = rules.evolve(state, event)
            answer = retold(event)
            found[answer.command] = Stored(answer.command, answer.outcome, answer.code, entry.seq)
        return list(found.values())


def _nothing(_done: object) -> None:
    """Nothing follows."""
