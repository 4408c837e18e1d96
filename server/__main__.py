"""The `dapur-server` program: reads what the operator typed and hands it to one command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from server.cli.options import VERSION, parser
from server.cli.output import EXIT_BAD, EXIT_OK, EXIT_USAGE, Problem, complain, say
from server.settings import BadSettings, Settings, default_data, listen_address, load

Work = Callable[[Settings, argparse.Namespace], int]


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 done, 1 it could not be done, 2 it was not understood."""
    options = parser().parse_args(argv)
    if options.work == "version":
        say(VERSION)
        return EXIT_OK
    try:
        settings = _settings(options)
    except BadSettings as error:
        complain(str(error))
        return EXIT_USAGE
    return _done(options, settings)


def _settings(options: argparse.Namespace) -> Settings:
    listen = getattr(options, "listen", None)
    host, port = listen_address(listen) if listen else (None, None)
    return load(options.data or default_data(), host=host, port=port)


def _done(options: argparse.Namespace, settings: Settings) -> int:
    # Here and not above: `--help` and a typing error need no database library.
    from server.cli import certificates, commands, forgetting, keeping, plans, recovering, roles
    from server.desk.ports import Unavailable
    from server.log.engine import NotAllowed
    from server.log.schema import NewerSchema, OlderSchema

    rooms = (certificates, commands, forgetting, keeping, plans, recovering, roles)
    work: Work = next(getattr(room, options.work) for room in rooms if hasattr(room, options.work))
    try:
        return work(settings, options)
    except OlderSchema as error:
        complain(f"{error} (dapur-server init --data {settings.data})")
    except NotAllowed as error:
        complain(f"{error}: who may do what is told in docs/operations.md, The roles of PostgreSQL")
    except (Problem, Unavailable, NewerSchema) as error:
        complain(str(error))
    return EXIT_BAD


if __name__ == "__main__":
    sys.exit(main())
