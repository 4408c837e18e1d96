"""`dapur-crew`: a kiosk without a window, worked by the demo's people until their night is done."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from dapur import resources
from dapur.ids import StaffId
from kiosk.crew.crew import SPEED, Crew, NobodyCame
from kiosk.headless import Headless, NotEnrolled, identify, open_vault
from kiosk.link.errors import EnrolRefused
from kiosk.local.errors import LocalError
from kiosk.local.lock import AlreadyRunning, FolderLock
from kiosk.settings import BadSettings, Settings, add_options, from_options

PINS = "demo/pins.json"
EXIT_USAGE = 2
EXIT_FAILED = 1
MAX_SPEED = 100_000.0

_log = logging.getLogger(__name__)


def read_pins(path: Path | None) -> Mapping[StaffId, str]:
    """PINs by person from a JSON object, by default the demo's. Raises BadSettings."""
    try:
        text = resources.read_bytes(PINS) if path is None else path.read_bytes()
        return msgspec.json.decode(text, type=dict[StaffId, str])
    except (OSError, msgspec.MsgspecError) as error:
        raise BadSettings(f"{path or PINS}: {error}") from error


async def run(settings: Settings, pins: Mapping[StaffId, str], *, speed: float, seed: int) -> int:
    """Be the kiosk until the night is done or somebody ends the process."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    vault = open_vault(settings)
    kiosk = Headless(settings, await identify(settings, vault), vault)
    crew = asyncio.create_task(Crew(kiosk, pins, speed=speed, seed=seed).work(), name="crew")
    crew.add_done_callback(lambda _: stop.set())
    code = await kiosk.run(stop)
    crew.cancel()
    try:
        await crew
    except asyncio.CancelledError:
        return code
    except NobodyCame as error:
        _log.error("%s", error)
        return EXIT_FAILED
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; gives its exit code."""
    parser = argparse.ArgumentParser("dapur-crew", description=__doc__)
    add_options(parser, os.environ)
    parser.add_argument("--speed", type=float, default=SPEED, help="how much faster than life (60)")
    parser.add_argument("--seed", type=int, default=1, help="another number, another night")
    parser.add_argument(
        "--pins", type=Path, help='JSON object {"staff-id": "123456"} (the demo\'s)'
    )
    options = parser.parse_args(arguments)
    if not 0 < options.speed <= MAX_SPEED:
        parser.error(f"--speed must be above 0 and at most {MAX_SPEED:g}")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = from_options(options)
        pins = read_pins(options.pins)
        with FolderLock(settings.data):
            return asyncio.run(run(settings, pins, speed=options.speed, seed=options.seed))
    except (BadSettings, AlreadyRunning, NotEnrolled) as error:
        print(f"dapur-crew: {error}", file=sys.stderr)
        return EXIT_USAGE
    except (EnrolRefused, LocalError, OSError) as error:
        print(f"dapur-crew: {error}", file=sys.stderr)
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
