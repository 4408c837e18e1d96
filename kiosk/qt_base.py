"""Imports PySide6 without what only its error texts and its tools need; the rest of Qt comes by plain imports.

PySide6 compiles six modules about the signatures of its functions from text at every start, with
their patterns: 50 ms for what a program without mistakes never asks. They stand ready by name and load
themselves when something in them is first used: for the text of a TypeError, or for `inspect`.
"""

from __future__ import annotations

import builtins
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from threading import RLock
from types import ModuleType
from typing import Any

from kiosk.theme.marks import override

_SIGNATURE = "shibokensupport.signature"
_LATER = frozenset(
    f"{_SIGNATURE}.{name}"
    for name in (
        "errorhandler",
        "layout",
        "lib.enum_sig",
        "lib.pyi_generator",
        "lib.tool",
        "parser",
    )
)
_lock = RLock()


class Later(ModuleType):
    """A module that is read when something in it is first asked for."""

    def __init__(self, name: str, loader: Loader) -> None:
        super().__init__(name)
        self.__spec__ = ModuleSpec(name, loader)
        self.unread: Loader | None = loader

    @override
    def __getattr__(self, name: str) -> object:
        with _lock:
            if loader := self.__dict__.pop("unread", None):
                # PySide6 has renamed what it put into its own package; its loader wants the first name.
                renamed, self.__spec__ = self.__spec__, ModuleSpec(self.__name__, loader)
                loader.exec_module(self)
                self.__spec__ = renamed
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None


def import_qt_base() -> None:
    """`import PySide6`, once; and take its hook out of `import` again.

    The hook reads the source of every module in search of a switch (`from __feature__ import`) that is
    used nowhere here; the reading cost a start 60 ms.
    """
    plain = builtins.__import__
    builtins.__import__ = _with_later(plain)
    try:
        import PySide6  # noqa: F401
    finally:
        builtins.__import__ = plain


def _with_later(plain: Callable[..., Any]) -> Callable[..., Any]:
    """`import`, but what may wait is only put in its place."""

    def import_(
        name: str,
        globals_: Any = None,
        locals_: Any = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        found = plain(name, globals_, locals_, (), level) if fromlist else None
        if found is not None and name.startswith(_SIGNATURE):
            for each in fromlist or ():
                _put(f"{name}.{each}")
        return plain(name, globals_, locals_, fromlist, level)

    return import_


def _put(name: str) -> None:
    if name not in _LATER or name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.loader is not None:
        sys.modules[name] = module = Later(name, spec.loader)
        package, _, last = name.rpartition(".")
        setattr(sys.modules[package], last, module)
