"""Log lines: one JSON object each, with ids and without a way to forge one."""

from __future__ import annotations

import json
import logging

import pytest

from server import logs


def _line(message: str, **extra: str) -> dict[str, str]:
    record = logging.LogRecord("server.desk", logging.INFO, "", 0, message, None, None)
    for name, value in extra.items():
        setattr(record, name, value)
    found = json.loads(logs.JsonFormatter().format(record))
    assert isinstance(found, dict)
    return found


def test_line_names_command_device_and_kitchen_when_the_desk_says_them() -> None:
    line = _line("refused", command="c-1", device="d-1", kitchen="k-1")
    assert (line["command"], line["device"], line["kitchen"]) == ("c-1", "d-1", "k-1")
    assert line["level"] == "info"


def test_line_takes_the_connection_in_hand_when_nothing_is_said() -> None:
    token = logs.connection.set("c-9")
    try:
        assert _line("hello")["connection"] == "c-9"
    finally:
        logs.connection.reset(token)
    assert "connection" not in _line("hello")


@pytest.mark.parametrize("nasty", ["a\nb", 'a"}\r\n{"level":"error"', "\x1b[31m", "x" * 10_000])
def test_no_text_can_forge_a_line_or_fill_the_disk(nasty: str) -> None:
    record = logging.LogRecord("server", logging.INFO, "", 0, "%s", (nasty,), None)
    text = logs.JsonFormatter().format(record)
    assert "\n" not in text
    assert "\r" not in text
    assert "\x1b" not in text
    assert len(text) < logs.MESSAGE_MAX + 500
