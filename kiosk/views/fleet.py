"""How the kiosks of all kitchens are, as the server wrote it down; it asks, makes texts and changes nothing."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject

from dapur.access import Role
from dapur.wire.queries import FLEET, FleetArgs, FleetReply, FleetRow, QueryCode
from kiosk.link.errors import QueryFailed, Refused
from kiosk.views.admin_looks import RecordLook
from kiosk.views.ask_pin import failure_text
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, ButtonRole, ChipLook, TopLook
from kiosk.views.summary_looks import KpiLook, Tone

FRESH_MS = 15_000
"""Servers write it down every half minute; asking more often shows nothing new."""
SILENT_MS = 5 * 60_000
BEHIND_EVENTS = 200
CLOCK_MS = 120_000
"""The marks of the server's own counts (`server.identity.fleet`)."""
MINUTE_MS = 60_000
RELEASES_SHOWN = 3
TILES = ("kitchens", "kiosks", "silent", "behind", "unsent", "clocks")
ALL, TROUBLED = "all", "troubled"


def is_operator(floor: Floor) -> bool:
    """Whether the person who taps runs the server."""
    return floor.actor is not None and Role.OPERATOR in floor.kitchen.roles_of(floor.actor)


class FleetView(ViewModel):
    """One question is on its way at most; an answer is kept until the next one."""

    def __init__(self, floor: Floor, parent: QObject | None = None) -> None:
        super().__init__(floor, parent)
        self.wanted = FleetArgs()
        self._reply: FleetReply | None = None
        self._answered_ms = self._ahead_ms = 0
        self._asked_ms: int | None = None
        self._asking: FleetArgs | None = None
        self._problem = ""

    # ---- the server ---------------------------------------------------------------------------

    def want(self) -> None:
        """Somebody looks: ask when what is known is old, or was asked for something else."""
        now_ms = self.floor.now_ms
        old = self._asked_ms is None or now_ms - self._asked_ms >= FRESH_MS
        if (
            old
            and self._asking is None
            and self.floor.people.link.online
            and is_operator(self.floor)
        ):
            self._ask()

    def _ask(self) -> None:
        self._asked_ms, self._problem = self.floor.now_ms, ""
        asked = self._asking = self.wanted

        def answered(answer: msgspec.Raw | QueryFailed) -> None:
            self._on_answer(asked, answer)

        self.floor.people.link.ask(FLEET, asked, answered)

    def _on_answer(self, asked: FleetArgs, answer: msgspec.Raw | QueryFailed) -> None:
        self._asking = None
        if asked != self.wanted:
            self._ask()
            return
        if isinstance(answer, QueryFailed):
            self._problem = self._why(answer)
        else:
            self._reply = msgspec.json.decode(answer, type=FleetReply)
            self._answered_ms = self.floor.now_ms
            self._ahead_ms = self._reply.now_ms - self._answered_ms
        self.changed.emit()

    def _why(self, failed: QueryFailed) -> str:
        if isinstance(failed, Refused) and failed.code == QueryCode.NOT_ALLOWED:
            key = "fleet.no_device" if failed.detail == "device" else "fleet.no_role"
            return self.words(key, device=self.floor.people.identity.device)
        return failure_text(self.floor, failed)

    # ---- what the person wants ------------------------------------------------------------------

    def find(self, text: str) -> None:
        """Only what has this in its name or id."""
        self._look_for(msgspec.structs.replace(self.wanted, find=text.strip()[:80], skip=0))

    def choose(self, key: str) -> None:
        """All kiosks, or those with a trouble; a tile of a trouble means the latter."""
        troubled = key not in (ALL, "kitchens", "kiosks")
        self._look_for(msgspec.structs.replace(self.wanted, only_troubled=troubled, skip=0))

    def press(self, action: str) -> None:
        """Ask again, leaf on or back."""
        shown = len(self._reply.rows) if self._reply is not None else 0
        skip = self.wanted.skip
        if action == "more":
            skip += shown
        elif action == "back":
            skip = 0
        self._look_for(msgspec.structs.replace(self.wanted, skip=skip))

    def _look_for(self, wanted: FleetArgs) -> None:
        self.wanted = wanted
        self._asked_ms = None
        self.want()
        self.changed.emit()

    # ---- words ----------------------------------------------------------------------------------

    def top(self) -> TopLook:
        """Title."""
        return TopLook(self.words("nav.fleet"), self.floor.kitchen_name)

    def said(self) -> str:
        """What is to be said of the figures: why there are none, or how old they are and who serves."""
        words, floor, reply = self.words, self.floor, self._reply
        if not is_operator(floor):
            return words("fleet.no_role")
        if self._problem:
            return self._problem
        if not floor.people.link.online:
            return words("fleet.needs_line")
        if reply is None:
            return words("fleet.asking")
        served = words(
            "fleet.servers",
            count=floor.number(len(reply.processes)),
            kiosks=floor.number(sum(each.connections for each in reply.processes)),
        )
        releases = self._releases(reply.releases)
        return " · ".join(part for part in (self._age(), served, releases) if part)

    def _age(self) -> str:
        return self.words("fleet.as_of", at=self.floor.clock(self._answered_ms))

    def _releases(self, releases: dict[str, int]) -> str:
        """The most used first; the rest is counted."""
        named = [(app or self.words("fleet.no_release"), count) for app, count in releases.items()]
        shown = [f"{app}: {self.floor.number(count)}" for app, count in named[:RELEASES_SHOWN]]
        rest = sum(count for _, count in named[RELEASES_SHOWN:])
        if rest:
            shown.append(self.words("fleet.other_releases", count=self.floor.number(rest)))
        return ", ".join(shown)

    def tiles(self) -> tuple[KpiLook, ...]:
        """Counts of the whole fleet."""
        reply = self._reply
        return tuple(self._tile(key, getattr(reply, key) if reply else None) for key in TILES)

    def _tile(self, key: str, count: int | None) -> KpiLook:
        words = self.words
        troubled = bool(count) and key not in ("kitchens", "kiosks")
        tone: Tone = "attention" if troubled else "normal"
        return KpiLook(
            key,
            words(f"fleet.tile.{key}"),
            self.floor.number(count) if count is not None else "–",
            caption=words(f"fleet.tile_note.{key}"),
            tone=tone,
            icon="triangle-alert" if troubled else "",
        )

    def tools(self) -> tuple[ButtonLook, ...]:
        """Leaf, and ask again."""
        reply, words = self._reply, self.words
        online = self.floor.people.link.online and is_operator(self.floor)
        return (
            self._button("back", "chevron-left", online and self.wanted.skip > 0, words("fleet.is_first")),
            self._button("more", "chevron-right", online and reply is not None and reply.more, words("fleet.is_last")),
            self._button("again", "refresh-cw", online, words("fleet.needs_line")),
        )  # fmt: skip

    def _button(self, action: str, icon: str, open_: bool, reason: str) -> ButtonLook:
        role: ButtonRole = "outlined" if open_ else "blocked"
        text = self.words(f"fleet.{action}")
        return ButtonLook(action, text, icon, role, open_, "" if open_ else reason)

    def count(self) -> str:
        """Which part of the list is shown."""
        reply = self._reply
        if reply is None or not is_operator(self.floor):
            return ""
        if not reply.rows:
            return self.words("fleet.none")
        first, number = self.wanted.skip + 1, self.floor.number
        return self.words(
            "fleet.shown", first=number(first), last=number(first + len(reply.rows) - 1)
        )

    def rows(self) -> tuple[RecordLook, ...]:
        """One line a kiosk; nothing for who may not see it."""
        if self._reply is None or not is_operator(self.floor):
            return ()
        return tuple(map(self._row, self._reply.rows))

    def _row(self, row: FleetRow) -> RecordLook:
        words, floor = self.words, self.floor
        parts = [self._heard(row), row.app or words("fleet.no_release")]
        if row.behind:
            parts.append(words("fleet.row_behind", count=floor.number(row.behind)))
        if row.unsent:
            parts.append(words("fleet.row_unsent", count=floor.number(row.unsent)))
        if row.offset_ms is not None and abs(row.offset_ms) >= MINUTE_MS:
            key = "fleet.row_ahead" if row.offset_ms > 0 else "fleet.row_slow"
            parts.append(words(key, span=floor.ago(abs(row.offset_ms))))
        title = f"{row.kitchen_name} · {row.name}"
        return RecordLook(row.device, title, " · ".join(parts), "", self._chip(row))

    def _heard(self, row: FleetRow) -> str:
        if row.heard_ms is None:
            return self.words("fleet.never_heard")
        return self.words("fleet.heard", ago=self.floor.ago(max(0, self._now_ms - row.heard_ms)))

    @property
    def _now_ms(self) -> int:
        """The server's time: this machine's may be wrong, and ages are told by it."""
        return self.floor.now_ms + self._ahead_ms

    def _chip(self, row: FleetRow) -> ChipLook:
        """The gravest trouble only; the others stand in the line."""
        words = self.words
        if row.heard_ms is None or self._now_ms - row.heard_ms > SILENT_MS:
            return ChipLook(words("fleet.chip_silent"), "wifi-off", "attention")
        if row.unsent:
            return ChipLook(words("fleet.chip_unsent"), "cloud-upload", "attention")
        if row.behind > BEHIND_EVENTS:
            return ChipLook(words("fleet.chip_behind"), "hourglass", "attention")
        if abs(row.offset_ms or 0) > CLOCK_MS:
            return ChipLook(words("fleet.chip_clock"), "clock-alert", "attention")
        return ChipLook(words("fleet.chip_well"), "check", "ok")
