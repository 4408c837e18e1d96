"""What restored kitchens wait for, in memory: the simulator's, held to the same contract as the real one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dapur.ids import CommandId, DeviceId, KitchenId
from server.desk.ports import Append, Entry, Helper, Over, Recovery, Standing, Stored
from server.log.recovery import Restored
from server.log.tables import TOLD_MAX
from tests.support.fake_log import FakeLog


class FakeRecoveries:
    """`Recoveries` beside a `FakeLog`."""

    def __init__(self, log: FakeLog) -> None:
        self._log = log
        self._recoveries: dict[KitchenId, Recovery] = {}
        self._helpers: dict[KitchenId, dict[DeviceId, Helper]] = {}
        self._answers: dict[KitchenId, dict[CommandId, Stored]] = {}

    def begin(self, restored: Sequence[Restored], *, now_ms: int, wait_ms: int) -> None:
        """As `server.log.recovery.begin`, but for the new epochs."""
        self._recoveries.clear()
        self._helpers.clear()
        for one in restored:
            head = self._log.head(one.kitchen)
            assert head is not None
            waits = bool(one.awaited) and wait_ms > 0
            self._recoveries[one.kitchen] = Recovery(
                kitchen=one.kitchen,
                epoch=one.lost_epoch,
                seq=head.seq,
                hash=head.hash,
                began_ms=now_ms,
                wait_ms=wait_ms,
                first_ms=None,
                done_ms=None if waits else now_ms,
                how="" if waits else "nobody",
                brought=head.seq,
                has_answers=False,
            )
            self._helpers[one.kitchen] = {
                device: Helper(device, Standing.AWAITED, 0, "", None) for device in one.awaited
            }

    # ---- a backup --------------------------------------------------------------------------------

    def image(self) -> dict[KitchenId, dict[CommandId, Stored]]:
        """What a backup has of it that outlives a restore."""
        return {kitchen: dict(answers) for kitchen, answers in self._answers.items()}

    def restore(self, image: dict[KitchenId, dict[CommandId, Stored]]) -> None:
        """A backup takes the place of what is there."""
        self._answers = {kitchen: dict(answers) for kitchen, answers in image.items()}

    # ---- Recoveries ------------------------------------------------------------------------------

    def open(self) -> dict[KitchenId, Recovery]:
        """Kitchens that still wait for kiosks."""
        found = {name: self.of(name) for name in sorted(self._recoveries)}
        return {name: one for name, one in found.items() if one is not None and one.is_open}

    def of(self, kitchen: KitchenId) -> Recovery | None:
        """The last restore of a kitchen."""
        found = self._recoveries.get(kitchen)
        if found is None:
            return None
        return msgspec.structs.replace(found, has_answers=bool(self._answers.get(kitchen)))

    def answers(self, kitchen: KitchenId, commands: Sequence[CommandId]) -> dict[CommandId, Stored]:
        """Of these commands those whose events were brought."""
        known = self._answers.get(kitchen, {})
        return {command: known[command] for command in commands if command in known}

    def helpers(self, kitchen: KitchenId) -> tuple[Helper, ...]:
        """Every kiosk that was awaited or came, by name."""
        found = self._helpers.get(kitchen, {})
        return tuple(found[device] for device in sorted(found))

    def note(
        self,
        kitchen: KitchenId,
        device: DeviceId,
        standing: Standing,
        *,
        seq: int,
        told: str,
        now_ms: int,
    ) -> None:
        """What became of a kiosk."""
        found = self._recoveries[kitchen]
        if found.first_ms is None:
            self._recoveries[kitchen] = msgspec.structs.replace(found, first_ms=now_ms)
        helpers = self._helpers[kitchen]
        before = helpers[device].seq if device in helpers else 0
        helpers[device] = Helper(device, standing, max(before, seq), told[:TOLD_MAX], now_ms)

    def bring(
        self, kitchen: KitchenId, entries: Sequence[Entry], answers: Sequence[Stored]
    ) -> None:
        """Put events of the lost log behind what is there. Raises Conflict, Over."""
        found = self._recoveries[kitchen]
        if not found.is_open:
            raise Over
        self._log.append([Append(kitchen, entries[0].seq - 1, tuple(entries), (), ())])
        self._answers.setdefault(kitchen, {}).update({each.command: each for each in answers})
        self._recoveries[kitchen] = msgspec.structs.replace(found, brought=entries[-1].seq)

    def settle(self, kitchen: KitchenId, now_ms: int) -> bool:
        """Whether it is over; ends it when all came or the time is up."""
        found = self._recoveries.get(kitchen)
        if found is None or not found.is_open:
            return True
        if all(each.standing is Standing.DONE for each in self._helpers[kitchen].values()):
            return self._end(found, now_ms, "all")
        late = found.first_ms is not None and now_ms >= found.first_ms + found.wait_ms
        return late and self._end(found, now_ms, "time")

    def end(self, kitchen: KitchenId, now_ms: int) -> bool:
        """End it by hand; whether it was open."""
        found = self._recoveries.get(kitchen)
        return found is not None and found.is_open and self._end(found, now_ms, "operator")

    def _end(self, found: Recovery, now_ms: int, how: str) -> bool:
        over = msgspec.structs.replace(found, done_ms=now_ms, how=how)
        self._recoveries[found.kitchen] = over
        return True
