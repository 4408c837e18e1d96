"""What the operator can type: the parser alone, so that `--help` loads no database; it runs nothing."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

VERSION = "0.1.0"
WAIT_S = 120
"""The back-off of a kiosk without a line is 30 s at most; a tail of an hour takes seconds."""
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_Group = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name


def parser() -> argparse.ArgumentParser:
    """All commands. `options.work` is the name of a function in `server.cli.commands`, `plans`,
    `certificates`."""
    top = argparse.ArgumentParser(prog="dapur-server", description="The kitchens' server.")
    verbs = top.add_subparsers(required=True, metavar="COMMAND")
    init = _command(verbs, "init", "make or upgrade the data folder", "init")
    init.add_argument(
        "--host",
        action="append",
        metavar="NAME",
        help="also make an authority and a certificate for this name or address (may be repeated)",
    )
    serve = _command(verbs, "run", "serve until SIGTERM", "run")
    serve.add_argument("--listen", metavar="HOST:PORT", help="where (default 127.0.0.1:8790)")
    serve.add_argument("--ready-file", type=Path, help="written once it listens: url and pid")
    _kitchens(_group(verbs, "kitchen", "kitchens"))
    _plans(_group(verbs, "plan", "plans of a night"))
    _staff(_group(verbs, "staff", "people and their PINs"))
    _devices(_group(verbs, "device", "kiosks"))
    _certificates(_group(verbs, "certificate", "how kiosks know the server"))
    _database(_group(verbs, "database", "roles of PostgreSQL"))
    for name, text, work in (
        ("verify", "walk the hash chain of every log", "verify_logs"),
        ("rebuild", "make the tables of past nights anew", "rebuild"),
    ):
        _command(verbs, name, text, work).add_argument("--kitchen", help="only this one")
    _keeping(verbs)
    _command(verbs, "version", "what this is", "version")
    return top


def _command(
    group: _Group[argparse.ArgumentParser], name: str, text: str, work: str
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = group.add_parser(name, help=text, description=text)
    made.add_argument(
        "--data", type=Path, help="the server's data folder (default: $DAPUR_DATA or the user's)"
    )
    made.set_defaults(work=work)
    return made


def _group(
    group: _Group[argparse.ArgumentParser], name: str, text: str
) -> _Group[argparse.ArgumentParser]:
    return group.add_parser(name, help=text, description=text).add_subparsers(
        required=True, metavar="WHAT"
    )


def _keeping(verbs: _Group[argparse.ArgumentParser]) -> None:
    kept = _command(
        verbs, "backup", "write everything into one file, beside running servers", "backup"
    )
    kept.add_argument("file", type=Path)
    back = _command(verbs, "restore", "put a backup in the place of what is there", "restore")
    back.add_argument("file", type=Path)
    back.add_argument(
        "--revoke", metavar="DEVICE", action="append", default=[], help="was shut out since; repeat"
    )
    back.add_argument("--devices-checked", action="store_true", help="all the others may come in")
    back.add_argument(
        "--stopped", action="store_true", help="no server runs, although one was heard just now"
    )
    back.add_argument("--replace", action="store_true", help="lose what is in the database now")
    back.add_argument(
        "--wait",
        metavar="SECONDS",
        type=int,
        default=WAIT_S,
        help="how long a kitchen waits for its other kiosks once the first has come; 0: not at all",
    )
    _recovery(_group(verbs, "recovery", "what restored kitchens still wait for"))
    old = _command(verbs, "forget", "archive and forget what is beyond its time", "forget")
    old.add_argument("--kitchen", help="only this one")
    old.add_argument("--events-days", type=int, default=400, help="default 400")
    old.add_argument("--audit-days", type=int, default=1825, help="default 1825: five years")
    old.add_argument("--archive", type=Path, help="folder of the archives (default: in --data)")
    old.add_argument("--dry-run", action="store_true", help="only tell")
    move = _command(verbs, "migrate", "copy everything to an empty database", "migrate")
    move.add_argument("--from", dest="source", required=True, metavar="URL")
    move.add_argument("--to", required=True, metavar="URL")
    move.add_argument("--stopped", action="store_true", help="as for restore")
    out = _command(verbs, "export", "one kitchen as JSON lines, without secrets", "export")
    out.add_argument("--kitchen", required=True)
    out.add_argument("file", type=Path)


def _recovery(group: _Group[argparse.ArgumentParser]) -> None:
    shown = _command(group, "show", "what came back, and what nobody held", "recovery_show")
    ended = _command(group, "end", "wait for no more kiosks", "recovery_end")
    for each in (shown, ended):
        each.add_argument("--kitchen", help="only this one")


def _kitchens(group: _Group[argparse.ArgumentParser]) -> None:
    add = _command(group, "add", "make or rename a kitchen", "kitchen_add")
    add.add_argument("id")
    add.add_argument("--name", required=True)
    add.add_argument("--zone", choices=("WIB", "WITA", "WIT"), default="WIB")
    _command(group, "list", "all kitchens", "kitchen_list")


def _plans(group: _Group[argparse.ArgumentParser]) -> None:
    made = _command(
        group, "import", "take a plan file in, or what was corrected in it", "import_plan"
    )
    made.add_argument("file", type=Path, help="the plan (JSON; its fields: dapur/plan.py)")
    when = made.add_mutually_exclusive_group()
    when.add_argument("--today", action="store_true", help="move the night so that now lies in it")
    when.add_argument(
        "--local-time",
        type=_clock,
        metavar="HH:MM",
        help="for demonstrations: it is this time in the kitchen now",
    )
    how = made.add_mutually_exclusive_group()
    how.add_argument("--check", action="store_true", help="only check the file, open nothing")
    how.add_argument(
        "--dry-run", action="store_true", help="say what would change in the kitchen, write nothing"
    )
    made.add_argument(
        "--demo-pins", action="store_true", help="give everybody the PINs of pins.json beside it"
    )


def _clock(text: str) -> str:
    if _CLOCK.fullmatch(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not HH:MM")
    return text


def _staff(group: _Group[argparse.ArgumentParser]) -> None:
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


def _database(group: _Group[argparse.ArgumentParser]) -> None:
    made = _command(group, "grant", "give the servers' role its rights", "database_grant")
    made.add_argument("role", help="made before, without superuser and BYPASSRLS")
    made.add_argument("--print", action="store_true", help="only say the statements")
    made.add_argument("--schema", default="public", help="for --print (default: public)")


def _certificates(group: _Group[argparse.ArgumentParser]) -> None:
    _command(group, "show", "names, end and what kiosks are told", "certificate_show")
    renew = _command(group, "renew", "a fresh one of the same authority", "certificate_renew")
    renew.add_argument("--host", action="append", metavar="NAME", help="other names than before")
    take = _command(group, "use", "one that was made elsewhere", "certificate_use")
    take.add_argument("--cert", type=Path, required=True, help="PEM chain, the server's first")
    take.add_argument("--key", type=Path, required=True, help="PEM key")
    take.add_argument("--authority", type=Path, help="PEM: what kiosks shall trust for it")
    _command(group, "announce", "tell kiosks of the next authority", "certificate_announce")
    over = _command(group, "rollover", "go over to the announced one", "certificate_rollover")
    over.add_argument("--now", action="store_true", help="though some kiosks have not heard of it")
    _command(group, "forget", "kiosks drop all but the present one", "certificate_forget")


def _devices(group: _Group[argparse.ArgumentParser]) -> None:
    code = _command(group, "code", "a one-time code for one more kiosk", "device_code")
    code.add_argument("--kitchen", required=True)
    code.add_argument("--name", required=True, help="what people call the kiosk")
    _command(group, "list", "the kiosks of a kitchen", "device_list").add_argument(
        "--kitchen", required=True
    )
    _command(group, "revoke", "shut a kiosk out for good", "device_revoke").add_argument("device")
    fleet = _command(group, "fleet", "let operators see all kitchens at this kiosk", "device_fleet")
    fleet.add_argument("device")
    fleet.add_argument("--off", action="store_true", help="no longer")
