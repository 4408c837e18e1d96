"""What each person has read of the kitchen's notices on this kiosk, and the toast for a new one; it taps nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

import msgspec
from PySide6.QtCore import QObject

from dapur.ids import StaffId
from dapur.notice import EVERYBODY, NOTICES_KEPT, Notice
from kiosk.local.errors import DiskRefused
from kiosk.local.store import Store
from kiosk.views.floor import Floor

KEPT_MOST = 2 * NOTICES_KEPT
"""Notices remembered here: those of this night, and as many that a restored log may bring back."""
_KEY = "news"

_log = logging.getLogger(__name__)


class Book:
    """Kept in the kiosk's own file: by notice, whom this kiosk told of it and who has read it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known = _stored(store)

    def is_read(self, notice: Notice, staff: StaffId) -> bool:
        """Whether this person has read it here."""
        return self._known.get(key_of(notice), {}).get(staff, False)

    def is_told(self, notice: Notice, staff: StaffId) -> bool:
        """Whether a toast told this person of it here, or it was read."""
        return staff in self._known.get(key_of(notice), {})

    def note(self, notices: Iterable[Notice], staff: StaffId, *, read: bool) -> None:
        """This person has read these, or was told of them; a full disk only tells them once more."""
        for notice in notices:
            key = key_of(notice)
            before = self._known.pop(key, {})
            self._known[key] = {**before, staff: read or before.get(staff, False)}
        for key in tuple(self._known)[:-KEPT_MOST]:
            del self._known[key]
        try:
            self._store.note(**{_KEY: msgspec.json.encode(self._known).decode()})
        except DiskRefused as error:
            _log.info("what was read is not kept: %s", error)


class News(QObject):
    """Tells the people present, once each, of what is new for them."""

    def __init__(self, floor: Floor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._floor = floor
        self._seen: tuple[Notice, ...] | None = None
        self._here: tuple[StaffId, ...] = ()
        floor.changed.connect(self._on_floor_changed)
        self._on_floor_changed()

    def _on_floor_changed(self) -> None:
        notices, here = self._floor.kitchen.notices, self._floor.people.session.signed_in
        if notices is self._seen and here == self._here:
            return
        self._seen, self._here = notices, here
        book = book_of(self._floor)
        fresh = [
            (staff, notice)
            for staff in here
            for notice in notices
            if concerns(notice, staff) and not book.is_told(notice, staff)
        ]
        if fresh:
            for staff in here:
                book.note([notice for who, notice in fresh if who == staff], staff, read=False)
            self._tell(fresh)

    def _tell(self, fresh: list[tuple[StaffId, Notice]]) -> None:
        floor, words = self._floor, self._floor.words
        count = len({key_of(notice) for _, notice in fresh})
        if count > 1:
            title = words("notice.toast_many", count=count)
        elif fresh[0][1].to == EVERYBODY:
            title = words("notice.toast_all")
        else:
            title = words("notice.toast", name=floor.short_name(fresh[0][0]))
        weighty = any(each.level == "warning" for _, each in fresh)
        said = words("notice.toast_open")
        floor.tell("notices", title, said, tone="attention" if weighty else "neutral")


def book_of(floor: Floor) -> Book:
    """The one of this window; read from the disk when it is first asked for."""
    if floor.book is None:
        floor.book = Book(floor.people.store)
    return floor.book


def key_of(notice: Notice) -> str:
    """Names one notice: one command may tell several people."""
    return f"{notice.id}.{notice.to}" if notice.to else notice.id


def concerns(notice: Notice, staff: StaffId) -> bool:
    """Whether it is for this person."""
    return notice.to in (EVERYBODY, staff)


def unread(floor: Floor, staff: StaffId | None) -> Iterator[Notice]:
    """What this person has not read here, the oldest first; nothing for nobody."""
    if staff is None:
        return
    book = book_of(floor)
    for notice in floor.kitchen.notices:
        if concerns(notice, staff) and not book.is_read(notice, staff):
            yield notice


def _stored(store: Store) -> dict[str, dict[StaffId, bool]]:
    try:
        return msgspec.json.decode(store.noted(_KEY) or "{}", type=dict[str, dict[StaffId, bool]])
    except msgspec.MsgspecError:
        # Written by another release: everything is told once more.
        return {}
