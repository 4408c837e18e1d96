"""What a person should know and nobody must settle; it changes nothing but the list of notices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from dapur import access
from dapur.decision import Accepted, Already, Decision, Fact
from dapur.envelope import Event, Taken
from dapur.ids import CommandId, StaffId
from dapur.rule import Args, Body, CommandRule, EventRule, command, event
from dapur.words import Note, Reference

if TYPE_CHECKING:
    from dapur.kitchen import Kitchen

NOTICES_KEPT = 100
EVERYBODY = StaffId("")


class Notice(msgspec.Struct, frozen=True):
    """`to` is one person, or empty for everybody; `kind` chooses the words, `text` is from
    outside.
    """

    id: CommandId
    kind: str
    to: StaffId
    about: str
    at_ms: int
    text: str = ""
    level: str = "info"
    by: StaffId = EVERYBODY
    """Who did it; empty for a message, and in what older releases wrote."""


class PostNoticeArgs(Args, frozen=True):
    """A message of another system to everybody (stock alert, system notice)."""

    text: Note
    source: Reference = ""
    level: Literal["info", "warning"] = "info"


class NoticePosted(Body, frozen=True):
    """A message for everybody."""

    text: str
    source: str = ""
    level: str = "info"


def decide_post(kitchen: Kitchen, taken: Taken, args: PostNoticeArgs) -> Decision:
    """Keep a message once."""
    if any(notice.id == taken.command.id for notice in kitchen.notices):
        return Already()
    body = NoticePosted(args.text, args.source, args.level)
    return Accepted((Fact("notice_posted", "notice:kitchen", body),))


def evolve_posted(kitchen: Kitchen, event: Event, data: NoticePosted) -> Kitchen:
    """The newest hundred are kept."""
    notice = Notice(
        event.command,
        "message",
        EVERYBODY,
        data.source,
        event.at.earliest_ms,
        data.text,
        data.level,
    )
    return _append(kitchen, notice)


def add_notice(
    kitchen: Kitchen, event: Event, to: StaffId, kind: str, level: str = "info"
) -> Kitchen:
    """Tell one person what an event did to them."""
    at_ms = event.at.earliest_ms
    notice = Notice(event.command, kind, to, event.subject, at_ms, level=level, by=event.actor)
    return _append(kitchen, notice)


def _append(kitchen: Kitchen, notice: Notice) -> Kitchen:
    return msgspec.structs.replace(kitchen, notices=(*kitchen.notices, notice)[-NOTICES_KEPT:])


COMMANDS: dict[str, CommandRule] = {
    "post_notice": command(PostNoticeArgs, decide_post, access.SERVER),
}
EVENTS: dict[str, EventRule] = {"notice_posted": event(NoticePosted, evolve_posted)}
