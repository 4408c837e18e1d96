"""The operator's command about roles of PostgreSQL: gives the servers' role what it needs, no more."""

from __future__ import annotations

import argparse

from server.cli.context import rooms
from server.cli.output import EXIT_OK, Problem, say
from server.log.roles import NotBound, grant, grants
from server.settings import Settings

MAKE = "CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '…'"


def database_grant(settings: Settings, options: argparse.Namespace) -> int:
    """Give a role the rights of a server; as the owner of the tables, after every upgrade."""
    role: str = options.role
    if settings.database_file is not None:
        raise Problem("SQLite knows no roles: who can read its file reads all of it")
    if options.print:
        for statement in grants(role, options.schema):
            say(f"{statement};")
        return EXIT_OK
    with rooms(settings) as opened:
        try:
            grant(opened.engine, role)
        except LookupError as error:
            raise Problem(f"{error}: {MAKE.format(role=role)}") from error
        except NotBound as error:
            raise Problem(f"nothing was given: {error}") from error
    say(f"{role}: may serve, and is held to the kitchens that it names")
    return EXIT_OK
