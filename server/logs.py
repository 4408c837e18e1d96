"""Turns log records into one JSON object a line; it carries ids, never a PIN, a token or a tap's content."""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, TextIO

from typing_extensions import override

connection: Final[ContextVar[str]] = ContextVar("connection", default="")
device: Final[ContextVar[str]] = ContextVar("device", default="")
kitchen: Final[ContextVar[str]] = ContextVar("kitchen", default="")

_nothing: Final[ContextVar[str]] = ContextVar("nothing", default="")
_CONTEXT: Final = {
    "connection": connection,
    "device": device,
    "kitchen": kitchen,
    # A connection carries many commands: their lines name them.
    "command": _nothing,
}
MESSAGE_MAX = 4_000
"""A stranger's words in a message must not fill the disk."""


class JsonFormatter(logging.Formatter):
    """`json.dumps` escapes control characters, so that no text can forge a line."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """One line without a line break."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "room": record.name,
            "message": record.getMessage()[:MESSAGE_MAX],
        }
        for name, var in _CONTEXT.items():
            # Said with the line (the writer's thread serves many), else of the connection in hand.
            if value := getattr(record, name, "") or var.get():
                line[name] = value
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def set_up(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send everything to `stream` (standard error when None)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # The library's own lines say no more than ours and repeat a stranger's bytes.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
