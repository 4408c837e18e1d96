"""Databases for the tests: a SQLite file, or an own database in one PostgreSQL a test process."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy import Engine, select, text
from sqlalchemy.engine import make_url

from dapur.ids import KitchenId
from server.log.engine import open_engine, reading, writing
from server.log.roles import grant
from server.log.schema import upgrade
from server.log.scope import EVERY_KITCHEN
from server.log.tables import follower_position
from tests.support import servers


def sqlite_url(folder: Path) -> str:
    """An empty SQLite file in the folder."""
    return f"sqlite:///{folder / 'dapur.sqlite'}"


@functools.cache
def _server() -> str:
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(servers.postgres())


@contextlib.contextmanager
def empty_postgres() -> Iterator[str]:
    """A new database for one test, with no table in it."""
    name = f"dapur_{os.getpid()}_{secrets.token_hex(4)}"
    with psycopg.connect(_server(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            url = make_url(_server()).set(database=name)
            yield url.render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextlib.contextmanager
def owned_postgres() -> Iterator[str]:
    """A new database under an owner who is no superuser, with no table in it."""
    name, word = f"dapur_owner_{os.getpid()}_{secrets.token_hex(4)}", secrets.token_hex(8)
    with psycopg.connect(_server(), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN NOSUPERUSER PASSWORD '{word}'".encode())
        try:
            with empty_postgres() as url:
                there = make_url(url)
                connection.execute(f"ALTER DATABASE {there.database} OWNER TO {name}".encode())
                mine = there.set(username=name, password=word)
                yield mine.render_as_string(hide_password=False)
        finally:
            connection.execute(f"DROP ROLE {name}".encode())


@functools.cache
def _servers_role() -> tuple[str, str]:
    """A role that owns nothing and bypasses nothing, and its word."""
    name, word = f"dapur_app_{os.getpid()}", secrets.token_hex(8)

    def drop() -> None:
        with psycopg.connect(_server(), autocommit=True) as connection:
            connection.execute(f"DROP ROLE {name}".encode())

    with psycopg.connect(_server(), autocommit=True) as connection:
        connection.execute(
            f"CREATE ROLE {name} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{word}'".encode()
        )
    atexit.register(drop)
    return name, word


@functools.cache
def _migrated() -> str:
    # Before the database, so that it goes after it: a role that has rights somewhere must stay.
    name, _ = _servers_role()
    stack = contextlib.ExitStack()
    url = stack.enter_context(empty_postgres())
    # Registered after the server's own, so it runs before it.
    atexit.register(stack.close)
    upgrade(url)
    with opened(url) as engine:
        grant(engine, name)
    return url


def clean_postgres() -> str:
    """A migrated PostgreSQL database with empty tables; one a process, so one user at a time."""
    url = _migrated()
    with opened(url) as engine, writing(engine) as connection:
        tables = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        )
        kept = {"alembic_version", "schema_compat"}
        names = ", ".join(sorted(set(tables) - kept))
        connection.execute(text(f"TRUNCATE {names}"))
    return url


def as_servers(url: str) -> str:
    """The same database under the role of servers, which has to be given its rights."""
    name, word = _servers_role()
    return make_url(url).set(username=name, password=word).render_as_string(hide_password=False)


def servers_role() -> str:
    """Its name."""
    return _servers_role()[0]


def bound_postgres() -> str:
    """As `clean_postgres`, under the role of servers."""
    return as_servers(clean_postgres())


@contextlib.contextmanager
def owning(engine: Engine) -> Iterator[Engine]:
    """The same database for who may delete events: after `bound_postgres`, or on SQLite."""
    if engine.name == "sqlite":
        yield engine
        return
    with opened(_migrated()) as owner:
        yield owner


@contextlib.contextmanager
def opened(url: str) -> Iterator[Engine]:
    """An engine that is closed when the block ends."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def positions_of(engine: Engine, follower: str, version: int) -> dict[KitchenId, int]:
    """How far a follower says that it is, in each kitchen that this version has begun."""
    query = select(follower_position.c.kitchen, follower_position.c.seq).where(
        follower_position.c.follower == follower, follower_position.c.version == version
    )
    with reading(engine, EVERY_KITCHEN) as connection:
        return {KitchenId(kitchen): seq for kitchen, seq in connection.execute(query)}
