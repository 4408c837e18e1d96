"""Plays one WAV file by a program of the system, beside the loop; which sound and when is not its matter."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import QObject, QProcess, QTimer

LONGEST_MS = 4_000
"""Our longest sound takes 1.2 s; a player that takes longer hangs and is killed."""
FILE = "{file}"
"""Where an administrator's command wants the file; without it the file comes last."""
_PLAYERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "linux": (("pw-play",), ("paplay",), ("aplay", "-q")),
    "darwin": (("afplay",),),
}

Ended = Callable[[bool], None]
"""Called once, later: whether the file was played to its end."""


class Player(Protocol):
    """What can play a file."""

    def play(self, file: str, ended: Ended) -> None:
        """Begin; never called while one is playing."""
        ...

    def stop(self) -> None:
        """End it soon; `ended` is still called."""
        ...


def command_for(file: str, command: Sequence[str]) -> list[str]:
    """Program and arguments that play this file."""
    if FILE in command:
        return [file if part == FILE else part for part in command]
    return [*command, file]


def choose(
    command: str = "",
    *,
    platform: str = sys.platform,
    which: Callable[[str], str | None] = shutil.which,
    parent: QObject | None = None,
) -> Player | None:
    """The administrator's command, else what the system has; None: this kiosk is mute."""
    if command:
        try:
            typed = shlex.split(command)
        except ValueError:
            return None
        return ProcessPlayer(typed, parent) if typed else None
    if platform == "win32":
        return WindowsPlayer(parent)
    for words in _PLAYERS.get("linux" if platform.startswith("linux") else platform, ()):
        if which(words[0]):
            return ProcessPlayer(words, parent)
    return None


class ProcessPlayer(QObject):
    """A child process for each sound; one that is missing, fails or hangs is told by `ended(False)`."""

    def __init__(self, command: Sequence[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = tuple(command)
        self._process: QProcess | None = None
        self._ended: Ended | None = None
        self._limit = QTimer(self)
        self._limit.setObjectName("player limit")
        self._limit.setSingleShot(True)
        self._limit.setInterval(LONGEST_MS)
        self._limit.timeout.connect(self.stop)

    def set_limit(self, limit_ms: int) -> None:
        """After how long a player hangs."""
        self._limit.setInterval(limit_ms)

    def play(self, file: str, ended: Ended) -> None:
        """Start the program."""
        program, *arguments = command_for(file, self._command)
        process = QProcess(self)
        # Nobody reads what it says; a full pipe would hold it up for ever.
        process.setStandardOutputFile(QProcess.nullDevice())
        process.setStandardErrorFile(QProcess.nullDevice())
        process.setStandardInputFile(QProcess.nullDevice())
        process.finished.connect(self._on_process_finished)
        process.errorOccurred.connect(self._on_process_error)
        self._process, self._ended = process, ended
        self._limit.start()
        process.start(program, arguments)

    def stop(self) -> None:
        """Kill it: a player has nothing to save."""
        if self._process is not None:
            self._process.kill()

    def _on_process_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._over(played=code == 0 and status is QProcess.ExitStatus.NormalExit)

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        # Of the errors only this one is not followed by `finished`.
        if error is QProcess.ProcessError.FailedToStart:
            self._over(played=False)

    def _over(self, *, played: bool) -> None:
        process, self._process = self._process, None
        ended, self._ended = self._ended, None
        self._limit.stop()
        if process is not None:
            process.deleteLater()
        if ended is not None:
            ended(played)


class WindowsPlayer(QObject):
    """The system plays it by itself; it tells no end, so a timer does."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ended: Ended | None = None
        self._played = True
        self._end = QTimer(self)
        self._end.setObjectName("player end")
        self._end.setSingleShot(True)
        self._end.timeout.connect(self._on_end_timeout)

    def play(self, file: str, ended: Ended) -> None:
        """Begin; the system refuses when there is no sound device."""
        self._ended = ended
        self._played = _windows_play(file)
        self._end.start(LONGEST_MS // 3 if self._played else 0)

    def stop(self) -> None:
        """The next sound cuts it off by itself."""
        if self._ended is not None:
            self._end.start(0)

    def _on_end_timeout(self) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(self._played)


def _windows_play(file: str) -> bool:
    if sys.platform == "win32":
        import winsound

        try:
            winsound.PlaySound(file, winsound.SND_FILENAME | winsound.SND_ASYNC)
        except RuntimeError:
            return False
    return sys.platform == "win32"
