"""The board: the wave in hand as cards by urgency, the others as tiles; it never moves under a finger."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from dapur.batch import Batch, consume_by_ms
from dapur.figures import urgency
from dapur.night import Wave
from dapur.policy import PolicyRecord
from dapur.stage import FINISHED, OVER, Stage
from kiosk.views.card import needs_check
from kiosk.views.card_shelf import CardShelf, everybody
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import (
    ButtonLook,
    CardLook,
    FilterLook,
    OptionLook,
    SheetLook,
    TopLook,
    WaveLook,
)
from kiosk.views.naming import crew

SIFT = "sift"
"""The chip that opens the choice of wave and team."""
WAVE, TEAM = "board_wave", "board_team"
"""What the kiosk remembers of that choice."""
FREEZE_MS = 2_000
"""Cards stay where they are this long after a touch (screens.md 0)."""


class Section(msgspec.Struct, frozen=True):
    """One wave: its header and its batches in order; `full` as cards, else as tiles."""

    header: WaveLook
    cards: tuple[CardLook, ...]
    full: bool


class BoardView(ViewModel):
    """What to do next, for everyone, from two metres."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._filter = ""
        noted = floor.people.store.noted
        self._full_wave, self._team = "", noted(TEAM)
        self._noted_wave = noted(WAVE)
        self._order: dict[str, tuple[str, ...]] = {}
        self._ordered_at: dict[str, tuple[object, ...]] = {}
        self._shelf = CardShelf(floor)
        self._touched_ms = 0
        self._limits: dict[str, tuple[Batch, PolicyRecord, int | None]] = {}

    def touched(self) -> None:
        """A finger is on the board: keep the order for two seconds."""
        self._touched_ms = self.floor.now_ms

    def choose_filter(self, key: str) -> None:
        """Show only these; again shows all."""
        self._filter = "" if key == self._filter else key
        self._forget_order()
        self.changed.emit()

    def choose_wave(self, wave: str) -> None:
        """Make this wave the full one; empty: the one in hand."""
        self._full_wave, self._noted_wave = wave, ""
        self._forget_order()
        self.changed.emit()

    def choose_team(self, team: str) -> None:
        """Show this team's batches only; empty: everybody's."""
        self._team = team
        self._forget_order()
        self.changed.emit()

    @property
    def sifted(self) -> tuple[str, str]:
        """The wave (of this night only) and the team chosen; what the kiosk remembers."""
        wave = self._chosen_wave()
        return (f"{self._night()}/{wave}" if wave else "", self._team)

    def _night(self) -> str:
        night = self.floor.kitchen.night
        return str(night.midnight_ms) if night else ""

    def _chosen_wave(self) -> str:
        """What was chosen here, or before the restart if it was this night."""
        night, _, wave = self._noted_wave.partition("/")
        return wave if wave and night == self._night() else self._full_wave

    def waves(self) -> tuple[OptionLook, ...]:
        """The waves to choose from, with the one in hand first."""
        night = self.floor.kitchen.night
        rows = [("", self.words("sift.in_hand"))]
        rows += [(wave.id, wave.name) for wave in (night.waves if night else ())]
        chosen = self._chosen_wave()
        return tuple(OptionLook(key, text, chosen=key == chosen) for key, text in rows)

    def teams(self) -> tuple[OptionLook, ...]:
        """The teams to choose from, everybody first, with how many batches each has."""
        names = sorted({team for batch in self._batches() for team in self._teams_of(batch)})
        if self._team and self._team not in names:
            names.append(self._team)
        rows = [OptionLook("", self.words("signin.all"), "users", not self._team)]
        for team in names:
            count = sum(1 for batch in self._batches() if team in self._teams_of(batch))
            note = self.words("sift.batches", count=count)
            rows.append(
                OptionLook(team, self.team_name(team), "users", team == self._team, note=note)
            )
        return tuple(rows)

    def team_name(self, team: str) -> str:
        """A team in words."""
        key = f"team.{team}"
        return self.words(key) if self.words.has(key) else team

    def sheet(self) -> SheetLook:
        """Frame of the sheet that sifts."""
        words = self.words
        close = ButtonLook("close", words("sift.show"), "check", "primary")
        title = words("sift.title")
        return SheetLook(title, words("sift.subtitle"), "list", words("act.close"), confirm=close)

    def _teams_of(self, batch: Batch) -> set[str]:
        staff = self.floor.kitchen.staff
        return {staff[each].team for each in crew(batch) if each in staff}

    def _forget_order(self) -> None:
        self._order.clear()
        self._ordered_at.clear()

    # ---- looks ------------------------------------------------------------------------------

    def top(self) -> TopLook:
        """Title, age of the data, counts."""
        floor, words = self.floor, self.words
        subtitle = floor.kitchen_name
        if not floor.fresh and floor.known and floor.data_age_ms:
            subtitle = words("board.data_age", age=floor.ago(floor.data_age_ms))
        batches = self._batches()
        self._shelf.look_around()
        tones = [self._tone(batch) for batch in batches]
        active = sum(1 for batch in batches if batch.stage not in FINISHED | {Stage.PLANNED})
        rows = (
            ("active", "flame", "neutral", active),
            ("alarms", "octagon-alert", "alarm", tones.count("alarm")),
            ("attention", "triangle-alert", "attention", tones.count("attention")),
            ("held", "circle-pause", "neutral", tones.count("held")),
        )
        filters = tuple(
            FilterLook(key, words(f"board.{key}", count=count), icon, tone, key == self._filter)  # type: ignore[arg-type]
            for key, icon, tone, count in rows
            if count or key == self._filter
        )
        name = self.team_name(self._team) if self._team else words("sift.button")
        sift = FilterLook(SIFT, name, "list", chosen=bool(self._team))
        return TopLook(words("board.title"), subtitle, filters=(*filters, sift))

    def empty(self) -> str:
        """What an empty board says; nothing when it is not empty."""
        if not self.floor.known:
            return self.words("board.no_data")
        if not self.floor.kitchen.batches:
            return self.words("board.empty")
        if not any(self._passes(batch) for batch in self._batches()):
            return self.words("sift.nothing")
        return ""

    def sections(
        self,
        is_seen: Callable[[str], bool] = everybody,
        most: int | None = None,
        at_once: int | None = None,
    ) -> tuple[Section, ...]:
        """Waves in order of departure, the first `most` cards; those not seen may be as they were.

        With `at_once` the clocks, and of the cards whose numerals changed all but so many, may be so too
        for a frame or two: then `is_behind`.
        """
        self._shelf.begin(at_once)
        if len(self._limits) > 2 * len(self.floor.kitchen.batches):
            self._limits.clear()
        night = self.floor.kitchen.night
        waves = sorted(night.waves, key=lambda wave: wave.departure_ms) if night else []
        by_wave = self._by_wave()
        full = self._full(waves, by_wave)
        made = []
        for wave in waves:
            batches = by_wave.get(wave.id, [])
            shown = [batch for batch in batches if self._passes(batch)]
            if not batches or ((self._filter or self._team) and not shown):
                continue
            first = self._ordered(wave.id, shown)[:most]
            cards = tuple(self._shelf.look(batch, is_seen) for batch in first)
            most = None if most is None else most - len(cards)
            made.append(
                Section(self._header(wave, batches), cards, wave.id == full or bool(self._filter))
            )
        return tuple(made)

    @property
    def is_behind(self) -> bool:
        """Whether cards that are seen were put off."""
        return self._shelf.is_behind

    def late(self) -> tuple[CardLook, ...]:
        """Some of the cards that were put off, as they are now; ask again while `is_behind`."""
        return self._shelf.late()

    def _by_wave(self) -> dict[str, list[Batch]]:
        found: dict[str, list[Batch]] = {}
        for batch in self._batches():
            found.setdefault(batch.plan.wave, []).append(batch)
        return found

    def _full(self, waves: list[Wave], by_wave: dict[str, list[Batch]]) -> str:
        """The chosen wave, else the first that still has something to finish."""
        chosen = self._chosen_wave()
        if any(wave.id == chosen for wave in waves):
            return chosen
        for wave in waves:
            if any(batch.stage not in FINISHED for batch in by_wave.get(wave.id, ())):
                return wave.id
        return waves[0].id if waves else ""

    def _batches(self) -> list[Batch]:
        return list(self.floor.kitchen.batches.values())

    def _tone(self, batch: Batch) -> str:
        return self._shelf.tone(batch)

    def _passes(self, batch: Batch) -> bool:
        if self._team and self._team not in self._teams_of(batch):
            return False
        match self._filter:
            case "":
                return True
            case "active":
                return batch.stage not in FINISHED | {Stage.PLANNED}
            case "alarms":
                return self._tone(batch) == "alarm"
            case "attention":
                return self._tone(batch) == "attention" or needs_check(batch)
            case _:
                return self._tone(batch) == "held"

    def _ordered(self, wave: str, batches: list[Batch]) -> list[Batch]:
        """By urgency; the order stands still for two seconds after a touch."""
        by_id = {str(batch.id): batch for batch in batches}
        held_order = self._order.get(wave, ())
        now = self.floor.now_ms
        # Measured values move no card, and time does so by the beat.
        asked = (self.floor.generation, self.floor.beat, self._filter, self._team)
        frozen = now - self._touched_ms < FREEZE_MS or asked == self._ordered_at.get(wave)
        if frozen and set(held_order) == set(by_id):
            return [by_id[each] for each in held_order]
        kitchen = self.floor.kitchen
        alarmed = frozenset(batch.id for batch in batches if self._tone(batch) == "alarm")
        ordered = sorted(batches, key=lambda batch: urgency(batch, kitchen, alarmed, now))
        self._order[wave] = tuple(batch.id for batch in ordered)
        self._ordered_at[wave] = asked
        return ordered

    def _header(self, wave: Wave, batches: list[Batch]) -> WaveLook:
        floor, words = self.floor, self.words
        left = wave.departure_ms - floor.now_ms
        done = sum(1 for batch in batches if batch.stage is Stage.COMPLETED)
        progress = [words("wave.done", done=done, total=len(batches))]
        limits = [self._consume_by(batch) for batch in batches if batch.stage not in OVER]
        running = [limit for limit in limits if limit is not None]
        if running:
            progress.append(words("wave.consume", at=floor.clock(min(running))))
        progress.append(words("wave.departs_in" if left >= 0 else "wave.departed"))
        pk = sum(stop.pk for stop in wave.stops)
        pb = sum(stop.pb for stop in wave.stops)
        return WaveLook(
            wave=wave.id,
            title=wave.name,
            detail=words(
                "wave.summary",
                departure=floor.clock(wave.departure_ms),
                schools=self._stops(wave),
                portions=floor.number(wave.portions),
            ),
            extra=words("wave.portions", pk=floor.number(pk), pb=floor.number(pb)),
            progress=" · ".join(progress),
            left_time=floor.span(left),
        )

    def _consume_by(self, batch: Batch) -> int | None:
        """`consume_by_ms`, found again when the batch or the policy changed."""
        policy = self.floor.kitchen.policy
        kept = self._limits.get(batch.id)
        if kept is None or kept[0] is not batch or kept[1] is not policy:
            kept = self._limits[batch.id] = (batch, policy, consume_by_ms(batch, policy))
        return kept[2]

    def _stops(self, wave: Wave) -> str:
        schools = sum(1 for stop in wave.stops if stop.kind == "school")
        others = len(wave.stops) - schools
        parts = []
        if schools:
            parts.append(self.words("wave.schools", count=schools))
        if others:
            parts.append(self.words("wave.posyandu", count=others))
        return ", ".join(parts)
