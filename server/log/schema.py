"""Brings a database to this program's schema and refuses one that is too new; reads no events."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, select, text, update

from server.log.engine import open_engine, reading, writing
from server.log.scope import EVERY_KITCHEN
from server.log.tables import metadata, schema_compat

if TYPE_CHECKING:
    from alembic.config import Config

SCHEMA = 7
"""Number of the newest migration that this program knows."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 0x6461707572
"""PostgreSQL: one server migrates at a time, the others wait ("dapur" in ASCII)."""


class NewerSchema(Exception):
    """The database was written by a newer program that this one cannot work beside."""

    def __init__(self, found: int, oldest_code: int) -> None:
        super().__init__(
            f"the database has schema {found} and needs a program of at least schema"
            f" {oldest_code}; this program knows schema {SCHEMA}"
        )
        self.found = found
        self.oldest_code = oldest_code


class OlderSchema(Exception):
    """The database has not been upgraded to this program's schema."""

    def __init__(self, found: int) -> None:
        super().__init__(f"the database has schema {found}, this program needs {SCHEMA}: upgrade")
        self.found = found


def current(url: str) -> int:
    """Number of the schema in the database, 0 for an empty one. Raises Unavailable."""
    engine = open_engine(url)
    try:
        with reading(engine) as connection:
            return _found(connection)
    finally:
        engine.dispose()


def check(engine: Engine) -> None:
    """Raise OlderSchema or NewerSchema when this program must not use the database.

    A newer schema is let through while it says that this program may still write to it: during a
    rolling deploy the old servers go on, and may restart.
    """
    with reading(engine) as connection:
        found = _found(connection)
        if found < SCHEMA:
            raise OlderSchema(found)
        if found > SCHEMA:
            oldest = connection.scalars(select(schema_compat.c.oldest_code)).one()
            if oldest > SCHEMA:
                raise NewerSchema(found, oldest)


def upgrade(url: str, *, to: int = SCHEMA) -> None:
    """Bring the database to schema `to`, all of it or nothing; leave a newer compatible one alone.

    Raises NewerSchema, Unavailable.
    """
    _migrate(url, to, up=True)


def downgrade(url: str, *, to: int = 0) -> None:
    """Take the database back to schema `to`; 0 removes every table. Raises NewerSchema."""
    _migrate(url, to, up=False)


def differences(url: str) -> list[str]:
    """What the tables in `metadata` have that the migrated database has not, and the other way.

    Only tables whose modules were imported are known; a test imports all of them.
    """
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    engine = open_engine(url)
    try:
        with reading(engine) as connection:
            context = MigrationContext.configure(connection)
            return [str(difference) for difference in compare_metadata(context, metadata)]
    finally:
        engine.dispose()


def _migrate(url: str, to: int, *, up: bool) -> None:
    from alembic import command

    # Batch mode rebuilds a table by renaming: with foreign keys on, SQLite would follow the rename.
    engine = open_engine(url, foreign_keys=False)
    try:
        with writing(engine, EVERY_KITCHEN) as connection:
            if engine.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
                connection.execute(text("SET LOCAL statement_timeout = 0"))
            if _newer_than_known(connection):
                return
            go = command.upgrade if up else command.downgrade
            go(_config(connection), f"{to:04}" if to else "base")
            if to:
                _let_in(connection, oldest_code(connection.dialect.name, to=to))
            _check_foreign_keys(connection)
    finally:
        engine.dispose()


def oldest_code(database: str, *, to: int = SCHEMA) -> int:
    """The oldest schema that a program may know to run on a database of schema `to`.

    Each migration names in `beside_previous` the databases (`sqlite`, `postgresql`) on which a
    program that knows nothing of it may go on running; the newest one that does not shuts the door.
    """
    from server.log.migrations import versions

    found = pkgutil.iter_modules(versions.__path__, f"{versions.__name__}.")
    known = [module for each in found if int((module := import_module(each.name)).revision) <= to]
    return max(int(each.revision) for each in known if database not in each.beside_previous)


def _let_in(connection: Connection, oldest: int) -> None:
    """Write it down only when it is another: a server's role may read this table and no more."""
    stored = connection.scalars(select(schema_compat.c.oldest_code)).one()
    if stored != oldest:
        connection.execute(update(schema_compat).values(oldest_code=oldest))


def _newer_than_known(connection: Connection) -> bool:
    """Whether a newer program made this schema; NewerSchema when we cannot live with it."""
    found = _found(connection)
    if found <= SCHEMA:
        return False
    oldest = connection.scalars(select(schema_compat.c.oldest_code)).one()
    if oldest > SCHEMA:
        raise NewerSchema(found, oldest)
    return True


def _config(connection: Connection) -> Config:
    """alembic's settings; they live here because a wheel has no alembic.ini."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _found(connection: Connection) -> int:
    if not inspect(connection).has_table("alembic_version"):
        return 0
    revision = connection.scalars(text("SELECT version_num FROM alembic_version")).one_or_none()
    return 0 if revision is None else int(revision)


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.execute(text("PRAGMA foreign_key_check")).all()
        if broken:
            raise ValueError(f"migration left rows without their parent: {broken[:3]}")
