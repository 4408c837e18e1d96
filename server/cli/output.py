"""How the operator's commands speak: results on standard output, problems on standard error."""

from __future__ import annotations

import sys

EXIT_OK, EXIT_BAD, EXIT_USAGE = 0, 1, 2


class Problem(Exception):
    """Something the operator must put right; `str()` says what and where."""


def say(text: str) -> None:
    """A line of the result."""
    sys.stdout.write(f"{text}\n")


def complain(text: str) -> None:
    """A line about what went wrong."""
    sys.stderr.write(f"{text}\n")
