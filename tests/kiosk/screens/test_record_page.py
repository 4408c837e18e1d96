"""The record page while paper is made: a tap waits for no printer, and a second one is answered."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Event, get_ident

import pytest
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QApplication

from kiosk.app import Look
from kiosk.screens import record
from kiosk.views.floor import Message
from kiosk.widgets.action_button import ActionButton
from tests.support.scene import Story, demo_plan, open_scene


async def test_page_prints_beside_the_loop_and_answers_a_second_tap_when_busy(
    tmp_path: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, threads = Event(), list[int]()
    told, printed = list[str](), asyncio.Event()

    def slow(_printer: QPrinter, _html: str) -> str:
        threads.append(get_ident())
        may_end.wait(20)
        return "Pencetak dapur"

    def hear(message: Message) -> None:
        told.append(message.key)
        if message.key == "record.printed":
            printed.set()

    monkeypatch.setattr(record, "find_printer", QPrinter)
    monkeypatch.setattr(record, "print_out", slow)
    app = open_scene(tmp_path, qapp, Story(demo_plan()), "04:00", look=Look(), actors=("s-sari",))
    try:
        app.floor.told.connect(hear)
        app.window.show_page("record", "")
        button = app.window.findChild(ActionButton, "record.print")
        assert isinstance(button, ActionButton)
        button.tapped.emit("print")
        button.tapped.emit("print")
        assert told == ["record.busy"]
        may_end.set()
        async with asyncio.timeout(10):
            await printed.wait()
        assert len(threads) == 1
        assert threads[0] != get_ident()
    finally:
        may_end.set()
        app.close()
        app.kiosk.store.close()
        await asyncio.sleep(0)
