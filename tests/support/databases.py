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
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from server.log.engine import open_engine, writing
from server.log.schema import upgrade
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


@functools.cache
def _migrated() -> str:
    stack = contextlib.ExitStack()
    url = stack.enter_context(empty_postgres())
    # Registered after the server's own, so it runs before it.
    atexit.register(stack.close)
    upgrade(url)
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


@contextlib.contextmanager
def opened(url: str) -> Iterator[Engine]:
    """An engine that is closed when the block ends."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()
