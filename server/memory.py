"""How the C library keeps freed memory: it is told to give it back; this changes nothing else of the process."""

from __future__ import annotations

import ctypes
import sys

LARGE_BYTES = 128 * 1024
"""Blocks from this size on are the system's again as soon as they are freed."""
ARENAS = 2
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
"""Names of `mallopt(3)` in glibc's malloc.h."""


def give_back() -> bool:
    """Set glibc's allocator for a server that lives for months; False where there is no glibc.

    By itself it makes an arena for each thread and lets large blocks (a folded night as text) grow
    the heap for good once one was freed: a server with one busy kitchen held 104 MB and not 66, and
    took 29 MB more in a minute of 70 taps a second and not 10.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    wishes = {
        _ARENA_MAX: ARENAS,
        _MMAP_THRESHOLD: LARGE_BYTES,
        _TRIM_THRESHOLD: LARGE_BYTES,
    }
    return all(mallopt(name, value) == 1 for name, value in wishes.items())
