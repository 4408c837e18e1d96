"""The ground all view models stand on: what is shown, who taps, what to say; it decides nothing itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec
from PySide6.QtCore import QObject, Signal

from dapur.batch import Batch
from dapur.envelope import StepUp
from dapur.ids import KIOSK, SYSTEM, BatchId, CommandId, StaffId
from dapur.kitchen import COMMANDS, Kitchen
from dapur.offers import would
from dapur.refusal import Refusal, code_of
from dapur.review import Review, open_reviews
from dapur.sync.replica import Pending
from dapur.watch import Alert
from kiosk.desk import DiskRefused, Tapped
from kiosk.pins import SignInResult
from kiosk.views import figures_text as text
from kiosk.views.delta import only_numbers
from kiosk.views.inbox import Inbox
from kiosk.views.pace import FRAME_MS, NUMBERS_MS, Pace
from kiosk.views.watching import Watching
from kiosk.views.words import RefusalWords, Words

if TYPE_CHECKING:
    from kiosk.headless import Headless
    from kiosk.link.status import LinkStatus
    from kiosk.past import Past
    from kiosk.views.news import Book
    from kiosk.views.sound.sounds import Sounds

STALE_SERVER_MS = 5 * 60_000
"""Without a word from the server for longer, even a standing connection shows old data (screens.md 2)."""
STALE_READING_MS = 60_000
BEAT_MS = 1000
"""How long what only a clock changes may stay as it was; the window's tick comes as often."""
WIB_MIN = 420
"""Western Indonesia's zone: what a kiosk shows before its first plan."""

ConnectionState = Literal["online", "connecting", "offline", "stale", "refused"]


class Message(msgspec.Struct, frozen=True):
    """Something to tell the person at the screen; one that stays must be opened."""

    key: str
    title: str
    detail: str = ""
    tone: Literal["neutral", "ok", "alarm", "attention"] = "neutral"
    stays: bool = False


class Undoable(msgspec.Struct, frozen=True):
    """A tap that can be taken back for a few seconds."""

    command: CommandId
    batch: BatchId
    title: str
    detail: str
    at_ms: int


