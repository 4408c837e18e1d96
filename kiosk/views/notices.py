"""The page of notices: what a person should know and nobody must settle, the newest first; it taps nothing."""

from __future__ import annotations

from dapur.ids import SYSTEM
from dapur.notice import EVERYBODY, Notice
from kiosk.views.admin_looks import RecordLook
from kiosk.views.floor import Floor, ViewModel
from kiosk.views.looks import ButtonLook, ButtonRole, ChipLook, EmptyLook, FilterLook, TopLook
from kiosk.views.naming import lead
from kiosk.views.news import book_of, concerns, key_of, unread

OWN, ALL = "own", "all"
OPEN, READ = "open", "read"


class NoticesView(ViewModel):
    """Notices for who taps now, or for everybody in the kitchen."""

    def __init__(self, floor: Floor) -> None:
        super().__init__(floor)
        self._filter = OWN

    # ---- taps -------------------------------------------------------------------------------

    def choose(self, key: str) -> None:
        """Those for who taps now, or all."""
        self._filter = key
        self.changed.emit()

    def read(self, key: str) -> None:
        """Who taps now has read this one."""
        actor = self.floor.actor
        found = self._find(key)
        if actor is not None and found is not None and concerns(found, actor):
            book_of(self.floor).note([found], actor, read=True)
            self.changed.emit()

    def read_all(self) -> None:
        """Who taps now has read everything."""
        actor = self.floor.actor
        if actor is not None:
            book_of(self.floor).note(tuple(unread(self.floor, actor)), actor, read=True)
            self.changed.emit()

    def page_of(self, key: str) -> str:
        """The batch that a notice is about; empty when it is about something else."""
        found = self._find(key)
        return found.about if found is not None and self.floor.batch(found.about) else ""

    # ---- looks ------------------------------------------------------------------------------

    def top(self) -> TopLook:
        """Title and how many wait."""
        floor, words = self.floor, self.words
        said = words("notice.sign_in")
        if floor.actor is not None:
            count = sum(1 for _ in unread(floor, floor.actor))
            key = "notice.unread" if count else "notice.all_read"
            said = words(key, count=count, name=floor.short_name(floor.actor))
        return TopLook(words("notice.title"), said, back=words("nav.menu"))

    def filters(self) -> tuple[FilterLook, ...]:
        """For who taps now, and all; only all while nobody taps."""
        floor, words = self.floor, self.words
        notices = floor.kitchen.notices
        made = [(ALL, words("notice.filter_all", count=len(notices)), "list")]
        if floor.actor is not None:
            own = sum(concerns(each, floor.actor) for each in notices)
            name = floor.short_name(floor.actor)
            made.insert(0, (OWN, words("notice.filter_own", name=name, count=own), "user"))
        return tuple(
            FilterLook(key, text, icon, chosen=key == self._chosen) for key, text, icon in made
        )

    def all_read_button(self) -> ButtonLook:
        """Marks everything as read; closed with the reason."""
        floor, words = self.floor, self.words
        text, reason = words("notice.read_all"), ""
        if floor.actor is None:
            reason = words("notice.sign_in")
        elif next(unread(floor, floor.actor), None) is None:
            reason = words("notice.nothing_unread")
        role: ButtonRole = "blocked" if reason else "outlined"
        return ButtonLook("all", text, "check-check", role, enabled=not reason, reason=reason)

    def rows(self) -> tuple[RecordLook, ...]:
        """One line a notice, the newest first."""
        return tuple(self._row(each) for each in reversed(self._shown()))

    def empty(self) -> EmptyLook:
        """What stands there while there is none."""
        return EmptyLook("megaphone", self.words("notice.none"), self.words("notice.none_hint"))

    # ---- inside -----------------------------------------------------------------------------

    @property
    def _chosen(self) -> str:
        return ALL if self.floor.actor is None else self._filter

    def _shown(self) -> tuple[Notice, ...]:
        actor, notices = self.floor.actor, self.floor.kitchen.notices
        if actor is None or self._chosen == ALL:
            return notices
        return tuple(each for each in notices if concerns(each, actor))

    def _find(self, key: str) -> Notice | None:
        return next((each for each in self.floor.kitchen.notices if key_of(each) == key), None)

    def _row(self, notice: Notice) -> RecordLook:
        floor, actor = self.floor, self.floor.actor
        new = (
            actor is not None
            and concerns(notice, actor)
            and not book_of(floor).is_read(notice, actor)
        )
        key = key_of(notice)
        buttons: tuple[ButtonLook, ...] = ()
        if self.page_of(key):
            buttons = (ButtonLook(OPEN, self.words("act.view"), "arrow-right", "outlined"),)
        elif new:
            buttons = (ButtonLook(READ, self.words("notice.read"), "check", "outlined"),)
        return RecordLook(
            key,
            self._sentence(notice),
            self._story(notice),
            chip=self._chip(notice, new=new),
            buttons=buttons,
        )

    def _sentence(self, notice: Notice) -> str:
        floor, words = self.floor, self.words
        who = floor.short_name(notice.to) if notice.to else words("notice.everybody")
        match notice.kind:
            case "message":
                return notice.text
            case "crew_displaced" | "staff_unlocked":
                about = self._about(notice)
                return words(f"notice.{notice.kind}", who=who, about=about)
            case "delivery":
                return words("notice.delivery", about=self._delivery(notice))
            case _:
                # Of a newer server: said with what is known of it.
                return words("notice.unknown", about=self._about(notice))

    def _about(self, notice: Notice) -> str:
        batch = self.floor.batch(notice.about)
        return f"{batch.plan.code} {batch.plan.name}" if batch is not None else notice.about

    def _delivery(self, notice: Notice) -> str:
        """Where the food was to go, in the words of who told us; its id when nobody said."""
        name = notice.about.partition(":")[2]
        known = self.floor.kitchen.deliveries.get(name)
        parts = (known.wave, known.stop, known.note) if known is not None else ()
        return " · ".join(filter(None, parts)) or name

    def _story(self, notice: Notice) -> str:
        """When, to whom, by whom, and what follows from it."""
        floor, words = self.floor, self.words
        to = words("notice.everybody") if notice.to == EVERYBODY else floor.short_name(notice.to)
        age = floor.ago(max(0, floor.now_ms - notice.at_ms))
        parts = [floor.clock(notice.at_ms), words("notice.ago", age=age)]
        parts.append(words("notice.to", name=to))
        if notice.by and notice.by != SYSTEM:
            parts.append(words("notice.by", name=floor.short_name(notice.by)))
        batch = floor.batch(notice.about)
        now = lead(batch) if batch is not None else None
        if notice.kind == "crew_displaced" and now is not None:
            parts.append(words("notice.leads_now", name=floor.short_name(now)))
        if notice.kind == "staff_unlocked":
            parts.append(words("notice.not_you"))
        if notice.kind == "message" and batch is not None:
            parts.append(words("notice.about", about=self._about(notice)))
        return " · ".join(parts)

    def _chip(self, notice: Notice, *, new: bool) -> ChipLook | None:
        words = self.words
        if notice.level == "warning":
            text = words("notice.new_weighty" if new else "notice.weighty")
            return ChipLook(text, "triangle-alert", "attention", outlined=not new)
        return ChipLook(words("notice.new"), "mail", "info") if new else None
