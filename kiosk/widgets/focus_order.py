"""Where Tab goes: by the order of the layouts, which is that in which one reads, not by Qt's chain of making."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLayout, QScrollArea, QStackedWidget, QWidget


def stops(inside: QWidget) -> list[QWidget]:
    """Where Tab stops within a widget.

    Qt's own chain is the order of making: what was made late (a list that changed, a chart) comes
    last there, wherever it stands.
    """
    return [each for each in _walk(inside) if _is_stop(each)]


def go_on(inside: QWidget, here: QWidget | None, *, forward: bool, by_keys: bool) -> bool:
    """Give the focus to the stop after or before `here`, round and round; False when there is none.

    Qt asks also when the part that had it was closed or hidden: then nothing may scroll.
    """
    found = stops(inside)
    if not found:
        return False
    at = found.index(here) if here in found else -1 if forward else 0
    stop = found[(at + (1 if forward else -1)) % len(found)]
    stop.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    if by_keys:
        _bring_into_view(stop)
    return True


def _bring_into_view(part: QWidget) -> None:
    above = part.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(part)
        above = above.parentWidget()


def _is_stop(part: QWidget) -> bool:
    takes = bool(part.focusPolicy() & Qt.FocusPolicy.TabFocus) and part.focusProxy() is None
    return takes and part.isEnabled() and part.isVisible()


def _walk(part: QWidget) -> Iterator[QWidget]:
    yield part
    if isinstance(part, QScrollArea):
        inner = part.widget()
        yield from _walk(inner) if inner is not None else ()
        return
    if isinstance(part, QStackedWidget):
        shown = part.currentWidget()
        yield from _walk(shown) if shown is not None else ()
        return
    seen: set[QWidget] = set()
    layout = part.layout()
    for child in _of_layout(layout) if layout is not None else ():
        seen.add(child)
        yield from _walk(child)
    # What is laid out by hand, or lies over the rest.
    for child_ in part.children():
        if isinstance(child_, QWidget) and child_ not in seen and not child_.isWindow():
            yield from _walk(child_)


def _of_layout(layout: QLayout) -> Iterator[QWidget]:
    places = list(range(layout.count()))
    if isinstance(layout, QGridLayout):
        # A grid is read by rows, whatever was put in first.
        places.sort(key=lambda place: layout.getItemPosition(place)[:2])  # type: ignore[index]
    for place in places:
        item = layout.itemAt(place)
        widget, inner = (item.widget(), item.layout()) if item is not None else (None, None)
        if widget is not None:
            yield widget
        elif inner is not None:
            yield from _of_layout(inner)
