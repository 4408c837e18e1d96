"""What a record says, as plain text in sections, and its fingerprint; it knows no kitchen and no paper."""

from __future__ import annotations

import hashlib
from html import escape

import msgspec

TOP = 2


class Section(msgspec.Struct, frozen=True):
    """A heading, sentences and at most one table; `marked` rows are out of the ordinary."""

    title: str
    notes: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    marked: frozenset[int] = frozenset()
    level: int = TOP
    """2: a part of the record; 3: within the part before it."""


class Document(msgspec.Struct, frozen=True):
    """A record in the order in which it is read."""

    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    foot: str = ""
    """Sentence before the fingerprint."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that it says, in hex: two papers with the same one say the same."""
        said = (
            self.title,
            self.facts,
            tuple((each.title, each.notes, each.header, each.rows) for each in self.sections),
        )
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


_LINES = "border-collapse: collapse; border-style: solid; border-color: #858f9b"
"""Quiet on light and on dark ground."""
_STYLE = (
    "<style>h1, h2, h3, b, th { font-weight: 600 } h2 { margin-top: 18px } h3 { margin-top: 12px }"
    "</style>"
)
"""The heaviest of the bundled letters: a bolder one would be smeared on."""


def html(document: Document) -> str:
    """The document as the rich text that Qt lays out; every text of people is escaped."""
    return "".join(parts(document))


def parts(document: Document) -> tuple[str, ...]:
    """The same in pieces that can be laid out one by one: head, each part with what is in it, foot."""
    facts = "".join(
        f"<tr><td><b>{escape(name)}</b></td><td>{escape(value)}</td></tr>"
        for name, value in document.facts
    )
    pieces = [f"<h1>{escape(document.title)}</h1><table cellpadding='3'>{facts}</table>"]
    for section in document.sections:
        if section.level == TOP:
            pieces.append("")
        pieces[-1] += _section(section)
    pieces.append(
        f"<p>{escape(document.foot)}<br>SHA-256 {_broken(document.digest)}</p>",
    )
    return tuple(_STYLE + piece for piece in pieces)


def _section(section: Section) -> str:
    notes = "".join(f"<p>{escape(note)}</p>" for note in section.notes)
    head = f"<h{section.level}>{escape(section.title)}</h{section.level}>{notes}"
    if not section.rows:
        return head
    columns = "".join(f"<th align='left'>{escape(name)}</th>" for name in section.header)
    lines = "".join(_row(row, number in section.marked) for number, row in enumerate(section.rows))
    return (
        f"{head}<table width='100%' border='1' cellspacing='0' cellpadding='4' style='{_LINES}'>"
        f"<thead><tr>{columns}</tr></thead>{lines}</table>"
    )


def _row(row: tuple[str, ...], marked: bool) -> str:
    cells = (f"<b>{escape(cell)}</b>" if marked else escape(cell) for cell in row)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _broken(digest: str) -> str:
    """In groups that a person can compare, and that a narrow screen can wrap."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
