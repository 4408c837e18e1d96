"""What the import contracts cannot say: doors to libraries, parts of Qt, calls."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("dapur", "server", "kiosk")
    for path in sorted((ROOT / package).rglob("*.py"))
}

# A library (or a part of one) and the only rooms that may import it.
DOORS = {
    "sqlalchemy": ["server.log", "server.identity", "server.history"],
    "alembic": ["server.log"],
    "psycopg": ["server.log"],
    "redis": ["server.bus"],
    "pyqtgraph": ["kiosk.charts"],
    "keyring": ["kiosk.vault"],
    "qasync": ["kiosk.loop", "kiosk.app", "kiosk.__main__", "kiosk.crew"],
    "PySide6": [
        *("kiosk.screens", "kiosk.widgets", "kiosk.charts", "kiosk.theme", "kiosk.views"),
        *("kiosk.loop", "kiosk.qt_base", "kiosk.tidy", "kiosk.app", "kiosk.__main__"),
    ],
}
# A view model is text, numbers and signals: it must run without a screen.
QT_FOR_VIEWS = {"PySide6.QtCore", "PySide6.QtGui"}
# A nested event loop loses the wake-ups of asyncio tasks: use open() and the `finished` signal.
NESTED_LOOPS = {"exec", "exec_", "processEvents", "waitForReadyRead", "waitForFinished"}
NESTED_LOOP_QUESTIONS = {"information", "question", "warning", "critical", "getText", "getItem"}
# Time comes into the core as an argument.
CLOCKS = {"now", "utcnow", "today"}


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every imported module with its line; `from a import b` counts as `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports name their package in full"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _calls(path: Path) -> Iterator[tuple[int, str, str]]:
    """Every call of a method: its line, what it is called on (if that is a name), its name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            yield node.lineno, owner.id if isinstance(owner, ast.Name) else "", node.func.attr


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


@pytest.mark.parametrize("library", DOORS)
def test_library_is_imported_only_through_its_door(library: str) -> None:
    strangers = [
        f"{path}:{line} imports {imported}"
        for module, path in SOURCES.items()
        if not any(_within(module, door) for door in DOORS[library])
        for line, imported in _imports(path)
        if _within(imported, library)
    ]
    assert not strangers


def test_views_import_no_widgets() -> None:
    strangers = [
        f"{path}:{line} imports {imported}"
        for module, path in SOURCES.items()
        if _within(module, "kiosk.views")
        for line, imported in _imports(path)
        if _within(imported, "PySide6")
        and not any(_within(imported, part) for part in QT_FOR_VIEWS)
    ]
    assert not strangers


def test_kiosk_opens_no_nested_event_loop() -> None:
    found = [
        f"{path}:{line} calls {owner}.{name}"
        for module, path in SOURCES.items()
        if _within(module, "kiosk")
        for line, owner, name in _calls(path)
        if name in NESTED_LOOPS
        or (name in NESTED_LOOP_QUESTIONS and owner in {"QMessageBox", "QInputDialog"})
    ]
    assert not found


def test_core_asks_no_clock() -> None:
    found = [
        f"{path}:{line} calls {owner}.{name}"
        for module, path in SOURCES.items()
        if _within(module, "dapur")
        for line, owner, name in _calls(path)
        if name in CLOCKS and owner in {"datetime", "date", "dt"}
    ]
    assert not found


@pytest.mark.parametrize("folder", ["packaging", "resources", "tests", "bench"])
def test_folder_is_no_package_that_would_shadow_an_installed_one(folder: str) -> None:
    assert not list((ROOT / folder).rglob("__init__.py"))


def test_every_source_folder_is_a_package() -> None:
    folders = {path.parent for path in SOURCES.values()}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]
