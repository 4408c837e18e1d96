"""Walks every page and sheet of the scripted night: no text clips, every control can be named, found and hit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QAccessible, QPainter
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QWidget,
)

from dapur.plan import Plan
from kiosk.app import App, Look
from kiosk.theme import paint
from kiosk.views.words import Language
from kiosk.widgets.actor_switch import Face
from kiosk.widgets.batch_target import BatchTarget
from kiosk.widgets.connection_badge import ConnectionBadge
from kiosk.widgets.filter_chip import FilterChip
from kiosk.widgets.focus_order import stops
from kiosk.widgets.key_pad import Key
from kiosk.widgets.kpi_tile import KpiTile
from kiosk.widgets.offline_strip import OfflineStrip
from kiosk.widgets.sheet import Sheet
from kiosk.widgets.wave_header import WaveHeader
from tests import shots
from tests.support.scene import open_scene

STORY = shots.night()
ACTORS = (shots.COOK, "s-joko", shots.NUTRITIONIST)
SMALL, LARGE = (1280, 720), (1920, 1080)
# Every pair of two of language, size and glove is among them.
LOOKS: tuple[tuple[Language, tuple[int, int], bool], ...] = (
    ("id", SMALL, True),
    ("en", SMALL, False),
    ("id", LARGE, False),
    ("en", LARGE, True),
)
BAR_MM, TARGET_MM, PIN_MM = 8.0, 15.0, 20.0
NOT_CRITICAL = (FilterChip, Face, ConnectionBadge, WaveHeader, KpiTile, OfflineStrip)
"""Heads and counts: 12 mm by the table of targets of the design, or wide lines of a dense desk."""
ROUNDING_PX = 1
ROLES = (
    QAccessible.Role.Button,
    QAccessible.Role.CheckBox,
    QAccessible.Role.RadioButton,
    QAccessible.Role.ListItem,
    QAccessible.Role.PageTab,
)


class Written(NamedTuple):
    """One text as it was painted."""

    place: str
    text: str
    fault: str


class Walk:
    """What was found while the pages went by."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.place = ""
        self.looking = False
        self.faults: dict[tuple[str, str], Written] = {}
        self.unfit: set[str] = set()

    def ends_in_a_name(self, text: str, fault: str) -> bool:
        """Whether only names were cut, at the end of a line; what stands before them is all there."""
        before, _, last = text.rpartition(" · ")
        return fault.startswith(f"cut to {before} · ") and all(
            each in self.names for each in last.split(", ")
        )

    def note(self, text: str, fault: str) -> None:
        self.faults.setdefault((text, fault), Written(self.place, text, fault))


def names_of(plan: Plan) -> frozenset[str]:
    """Names of dishes, people and schools: they may be cut, since they are told whole elsewhere."""
    people = {each.name for each in plan.staff}
    first = {name.split()[0] for name in people}
    return frozenset({plan.name, *people, *first, *(batch.name for batch in plan.batches)})


def fault_of(painter: QPainter, rect: QRectF, text: str, ink: paint.Ink, lines: int) -> str:
    """What is wrong with a text at its place; empty: it is all there."""
    if rect.width() <= 0:
        return "no room"
    shown = paint.wrap(text, ink.px, ink.weight, int(rect.width()), lines)
    if any(line.endswith(paint.ELLIPSIS) for line in shown) and not text.endswith(paint.ELLIPSIS):
        return f"cut to {' / '.join(shown)}"
    device = painter.device()
    if isinstance(device, QWidget) and not isinstance(device.parent(), QAbstractScrollArea):
        high = len(shown) * paint.line_height(ink.px)
        middle = rect.center().y()
        room = device.height() + ROUNDING_PX * 2
        cap = ink.px * 0.73 * 0.5 + (len(shown) - 1) * paint.line_height(ink.px) / 2
        if middle - cap < -ROUNDING_PX or middle + cap > room:
            return f"{high} px high at {middle:.0f} in {device.height()}"
        if rect.left() < -ROUNDING_PX or rect.left() > device.width():
            return f"begins at {rect.left():.0f} of {device.width()}"
    return ""


@pytest.fixture
def walk(monkeypatch: pytest.MonkeyPatch) -> Walk:
    made = Walk(names_of(STORY.plan))
    real = paint.write

    def write(
        painter: QPainter,
        rect: QRectF,
        text: str,
        ink: paint.Ink,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        max_lines: int = 1,
    ) -> float:
        if text and made.looking and text not in made.names:
            fault = fault_of(painter, rect, text, ink, max_lines)
            if fault and not made.ends_in_a_name(text, fault):
                made.note(text, fault)
        return real(painter, rect, text, ink, align, max_lines)

    monkeypatch.setattr(paint, "write", write)

    async def look_at(app: App, _folder: Path, name: str) -> None:
        made.place = name
        await asyncio.sleep(0.01)
        QApplication.sendPostedEvents()
        made.looking = True
        app.window.grab()
        made.looking = False
        made.unfit |= {f"{name}: {each}" for each in (*unfit(app), *out_of_order(app))}

    async def no_charts(_app: App) -> None:
        """The texts around them do not wait for them."""

    monkeypatch.setattr(shots, "shoot", look_at)
    monkeypatch.setattr(shots, "charts_are_there", no_charts)
    return made


