"""The operator's commands about how kiosks know the server: an authority, its certificates, its succession."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from dapur.enrolment import grouped
from server.cli.context import Rooms, rooms
from server.cli.output import EXIT_OK, Problem, say
from server.settings import FILE_NAME, BadSettings, Settings, add_to_file
from server.tls import authority
from server.tls.authority import BadCertificate, Pair
from server.tls.folder import ANNOUNCED, FOLDER, SERVER, TlsFolder
from server.tls.live import pin_of

HEARD_AFTER = timedelta(hours=2)
"""A kiosk asks at each arrival and every hour; one that is heard so long after has asked."""
_SETTINGS = {"tls_cert": f"{FOLDER}/{SERVER}", "tls_authority": f"{FOLDER}/{ANNOUNCED}"}


def make_authority(settings: Settings, hosts: Sequence[str]) -> None:
    """Part of `init`: an authority of one's own, and a certificate for these hosts in the settings.

    Raises Problem when the server has a certificate already.
    """
    folder = TlsFolder(settings.data)
    if folder.made or settings.tls_cert is not None:
        raise Problem("there is a certificate already (dapur-server certificate show)")
    with _acting():
        folder.make(hosts, _now())
        add_to_file(settings.data, _SETTINGS)
    say(f"a certificate for {', '.join(folder.hosts())}, good until {_end(folder)}")
    say(f"the authority's key is in {folder.path}: keep it as private as the database")


def authority_pin(settings: Settings) -> str:
    """What stands behind an enrolment code; empty when kiosks know the server otherwise. Raises Problem."""
    with _acting():
        return pin_of(settings.tls_authority)


def certificate_show(settings: Settings, _options: argparse.Namespace) -> int:
    """Names, end, pins, and which kiosks have not heard of the next authority."""
    folder = _made(settings)
    with _acting():
        say(f"for {', '.join(folder.hosts())}, good until {_end(folder)}")
        for at, each in enumerate(folder.announced()):
            word = "authority" if at == 0 else "also trusted"
            end = f"{authority.expires(each):%Y-%m-%d}"
            say(f"{word}: {grouped(authority.pin(each))}, until {end}")
        if folder.has_next:
            _tell_deaf(settings, folder)
    return EXIT_OK


def certificate_renew(settings: Settings, options: argparse.Namespace) -> int:
    """A fresh certificate of the present authority; running servers take it within a minute."""
    folder = _made(settings)
    if not folder.has_authority:
        raise Problem("this certificate was made elsewhere: renew it there, then `certificate use`")
    with _acting():
        folder.renew(_now(), options.host or ())
    say(f"a certificate for {', '.join(folder.hosts())}, good until {_end(folder)}")
    return EXIT_OK


def certificate_use(settings: Settings, options: argparse.Namespace) -> int:
    """Take a certificate that was made elsewhere into the settings."""
    folder = TlsFolder(settings.data)
    with _acting():
        given = Pair(options.cert.read_bytes(), options.key.read_bytes())
        roots = options.authority.read_bytes() if options.authority else b""
        is_new = not folder.made
        folder.take(given, roots, _now())
        wanted = _SETTINGS if roots else {"tls_cert": _SETTINGS["tls_cert"]}
        if is_new:
            add_to_file(settings.data, wanted)
    say(f"a certificate for {', '.join(folder.hosts())}, good until {_end(folder)}")
    if not is_new:
        say(f"start the servers anew; {settings.data / FILE_NAME} must have: {_listed(wanted)}")
    return EXIT_OK


def certificate_announce(settings: Settings, _options: argparse.Namespace) -> int:
    """Make the next authority; kiosks learn it over the line they trust."""
    folder = _own(settings)
    if folder.has_next:
        raise Problem("the next authority is announced already (dapur-server certificate show)")
    with _acting():
        folder.announce(_now())
    say("kiosks learn of the next authority when they are online, at the latest within an hour;")
    say("then: dapur-server certificate rollover")
    return EXIT_OK


def certificate_rollover(settings: Settings, options: argparse.Namespace) -> int:
    """Go over to the announced authority, when every kiosk in use has heard of it."""
    folder = _own(settings)
    if not folder.has_next:
        raise Problem("no next authority is announced (dapur-server certificate announce)")
    with _acting():
        if _tell_deaf(settings, folder) and not options.now:
            raise Problem("nothing was changed: these kiosks would need a visit (or --now)")
        folder.rollover(_now())
    say(f"a certificate for {', '.join(folder.hosts())}, good until {_end(folder)}")
    say("servers on other machines need the same files before: dapur-server certificate forget")
    return EXIT_OK


def certificate_forget(settings: Settings, _options: argparse.Namespace) -> int:
    """Kiosks are told of the present authority alone: after a rollover, or to give one up."""
    folder = _own(settings)
    with _acting():
        folder.forget()
    say("kiosks trust the present authority alone from now on")
    return EXIT_OK


# ---- inside --------------------------------------------------------------------------------------


@contextmanager
def _acting() -> Iterator[None]:
    try:
        yield
    except (OSError, BadCertificate, BadSettings, ValueError) as error:
        raise Problem(str(error)) from error


def _made(settings: Settings) -> TlsFolder:
    folder = TlsFolder(settings.data)
    if not folder.made:
        raise Problem(f"no certificate in {folder.path}: init --host NAME, or certificate use")
    return folder


def _own(settings: Settings) -> TlsFolder:
    folder = _made(settings)
    if not folder.has_authority:
        raise Problem("this server has no authority of its own")
    return folder


def _tell_deaf(settings: Settings, folder: TlsFolder) -> int:
    """Say which kiosks in use were not heard long enough after the announcement; how many."""
    since_ms = int((folder.announced_at() + HEARD_AFTER).timestamp() * 1000)
    with rooms(settings) as opened:
        deaf = list(_deaf(opened, since_ms))
    for line in deaf:
        say(f"has not heard of the next authority yet: {line}")
    return len(deaf)


def _deaf(opened: Rooms, since_ms: int) -> Iterator[str]:
    for kitchen in opened.identity.kitchens():
        for each in opened.identity.devices(kitchen.id):
            if each.revoked_ms is None and (each.heard_ms or 0) < since_ms:
                yield f"{kitchen.id}\t{each.device}\t{each.name}"


def _end(folder: TlsFolder) -> str:
    return f"{authority.expires(folder.chain()):%Y-%m-%d}"


def _listed(values: dict[str, str]) -> str:
    return ", ".join(f'{key} = "{text}"' for key, text in values.items())


def _now() -> datetime:
    return datetime.now(UTC)
