"""The operator's commands but the plan: set up, kitchens, people, devices, proof and repair."""

from __future__ import annotations

import argparse
import getpass
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

from dapur.enrolment import ticket_text
from dapur.ids import DeviceId, KitchenId, StaffId
from dapur.plan import OFFSET_MIN, Zone
from server.cli.certificates import authority_pin, make_authority
from server.cli.context import asking, must_be_made, now_ms, rooms
from server.cli.output import EXIT_BAD, EXIT_OK, Problem, complain, say
from server.history.follower import History
from server.log.schema import upgrade
from server.log.verify import verify
from server.settings import FILE_NAME, Settings
from server.tls.authority import BadCertificate

PRIVATE = 0o600


def init(settings: Settings, options: argparse.Namespace) -> int:
    """Make the data folder and the database, or bring an older one up to date."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if settings.database_file is not None:
            _make_private(settings.database_file)
    except OSError as error:
        raise Problem(str(error)) from error
    if options.host:
        make_authority(settings, options.host)
    upgrade(settings.database_url)
    with rooms(settings) as opened:
        opened.identity.server_key()
    say(f"ready: {settings.data} (settings may stand in {settings.data / FILE_NAME})")
    return EXIT_OK


def _make_private(file: Path) -> None:
    """Only this user reads the database: in it are the server's key and the PINs' hashes, and six
    digits are guessed within hours by who has a hash. SQLite gives its helper files the same mode.
    """
    file.touch(mode=PRIVATE)
    file.chmod(PRIVATE)


def run(settings: Settings, options: argparse.Namespace) -> int:
    """Serve until SIGTERM."""
    from server import app

    must_be_made(settings)
    try:
        return app.run(settings, ready_file=options.ready_file)
    except app.PlainSocket as error:
        how = "dapur-server init --host NAME, or set tls_cert or behind_tls_proxy in"
        raise Problem(f"{error}: {how} {settings.data / FILE_NAME}") from error
    except (OSError, BadCertificate) as error:
        raise Problem(str(error)) from error


# ---- kitchens and people -------------------------------------------------------------------------


def kitchen_add(settings: Settings, options: argparse.Namespace) -> int:
    """Make a kitchen, or rename one."""
    kitchen = KitchenId(options.id)
    offset_min = OFFSET_MIN[Zone(options.zone)]
    with rooms(settings) as opened:
        with asking():
            opened.identity.add_kitchen(kitchen, options.name, utc_offset_min=offset_min)
        opened.log.create_kitchen(kitchen, epoch=uuid.uuid4().hex)
    say(f"{kitchen}: {options.name}")
    return EXIT_OK


def kitchen_list(settings: Settings, _options: argparse.Namespace) -> int:
    """All kitchens with where their logs stand."""
    with rooms(settings) as opened:
        for info in opened.identity.kitchens():
            head = opened.log.head(info.id)
            say(f"{info.id}\t{info.name}\tseq {head.seq if head else 0}")
    return EXIT_OK


def staff_list(settings: Settings, options: argparse.Namespace) -> int:
    """Who works in a kitchen."""
    with rooms(settings) as opened:
        for person in opened.identity.staff(opened.kitchen(options.kitchen)):
            say(f"{person.id}\t{person.name}\t{'PIN' if person.has_pin else 'no PIN'}")
    return EXIT_OK


def staff_add(settings: Settings, options: argparse.Namespace) -> int:
    """Add a person, or rename one; roles come with the plan."""
    with rooms(settings) as opened:
        kitchen = opened.kitchen(options.kitchen)
        with asking():
            opened.identity.add_staff(kitchen, StaffId(options.id), options.name)
    say(f"{options.id}: {options.name}")
    return EXIT_OK


def staff_set_pin(settings: Settings, options: argparse.Namespace) -> int:
    """Give a PIN that is read from standard input, so that it stands in no list of processes."""
    with rooms(settings) as opened:
        kitchen = opened.kitchen(options.kitchen)
        pin = getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline()
        with asking():
            opened.identity.set_pin(kitchen, StaffId(options.id), pin.strip())
    say(f"{options.id}: PIN set")
    return EXIT_OK


def staff_unlock(settings: Settings, options: argparse.Namespace) -> int:
    """End a lock-out."""
    with rooms(settings) as opened:
        kitchen = opened.kitchen(options.kitchen)
        with asking():
            opened.identity.unlock(kitchen, StaffId(options.id))
    say(f"{options.id}: unlocked")
    return EXIT_OK


def staff_disable(settings: Settings, options: argparse.Namespace) -> int:
    """A person left: no PIN is checked any more."""
    with rooms(settings) as opened:
        kitchen = opened.kitchen(options.kitchen)
        with asking():
            opened.identity.remove_staff(kitchen, StaffId(options.id))
    say(f"{options.id}: disabled")
    return EXIT_OK


# ---- kiosks --------------------------------------------------------------------------------------


def device_code(settings: Settings, options: argparse.Namespace) -> int:
    """A one-time code for one more kiosk, with the authority's pin behind it; it is the last line."""
    pin = authority_pin(settings)
    with rooms(settings) as opened:
        kitchen = opened.kitchen(options.kitchen)
        with asking():
            code = opened.identity.new_code(kitchen, options.name, now_ms())
    say(f"good for ten minutes, for {options.name}:")
    say(ticket_text(code, pin))
    return EXIT_OK


