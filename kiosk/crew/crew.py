"""Works the night of the plan like people at a kiosk: signs in, taps what is due next, ends when done."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Mapping

from dapur import access
from dapur.batch import Batch
from dapur.crew import Staff, present
from dapur.envelope import StepUp
from dapur.ids import StaffId
from dapur.stage import FINISHED
from kiosk.crew.script import Move, next_move
from kiosk.crew.story import Story, stories
from kiosk.desk import Tapped
from kiosk.headless import Headless
from kiosk.pins import SignIn

SPEED = 60.0
"""The night of five hours in five minutes, if hands were endless."""
GAP_S = (0.5, 3.0)
"""Between two taps at that speed: a board that lives, and that an eye can follow."""
PEOPLE_MOST = 8
"""A kiosk shows so many faces."""
REFUSALS_MOST = 5
"""A dish on which the rules say no so often is left to the people at the other kiosks."""
LOOK_EVERY_S = 1.0
ARRIVE_WITHIN_S = 60.0
SENT_WITHIN_S = 10.0
"""What the server did not take by then waits on the disk for the next start."""

_WORK = access.COOKS | access.CHECKERS | access.JUDGES | access.SUPERVISORS
_log = logging.getLogger(__name__)


class NobodyCame(RuntimeError):
    """No kitchen was told within a minute, or nobody of its roster has a PIN here."""


class Crew:
    """One crew on one kiosk; the same seed gives the same night."""

    def __init__(
        self, kiosk: Headless, pins: Mapping[StaffId, str], *, speed: float = SPEED, seed: int = 1
    ) -> None:
        self._kiosk = kiosk
        self._pins = pins
        self._speed = speed
        self._pace = SPEED / speed
        self._seed = seed
        self._dice = random.Random(seed)  # noqa: S311 - a story, no secret
        self._stories: dict[str, Story] = {}
        self._refusals: Counter[str] = Counter()
        self._plan_ms: int | None = None
        self.taps = 0

    async def work(self) -> None:
        """Until every dish is finished or left to others. Raises NobodyCame."""
        await self._arrive()
        self._stories = stories(self._kitchen_batches(), self._seed)
        while not self._done():
            move = self._next()
            if move is None:
                await asyncio.sleep(LOOK_EVERY_S * self._pace)
                continue
            await self._wait_for(move)
            await self._do(move)
        await self._go_home()
        _log.info("the night is done after %d taps", self.taps)

    # ---- people -----------------------------------------------------------------------------

    async def _arrive(self) -> None:
        deadline = self._kiosk.time.mono_ms() + ARRIVE_WITHIN_S * 1000
        while not (self._kiosk.link.online and self._kiosk.replica.shown.batches):
            if self._kiosk.time.mono_ms() > deadline:
                raise NobodyCame("no kitchen was told")
            await asyncio.sleep(0.1)
        for member in self._workers():
            result = await self._kiosk.session.sign_in(member.id, self._pins[member.id])
            if result.state is not SignIn.OK:
                _log.warning("%s could not sign in: %s", member.id, result.state)
        if not self._kiosk.session.signed_in:
            raise NobodyCame("nobody of the roster could sign in")

    async def _go_home(self) -> None:
        """Sign out, and wait until the server has it all."""
        for who in self._kiosk.session.signed_in:
            self._kiosk.session.sign_out(who)
        sent = asyncio.Event()
        end = self._kiosk.subscribe(lambda: None if self._kiosk.store.unsent() else sent.set())
        try:
            if self._kiosk.store.unsent():
                async with asyncio.timeout(SENT_WITHIN_S):
                    await sent.wait()
        except TimeoutError:
            _log.warning("%d taps wait for the server", self._kiosk.store.unsent())
        finally:
            end()

    def _workers(self) -> list[Staff]:
        """People with a PIN, those with rare rights first, so that every tap has somebody."""
        staff = [each for each in self._kiosk.replica.shown.staff.values() if each.id in self._pins]
        rare = (access.SUPERVISORS, access.JUDGES, access.COOKS)
        chosen: dict[StaffId, Staff] = {}
        for roles in (*rare, access.COOKS, _WORK):
            for each in staff:
                if frozenset(each.roles) & roles and each.id not in chosen:
                    chosen[each.id] = each
                    if roles is not _WORK:
                        break
        return list(chosen.values())[:PEOPLE_MOST]

    def _hands(self, move: Move) -> StaffId | None:
        """Who does it: somebody of the dish's own crew if possible."""
        kitchen = self._kiosk.replica.shown
        able = [
            who
            for who in self._kiosk.session.signed_in
            if kitchen.roles_of(who) & move.roles and who not in move.not_by
        ]
        batch = self._batch(move.subject)
        own = {each.staff for each in present(batch.crew)} if batch is not None else set()
        best = [who for who in able if who in own] or able
        return self._stories[move.subject].dice("hands", move.kind).choice(best) if best else None

    # ---- taps -------------------------------------------------------------------------------

    def _next(self) -> Move | None:
        """What the plan wants first."""
        kitchen = self._kiosk.replica.shown
        moves = [
            move
            for batch in self._ours()
            if (move := next_move(kitchen, batch, self._stories[batch.id], self._kiosk.device))
        ]
        return min(moves, key=lambda move: (move.due_ms, move.subject)) if moves else None

    async def _wait_for(self, move: Move) -> None:
        """One tap every half to three seconds; the plan's idle hours are skipped."""
        shortest_s, longest_s = GAP_S[0], self._dice.uniform(*GAP_S)
        if self._plan_ms is None:
            self._plan_ms = move.due_ms
        due_s = (move.due_ms - self._plan_ms) / 1000 / self._speed
        await asyncio.sleep(min(max(due_s, shortest_s), longest_s) * self._pace)
        self._plan_ms = max(self._plan_ms, move.due_ms)

    async def _do(self, move: Move) -> None:
        who = self._hands(move)
        step_up = await self._sign(who) if who is not None and move.step_up else None
        session = self._kiosk.session.session_of(who) if who is not None else None
        if who is None or session is None or (move.step_up and step_up is None):
            _log.info("nobody can %s %s", move.kind, move.subject)
            self._refusals[move.subject] += 1
            return
        # Others tap too: what was due before the pause may be done by now.
        batch = self._batch(move.subject)
        story = self._stories[move.subject]
        kitchen = self._kiosk.replica.shown
        if batch is None or next_move(kitchen, batch, story, self._kiosk.device) != move:
            return
        answer = self._kiosk.desk.tap(
            move.kind, move.subject, move.args, actor=who, session=session, step_up=step_up
        )
        self._kiosk.session.touched()
        if isinstance(answer, Tapped):
            self.taps += 1
            self._refusals[move.subject] = 0
            return
        _log.info("%s %s: %s", move.kind, move.subject, answer.refusal)
        self._refusals[move.subject] += 1

    async def _sign(self, who: StaffId) -> StepUp | None:
        result = await self._kiosk.session.step_up(who, self._pins[who])
        return result.step_up

    # ---- the night --------------------------------------------------------------------------

    def _kitchen_batches(self) -> list[Batch]:
        return list(self._kiosk.replica.shown.batches.values())

    def _batch(self, subject: str) -> Batch | None:
        return next((each for each in self._kitchen_batches() if each.id == subject), None)

    def _ours(self) -> list[Batch]:
        """Dishes still to be worked on; one that is new since the start waits for the next crew."""
        return [
            batch
            for batch in self._kitchen_batches()
            if batch.id in self._stories
            and batch.stage not in FINISHED
            and self._refusals[batch.id] < REFUSALS_MOST
        ]

    def _done(self) -> bool:
        return not self._ours()
