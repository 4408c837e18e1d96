"""The settings of this kiosk: what can be chosen, and what the kiosk says of itself; texts only, it stores nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from dapur.access import CHIEFS
from kiosk.headless import APP
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, OptionLook, TopLook
from kiosk.views.naming import day_text

DARK, GLOVE, MOTION, SOUNDS, DPI = "dark", "glove", "motion", "sounds", "dpi"
"""Names by which the choices are kept in this kiosk's file."""
AUTO, YES, NO = "auto", "yes", "no"
DISK_MS = 30_000
"""How long a look at the disk stays good."""
_GIB = 1024**3


class DisplayView(ViewModel):
    """What the person may choose, and facts for the telephone with the support."""

    def __init__(self, floor: Floor, free_bytes: Callable[[str], int] | None = None) -> None:
        super().__init__(floor)
        self._free_bytes = free_bytes or (lambda folder: shutil.disk_usage(folder).free)
        self._disk = ""
        self._disk_ms: int | None = None

    def top(self) -> TopLook:
        """Title."""
        return TopLook(self.words("nav.display"), self.floor.kiosk_name)

    def noted(self, key: str) -> str:
        """What was chosen last; empty for never."""
        return self.floor.people.store.noted(key)

    def sections(
        self, *, dark: bool, glove: bool, still: bool
    ) -> tuple[tuple[str, tuple[OptionLook, ...]], ...]:
        """Title and tiles of each group, as they are now."""
        words, language = self.words, self.words.language
        auto = self.noted(DARK) == AUTO
        return (
            (
                words("display.section_language"),
                (
                    OptionLook("id", "Bahasa Indonesia", "languages", language == "id"),
                    OptionLook("en", "English", "languages", language == "en"),
                ),
            ),
            (
                words("display.section_theme"),
                (
                    OptionLook("light", words("display.light"), "sun", not dark and not auto),
                    OptionLook("dark", words("display.dark"), "moon", dark and not auto),
                    OptionLook(
                        "auto", words("display.auto"), "sun-moon", auto, note=words("display.hours")
                    ),
                ),
            ),
            (
                words("display.section_hands"),
                (
                    OptionLook("glove", words("display.glove"), "hand", glove, kind="many"),
                    OptionLook("motion", words("display.motion"), "pause", still, kind="many"),
                    OptionLook(
                        SOUNDS,
                        words("display.sounds"),
                        "volume-2",
                        self.sounds,
                        kind="many",
                        note=self._sound_problem(),
                    ),
                ),
            ),
        )

    @property
    def sounds(self) -> bool:
        """Whether this kiosk may make a sound; it may until somebody says no."""
        return self.noted(SOUNDS) != NO

    def turn_sounds(self) -> None:
        """On, or off; alarms are still seen."""
        sounds = self.floor.sounds
        if sounds is not None:
            sounds.set_enabled(not sounds.enabled)
        self.changed.emit()

    def hear(self) -> None:
        """Let the worst sound be heard, or say why none can be."""
        sounds = self.floor.sounds
        if sounds is None or sounds.problem == "none":
            self.floor.tell("sounds", self.words("display.no_player"), tone="attention")
            return
        sounds.test()

    def _sound_problem(self) -> str:
        sounds = self.floor.sounds
        return self.words("display.no_player") if sounds and sounds.problem else ""

    @property
    def may_measure(self) -> bool:
        """Whether the actor may change the size of everything: Kepala or administrator."""
        actor = self.floor.actor
        return actor is not None and bool(self.floor.kitchen.roles_of(actor) & CHIEFS)

    def buttons(self) -> tuple[ButtonLook, ...]:
        """What a tap does at once."""
        words, may = self.words, self.may_measure
        made = [
            ButtonLook("wipe", words("display.wipe"), "spray-can", "tonal"),
            ButtonLook("hear", words("display.hear"), "volume-2", "neutral"),
            ButtonLook(
                "scale",
                words("display.scale"),
                "ruler",
                "neutral" if may else "blocked",
                enabled=may,
                reason=words("display.chiefs_only"),
            ),
            ButtonLook("licences", words("display.licences"), "scroll-text", "neutral"),
        ]
        if self.floor.kiosk_mode:
            made.append(ButtonLook("leave", words("display.leave"), "log-out", "outlined"))
        return tuple(made)

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Name and value of what the support asks for."""
        floor, words = self.floor, self.words
        heard = floor.status.last_heard_ms
        nights = sorted(batch.night for batch in floor.kitchen.batches.values())
        return (
            (words("display.fact_kiosk"), floor.kiosk_name),
            (words("display.fact_device"), floor.people.device),
            (words("display.fact_version"), APP.rpartition(" ")[2]),
            (
                words("display.fact_heard"),
                words("link.age", age=floor.ago(floor.data_age_ms))
                if heard
                else words("display.never"),
            ),
            (words("display.fact_unsent"), floor.number(floor.unsent)),
            (
                words("display.fact_kept"),
                day_text(floor, nights[0]) if nights else words("display.never"),
            ),
            (words("display.fact_disk"), self._disk_text()),
        )

    def _disk_text(self) -> str:
        now_ms = self.floor.now_ms
        if self._disk_ms is None or not 0 <= now_ms - self._disk_ms < DISK_MS:
            self._disk_ms = now_ms
            try:
                free = self._free_bytes(str(self.floor.people.store.path.parent))
            except OSError:
                self._disk = self.words("display.never")
            else:
                self._disk = f"{self.floor.degrees(free / _GIB)} GB"
        return self._disk
