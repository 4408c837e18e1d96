"""Gets what other people's servers need into a folder of the bench's own; never into the product's .venv."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
SERVERS = ROOT / "bench" / "peer_servers"
ROOM = ROOT / ".bench"
INSTALL_WITHIN_S = 300


class Missing(RuntimeError):
    """It cannot be had here; the text says why, in a few words."""


class Room(msgspec.Struct, frozen=True):
    """A made folder."""

    folder: Path

    @property
    def python(self) -> str:
        """Its own Python."""
        return str(self.folder / "bin" / "python")


def python_room() -> Room:
    """A virtual environment with exactly what the lock names, by hash. Raises Missing."""
    folder, lock = ROOM / "python", SERVERS / "requirements.lock"
    if _fresh(folder, lock):
        return Room(folder)
    shutil.rmtree(folder, ignore_errors=True)
    base = str(getattr(sys, "_base_executable", None) or sys.executable)
    _run([base, "-m", "venv", "--without-pip", str(folder)])
    pip = [base, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "-qq"]
    options = ["--disable-pip-version-check", "--no-input", "--root-user-action=ignore"]
    _run([*pip, *options, "--require-hashes", "--only-binary=:all:", "-r", str(lock)])
    return _made(folder, lock)


def node_room() -> Room:
    """node_modules with exactly what the lock names, by hash. Raises Missing."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise Missing("no node and npm here: apt-get install -y nodejs npm")
    folder, lock = ROOM / "node", SERVERS / "package-lock.json"
    if _fresh(folder, lock):
        return Room(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", lock.name):
        shutil.copy(SERVERS / name, folder / name)
    quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts"]
    _run(["npm", "ci", *quiet, "--prefix", str(folder)])
    return _made(folder, lock)


def _fresh(folder: Path, lock: Path) -> bool:
    stamp = folder / ".made-from"
    return stamp.exists() and stamp.read_text() == _mark(lock)


def _made(folder: Path, lock: Path) -> Room:
    (folder / ".made-from").write_text(_mark(lock))
    return Room(folder)


def _mark(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _run(words: list[str]) -> None:
    try:
        done = subprocess.run(
            words,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_WITHIN_S,
            check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
    except subprocess.TimeoutExpired as error:
        raise Missing(f"{Path(words[0]).name} took more than {INSTALL_WITHIN_S} s") from error
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise Missing(f"it could not be installed: {''.join(last)[:120]}")
