"""Every row of the table of failures has a test that carries its number, or stands here with where it is proved."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = frozenset(range(1, 61))
"""As they are numbered in the table of failures."""
DEFINED = re.compile(r"^(?:async )?def (test_\w+|storm)\(", re.MULTILINE)
NUMBER = re.compile(r"row_(\d\d)")
ELSEWHERE = {
    # Two thousand connections are measured, not tested.
    38: ("bench/server_crowd.py", "storm"),
    # There is no token that could expire: a session is a record in the log, and ends there.
    49: ("tests/kiosk/test_session.py", "test_person_is_out_when_the_session_was_ended_elsewhere"),
    55: (
        "tests/kiosk/link/test_trust.py",
        "test_kiosk_believes_no_other_authority_and_no_other_name",
    ),
    60: ("tests/simulation/test_commit_seeds_a.py", "test_nights_of_this_commit_see_every_fault"),
}


def defined(file: Path) -> set[str]:
    """Names of tests and figures in a file."""
    return set(DEFINED.findall(file.read_text(encoding="utf-8")))


def test_every_row_of_the_table_has_a_test() -> None:
    names = {name for file in (ROOT / "tests").rglob("test_*.py") for name in defined(file)}
    numbered = {int(number) for name in names for number in NUMBER.findall(name)}
    assert numbered <= ROWS, "a row that the table has not"
    assert ROWS - numbered - ELSEWHERE.keys() == set()


def test_what_proves_a_row_elsewhere_is_there() -> None:
    missing = [
        (row, file, name)
        for row, (file, name) in ELSEWHERE.items()
        if name not in defined(ROOT / file)
    ]
    assert not missing
