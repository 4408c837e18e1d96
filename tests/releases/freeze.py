"""Keeps a release for all later tests: its programs, and what they write; it looks at nothing.

`python -m tests.releases.freeze 0.3.0 [COMMIT]`, once for a release; what is kept is never made anew.
"""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from server.log.engine import open_engine, reading
from tests.failures.cable import Cable
from tests.failures.frames import RawFrame
from tests.failures.kiosk_process import PIN, ROOT, KioskProcess
from tests.failures.kitchen import KITCHEN, OTHER_KITCHEN, OTHER_STAFF, PEOPLE, WITH_PIN
from tests.releases.release import CONFIRMED, HERE, RECORD, SAID, SOURCE, Said
from tests.support.server_process import PLAN, ServerProcess, server_cli
from tests.support.waiting import until

PARTS = ("dapur", "server", "kiosk", "resources/demo")
NO_WINDOW = ("views", "screens", "widgets", "charts", "theme", "record")
"""Rooms of the kiosk that the one without a window does not enter; they are most of its bytes."""
DRIVER = tuple(f"tests/failures/{name}.py" for name in ("kiosk_program", "work", "disk_trace"))
"""By which a test works a kiosk; a release that had none gets that of today."""
ONLINE_TAPS, OFFLINE_TAPS = 60, 300
"""Enough for most kinds; fewer than the burst after which a device is told that it is too fast."""


def main(arguments: Sequence[str]) -> int:
    """Freeze one release; the exit code."""
    if not arguments or len(arguments) > 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    name, commit = arguments[0], _commit((*arguments, "HEAD")[1])
    folder = HERE / name
    folder.mkdir()
    with tempfile.TemporaryDirectory(prefix="dapur-freeze-") as room:
        program, record = Path(room, "program"), Path(room, "record")
        _pack(folder / SOURCE, _export(commit, program), program)
        record.mkdir()
        said = asyncio.run(_recorded(program, record, commit))
        _pack(folder / RECORD, sorted(_kept(record)), record)
    (folder / SAID).write_bytes(msgspec.json.format(msgspec.json.encode(said), indent=1) + b"\n")
    sizes = {file.name: file.stat().st_size for file in sorted(folder.iterdir())}
    sys.stdout.write(f"{name}: {sizes}\n")
    return 0


# ---- its programs --------------------------------------------------------------------------------


def _commit(name: str) -> str:
    words = ("git", "rev-parse", "--verify", f"{name}^{{commit}}")
    return subprocess.run(
        words, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def _export(commit: str, into: Path) -> list[Path]:
    """Write the release's programs into a folder; the files."""
    words = ("git", "archive", "--format=tar", commit)
    packed = subprocess.run(words, cwd=ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        wanted = [m for m in archive.getmembers() if m.isfile() and _wanted(m.name)]
        archive.extractall(into, wanted, filter="data")
    for name in DRIVER:
        if not (file := into / name).exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes((ROOT / name).read_bytes())
    return sorted(file for file in into.rglob("*") if file.is_file())


def _wanted(name: str) -> bool:
    path = PurePosixPath(name)
    if path.parts[:1] == ("kiosk",) and path.parts[1:2] and path.parts[1] in NO_WINDOW:
        return False
    return name in DRIVER or any(path.is_relative_to(part) for part in PARTS)


def _pack(target: Path, files: Sequence[Path], root: Path) -> None:
    """The same files make the same bytes."""
    with tarfile.open(target, "w:xz", preset=9) as archive:
        for file in files:
            entry = tarfile.TarInfo(str(file.relative_to(root)))
            entry.size = file.stat().st_size
            entry.mode = 0o600 if "secrets" in file.parts else 0o644
            with file.open("rb") as content:
                archive.addfile(entry, content)


# ---- what they write -----------------------------------------------------------------------------


async def _recorded(program: Path, record: Path, commit: str) -> Said:
    """Work a server and two kiosks of the release; `k2` ends with a full outbox."""
    plan = PLAN.read_text(encoding="utf-8")
    (record / "plan.json").write_text(plan, encoding="utf-8")
    (record / "pins.json").write_text(json.dumps(dict.fromkeys(WITH_PIN, PIN)), encoding="utf-8")
    server = ServerProcess(record / "server", root=program)
    server.prepare(record / "plan.json")
    other = record / "other.json"
    other.write_text(
        plan.replace(KITCHEN, OTHER_KITCHEN).replace('"s-', f'"{OTHER_STAFF}'), encoding="utf-8"
    )
    words = ("plan", "import", str(other), "--data", str(server.data), "--local-time", "00:20")
    server_cli(*words, root=program)
    server.start()
    kiosks = [KioskProcess(record / name, name, root=program) for name in ("k1", "k2")]
    cable = Cable(server.port)
    try:
        with (record / "frames.jsonl").open("w", encoding="utf-8") as paper:
            _listen(cable, paper)
            await cable.start()
            await _work(server, kiosks, cable)
        said = [await kiosk.status() for kiosk in kiosks]
        taps = [tap for kiosk in kiosks for tap in kiosk.confirmed]
        (record / CONFIRMED).write_bytes(msgspec.json.encode(taps))
    finally:
        for kiosk in kiosks:
            await kiosk.stop()
        await cable.close()
        server.stop()
    return Said(
        commit=commit,
        schema=_number(program / "server/log/schema.py", "SCHEMA"),
        state_version=_number(program / "dapur/kitchen.py", "STATE_VERSION"),
        heads=_heads(server.data / "server.db"),
        unsent={kiosk.name: told["unsent"] for kiosk, told in zip(kiosks, said, strict=True)},
    )


async def _work(server: ServerProcess, kiosks: list[KioskProcess], cable: Cable) -> None:
    for kiosk in kiosks:
        await kiosk.open(cable.url, code=server.code(KITCHEN, kiosk.name))
        await kiosk.online()
        await kiosk.sign_in(*PEOPLE)
        await kiosk.ask("work", seed=1, pin=PIN, taps=ONLINE_TAPS, within_s=120)
        await kiosk.sent()
    # A second hello: a kiosk that comes back.
    before = len(kiosks[1].seen)
    cable.cut()
    await until(lambda: len(kiosks[1].seen) > before)
    for kiosk in kiosks:
        await kiosk.online()
    cable.pull()
    await kiosks[1].ask("work", seed=2, pin=PIN, taps=OFFLINE_TAPS, within_s=300)


def _listen(cable: Cable, paper: io.TextIOBase) -> None:
    def heard(way: str, frame: RawFrame) -> list[bytes]:
        if frame.opcode == 1:
            paper.write(json.dumps([way, frame.payload.decode()]) + "\n")
        return [frame.raw]

    cable.up.edit = lambda frame: heard("up", frame)
    cable.down.edit = lambda frame: heard("down", frame)


def _number(file: Path, name: str) -> int:
    lines = file.read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(f"{name} = ")).rpartition(" ")[2])


def _heads(file: Path) -> dict[str, tuple[int, str]]:
    engine = open_engine(f"sqlite:///{file}")
    try:
        with reading(engine) as connection:
            query = "SELECT kitchen, seq, hash FROM tenant_head ORDER BY kitchen"
            rows = connection.exec_driver_sql(query).all()
    finally:
        engine.dispose()
    return {kitchen: (seq, bytes(hash_).hex()) for kitchen, seq, hash_ in rows}


def _kept(record: Path) -> Iterator[Path]:
    for file in record.rglob("*"):
        if file.is_file() and file.suffix not in {".log", ".lock"} and file.name != "ready.json":
            yield file


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
