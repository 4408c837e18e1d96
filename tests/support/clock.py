"""A clock that stands still until a test moves it."""

from __future__ import annotations


class FakeClock:
    """Wall and steady clock of a machine in a test; milliseconds."""

    def __init__(self, wall_ms: int = 1_795_000_000_000, mono_ms: int = 5_000_000) -> None:
        self.wall = wall_ms
        self.mono = mono_ms
        self.boot_name = "boot-1"

    def wall_ms(self) -> int:
        return self.wall

    def mono_ms(self) -> int:
        return self.mono

    def boot(self) -> str:
        return self.boot_name

    def pass_ms(self, passed_ms: int) -> None:
        """Time goes by."""
        self.wall += passed_ms
        self.mono += passed_ms

    def set_wall(self, wall_ms: int) -> None:
        """Somebody sets the wall clock."""
        self.wall = wall_ms

    def reboot(self, *, wall_ms: int) -> None:
        """The machine starts again; only the wall clock's battery knows for how long it was off."""
        self.wall = wall_ms
        self.mono = 30_000
        self.boot_name += "+"


class DictMemory:
    """What a store remembers, in memory."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def note(self, **values: str) -> None:
        self.values.update(values)

    def noted(self, key: str) -> str:
        return self.values.get(key, "")
