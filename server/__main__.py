"""The `dapur-server` program: reads what the operator typed and hands it to one command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from server.cli.output import EXIT_BAD, EXIT_OK, EXIT_USAGE, Problem, complain, say
from server.settings import BadSettings, default_data, listen_address, load

if TYPE_CHECKING:
    from server.settings import Settings

VERSION = "0.1.0"
Work = Callable[["Settings", argparse.Namespace], int]


def _command(
    group: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, work: str
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = group.add_parser(name, help=text, description=text)
    made.add_argument("--data", type=Path, default=None, help="the server's data folder")
    made.set_defaults(work=work)
    return made


def _group(
    group: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    return group.add_parser(name, help=text).add_subparsers(required=True, metavar="WHAT")


def parser() -> argparse.ArgumentParser:
    """All commands."""
    top = argparse.ArgumentParser(prog="dapur-server", description="The kitchens' server.")
    verbs = top.add_subparsers(required=True, metavar="COMMAND")
    _command(verbs, "init", "make or upgrade the data folder", "init")
    serve = _command(verbs, "run", "serve until SIGTERM", "run")
    serve.add_argument("--listen", metavar="HOST:PORT", help="where (default 127.0.0.1:8790)")
    serve.add_argument("--ready-file", type=Path, help="written once it listens: url and pid")
    kitchens = _group(verbs, "kitchen", "kitchens")
    add = _command(kitchens, "add", "make or rename a kitchen", "kitchen_add")
    add.add_argument("id")
    add.add_argument("--name", required=True)
    add.add_argument("--zone", choices=("WIB", "WITA", "WIT"), default="WIB")
    _command(kitchens, "list", "all kitchens", "kitchen_list")
    from server.cli import plans

    plan = _group(verbs, "plan", "plans of a night")
    plans.add_options(_command(plan, "import", "take a plan file in", "plan"))
    _staff(_group(verbs, "staff", "people and their PINs"))
    _devices(_group(verbs, "device", "kiosks"))
    for name, text, work in (
        ("verify", "walk the hash chain of every log", "verify_logs"),
        ("rebuild", "make the tables of past nights anew", "rebuild"),
    ):
        _command(verbs, name, text, work).add_argument("--kitchen")
    _command(verbs, "version", "what this is", "version")
    return top


def _staff(group: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _command(group, "list", "who works in a kitchen", "staff_list").add_argument(
        "--kitchen", required=True
    )
    for name, text in (
        ("add", "add or rename a person"),
        ("set-pin", "give a PIN (read from standard input)"),
        ("unlock", "end a lock-out"),
        ("disable", "a person left"),
    ):
        made = _command(group, name, text, f"staff_{name.replace('-', '_')}")
        made.add_argument("id")
        made.add_argument("--kitchen", required=True)
        if name == "add":
            made.add_argument("--name", required=True)


def _devices(group: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    code = _command(group, "code", "a one-time code for one more kiosk", "device_code")
    code.add_argument("--kitchen", required=True)
    code.add_argument("--name", required=True)
    _command(group, "list", "the kiosks of a kitchen", "device_list").add_argument(
        "--kitchen", required=True
    )
    _command(group, "revoke", "shut a kiosk out for good", "device_revoke").add_argument("device")


def _work(name: str) -> Work:
    from server.cli import commands, plans

    if name == "plan":
        return plans.import_plan
    found: Work = getattr(commands, name)
    return found


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 done, 1 it could not be done, 2 it was not understood."""
    options = parser().parse_args(argv)
    if options.work == "version":
        say(VERSION)
        return EXIT_OK
    from server.cli.commands import SAID
    from server.desk.ports import Unavailable
    from server.log.schema import NewerSchema, OlderSchema

    try:
        host, port = (
            listen_address(options.listen) if getattr(options, "listen", None) else (None, None)
        )
        settings = load(options.data or default_data(), host=host, port=port)
    except BadSettings as error:
        complain(str(error))
        return EXIT_USAGE
    try:
        return _work(options.work)(settings, options)
    except OlderSchema as error:
        complain(f"{error}: run `dapur-server init`")
    except (Problem, Unavailable, NewerSchema, *SAID) as error:
        complain(str(error))
    return EXIT_BAD


if __name__ == "__main__":
    sys.exit(main())