def controls(root: QWidget) -> list[QWidget]:
    """What a finger can press now."""
    return [
        each
        for each in root.findChildren(QWidget)
        if isinstance(each, (QAbstractButton, BatchTarget)) and each.isVisible()
    ]


def unfit(app: App) -> Iterator[str]:
    """Controls without a name or too small for a finger, and parts that lie over an edge."""
    theme = app.theme
    for control in controls(app.window):
        name = control.objectName()
        if not name:
            yield f"{type(control).__name__} has no object name"
        if not control.accessibleName():
            yield f"{name} has no accessible name"
        if (role := role_of(control)) not in ROLES:
            yield f"{name} is told as {role}"
        high = theme.mm(least_mm(control)) - ROUNDING_PX
        # Gloves make rows higher; how many stand beside each other is the page's matter.
        wide = replace(theme.metrics, glove=False).mm(least_mm(control)) - ROUNDING_PX
        if control.width() < wide or control.height() < high:
            yield f"{name} is {control.width()} × {control.height()}, needs {wide} × {high}"
        if (edge := over_the_edge(control)) is not None:
            yield f"{name} lies over the edge of {edge}"


def role_of(control: QWidget) -> QAccessible.Role:
    """What a screen reader calls it."""
    return QAccessible.queryAccessibleInterface(control).role()


def out_of_order(app: App) -> Iterator[str]:
    """Steps of Tab that do not go on as one reads: down a column, along a row, to a column at the right."""
    window = app.window
    sheets = [each for each in window.findChildren(Sheet) if each.isVisible()]
    inside = sheets[-1] if sheets else window.shown_page
    before: QWidget | None = None
    for stop in stops(inside):
        if before is not None and not goes_on(*boxes(before, stop, window)):
            yield f"Tab goes back from {before.objectName()} to {stop.objectName()}"
        before = stop


def boxes(before: QWidget, after: QWidget, window: QWidget) -> tuple[QRect, QRect]:
    """Where both stand; of two lists one may be scrolled: then only what is seen of it counts."""
    places = [QRect(each.mapTo(window, QPoint(0, 0)), each.size()) for each in (before, after)]
    if area_of(before) is area_of(after):
        return places[0], places[1]
    first, second = (
        seen(place, area_of(each), window)
        for place, each in zip(places, (before, after), strict=True)
    )
    return first, second


def area_of(part: QWidget) -> QAbstractScrollArea | None:
    above = part.parentWidget()
    while above is not None and not isinstance(above, QAbstractScrollArea):
        above = above.parentWidget()
    return above


def seen(place: QRect, area: QAbstractScrollArea | None, window: QWidget) -> QRect:
    if area is None:
        return place
    port = area.viewport()
    shown = QRect(port.mapTo(window, QPoint(0, 0)), port.size())
    if not shown.intersects(place):
        place.moveTop(min(max(place.top(), shown.top()), shown.bottom() - 1))
    return shown.intersected(place)


def goes_on(before: QRect, after: QRect) -> bool:
    below = after.center().y() > before.bottom()
    same_row = after.top() <= before.center().y() <= after.bottom() or (
        before.top() <= after.center().y() <= before.bottom()
    )
    inside = before.contains(after)
    return (
        below
        or inside
        or after.left() >= before.right()
        or (same_row and after.left() > before.left())
    )


def least_mm(control: QWidget) -> float:
    # The desk is for a mouse as well, and what stands in the head starts nothing.
    if isinstance(control, NOT_CRITICAL) or control.objectName().startswith(
        ("top.", "summary.", "fleet.")
    ):
        return BAR_MM
    return PIN_MM if isinstance(control, Key) else TARGET_MM


def over_the_edge(part: QWidget) -> str | None:
    """The parent that does not hold all of it; what is scrolled may lie anywhere."""
    above, area = part.parentWidget(), QRect(part.rect())
    where = part
    while above is not None:
        if isinstance(above.parentWidget(), QAbstractScrollArea):
            return None
        area = area.translated(where.pos())
        if not above.rect().adjusted(-1, -1, 1, 1).contains(area):
            return above.objectName() or type(above).__name__
        where, above = above, above.parentWidget()
    return None


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("language", "size", "glove"), LOOKS)
async def test_no_text_clips_and_every_control_fits(
    qapp: QApplication,
    tmp_path: Path,
    walk: Walk,
    language: Language,
    size: tuple[int, int],
    glove: bool,
) -> None:
    look = Look(language=language, size=size, glove=glove, dpi=shots.DPI[size])
    app = open_scene(tmp_path, qapp, STORY, shots.NOW, look=look, actors=ACTORS)
    try:
        await shots.pages(app, STORY, tmp_path)
    finally:
        app.close()
    await shots.quiet(qapp, tmp_path, tmp_path, look)
    told = {f"{place}: {text!r}: {fault}" for place, text, fault in walk.faults.values()}
    found = sorted(told | walk.unfit)
    assert not found, "\n".join(["", *found])
