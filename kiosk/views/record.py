"""The page of a night's record: which night, from where, what can be done with it; it lays out no paper."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, QTimer

from dapur.batch import Line
from dapur.ids import StaffId
from dapur.kitchen import SERVER_DEVICE, Kitchen
from dapur.past import HoldRow
from kiosk.past import Asked, Night, NoAnswer
from kiosk.people import KioskNames, labels
from kiosk.record import tables as made
from kiosk.record.document import Document
from kiosk.record.files import file_name
from kiosk.record.handovers import passings_from, passings_of
from kiosk.record.holds import holds_of
from kiosk.record.tables import Table
from kiosk.record.tonight import lines_from, lines_of, tonight
from kiosk.views.floor import WIB_MIN, Floor, ViewModel
from kiosk.views.looks import ButtonLook, ButtonRole, TopLook
from kiosk.views.record_text import Told, document
from kiosk.views.summary import date_text

SLOW_MS = 300
"""Longer than this an answer is waited for in sight, with a way out."""
BEHIND_MS, BEHIND_MAX = 1_000, 20
"""A night that has just ended: the server's tables follow its log; asked again so often, so many times."""
PDF, PRINT, CSV, XLSX = "pdf", "print", "csv", "xlsx"
ACTS: tuple[tuple[str, str], ...] = (
    (PDF, "scroll-text"),
    (PRINT, "printer"),
    (CSV, "list"),
    (XLSX, "layout-grid"),
)


def _holds(night: Night, lines: Mapping[str, tuple[Line, ...]]) -> dict[str, tuple[HoldRow, ...]]:
    """Of the batches whose holds are known."""
    known = {row.batch: holds_of(row, lines.get(row.batch, ())) for row in night.batches}
    return {batch: rows for batch, rows in known.items() if rows}


class RecordLook(msgspec.Struct, frozen=True):
    """Choice of the night, what is to be said of it, and what can be done."""

    night: str
    said: str
    older: ButtonLook
    newer: ButtonLook
    again: ButtonLook
    acts: tuple[ButtonLook, ...]


