#!/usr/bin/env python3
"""The project's one tool: it sets up .venv, then runs, tests and checks the product.

Standard library only, and never the product: everything that it starts is a process of its own.
"""

from __future__ import annotations

import sys

# Before the imports below, some of which an older Python lacks.
if sys.version_info < (3, 11):  # noqa: UP036 - this file meets Pythons that pip would refuse
    sys.exit(
        f"Dapur needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable})."
    )

import argparse
import contextlib
import ctypes
import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import tomllib
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
EXE = ".exe" if os.name == "nt" else ""
PYTHON = BIN / f"python{EXE}"
PYPROJECT = ROOT / "pyproject.toml"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / ".dapur-ready"
DATA = ROOT / ".dapur"
SHOTS = ROOT / ".shots"
# With .venv active this file runs on .venv's own Python, which has no pip; the one below it has.
BASE_PYTHON = str(getattr(sys, "_base_executable", None) or sys.executable)


class Stop(Exception):
    """Something the person at the keyboard must do first; the text says what."""


def say(text: str) -> None:
    """Print at once, so that our lines and those of a child stay in order."""
    print(text, flush=True)


def run(command: Sequence[str | Path], **options: Any) -> int:
    """Run a command in the checkout and give back its exit code."""
    return subprocess.run(
        [str(part) for part in command], check=False, **{"cwd": ROOT, **options}
    ).returncode


# ---- system packages

# PySide6 links to these; a bare Debian has none of them.
QT_PACKAGES = [
    "libglib2.0-0",
    "libegl1",
    "libgl1",
    "libxkbcommon0",
    "libdbus-1-3",
    "libfontconfig1",
]
# A window under X11 loads these too.
X11_PACKAGES = [
    *("libxcb-cursor0", "libxcb-icccm4", "libxcb-image0", "libxcb-keysyms1", "libxcb-randr0"),
    *("libxcb-render-util0", "libxcb-shape0", "libxcb-xkb1", "libxkbcommon-x11-0", "libx11-xcb1"),
]
APT_INSTALL = "apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120"


def missing_packages(wanted: Sequence[str]) -> list[str]:
    """Which Debian packages are not installed; newer releases call some of them `…t64`."""
    names = [name + tail for name in wanted for tail in ("", "t64")]
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names],
        capture_output=True,
        text=True,
        check=False,  # it fails when one name is unknown, and most …t64 names are
    )
    present = {
        line.split()[0].removesuffix("t64")
        for line in answer.stdout.splitlines()
        if line.endswith(" installed")
    }
    return [name for name in wanted if name not in present]


def install_packages(packages: Sequence[str], why: str) -> None:
    """Install Debian packages if this user may; else stop with the exact line to run."""
    line = f"{APT_INSTALL} {' '.join(packages)}"
    if os.geteuid() == 0:
        prefix = []
    elif shutil.which("sudo") and run(["sudo", "-n", "true"], stderr=subprocess.DEVNULL) == 0:
        prefix = ["sudo", "-n"]
    else:
        raise Stop(
            f"{why} needs system packages. Run this once, then try again:\n\n    sudo {line}\n"
        )
    say(f"Installing system packages for {why.lower()}: {' '.join(packages)}")
    # `env`, because sudo hands no variables on; no stdin, because nobody may be there to answer.
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive"]
    quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    run([*apt, "apt-get", "update", "-qq"], **quiet)
    if run([*apt, *shlex.split(line), "-qq"], **quiet):
        raise Stop(
            f"Installing failed. Run it by hand to see why:\n\n    apt-get update && {line}\n"
        )


def need_qt_libraries() -> None:
    """Make sure that Qt can be loaded, where we know how to."""
    if shutil.which("dpkg-query") is None:
        return  # not Debian: Qt names the library that it misses
    wanted = QT_PACKAGES + (X11_PACKAGES if os.environ.get("DISPLAY") else [])
    if missing := missing_packages(wanted):
        install_packages(missing, "The Qt window")


POSTGRES_ENV = "DAPUR_TEST_POSTGRES_URL"
POSTGRES_MISSING = f"""\
The tests need a real PostgreSQL and found no initdb. On Debian or Ubuntu:

    sudo {APT_INSTALL} postgresql

Elsewhere put PostgreSQL's bin folder on PATH, or name a running server:
{POSTGRES_ENV}=postgresql://user:word@host/database"""


