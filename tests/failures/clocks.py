"""Wrong clocks for real processes: libfaketime moves the time of day that a process reads, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

LIBRARY = "libfaketime.so.1"
MISSING = f"{LIBRARY} is missing: apt-get install -y libfaketime"


def find_faketime() -> Path:
    """Where the library is; AssertionError says how to get it."""
    found = sorted(Path("/usr/lib").glob(f"**/{LIBRARY}"))
    assert found, MISSING
    return found[0]


class Clock:
    """The time of day of one process or of more; may be set at any time, as by a hand at the machine."""

    def __init__(self, folder: Path) -> None:
        """`folder` keeps what the processes read the time from."""
        self._file = folder / "faketime"
        self.set("+0")

    def set(self, words: str) -> None:
        """As `faketime` reads it: `+1d`, `-365d`, `@1970-01-02 00:00:00`."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(words + "\n", encoding="ascii")
        fresh.replace(self._file)

    @property
    def environment(self) -> Mapping[str, str]:
        """For a process that shall go by this clock; its steady clocks stay true."""
        return {
            "LD_PRELOAD": str(find_faketime()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }
