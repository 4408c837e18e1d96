"""The papers tell the truth: every file they name is there, every verb they name exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAPERS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "DECISIONS.md")
_PATH = re.compile(r"`((?:dapur|server|kiosk|resources|tests|docs|packaging)/[\w./*-]*)`")


def _named(text: str) -> set[str]:
    """Paths in backquotes; in the map's second column a bare `name.py` belongs to the folder before it."""
    found = set(_PATH.findall(text))
    for line in text.splitlines():
        folder = ""
        for each in re.findall(r"`([\w./*-]+)`", line):
            if "/" in each:
                folder = each.rsplit("/", 1)[0]
            elif each.endswith(".py") and folder:
                found.add(f"{folder}/{each}")
    return found


@pytest.mark.parametrize("paper", PAPERS)
def test_every_path_that_a_paper_names_is_there(paper: str) -> None:
    text = (ROOT / paper).read_text(encoding="utf-8")
    missing = [path for path in sorted(_named(text)) if not list(ROOT.glob(path.rstrip("/")))]
    assert not missing


def test_every_verb_that_the_papers_name_is_known_to_make_help() -> None:
    told = subprocess.run(
        [sys.executable, "dev.py", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for paper in PAPERS:
        # A verb stands in backquotes or opens a line of code; elsewhere "make" is an English word.
        verbs = re.findall(
            r"(?:`|^ {4})make ([a-z]+)", (ROOT / paper).read_text(encoding="utf-8"), re.MULTILINE
        )
        for verb in verbs:
            assert re.search(rf"\b{verb}\b", told), f"{paper}: make {verb}"