class Floor(QObject):
    """One for a window. `changed`: the kitchen, the line, the people or the words; `ticked`: a second passed."""

    changed = Signal()
    ticked = Signal()
    told = Signal(object)
    sign_in_wanted = Signal()
    undoable_changed = Signal()

    def __init__(
        self,
        kiosk: Headless,
        words: Words,
        parent: QObject | None = None,
        *,
        kiosk_mode: bool = False,
    ) -> None:
        super().__init__(parent)
        self._kiosk = kiosk
        self.words = words
        self.kiosk_mode = kiosk_mode
        """Whether only a chief may close the window."""
        self.undoable: Undoable | None = None
        self.sounds: Sounds | None = None
        """What lets alarms be heard; None until the window stands."""
        self.book: Book | None = None
        """Who has read which notice here; None until somebody asks."""
        self._watching = Watching()
        self._inbox = Inbox()
        self._generation = 0
        self._beat, self._beat_ms = 0, float("-inf")
        self.ticked.connect(self._on_ticked)
        self._looked_at = self.kitchen
        self._waiting: Counter[str] = Counter()
        self._waiting_of: tuple[Pending, ...] = ()
        self._pending = kiosk.replica.pending
        self._refused_of: Kitchen | None = None
        self._refused = self._own_refusals()
        self._pace = Pace(self)
        self._pace.due.connect(self.changed)
        self._unsubscribe = kiosk.subscribe(self._on_kiosk_changed)

    def _on_kiosk_changed(self) -> None:
        refused = self._own_refusals()
        if refused - self._refused:
            # A refusal is never silent: this stays until somebody opens it (screens.md, widgets).
            title, detail = self.words("toast.review"), self.words("toast.review_open")
            self.tell("review", title, detail, tone="alarm", stays=True)
        self._refused = refused
        before, waiting = self._looked_at, self._pending
        stands = self._generation == self.generation
        self._pending = self._kiosk.replica.pending
        told = self._looked_at is not before or self._pending is not waiting
        # A count of waiting taps is a numeral too; what is no news of the kitchen is the line or a person.
        self._pace.ask(NUMBERS_MS if stands and told else FRAME_MS)

    def _own_refusals(self) -> frozenset[str]:
        """Open items about taps of this kiosk."""
        base = self._kiosk.replica.base
        if self._refused_of is not None and base.reviews is self._refused_of.reviews:
            return self._refused
        self._refused_of = base
        return frozenset(item.id for item in open_reviews(base) if self.is_own(item.device))

    def failed(self) -> None:
        """A fault of ours was caught and logged; say that something did not happen."""
        self.tell("failed", self.words("toast.failed"), tone="alarm")

    def close(self) -> None:
        """Listen to nothing more and tell nobody more: the window lives on until Qt's next turn, the file may not."""
        self._unsubscribe()
        self._pace.stop()
        self.blockSignals(True)

    # ---- what is known ----------------------------------------------------------------------

    @property
    def kitchen(self) -> Kitchen:
        """The kitchen with own waiting taps folded in."""
        return self._kiosk.replica.shown

    @property
    def known(self) -> bool:
        """Whether this kiosk has ever had the kitchen's state."""
        return bool(self._kiosk.store.position.epoch)

    @property
    def now_ms(self) -> int:
        """Best guess of the server's time."""
        return self._kiosk.time.server_now_ms()

    @property
    def status(self) -> LinkStatus:
        """The line."""
        return self._kiosk.link.status

    @property
    def kiosk_name(self) -> str:
        """What people call this kiosk."""
        return self._kiosk.name

    @property
    def kitchen_name(self) -> str:
        """What people call this kitchen."""
        return self._kiosk.kitchen_name

    @property
    def beat(self) -> int:
        """Grows at each tick, or when one is overdue: what only a clock changes may be kept till then.

        Not with the second of `now_ms`: then the first tap of each second would do the tick's work.
        """
        if not 0 <= self.now_ms - self._beat_ms < BEAT_MS:
            self._on_ticked()
        return self._beat

    @property
    def is_due(self) -> bool:
        """Whether `changed` follows soon by itself: nobody need look twice."""
        return self._pace.is_due

    def _on_ticked(self) -> None:
        self._beat, self._beat_ms = self._beat + 1, self.now_ms

    def batch(self, batch: str) -> Batch | None:
        """One batch of the window."""
        return self.kitchen.batches.get(BatchId(batch))

    @property
    def generation(self) -> int:
        """Grows whenever more than measured values changed: what depends on no numeral may be kept till then."""
        kitchen, before = self.kitchen, self._looked_at
        if kitchen is not before:
            self._looked_at = kitchen
            self._generation += not only_numbers(before, kitchen, self._watching.about)
        return self._generation

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """What a clock sees in the state, the worst first; derived here, so offline too."""
        return self._watched().alerts

    @property
    def alerts_by_subject(self) -> Mapping[str, tuple[Alert, ...]]:
        """The same by what they are about; low ones are no reason to raise a card."""
        return self._watched().about

    def alerts_about(self, subject: str) -> tuple[Alert, ...]:
        """Alerts about one batch, the worst first."""
        return self.alerts_by_subject.get(subject, ())

    def _watched(self) -> Watching:
        self._watching.look(self.kitchen, self.now_ms, self.beat)
        return self._watching

    @property
    def open_items(self) -> Mapping[str, tuple[Review, ...]]:
        """The inbox by what its items are about."""
        return self._inbox.of(self.kitchen)

    def attention(self, batch: str) -> tuple[Review, ...]:
        """Open items about one batch."""
        return self.open_items.get(batch, ())

    # ---- people -----------------------------------------------------------------------------

    @property
    def people(self) -> Headless:
        """Sign-in, actors and step-up of this kiosk."""
        return self._kiosk

    @property
    def past(self) -> Past:
        """Questions about past nights; they need the line."""
        return self._kiosk.past

    @property
    def actor(self) -> StaffId | None:
        """Who taps now."""
        return self._kiosk.session.actor

    def name_of(self, staff: StaffId) -> str:
        """A person's name; the server for its own acts."""
        if staff == SYSTEM:
            return self.words("system")
        if staff == KIOSK:
            return self.words("kiosk")
        person = self._kiosk.roster.get(staff)
        return person.name if person else self.words("someone")

    def short_name(self, staff: StaffId) -> str:
        """First name and initial."""
        parts = self.name_of(staff).split()
        return f"{parts[0]} {parts[-1][0]}." if len(parts) > 1 else parts[0]

    def initials_of(self, staff: StaffId) -> str:
        """Two letters for the avatar."""
        parts = self.name_of(staff).split()
        return (parts[0][0] + parts[-1][0]).upper() if len(parts) > 1 else parts[0][:2].upper()

    # ---- the line ---------------------------------------------------------------------------

    @property
    def connection(self) -> ConnectionState:
        """One of the five states of the badge."""
        status = self.status
        if open_reviews(self.kitchen):
            refused = any(item.device == self._kiosk.device for item in open_reviews(self.kitchen))
            if refused and status.state == "online":
                return "refused"
        if status.state == "online":
            return "stale" if self.data_age_ms > STALE_SERVER_MS else "online"
        return "connecting" if status.state == "connecting" else "offline"

    @property
    def data_age_ms(self) -> int:
        """How old the newest word of the server is."""
        return self._age_ms(self.status)

    def _age_ms(self, status: LinkStatus) -> int:
        heard = status.last_heard_ms
        return max(0, self.now_ms - heard) if heard else 0

    @property
    def fresh(self) -> bool:
        """Whether what others did is on this screen too."""
        # Each card asks several times.
        status = self.status
        return status.state == "online" and self._age_ms(status) <= STALE_SERVER_MS

    def try_now(self) -> None:
        """Somebody put the cable back and will not wait for the next attempt."""
        self._kiosk.link.nudge()

    @property
    def unsent(self) -> int:
        """Own taps that the log does not have yet."""
        return self.status.unsent

    @property
    def clock_error_ms(self) -> int | None:
        """How far the machine's own clock is off, when it is so wrong that people must know."""
        time = self._kiosk.time
        return time.wall_offset_ms if time.wall_is_wrong else None

    @property
    def waiting_by_subject(self) -> Counter[str]:
        """Own taps that wait for the server, by what they are about."""
        pending = self._kiosk.replica.pending
        if pending is not self._waiting_of:
            self._waiting = Counter(row.taken.command.subject for row in pending)
            self._waiting_of = pending
        return self._waiting

    def waiting(self, subject: str) -> int:
        """Own taps on this subject that wait for the server."""
        return self.waiting_by_subject[subject]

    def is_own(self, device: str) -> bool:
        """Whether this kiosk recorded it."""
        return device == self._kiosk.device

    # ---- tapping ----------------------------------------------------------------------------

    def tap(
        self,
        kind: str,
        subject: str,
        args: msgspec.Struct,
        *,
        step_up: StepUp | None = None,
        actor: StaffId | None = None,
        cites: CommandId | None = None,
    ) -> CommandId | None:
        """Write a tap for the actor. None: not written, and the person was told why."""
        who = actor or self.actor
        session = self._kiosk.session.session_of(who) if who else None
        if who is None or session is None:
            self.ask_to_sign_in()
            return None
        try:
            answer = self._kiosk.desk.tap(
                kind, subject, args, actor=who, session=session, step_up=step_up, cites=cites
            )
        except DiskRefused:
            self._tell_of_disk()
            return None
        if not isinstance(answer, Tapped):
            said = self.refusal(answer.refusal)
            self.tell(
                f"refused.{code_of(answer.refusal)}", said.sentence, said.next, tone="attention"
            )
            return None
        self._kiosk.session.touched()
        self._pace.settle()
        return answer.command

    def sign_out(self, staff: StaffId) -> None:
        """End a person's session here; what they tapped stays. With a full disk they are out too, and that is told."""
        try:
            self.people.session.sign_out(staff)
        except DiskRefused:
            self._tell_of_disk()

    def sign_out_all(self) -> None:
        """End every session of this kiosk, and say how many taps are still to be sent."""
        before = self.unsent
        try:
            count = self.people.session.sign_out_all()
        except DiskRefused:
            self._tell_of_disk()
            return
        # With a line the signings-out are gone in a moment; without one the badge counts them too.
        unsent = before if self.status.state == "online" else self.unsent
        key = "signin.all_out_unsent" if unsent else "signin.all_out_sent"
        title = self.words("signin.all_out", count=count)
        self.tell("signed_out", title, self.words(key, count=unsent), tone="ok")

    def _tell_of_disk(self) -> None:
        self.tell("disk", self.words("toast.disk"), tone="alarm", stays=True)

    def tap_raw(self, kind: str, subject: str, args: msgspec.Raw, *, cites: CommandId) -> None:
        """Repeat a refused tap in the actor's name."""
        rule = COMMANDS.get(kind)
        if rule is None:
            return
        self.tap(kind, subject, msgspec.json.decode(args, type=rule.args), cites=cites)

    def why_not(
        self, kind: str, subject: str, args: msgspec.Struct | msgspec.Raw
    ) -> Refusal | None:
        """What the rules would say to the actor's tap now; None when they would take it."""
        who = self.actor
        rule = COMMANDS.get(kind)
        if who is None or rule is None:
            return None
        typed = msgspec.json.decode(args, type=rule.args) if isinstance(args, msgspec.Raw) else args
        offer = would(self.kitchen, kind, subject, typed, who, self.now_ms)
        return offer.blocks[0] if offer.blocks else None

    def sign_in(self, staff: StaffId, pin: str, done: Callable[[SignInResult], None]) -> None:
        """Check a PIN and, if right, make this person the actor; `done` hears the result."""
        self.people.session.ask_sign_in(staff, pin, done)

    def check_pin(self, staff: StaffId, pin: str, done: Callable[[SignInResult], None]) -> None:
        """Ask the PIN again for a weighty decision; signs the person in if need be."""
        self.people.session.ask_step_up(staff, pin, done)

    def ask_to_sign_in(self) -> None:
        """Somebody must be the actor first."""
        self.tell("sign-in", self.words("toast.sign_in"), tone="attention")
        self.sign_in_wanted.emit()

    def choose_language(self, language: str) -> None:
        """Every text is asked for again."""
        self.words.language = "en" if language == "en" else "id"
        self.changed.emit()

    def undo_offer(self, command: CommandId, batch: Batch, title: str, detail: str) -> None:
        """Offer for a few seconds to take this tap back."""
        self.undoable = Undoable(command, batch.id, title, detail, self.now_ms)
        self.undoable_changed.emit()

    def undo_over(self) -> None:
        """The offer ended, taken or not."""
        self.undoable = None
        self.undoable_changed.emit()

    def tell(
        self,
        key: str,
        title: str,
        detail: str = "",
        *,
        tone: Literal["neutral", "ok", "alarm", "attention"] = "neutral",
        stays: bool = False,
    ) -> None:
        """Say something on the screen."""
        self.told.emit(Message(key, title, detail, tone, stays))

    # ---- words ------------------------------------------------------------------------------

    def refusal(self, refusal: Refusal) -> RefusalWords:
        """Sentence and next step of a refusal, its fields put into words."""
        fields: dict[str, object] = {
            name: self._field(name, getattr(refusal, name)) for name in refusal.__struct_fields__
        }
        return self.words.refusal(code_of(refusal), fields)

    def _field(self, name: str, value: object) -> str:
        if isinstance(value, tuple):
            return ", ".join(self._field(name, each) for each in value)
        if isinstance(value, float):
            return self.limit(value) if name.startswith("limit") else self.degrees(value)
        if name == "number":
            return f"{value:04d}"
        if isinstance(value, int) and name.endswith("_ms"):
            return self.clock(value)
        said = str(value)
        for key in (f"stage.{said}", f"qc.item.{said}", f"role.{said}", f"policy.{said}"):
            if self.words.has(key):
                return self.words(key)
        batch = self.kitchen.batches.get(BatchId(said))
        if batch is not None:
            return batch.plan.name
        return self.name_of(StaffId(said)) if said in self._kiosk.roster else said

    def clock(self, at_ms: int) -> str:
        """Time of day in the kitchen."""
        return text.clock(at_ms, offset_min=self._offset_min, language=self.words.language)

    @property
    def minute_of_day(self) -> int:
        """Minutes since midnight in the kitchen, by the best guess of the server's time."""
        return (self.now_ms // 60_000 + self._offset_min) % 1440

    @property
    def _offset_min(self) -> int:
        night = self.kitchen.night
        return night.offset_min if night else WIB_MIN

    def span(self, ms: int) -> str:
        """A span of time."""
        return text.span(ms, language=self.words.language)

    def ago(self, ms: int) -> str:
        """An age."""
        return text.ago(ms, language=self.words.language)

    def number(self, number: int) -> str:
        """A count."""
        return text.whole(number, language=self.words.language)

    def limit(self, value_c: float) -> str:
        """A limit as the policy writes it: 75, but 63,5."""
        return f"{value_c:.0f}" if value_c == int(value_c) else self.degrees(value_c)

    def degrees(self, value_c: float) -> str:
        """A temperature without its unit."""
        return text.decimal(value_c, language=self.words.language)


class ViewModel(QObject):
    """Base of the view models: says `changed` whenever its texts may have changed."""

    changed = Signal()

    def __init__(self, floor: Floor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.floor = floor
        floor.changed.connect(self.changed)
        floor.ticked.connect(self._on_floor_ticked)

    def _on_floor_ticked(self) -> None:
        if not self.floor.is_due:
            self.changed.emit()

    @property
    def words(self) -> Words:
        """The words of the chosen language."""
        return self.floor.words