def device_list(settings: Settings, options: argparse.Namespace) -> int:
    """The kiosks of a kitchen."""
    with rooms(settings) as opened:
        for device in opened.identity.devices(opened.kitchen(options.kitchen)):
            heard = "never heard" if device.heard_ms is None else f"heard {_when(device.heard_ms)}"
            state = heard if device.revoked_ms is None else f"revoked {_when(device.revoked_ms)}"
            say(f"{device.device}\t{device.name}\tseq {device.got_seq}\t{state}")
    return EXIT_OK


def device_revoke(settings: Settings, options: argparse.Namespace) -> int:
    """Shut a kiosk out for good; a running server closes its socket within seconds."""
    with rooms(settings) as opened, asking():
        opened.identity.revoke(DeviceId(options.device), now_ms())
    say(f"{options.device}: revoked")
    return EXIT_OK


def device_fleet(settings: Settings, options: argparse.Namespace) -> int:
    """Let people with the role OPERATOR see the kiosks of all kitchens at this one, or no longer."""
    with rooms(settings) as opened, asking():
        allowed = not options.off
        opened.identity.show_fleet(DeviceId(options.device), now_ms(), allowed=allowed)
    say(f"{options.device}: {'shows' if allowed else 'no longer shows'} the fleet to operators")
    return EXIT_OK


def _when(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


# ---- proof and repair ----------------------------------------------------------------------------


def verify_logs(settings: Settings, options: argparse.Namespace) -> int:
    """Walk the hash chain of every kitchen; 1 when one is broken."""
    wanted = [KitchenId(options.kitchen)] if options.kitchen else None
    wrong = 0
    with rooms(settings) as opened:
        for finding in verify(opened.engine, wanted):
            counted = f"{finding.events} events, {finding.receipts} receipts"
            if finding.wrong:
                wrong += 1
                complain(f"{finding.kitchen}: {finding.wrong} (after {counted})")
            else:
                say(f"{finding.kitchen}: {counted}, sound")
    return EXIT_BAD if wrong else EXIT_OK


def rebuild(settings: Settings, options: argparse.Namespace) -> int:
    """Make the tables of past nights anew from the log."""
    with rooms(settings) as opened:
        history = History(opened.engine, opened.log)
        wanted = [KitchenId(options.kitchen)] if options.kitchen else opened.log.kitchens()
        for kitchen in wanted:
            try:
                say(f"{kitchen}: {history.rebuild(kitchen)} events")
            except LookupError as error:
                raise Problem(str(error)) from error
    return EXIT_OK
