"""Widgets of a list by the keys of their looks: kept while the lines are the same ones; it paints nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from PySide6.QtWidgets import QBoxLayout, QGridLayout, QWidget

from kiosk.widgets.base import empty_layout

Look = TypeVar("Look")
Shown_contra = TypeVar("Shown_contra", contravariant=True)


class Shows(Protocol[Shown_contra]):
    """A widget that shows a look."""

    def set_look(self, look: Shown_contra, /) -> None:
        """Show this one."""


class Keyed(Generic[Look]):
    """One list or grid. A line that stays keeps its widget, so nothing moves under a finger."""

    def __init__(
        self,
        layout: QBoxLayout | QGridLayout,
        make: Callable[[Look], Shows[Look]],
        shape: Callable[[Look], object],
        *,
        columns: int = 1,
    ) -> None:
        """`make` makes the widget of a look; it serves all looks of the same `shape`, which is the key."""
        self._layout, self._columns = layout, columns
        self._make, self._shape = make, shape
        self._made: dict[object, Shows[Look]] = {}

    def set_looks(self, looks: Sequence[Look]) -> None:
        """Show these lines, in this order."""
        shapes = [self._shape(look) for look in looks]
        if shapes != list(self._made):
            empty_layout(self._layout)
            self._made = {
                shape: self._make(look) for shape, look in zip(shapes, looks, strict=True)
            }
            for place, widget in enumerate(self._made.values()):
                self._add(place, widget)
        for widget, look in zip(self._made.values(), looks, strict=True):
            widget.set_look(look)

    def _add(self, place: int, widget: Shows[Look]) -> None:
        if not isinstance(widget, QWidget):
            raise TypeError(f"{widget!r} cannot be laid out")
        if isinstance(self._layout, QGridLayout):
            self._layout.addWidget(widget, place // self._columns, place % self._columns)
        else:
            self._layout.addWidget(widget)
