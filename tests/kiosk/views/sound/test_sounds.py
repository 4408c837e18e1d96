"""Sounds by a player that is a fake, and by real child processes: one at a time, the worst first, never in the way."""

from __future__ import annotations

import asyncio
import itertools
import runpy
import struct
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from dapur.resources import path
from kiosk.views.sound.kinds import Kind, file_of
from kiosk.views.sound.player import (
    Ended,
    Player,
    ProcessPlayer,
    WindowsPlayer,
    choose,
    command_for,
)
from kiosk.views.sound.sounds import NOTED, Sounds

LARGEST_BYTES = 60_000
PATIENCE_S = 10.0


class Notes:
    """A store's notes."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def note(self, **values: str) -> None:
        self.kept |= values

    def noted(self, key: str) -> str:
        return self.kept.get(key, "")


class FakePlayer:
    """Plays until the test ends it."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.stops = 0
        self._ended: Ended | None = None

    def play(self, file: str, ended: Ended) -> None:
        assert self._ended is None, "two players at a time"
        self.begun.append(Path(file).stem)
        self._ended = ended

    def stop(self) -> None:
        self.stops += 1

    def end(self, *, played: bool = True) -> None:
        ended, self._ended = self._ended, None
        assert ended is not None
        ended(played)


def sounds_by(player: Player | None, notes: Notes | None = None) -> Sounds:
    return Sounds(notes or Notes(), make_player=lambda _command: player)