def find_postgres() -> Path | None:
    """The folder with PostgreSQL's own programs: on PATH, or the newest in Debian's folders."""
    on_path = [Path(found).resolve().parent] if (found := shutil.which("initdb")) else []
    debian = sorted(
        (initdb.parent for initdb in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        key=lambda folder: float(folder.parent.name),
        reverse=True,
    )
    # A wrapper may stand on PATH without the server beside it.
    return next((dir_ for dir_ in [*on_path, *debian] if shutil.which("postgres", path=dir_)), None)


def need_faketime() -> None:
    """Make sure that the tests can set a process's clock, where that can be done at all."""
    if sys.platform.startswith("linux") and not any(Path("/usr/lib").rglob("libfaketime.so.1")):
        if not shutil.which("apt-get"):
            raise Stop("The tests need libfaketime under /usr/lib: install it, then try again.")
        install_packages(["libfaketime"], "Testing with wrong clocks")


def need_postgresql() -> None:
    """Make sure that the tests find PostgreSQL; their Redis server comes with the lock."""
    if os.environ.get(POSTGRES_ENV) or find_postgres():
        return
    if shutil.which("apt-get"):
        install_packages(["postgresql"], "Testing against PostgreSQL")
    if not find_postgres():
        raise Stop(POSTGRES_MISSING)


NODE_FOLDER = ROOT / ".dapur" / "node"
NODE_REDIS = "redis@6.3.1"
"""The client of other people that the bridge's rows speak with; fetched by npm, into no lock of ours."""


def need_foreign_clients() -> None:
    """Make sure that redis-cli and node's redis client are there, where we know how to."""
    if not shutil.which("redis-cli") and shutil.which("apt-get"):
        install_packages(["redis-tools"], "Testing with redis-cli")
    if (NODE_FOLDER / "node_modules" / "redis").is_dir() or not shutil.which("npm"):
        return  # without node the row itself says what is missing
    NODE_FOLDER.mkdir(parents=True, exist_ok=True)
    quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    if run(["npm", "install", *quiet, "--prefix", str(NODE_FOLDER), NODE_REDIS]):
        raise Stop(f"npm could not fetch {NODE_REDIS}: run it by hand in {NODE_FOLDER} to see why.")


# ---- set-up


def fingerprints() -> str:
    """What .venv is made from. Line 1: where, and with which Python; line 2: from which files."""
    # Not the whole of pyproject.toml: a new lint rule installs nothing.
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
    installed = [project["build-system"], project["project"], project["tool"]["hatch"]]
    inputs = hashlib.sha256(json.dumps(installed).encode() + LOCK.read_bytes()).hexdigest()
    return f"{ROOT} {platform.python_implementation()} {platform.python_version()}\n{inputs}\n"


def stamp() -> str:
    """What the present .venv says it was made from; empty when it is missing or half made."""
    try:
        return STAMP.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold the set-up lock: two must not write one .venv. The system drops it with us."""
    with (ROOT / ".venv.lock").open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another set-up of this checkout is running; waiting for it.")
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def pip() -> list[str]:
    """The pip that can install into .venv: this Python's own from outside, or one inside .venv."""
    answer = subprocess.run(
        [BASE_PYTHON, "-m", "pip", "--version"], capture_output=True, text=True, check=False
    )
    version = re.match(r"pip (\d+)\.(\d+)", answer.stdout)
    if version and (int(version[1]), int(version[2])) >= (22, 3):  # the first with --python
        return [BASE_PYTHON, "-m", "pip", "--python", str(PYTHON)]
    inside = [str(PYTHON), "-m", "pip"]
    if run([PYTHON, "-m", "ensurepip"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
        return inside
    raise Stop(
        f"{BASE_PYTHON} has no pip 22.3 or newer and no ensurepip.\n"
        "On Debian or Ubuntu run this, then try again:\n\n"
        "    sudo apt-get install -y python3-pip python3-venv\n\n"
        f"Elsewhere: {BASE_PYTHON} -m ensurepip --upgrade"
    )


def set_up() -> None:
    """Bring .venv in line with pyproject.toml and requirements.lock; usually there is no work."""
    need_qt_libraries()
    if stamp() == fingerprints():
        return
    with alone():
        want, have = fingerprints(), stamp()
        if have == want:
            return  # another set-up finished while this one waited
        started = time.monotonic()
        say("Setting up .venv from requirements.lock (about 300 MB the first time).")
        if have.partition("\n")[0] != want.partition("\n")[0]:
            shutil.rmtree(VENV, ignore_errors=True)
        STAMP.unlink(missing_ok=True)
        # Without pip: a bare Debian has no ensurepip, and the pip outside can install into it.
        if not PYTHON.exists() and run([BASE_PYTHON, "-m", "venv", "--without-pip", VENV]):
            raise Stop(f"Could not make {VENV}.")
        install = [*pip(), "install", "-qq", "--disable-pip-version-check", "--no-input"]
        # --no-compile: Python compiles on first use what is used, which is little of it.
        install += ["--no-compile", "--root-user-action=ignore"]
        if run([*install, "--require-hashes", "--only-binary=:all:", "-r", LOCK]):
            raise Stop("Installing from requirements.lock failed; the lines above say why.")
        # All that the build needs is in .venv by now, so this step needs no network.
        offline = ["--no-index", "--no-deps", "--no-build-isolation"]
        if run([*install, *offline, "--editable", ROOT]):
            raise Stop("Installing the project into .venv failed; the lines above say why.")
        STAMP.write_text(want, encoding="utf-8")
        say(f"Set up in {time.monotonic() - started:.0f} s.")


PR_SET_PDEATHSIG = 1


def die_with_parent(signal_: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` with which a child does not outlive us, however we end. Only Linux can do it.

    The kernel sends the signal when the *thread* that started the child ends. Popen changes the
    user before it calls this; the other way round the kernel would forget the wish.
    """
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork: the child must not load anything

    def after_fork() -> None:
        prctl(PR_SET_PDEATHSIG, signal_)

    return after_fork


PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Make what our children leave behind ours, so that `end_children` finds it. Only Linux can do it."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def children() -> dict[int, str]:
    """Pid and name of every process that is our child (Linux; elsewhere none are told)."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # "pid (name) state ppid …", and a name may hold blanks and brackets.
            head, _, tail = stat.read_text(errors="replace").rpartition(")")
            if int(tail.split()[1]) == os.getpid():
                found[int(stat.parent.name)] = head.partition("(")[2]
    return found


def end_children() -> list[str]:
    """Kill what is left of the processes that we started, and what comes to us by that; their names."""
    names: list[str] = []
    for _ in range(100):
        left = children()
        if not left:
            break
        for pid, name in left.items():
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == 0:
                    names.append(name)
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
    return names


OVERTIME = 124  # as timeout(1) says it


def run_bounded(command: Sequence[str | Path], *, limit_s: float, env: dict[str, str]) -> int:
    """Run a command for at most `limit_s`, and leave no process of it behind; its exit code."""
    adopt_orphans()
    process = subprocess.Popen([str(part) for part in command], cwd=ROOT, env=env)
    try:
        code = process.wait(limit_s)
    except subprocess.TimeoutExpired:
        say(f"Not done after {limit_s:.0f} s: the run is ended.")
        process.send_signal(signal.SIGINT)  # pytest then tells what failed so far
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_WITHIN_S)
        process.kill()
        process.wait()
        code = OVERTIME
    except KeyboardInterrupt:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_WITHIN_S)  # Ctrl-C reached it too
        raise
    finally:
        left = end_children()
    # The few that end by themselves a moment later (a resource tracker) are no fault worth a word.
    if code and left:
        say(f"Left behind and ended: {', '.join(left)}.")
    return code


def offscreen() -> dict[str, str]:
    """The environment for Qt without a screen, the same on every machine."""
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": "1"}


# ---- the demo: one server, kiosks and a crew, each a process of its own

DEMO_PLAN = ROOT / "resources" / "demo" / "night.json"
DEMO_PINS = ROOT / "resources" / "demo" / "pins.json"
DEMO_KITCHEN = "cendana-02"
# The kitchen's clock says this at the start, whatever the hour here: with a crew in the thick of
# the night, without one before the first dish.
CREW_CLOCK = "03:50"
QUIET_CLOCK = "00:20"
MARK = ".dapur-demo"  # only a folder that carries this file is ever emptied
READY_WITHIN_S = 30.0
STOP_WITHIN_S = 5.0
LOOK_EVERY_S = 0.1


class Demo:
    """Starts the processes of `run`, and stops the last started first."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.server_data = data / "server"
        self.processes: list[tuple[str, subprocess.Popen[bytes]]] = []
        self.env = dict(os.environ)
        has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        if (
            sys.platform.startswith("linux")
            and not has_display
            and "QT_QPA_PLATFORM" not in os.environ
        ):
            say("There is no display (no DISPLAY, no WAYLAND_DISPLAY): the kiosk runs offscreen.")
            self.env["QT_QPA_PLATFORM"] = "offscreen"

    def empty(self) -> None:
        """Make the data folder fresh; refuse to empty one that the demo did not make."""
        if self.data.exists() and any(self.data.iterdir()):
            if not (self.data / MARK).exists():
                raise Stop(f"{self.data} holds files of others. Name another folder with --data.")
            shutil.rmtree(self.data)
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / MARK).touch()

    def ask(self, *command: str | Path) -> str:
        """Run one of our commands to its end and give back what it printed."""
        program, *rest = command
        line = [str(BIN / f"{program}{EXE}"), *map(str, rest)]
        answer = subprocess.run(line, env=self.env, stdout=subprocess.PIPE, text=True, check=False)
        if answer.returncode:
            raise Stop(
                f"`{shlex.join(map(str, command))}` failed with exit code {answer.returncode}."
            )
        return answer.stdout.strip()

    def start(self, name: str, *command: str | Path) -> subprocess.Popen[bytes]:
        """Start one of our programs; what it prints goes to a file beside its data."""
        program, *rest = command
        with (self.data / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(BIN / f"{program}{EXE}"), *map(str, rest)],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Out of the terminal's group: Ctrl-C reaches only us, and we stop them in order.
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one thread here
            )
        self.processes.append((name, process))
        return process

    def check_alive(self) -> None:
        """Stop with the end of its log if a program that should run has ended."""
        for name, process in self.processes:
            if process.poll() is not None:
                log = (self.data / f"{name}.log").read_text(encoding="utf-8", errors="replace")
                raise Stop(
                    f"{log[-3000:]}\nThe {name} ended early with exit code {process.returncode}."
                )

    def start_server(self, clock: str) -> str:
        """Start the server on a fresh event log, where it is `clock` now; its address once it listens."""
        data, ready = self.server_data, self.data / "server-ready.json"
        self.ask("dapur-server", "init", "--data", data)
        moved = ["--local-time", clock, "--demo-pins"]
        self.ask("dapur-server", "plan", "import", DEMO_PLAN, "--data", data, *moved)
        self.start(
            "server",
            "dapur-server",
            "run",
            "--data",
            data,
            "--listen",
            "127.0.0.1:0",
            "--ready-file",
            ready,
        )
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            self.check_alive()
            with contextlib.suppress(
                FileNotFoundError, json.JSONDecodeError
            ):  # not there, or half written
                return str(json.loads(ready.read_text(encoding="utf-8"))["url"])
            time.sleep(LOOK_EVERY_S)
        raise Stop(f"The server is not ready after {READY_WITHIN_S:.0f} s; see {self.data}.")

    def enrol(self, name: str) -> list[str | Path]:
        """The options with which a fresh device joins the demo kitchen."""
        code = self.ask(
            *(
                "dapur-server",
                "device",
                "code",
                "--data",
                self.server_data,
                "--kitchen",
                DEMO_KITCHEN,
                "--name",
                name,
            )
        ).splitlines()[-1]
        return ["--data", self.data / name, "--enrol", code]

    def stop(self) -> None:
        """End every process, the last started first: politely, then for good."""
        for _, process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_WITHIN_S)
            if process.poll() is None:
                process.kill()
                process.wait()


def _demo(options: argparse.Namespace) -> int:
    """Run the demo until the first kiosk's window closes; give back that kiosk's exit code."""
    demo = Demo(options.data.resolve())
    demo.empty()
    try:
        url = demo.start_server(CREW_CLOCK if options.crew else QUIET_CLOCK)
        extra: list[str | Path] = []
        if options.seconds is not None:
            extra += ["--quit-after-s", str(options.seconds)]
        if options.shot is not None:
            extra += ["--shot", options.shot.resolve()]
        first = demo.start(
            "kiosk-1", "dapur-kiosk", *demo.enrol("kiosk-1"), "--server", url, *extra
        )
        for number in range(2, options.kiosks + 1):
            name = f"kiosk-{number}"
            demo.start(name, "dapur-kiosk", *demo.enrol(name), "--server", url)
        if options.crew:
            crew = [*demo.enrol("crew"), "--server", url, "--pins", DEMO_PINS]
            demo.start("crew", "dapur-crew", *crew, "--speed", "60")
        say(f"The kitchen is open at {url}; data and logs are in {demo.data}.")
        say("Close the window or press Ctrl-C to stop.")
        while first.poll() is None:
            if demo.processes[0][1].poll() is not None:
                demo.check_alive()
            time.sleep(LOOK_EVERY_S)
        return first.returncode
    finally:
        demo.stop()


# ---- verbs


def do_help(_: list[str]) -> int:
    """Say what there is."""
    say(
        "python3 dev.py VERB [options]     make VERB ARGS='options'     (Windows: py dev.py VERB)\n"
    )
    for name, verb in VERBS.items():
        say(f"  {name:8} {(verb.__doc__ or '').partition(chr(10))[0]}")
    return 0


def do_setup(_: list[str]) -> int:
    """Make .venv and install what is missing; every other verb does this first."""
    set_up()
    return 0


def do_run(args: list[str]) -> int:
    """Open a kiosk on a demo kitchen with a server and a simulated crew (--help: options)."""
    parser = argparse.ArgumentParser("dev.py run", description=do_run.__doc__)
    parser.add_argument(
        "--data",
        type=Path,
        default=DATA,
        help="folder for all data, emptied first (default: .dapur)",
    )
    parser.add_argument("--kiosks", type=int, default=1, help="how many kiosk windows (default: 1)")
    parser.add_argument(
        "--no-crew", dest="crew", action="store_false", help="leave the kitchen to you"
    )
    parser.add_argument("--seconds", type=float, help="close the first kiosk after so many seconds")
    parser.add_argument(
        "--shot", type=Path, help="save a picture of the first kiosk before it closes"
    )
    options = parser.parse_args(args)
    set_up()
    return _demo(options)


TESTS_LIMIT_S = 30 * 60.0
MOST_WORKERS = 6
"""Each has a PostgreSQL and windows of its own."""
"""Twice what the tests may take on two slow cores; a run that hangs must say so and end."""


def do_test(args: list[str]) -> int:
    """Run the tests; options go to pytest (--seeds, --from, --rounds to the simulations)."""
    parser = argparse.ArgumentParser("dev.py test", add_help=False, allow_abbrev=False)
    for name in ("seeds", "from", "rounds"):
        parser.add_argument(f"--{name}")
    options, rest = parser.parse_known_args(args)
    set_up()
    need_postgresql()
    need_faketime()
    env = offscreen() | {
        f"DAPUR_{name.upper()}": value for name, value in vars(options).items() if value
    }
    # The journeys and the rows wait more than they work: one worker more than cores is no crowd.
    workers = str(min(MOST_WORKERS, (os.cpu_count() or 1) + 1))
    # A worker that crashes ends the run as a failure: xdist's loadfile waits for ever for its replacement.
    spread = [
        "-n",
        workers,
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
        "--max-worker-restart=0",
    ]
    command: list[str | Path] = [PYTHON, "-m", "pytest", *spread, *rest]
    return run_bounded(command, limit_s=TESTS_LIMIT_S, env=env)


def do_simulate(args: list[str]) -> int:
    """Run whole kitchens in virtual time with faults (SEEDS=n, FROM=seed); a failure is shrunk."""
    set_up()
    return run([PYTHON, "-m", "tests.simulation.run", *args])


def do_mutants(args: list[str]) -> int:
    """Plant bugs into the product, one by one, and see that the simulation catches each."""
    set_up()
    return run([PYTHON, "-m", "tests.simulation.mutants", *args])


FAILURES_LIMIT_S = 3 * 3600.0


def do_failures(args: list[str]) -> int:
    """Break real processes, disks, clocks and lines, in full length (ROUNDS=n: kill -9 rounds)."""
    parser = argparse.ArgumentParser("dev.py failures", add_help=False, allow_abbrev=False)
    parser.add_argument("--rounds", default="1000")
    options, rest = parser.parse_known_args(args)
    set_up()
    need_postgresql()
    need_faketime()
    need_foreign_clients()
    env = offscreen() | {"DAPUR_FAILURES_FULL": "1", "DAPUR_ROUNDS": options.rounds}
    # One at a time and in order: what breaks the machine's peace must not break another's.
    command: list[str | Path] = [PYTHON, "-m", "pytest", "-p", "no:randomly", "-s"]
    return run_bounded([*command, "tests/failures", *rest], limit_s=FAILURES_LIMIT_S, env=env)


def do_fuzz(args: list[str]) -> int:
    """Feed strange bytes to codec, gateway and files, guided by coverage (--seconds n --target name)."""
    set_up()
    with alone():
        quiet = ["-qq", "--disable-pip-version-check", "--no-input", "--root-user-action=ignore"]
        hashed = ["--require-hashes", "--only-binary=:all:", "-r", "tests/fuzz/requirements.txt"]
        if run([*pip(), "install", *quiet, *hashed]):
            raise Stop("Installing the fuzzer failed; the lines above say why.")
    return run([PYTHON, "-m", "tests.fuzz.guided", *args], env=offscreen())


def do_packaging(args: list[str]) -> int:
    """Look at packaging/ with the tools of its formats: compose, chart, units, dashboard, alert rules."""
    room = ROOT / ".dapur" / "packaging-venv"
    # An environment of its own: the tools are large, and none of them belongs to the product.
    with alone():
        if not (room / BIN.name).exists():
            venv.create(room, with_pip=False)
        python = room / BIN.name / PYTHON.name
        quiet = ["-qq", "--disable-pip-version-check", "--no-input", "--root-user-action=ignore"]
        hashed = [
            "--require-hashes",
            "--only-binary=:all:",
            "-r",
            "tests/packaging/requirements.txt",
        ]
        if run([BASE_PYTHON, "-m", "pip", "--python", python, "install", *quiet, *hashed]):
            raise Stop("Installing the tools failed; the lines above say why.")
    return run([python, "-m", "tests.packaging.check", *args])


def do_bench(args: list[str]) -> int:
    """Measure: one JSON object a line for each figure; options name the figures (--list)."""
    set_up()
    need_postgresql()
    return run([PYTHON, "-m", "bench.run", *args])


def do_arrows(_: list[str]) -> int:
    """Check who imports whom."""
    set_up()
    return run([BIN / f"lint-imports{EXE}"]) or run(
        [PYTHON, "-m", "pytest", "-q", "tests/test_architecture.py"]
    )


def do_check(args: list[str]) -> int:
    """Do all that must pass before a change goes in: format, lint, types, arrows, lock, tests."""
    set_up()
    folders = [
        name
        for name in ("dapur", "server", "kiosk", "tests", "bench", "dev.py")
        if (ROOT / name).exists()
    ]
    steps: dict[str, Callable[[], int]] = {
        "format": lambda: run([BIN / f"ruff{EXE}", "format", "--check", "."]),
        "lint": lambda: run([BIN / f"ruff{EXE}", "check", "."]),
        "types": lambda: run([PYTHON, "-m", "mypy", "--strict", *folders]),
        "arrows": lambda: run([BIN / f"lint-imports{EXE}"]),
        "lock": check_lock,
        "tests": lambda: do_test(args),
    }
    failed = []
    for name, step in steps.items():
        say(f"== {name}")
        if step():
            failed.append(name)
    say(f"Not yet: {', '.join(failed)}." if failed else "All good.")
    return 1 if failed else 0


def do_format(_: list[str]) -> int:
    """Format the code and mend what ruff can mend by itself."""
    set_up()
    return run([BIN / f"ruff{EXE}", "check", "--fix", "."]) | run(
        [BIN / f"ruff{EXE}", "format", "."]
    )


def do_shots(args: list[str]) -> int:
    """Save a picture of every screen; the folder is the first option (default: .shots)."""
    set_up()
    return run([PYTHON, "tests/shots.py", *(args or [str(SHOTS)])], env=offscreen())


def needs() -> str:
    """A short mark of the dependencies in pyproject.toml, kept in the lock's first lines."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    parts = [project[key] for key in ("requires-python", "dependencies", "optional-dependencies")]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def check_lock() -> int:
    """Complain when the dependencies changed and the lock did not."""
    if f"# needs: {needs()}\n" in LOCK.read_text(encoding="utf-8"):
        return 0
    say("requirements.lock does not fit pyproject.toml: run `python3 dev.py lock`.")
    return 1


def do_lock(args: list[str]) -> int:
    """Write requirements.lock anew for all platforms; --upgrade takes newer versions."""
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        venv.create(room / "venv", with_pip=False)
        python = room / "venv" / BIN.name / PYTHON.name
        if run(
            [
                BASE_PYTHON,
                "-m",
                "pip",
                "--python",
                python,
                "install",
                "-q",
                "--disable-pip-version-check",
                "uv",
            ]
        ):
            raise Stop("Could not install uv, which makes the lock.")
        new = room / LOCK.name
        if LOCK.exists():
            shutil.copy(LOCK, new)  # versions stay where they are unless something asks for more
        # No header of uv's own: it would hold this machine's paths.
        compile_ = [
            "pip",
            "compile",
            "--universal",
            "--generate-hashes",
            "--all-extras",
            "--no-header",
            "--quiet",
        ]
        if run(
            [python.with_name(f"uv{EXE}"), *compile_, *args, PYPROJECT.name, "-o", new],
            stdout=subprocess.DEVNULL,
        ):
            raise Stop("Could not resolve the dependencies; the lines above say why.")
        header = (
            "# Every version and hash, for every platform. "
            "Made by `python3 dev.py lock`; do not edit.\n"
            f"# needs: {needs()}\n"
        )
        body = "".join(
            line for line in new.read_text(encoding="utf-8").splitlines(True) if line[0] != "#"
        )
        LOCK.write_text(header + body, encoding="utf-8", newline="\n")
    return 0


def do_clean(args: list[str]) -> int:
    """Remove what was made here: demo data, pictures, caches; with --all also .venv and .bench."""
    caches = [
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".import_linter_cache",
        ".hypothesis",
        "build",
        "dist",
    ]
    doomed = [DATA, SHOTS, *(ROOT / name for name in caches)]
    doomed += [
        cache
        for top in ("dapur", "server", "kiosk", "tests", "bench")
        for cache in (ROOT / top).rglob("__pycache__")
    ]
    if "--all" in args:
        doomed += [VENV, ROOT / ".bench"]
    for path in doomed:
        shutil.rmtree(path, ignore_errors=True)
    return 0


VERBS: dict[str, Callable[[list[str]], int]] = {
    "help": do_help,
    "setup": do_setup,
    "run": do_run,
    "test": do_test,
    "check": do_check,
    "simulate": do_simulate,
    "mutants": do_mutants,
    "failures": do_failures,
    "fuzz": do_fuzz,
    "packaging": do_packaging,
    "bench": do_bench,
    "arrows": do_arrows,
    "format": do_format,
    "shots": do_shots,
    "lock": do_lock,
    "clean": do_clean,
}


def _on_terminate(*_: object) -> None:
    """Leave by the same door as Ctrl-C, so that `finally` blocks run."""
    raise KeyboardInterrupt


def main(argv: list[str]) -> int:
    """Run one verb; give back the exit code."""
    name, args = (argv[0], argv[1:]) if argv else ("help", [])
    verb = do_help if name in ("-h", "--help") else VERBS.get(name)
    if verb is None:
        do_help([])
        say(f"\nThere is no verb {name!r}.")
        return 2
    signal.signal(signal.SIGTERM, _on_terminate)
    # A test run starts hundreds of processes: each would compile the whole product anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        return verb(args)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
