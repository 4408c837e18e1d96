"""Memory that the server frees is the system's again."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from pathlib import Path

def resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4

if sys.argv[1] == "told":
    from server import memory
    assert memory.give_back()
huge = bytearray(24 * 1024 * 1024)
del huge  # From now on glibc, left alone, takes blocks up to this size from its heap.
blocks = [bytearray(b"x" * 256 * 1024) for _ in range(200)]
full = resident_kib()
del blocks[:-1:2]  # Every second one: what stays pins a heap.
print(full - resident_kib())
"""


def _given_back_kib(how: str) -> int:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True
    )
    return int(ran.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's own allocator")
def test_server_gives_large_blocks_back_although_others_around_them_stay() -> None:
    assert _given_back_kib("told") > 100 * 256 * 0.9
    assert _given_back_kib("left alone") < 100 * 256 * 0.5
