"""A kiosk with a window on a night that was told by a script: no server, no line, a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec
from PySide6.QtWidgets import QApplication

from dapur.envelope import GENESIS, Command, Occurred, StepUp, Taken
from dapur.ids import SYSTEM, CommandId, DeviceId, KitchenId, SessionId, StaffId
from dapur.kitchen import SERVER_DEVICE, STATE_VERSION, Kitchen, empty, encode_snapshot, take
from dapur.notice import PostNoticeArgs
from dapur.plan import Plan, batch_id, read_plan, wishes
from dapur.resources import read_bytes
from dapur.rule import NoArgs
from dapur.sync.effects import ApplySnapshot
from dapur.wire.messages import Outcome
from dapur.wire.queries import Person, RosterReply
from kiosk.app import App, Look
from kiosk.headless import Headless, open_vault
from kiosk.link.asking import Asking, Done
from kiosk.link.status import LinkState, LinkStatus
from kiosk.local.identity import Identity
from kiosk.past import Past
from kiosk.settings import Settings

MINUTE_MS = 60_000
KIOSK = DeviceId("d-kios-masak-1")
OTHER_KIOSK = DeviceId("d-kios-mutu")


class StillClock:
    """A clock that a test moves."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def wall_ms(self) -> int:
        return self.now_ms

    def mono_ms(self) -> int:
        return self.now_ms

    def boot(self) -> str:
        return "scene"


class Story:
    """Tells a night tap by tap; a refused tap is an error of the script unless `refused` is asked for."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.kitchen: Kitchen = empty(KitchenId(plan.kitchen))
        self.seq = 0
        self._count = 0
        self._midnight_ms = 0
        first = self.at("15:00") - 1
        for wish in wishes(plan):
            self._take(first, SYSTEM, SERVER_DEVICE, wish.kind, wish.subject, wish.args)
        assert self.kitchen.night is not None

    def at(self, clock: str) -> int:
        """UTC ms of a local time of the serving date's night, of the last one when none is open."""
        hours, minutes = (int(part) for part in clock.split(":"))
        days = -1 if hours >= 15 else 0
        if self.kitchen.night is not None:
            self._midnight_ms = self.kitchen.night.midnight_ms
        if not self._midnight_ms:
            return 0
        return self._midnight_ms + (days * 1440 + hours * 60 + minutes) * MINUTE_MS

    def batch(self, code: str) -> str:
        """The id of the batch of this code."""
        return next(batch_id(self.plan, each) for each in self.plan.batches if each.code == code)

    def tap(
        self,
        clock: str,
        actor: str,
        kind: str,
        code: str,
        args: msgspec.Struct,
        *,
        device: DeviceId = KIOSK,
        refused: bool = False,
        subject: str | None = None,
    ) -> CommandId:
        """One tap of one person on one kiosk."""
        at_ms = self.at(clock)
        self.sign_in(at_ms, StaffId(actor), device)
        where = subject or (self.batch(code) if code else "")
        command, outcome = self._take(at_ms, StaffId(actor), device, kind, where, args)
        expected = {Outcome.REFUSED} if refused else {Outcome.APPLIED, Outcome.ALREADY}
        assert outcome in expected, (clock, actor, kind, code, outcome, self._code)
        return command

    def post(self, clock: str, args: PostNoticeArgs) -> None:
        """A message from outside."""
        moment_ms = self.at(clock)
        self._take(moment_ms, SYSTEM, SERVER_DEVICE, "post_notice", "notice:kitchen", args)

    def sign_in(self, at_ms: int, actor: StaffId, device: DeviceId) -> None:
        """Open a session, once."""
        session = self._session(actor, device)
        if session not in self.kitchen.sessions:
            self._take(at_ms, actor, device, "open_session", f"session:{session}", NoArgs())

    def _session(self, actor: StaffId, device: DeviceId) -> SessionId:
        return SessionId(f"{actor}-{device}")

    def _take(
        self,
        at_ms: int,
        actor: StaffId,
        device: DeviceId,
        kind: str,
        subject: str,
        args: msgspec.Struct,
    ) -> tuple[CommandId, Outcome]:
        self._count += 1
        moment = Occurred(at_ms, at_ms)
        command = Command(
            CommandId(f"c{self._count:05d}"),
            kind,
            subject,
            msgspec.Raw(msgspec.json.encode(args)),
            actor,
            self._session(actor, device),
            0,
            moment,
            step_up=StepUp(at_ms, online=True),
        )
        taking = take(self.kitchen, Taken(command, device, moment, at_ms), at_ms)
        self._code = taking.code
        self.kitchen = taking.kitchen
        self.seq += len(taking.events)
        return command.id, taking.outcome


class StillLink:
    """A line in the state that the scene wants."""

    online = False

    def __init__(self, status: LinkStatus, answers: Mapping[str, msgspec.Struct]) -> None:
        self.status = status
        self.answers = answers
        self.asked: list[tuple[str, msgspec.Struct]] = []

    def subscribe(self, _listener: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    def tapped(self) -> None:
        """Nobody hears it."""

    def ask(self, name: str, args: msgspec.Struct, done: Done, **_options: float) -> None:
        """At once: the scene's answer to this question, else that there is no line."""
        self.asked.append((name, args))
        reply = self.answers.get(name)
        done(Asking.not_online() if reply is None else msgspec.Raw(msgspec.json.encode(reply)))


def demo_plan() -> Plan:
    """The demo kitchen's night."""
    return read_plan(read_bytes("demo/night.json"))


def open_scene(
    folder: Path,
    qapp: QApplication,
    story: Story,
    clock: str,
    *,
    look: Look,
    state: LinkState = LinkState.ONLINE,
    heard_ago_ms: int = 3_000,
    actors: tuple[str, ...] = (),
    taps: Callable[[Headless], None] | None = None,
    answers: Mapping[str, msgspec.Struct] = MappingProxyType({}),
) -> App:
    """A kiosk that has this night in its file, at this local time; `actors` are signed in, the first taps.

    `answers`: what the server would say to questions by name; to all others there is no line.
    """
    now_ms = story.at(clock)
    for actor in actors:
        story.sign_in(now_ms, StaffId(actor), KIOSK)
    settings = Settings(data=folder, server="ws://127.0.0.1:9/", name="Kios Masak 1")
    identity = Identity(
        device=KIOSK, kitchen=story.kitchen.id, server_key=bytes(32), url="ws://127.0.0.1:9/"
    )
    still = StillClock(now_ms)
    kiosk = Headless(settings, identity, open_vault(settings), clock=still)
    people = tuple(Person(StaffId(each.id), each.name, has_pin=True) for each in story.plan.staff)
    roster = RosterReply(story.plan.name, "Kios Masak 1", people)
    kiosk.people._reply = roster
    kiosk.people.roster = {person.id: person for person in people}
    kiosk.replica.replaced(
        ApplySnapshot("scene", story.seq, GENESIS, STATE_VERSION, encode_snapshot(story.kitchen))
    )
    unsent = 0
    for actor in actors:
        staff, session = StaffId(actor), SessionId(f"{actor}-{KIOSK}")
        kiosk.session._present[staff] = session
    kiosk.session._actor = StaffId(actors[0]) if actors else None
    if taps is not None:
        taps(kiosk)
        unsent = len(kiosk.replica.pending)
    status = LinkStatus(state, now_ms - heard_ago_ms, now_ms - heard_ago_ms, unsent, None)
    kiosk.link = StillLink(status, answers)  # type: ignore[assignment]
    kiosk.past = Past(kiosk.link)
    return App(kiosk, qapp, look)