async def wait_for(what: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < give_up
        await asyncio.sleep(0.01)


def samples_of(file: Path | str) -> tuple[int, ...]:
    with wave.open(str(file)) as opened:
        count = opened.getnframes()
        return struct.unpack(f"<{count}h", opened.readframes(count))


def is_gone(process: str) -> bool:
    """Where one can look."""
    return not Path(f"/proc/{process}").exists()


def script(folder: Path, text: str) -> list[str]:
    file = folder / "player.py"
    file.write_text(text)
    return [sys.executable, "-S", str(file)]


@pytest.mark.parametrize("kind", Kind)
def test_every_sound_is_a_short_small_mono_file(kind: Kind) -> None:
    assert Path(file_of(kind)).stat().st_size <= LARGEST_BYTES
    with wave.open(file_of(kind)) as file:
        assert (file.getnchannels(), file.getframerate()) == (1, 22_050)
        assert file.getnframes() / file.getframerate() < 1.5


def test_sounds_differ_in_their_rhythm() -> None:
    def rhythm(kind: Kind) -> tuple[int, ...]:
        """Lengths of sound and silence in 20 ms."""
        with wave.open(file_of(kind)) as file:
            raw = file.readframes(file.getnframes())
        step = 2 * 441
        loud = [any(raw[at : at + step]) for at in range(0, len(raw), step)]
        runs = [1]
        for before, now in itertools.pairwise(loud):
            runs = [*runs[:-1], runs[-1] + 1] if before == now else [*runs, 1]
        return tuple(runs)

    assert len({rhythm(kind) for kind in Kind}) == len(Kind)


def test_committed_files_are_what_the_script_makes(tmp_path: Path) -> None:
    made = runpy.run_path(str(path("sounds/make.py")))
    sounds, encode = made["SOUNDS"], made["encode"]
    assert isinstance(sounds, dict)
    assert callable(encode)
    assert set(sounds) == {kind.value for kind in Kind}
    for name, (loudness, tones) in sounds.items():
        encode(tmp_path / f"{name}.wav", loudness, tones)
        made_now, committed = samples_of(tmp_path / f"{name}.wav"), samples_of(file_of(Kind(name)))
        # Another machine's sine may round a sample the other way.
        assert all(abs(one - two) <= 1 for one, two in zip(made_now, committed, strict=True))


def test_worse_sound_cuts_a_lesser_one_off_and_a_lesser_one_waits_for_nothing() -> None:
    player = FakePlayer()
    sounds = sounds_by(player)
    sounds.play(Kind.HOLD)
    sounds.play(Kind.CRITICAL)
    sounds.play(Kind.LATE)
    assert (player.begun, player.stops) == (["hold"], 1)
    player.end(played=False)
    assert player.begun == ["hold", "critical"]
    player.end()
    assert (sounds.playing, sounds.problem) == (None, "")
    assert player.begun == ["hold", "critical"]


def test_nothing_is_heard_when_sounds_are_off_but_the_test_of_them_is() -> None:
    player, notes = FakePlayer(), Notes()
    sounds = sounds_by(player, notes)
    sounds.set_enabled(False)
    sounds.play(Kind.CRITICAL)
    assert not player.begun
    assert notes.kept[NOTED] == "no"
    assert not sounds_by(player, notes).enabled
    sounds.test()
    assert player.begun == ["critical"]


def test_kiosk_without_a_player_says_so_and_goes_on() -> None:
    sounds = sounds_by(None)
    sounds.play(Kind.CRITICAL)
    assert (sounds.problem, sounds.playing) == ("none", None)


def test_player_that_fails_is_told_until_one_works() -> None:
    player = FakePlayer()
    sounds = sounds_by(player)
    sounds.play(Kind.LATE)
    player.end(played=False)
    assert sounds.problem == "failed"
    sounds.play(Kind.LATE)
    player.end()
    assert sounds.problem == ""


def test_silence_is_no_fault_of_the_player() -> None:
    player = FakePlayer()
    sounds = sounds_by(player)
    sounds.play(Kind.CRITICAL)
    sounds.silence()
    player.end(played=False)
    assert sounds.problem == ""


@pytest.mark.parametrize(
    ("platform", "there", "kind"),
    [
        ("linux", {"aplay", "paplay"}, ProcessPlayer),
        ("linux", set(), type(None)),
        ("darwin", {"afplay"}, ProcessPlayer),
        ("win32", set(), WindowsPlayer),
    ],
)
def test_player_is_what_the_system_has(
    qapp: QApplication, platform: str, there: set[str], kind: type
) -> None:
    assert qapp is not None
    found = choose(platform=platform, which=lambda name: name if name in there else None)
    assert isinstance(found, kind)


def test_administrator_says_where_the_file_stands() -> None:
    assert command_for("a.wav", ["play", "-q"]) == ["play", "-q", "a.wav"]
    assert command_for("a.wav", ["play", "{file}", "gain"]) == ["play", "a.wav", "gain"]
    assert choose("unclosed 'quote") is None


async def test_real_player_gets_the_file(tmp_path: Path, qapp: QApplication) -> None:
    assert qapp is not None
    heard = tmp_path / "heard"
    player = ProcessPlayer(
        script(tmp_path, f"import sys; open({str(heard)!r}, 'a').write(sys.argv[1])")
    )
    ends: list[bool] = []
    player.play(file_of(Kind.LATE), ends.append)
    await wait_for(lambda: bool(ends))
    assert ends == [True]
    assert heard.read_text() == file_of(Kind.LATE)


async def test_player_that_hangs_is_killed_and_the_next_sound_is_heard(
    tmp_path: Path, qapp: QApplication
) -> None:
    assert qapp is not None
    alive = tmp_path / "alive"
    hanging = f"import os, time; open({str(alive)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    player = ProcessPlayer(script(tmp_path, hanging))
    player.set_limit(60_000)
    sounds = sounds_by(player)
    sounds.play(Kind.LATE)
    began = time.monotonic()
    await wait_for(lambda: alive.exists() and bool(alive.read_text()))
    assert sounds.playing is Kind.LATE
    first = alive.read_text()
    sounds.play(Kind.CRITICAL)
    await wait_for(lambda: sounds.playing is Kind.CRITICAL)
    await wait_for(lambda: alive.read_text() not in ("", first))
    assert is_gone(first)
    assert time.monotonic() - began < PATIENCE_S, "killed, not waited for"
    sounds.silence()
    await wait_for(lambda: sounds.playing is None)
    player.set_limit(1)
    sounds.play(Kind.LATE)
    await wait_for(lambda: sounds.playing is None)
    assert sounds.problem == "failed"


async def test_player_that_is_not_there_is_told(qapp: QApplication) -> None:
    assert qapp is not None
    ends: list[bool] = []
    player = ProcessPlayer(["/nowhere/no-such-player"])
    player.play("a.wav", ends.append)
    await wait_for(lambda: ends == [False])
