"""What every test shares: async tests run on the loop the kiosk runs on, and an unexpected warning fails."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_SCALE_FACTOR", "1")

import pytest

_failures: list[str] = []
STOOD_STILL = "the loop stood still for"
"""Said by server and kiosk of a machine that gave them no time: here it may be the machine's fault alone."""
_WHOLE_EVERY = 50
_tests_run = 0

# A widget that an earlier test left must not be destroyed in the middle of a later one's paint event, nor
# in a thread: as in the kiosk (kiosk/tidy.py), garbage is collected where nothing runs, between tests.
gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish() -> None:
    """Take away what the test left."""
    global _tests_run  # noqa: PLW0603 - one count for the process
    _tests_run += 1
    gc.collect(2 if _tests_run % _WHOLE_EVERY == 0 else 1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that may take longest come first: begun last, one of them would run beside an idle worker."""
    longest: dict[Path, float] = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        limit_s = float(mark.args[0]) if mark is not None and mark.args else 0.0
        longest[item.path] = max(longest.get(item.path, 0.0), limit_s)
    items.sort(key=lambda item: -longest[item.path])


def _on_loop_exception(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    _failures.append(f"{context.get('message')}: {context.get('exception')!r}")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine test: on a qasync loop when it uses a window (`qapp`), else on a plain one."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in wanted}
    if "qapp" in pyfuncitem.fixturenames:
        from PySide6.QtWidgets import QApplication

        import qasync  # isort: skip

        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setQuitOnLastWindowClosed(False)
        runner = asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app))
    else:
        runner = asyncio.Runner()
    _failures.clear()
    with runner:
        runner.get_loop().set_exception_handler(_on_loop_exception)
        runner.run(pyfuncitem.obj(**arguments))
    assert not _failures, _failures
    return True


@pytest.fixture(autouse=True)
def no_unexpected_warning(
    caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> Iterator[None]:
    """A warning or error of ours that the test did not announce (`expected_log`) fails it."""
    marker = request.node.get_closest_marker("expected_log")
    expected: tuple[str, ...] = (*(marker.args if marker else ()), STOOD_STILL)
    yield
    ours = ("dapur", "server", "kiosk", "asyncio", "qasync")
    surprises = [
        f"{record.name}: {record.getMessage()}"
        for phase in ("setup", "call")
        for record in caplog.get_records(phase)
        if record.levelno >= logging.WARNING
        and record.name.split(".")[0] in ours
        and not any(text in record.getMessage() for text in expected)
    ]
    assert not surprises, surprises