class RecordView(ViewModel):
    """Asks the server for earlier nights; tonight's is always there. One question is on its way at most."""

    def __init__(self, floor: Floor, parent: QObject | None = None) -> None:
        super().__init__(floor, parent)
        self._nights: tuple[str, ...] = ()
        self._chosen = ""
        self._told: Told | None = None
        self._asked: Asked | None = None
        self._failure: NoAnswer | None = None
        self._of: Kitchen | None = None
        self._document: Document | None = None
        self._document_of: tuple[object, ...] = ()
        self._slow = QTimer(self)
        self._slow.setObjectName("record.slow")
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW_MS)
        self._slow.timeout.connect(self.changed)
        self._behind = QTimer(self)
        self._behind.setObjectName("record.behind")
        self._behind.setSingleShot(True)
        self._behind.setInterval(BEHIND_MS)
        self._behind.timeout.connect(self._ask_night)
        self._seq_wanted = 0
        self._asked_behind = 0
        self._kiosk_names = KioskNames(floor.people.store, floor.people.link)

    # ---- which night ------------------------------------------------------------------------

    def open(self, night: str = "") -> None:
        """Somebody came to the page: tonight as it is now, and which nights there are; or one night."""
        self._choose(night or self._tonight())
        self._kiosk_names.ask(self.changed.emit)
        if self.night == self._tonight():
            self._ask_nights()

    def press(self, action: str) -> None:
        """An older or newer night; again; or no longer waiting."""
        match action:
            case "older" | "newer":
                nights = self._known()
                at = self._place() + (1 if action == "older" else -1)
                if 0 <= at < len(nights):
                    self._choose(nights[at])
            case "stop":
                self._stop()
                self._failure = NoAnswer("slow")
            case _:
                self._again()
        self.changed.emit()

    @property
    def night(self) -> str:
        """The chosen serving date; empty for a kiosk that has no plan yet."""
        return self._chosen or self._tonight()

    @property
    def told(self) -> Told | None:
        """The record's matter, once it is there."""
        return self._told

    def _tonight(self) -> str:
        night = self.floor.kitchen.night
        return night.serving_date if night is not None else ""

    def _known(self) -> tuple[str, ...]:
        """Newest first. Tonight and the chosen one are known without the server."""
        return tuple(sorted({*self._nights, self._tonight(), self.night} - {""}, reverse=True))

    def _place(self) -> int:
        """Of the chosen night among the known ones; before them all while none is chosen."""
        nights = self._known()
        return nights.index(self.night) if self.night in nights else -1

    def _choose(self, night: str) -> None:
        self._stop()
        self._chosen, self._told, self._failure = night, None, None
        if night == self._tonight():
            self._take_tonight()
        else:
            self._ask_whole()

    def _again(self) -> None:
        if self.night == self._tonight():
            self._take_tonight()
            self._ask_nights()
        elif self._asked is None:
            self._ask_whole()

    def _take_tonight(self) -> None:
        floor = self.floor
        self._of = kitchen = floor.kitchen
        night = tonight(kitchen, floor.people.store.position.seq)
        if not night.serving_date:
            self._told = None
            return
        lines = lines_of(kitchen, night.serving_date)
        passings = passings_of(kitchen.handovers)
        self._told = Told(
            night, lines, floor.now_ms, tonight=True, holds=_holds(night, lines), passings=passings
        )

    # ---- the server -------------------------------------------------------------------------

    def _ask_nights(self) -> None:
        self._stop()
        self._failure = None
        self._slow.start()
        self._wait(self.floor.past.nights(self._on_nights))

    def _ask_whole(self) -> None:
        """The night with all that this kiosk has heard of it."""
        self._seq_wanted, self._asked_behind = self.floor.people.store.position.seq, 0
        self._ask_night()

    def _ask_night(self) -> None:
        self._behind.stop()
        self._failure = None
        self._slow.start()
        self._wait(self.floor.past.night(self._chosen, self._on_night))

    def _wait(self, asked: Asked) -> None:
        """A link without a line answers at once: then nothing is waited for."""
        if self._slow.isActive():
            self._asked = asked

    def _stop(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
        self._asked = None
        self._slow.stop()
        self._behind.stop()

    def _on_nights(self, answer: tuple[str, ...] | NoAnswer) -> None:
        self._answered(answer if isinstance(answer, NoAnswer) else None)
        if not isinstance(answer, NoAnswer):
            self._nights = answer
            if answer and not self.night:
                # Between two nights the last one is what people come for.
                self._choose(answer[0])
        self.changed.emit()

    def _on_night(self, answer: Night | NoAnswer) -> None:
        self._answered(answer if isinstance(answer, NoAnswer) else None)
        if not isinstance(answer, NoAnswer):
            self._told = self._of_server(answer)
            if answer.seq < self._seq_wanted and self._asked_behind < BEHIND_MAX:
                self._asked_behind += 1
                self._behind.start()
        self.changed.emit()

    def _of_server(self, night: Night) -> Told:
        """What an earlier release did not keep stays away."""
        lines = lines_from(night.events)
        at = self.floor.kitchen.night
        offset_min = at.offset_min if at is not None else WIB_MIN
        passings = passings_from(night.events, night.serving_date, offset_min)
        return Told(
            night,
            lines,
            self.floor.now_ms,
            tonight=False,
            holds=_holds(night, lines),
            passings=passings,
        )

    def _answered(self, failure: NoAnswer | None) -> None:
        self._asked, self._failure = None, failure
        self._slow.stop()

    # ---- words ------------------------------------------------------------------------------

    def top(self) -> TopLook:
        """Title."""
        return TopLook(self.words("record.title"), self.floor.kitchen_name)

    def look(self) -> RecordLook:
        """All but the paper."""
        words, nights, at = self.words, self._known(), self._place()
        name = date_text(self.floor, self.night) if self.night else words("record.no_night")
        is_tonight = self.night == self._tonight()
        waits = self._asked is not None and not self._slow.isActive()
        action, word = ("stop", "act.cancel") if waits else ("again", "record.again")
        return RecordLook(
            words("record.tonight", night=name) if is_tonight and self.night else name,
            self._said(waits=waits),
            self._step("older", "chevron-left", at < len(nights) - 1),
            self._step("newer", "chevron-right", at > 0),
            ButtonLook(action, words(word), "x" if waits else "rotate-cw", "outlined"),
            tuple(self._act(name, icon) for name, icon in ACTS),
        )

    def _step(self, action: str, icon: str, open_: bool) -> ButtonLook:
        words = self.words
        reason = "" if open_ else words(f"record.no_{action}")
        if not open_ and action == "older" and self._failure is not None:
            reason = words(f"record.why.{self._failure.why}")
        role: ButtonRole = "outlined" if open_ else "blocked"
        return ButtonLook(action, words(f"record.{action}"), icon, role, open_, reason)

    def _act(self, action: str, icon: str) -> ButtonLook:
        there = self._told is not None
        role: ButtonRole = "tonal" if there else "blocked"
        reason = "" if there else self.words("record.nothing")
        return ButtonLook(action, self.words(f"record.act.{action}"), icon, role, there, reason)

    def _said(self, *, waits: bool) -> str:
        words, floor = self.words, self.floor
        if waits:
            return words("record.asking")
        if self._failure is not None:
            why = words(f"record.why.{self._failure.why}")
            return f"{why} {words('record.tonight_is_here')}" if self._tonight() else why
        if self._told is None:
            return "" if self.night else words("record.no_night_why")
        if self._told.tonight:
            key = "record.as_of" if self._of is floor.kitchen else "record.newer_there"
            return words(key, at=floor.clock(self._told.at_ms))
        night = self._told.night
        key = "record.behind" if night.seq < self._seq_wanted else "record.of_server"
        said = words(key, seq=floor.number(night.seq))
        whole = all(event.detail is not None for event in night.events)
        return said if whole else f"{said} {words('record.no_details')}"

    # ---- what becomes of it -----------------------------------------------------------------

    def document(self) -> Document | None:
        """The record in words; the same object until night, matter or language change."""
        if self._told is None:
            return None
        kiosks = self._kiosks()
        key = (self._told, self.words.language, self.floor.kitchen_name, kiosks)
        before = self._document_of
        if not before or before[0] is not key[0] or before[1:] != key[1:]:
            self._document, self._document_of = document(self.floor, self._told, kiosks), key
        return self._document

    def path(self, folder: Path, part: str, ending: str) -> Path:
        """Where a file of this night goes."""
        night = self._told.night.serving_date if self._told is not None else self.night
        return folder / file_name(self.floor.kitchen.id, night, part, ending)

    def tables(self) -> tuple[Table, ...]:
        """The record for other programs; people by their names as on the screen."""
        if self._told is None:
            return ()
        night, at = self._told.night, self.floor.kitchen.night
        offset_min = at.offset_min if at is not None else WIB_MIN
        codes = {row.batch: row.code for row in night.batches}
        name, words, kiosks = self._name, self.words, self._kiosks()

        def kiosk(device: str) -> str:
            return kiosks.get(device, device)

        known = self._told.holds
        holds = [(row.code, span) for row in night.batches for span in known.get(row.batch, ())]
        matter: tuple[tuple[str, tuple[str, ...], tuple[made.Row, ...]], ...] = (
            ("batches", made.BATCH_COLUMNS, made.batch_rows(night.batches, offset_min)),
            (
                *("readings", made.READING_COLUMNS),
                made.reading_rows(night.readings, codes, name, kiosk, offset_min),
            ),
            (
                *("checks", made.CHECK_COLUMNS),
                made.check_rows(night.checks, codes, name, kiosk, offset_min),
            ),
            (
                *("alerts", made.ALERT_COLUMNS),
                made.alert_rows(night.alerts, codes, name, offset_min),
            ),
            (
                *("people", made.PEOPLE_COLUMNS),
                made.people_rows(night.activity, codes, name, kiosk, offset_min),
            ),
            ("holds", made.HOLD_COLUMNS, made.hold_rows(holds, name, offset_min)),
            (
                *("handovers", made.HANDOVER_COLUMNS),
                made.handover_rows(self._told.passings, name, offset_min),
            ),
        )
        return tuple(
            Table(
                words(f"record.file.{key}"),
                words(f"record.sheet.{key}"),
                tuple(words(f"record.column.{column}") for column in columns),
                rows,
            )
            for key, columns, rows in matter
        )

    def _name(self, staff: str) -> str:
        return self.floor.name_of(StaffId(staff))

    def _kiosks(self) -> dict[str, str]:
        """What people call kiosks and server, by device id; who is not among them goes by the id."""
        people = self.floor.people
        kiosks = labels({str(people.device): people.name, **self._kiosk_names.names})
        return {**kiosks, str(SERVER_DEVICE): self.words("system")}

    def saved(self, files: tuple[Path, ...]) -> None:
        """Tell where they are."""
        first = files[0]
        key = "record.saved" if len(files) == 1 else "record.saved_many"
        said = self.words(key, name=first.name, count=len(files))
        self.floor.tell("record.saved", said, str(first.parent), tone="ok", stays=True)

    def still_busy(self) -> None:
        """One paper at a time: the tap is answered, not kept."""
        self.floor.tell("record.busy", self.words("record.busy"), tone="attention")

    def not_saved(self, folder: Path) -> None:
        """The disk is full, or the folder takes no file."""
        said = self.words("record.not_saved")
        self.floor.tell("record.not_saved", said, str(folder), tone="alarm", stays=True)

    def printed(self, printer: str) -> None:
        """Given to a printer; empty: there is none."""
        if printer:
            self.floor.tell("record.printed", self.words("record.printed", name=printer), tone="ok")
        else:
            said, next_ = self.words("record.no_printer"), self.words("record.no_printer_next")
            self.floor.tell("record.no_printer", said, next_, tone="attention")
