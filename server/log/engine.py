"""Opens the database and turns its errors into the desk's; it knows connections, not one table."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, Transaction, create_engine, event, exc, make_url

from server.desk.ports import Unavailable, UnknownCommit
from server.log.scope import NOBODY, Scope, said

BUSY_TIMEOUT_S = 5.0
"""How long a writer waits for another process on the same SQLite file before it gives up."""
CONNECT_TIMEOUT_S = 5
"""A database that does not answer in this time counts as away; kiosks keep their taps meanwhile."""
LOCK_TIMEOUT_S = 5
"""Longest wait for a head's row lock; another server holds it for one commit only."""
STATEMENT_TIMEOUT_S = 20
"""Longest statement of the hot path is a page read; a slower one is stuck."""
POOL_SIZE = 8
"""One writer, two followers, and readers for catch-up; more only queue on two cores."""
CACHE_KIB = 16 * 1024
"""SQLite page cache of one connection: a night of a hundred kitchens stays in memory."""
WAL_LIMIT_BYTES = 64 * 1024 * 1024
"""The write-ahead file is cut back to this after a long reader had let it grow."""

BUSY_LOOK_S = 0.02
"""Between two looks whether the other program is done: it takes some milliseconds."""
_PRIMARY_CODE = 0xFF
"""An extended code of SQLite says where; these bits say what."""
_WRITE = "dapur_write"
_SCOPE = "dapur_scope"
_STILL = "dapur_still"
_NOT_ALLOWED = "42501"
"""SQLSTATE `insufficient_privilege`: a table's rights, or a row that no policy lets in."""
_BUGS = (exc.IntegrityError, exc.DataError, exc.ProgrammingError, exc.NotSupportedError)


class NotAllowed(Unavailable):
    """The database's role may not do this, or not with rows of this kitchen.

    Unavailable, for no tap is wrong because a right is missing: nothing is answered, kiosks keep it.
    """


def database_url(text: str) -> URL:
    """Read a database URL; `sqlite:///file` and `postgresql://…` are the two kinds there are.

    Raises ValueError for any other kind.
    """
    url = make_url(text)
    backend = url.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and url.database not in (None, "", ":memory:"):
        return url.set(drivername="sqlite+pysqlite")
    raise ValueError(f"neither a SQLite file nor PostgreSQL: {url.render_as_string()}")


def open_engine(url: str, *, foreign_keys: bool = True) -> Engine:
    """An engine with the settings on which "nothing is lost" rests; connects at first use.

    `foreign_keys=False` is for migrations, which rebuild tables on SQLite.
    """
    parsed = database_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed, foreign_keys=foreign_keys)
    return _open_postgresql(parsed)


@contextmanager
def reading(engine: Engine, of: Scope = NOBODY) -> Iterator[Connection]:
    """A connection for reading what is `of` these, in one short transaction.

    Raises NotAllowed, Unavailable.
    """
    with _translated(), engine.connect() as connection:
        connection.execution_options(**{_SCOPE: of})
        with connection.begin():
            yield connection


@contextmanager
def still(engine: Engine, of: Scope) -> Iterator[Connection]:
    """The same at one moment of a database that goes on changing."""
    # SQLite: a read transaction in WAL mode sees one moment by itself.
    with reading(engine.execution_options(**{_STILL: True}), of) as connection:
        yield connection


@contextmanager
def writing(engine: Engine, of: Scope = NOBODY) -> Iterator[Connection]:
    """A transaction that commits when the block ends and rolls back when it raises.

    Raises NotAllowed for a row that is not `of` these (PostgreSQL), UnknownCommit when the COMMIT
    itself failed, else Unavailable. Constraint violations come out as SQLAlchemy's IntegrityError:
    only the caller knows whether one is a conflict or a bug.
    """
    with _translated(), engine.connect() as connection:
        connection.execution_options(**{_WRITE: True, _SCOPE: of})
        transaction = connection.begin()
        try:
            yield connection
        except BaseException:
            transaction.rollback()
            raise
        _commit(connection, transaction)


def _commit(connection: Connection, transaction: Transaction) -> None:
    """Commit; every failure counts as unknown, for a wrong "it did not happen" doubles a tap."""
    try:
        transaction.commit()
    except exc.DBAPIError as error:
        # SQLite is still inside the transaction then, and the pool would not notice: the next
        # user of this connection could not begin.
        connection.invalidate(error)
        raise UnknownCommit(_sentence(error)) from error


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _BUGS as error:
        if getattr(error.orig, "sqlstate", None) == _NOT_ALLOWED:
            raise NotAllowed(str(error.orig).partition("\n")[0]) from error
        raise
    except exc.DBAPIError as error:
        raise Unavailable(_sentence(error)) from error
    except exc.TimeoutError as error:
        raise Unavailable(f"no free connection: {error}") from error


def _sentence(error: exc.DBAPIError) -> str:
    return f"{type(error.orig).__name__}: {error.orig}".strip()


def _open_sqlite(url: URL, *, foreign_keys: bool) -> Engine:
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=0,
        connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def on_connect(raw: Any, _record: object) -> None:
        _prepare_sqlite(raw, foreign_keys=foreign_keys)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # The driver's own transactions begin at the first write, so that what was read before it
        # can be stale: 144 of 200 concurrent updates were lost without a single error.
        write = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _prepare_sqlite(raw: sqlite3.Connection, *, foreign_keys: bool) -> None:
    """Settings of one connection; the waiting time comes first, the others may have to wait."""
    raw.isolation_level = None
    raw.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
    mode = _journal_mode(raw)
    if mode != "wal":
        raise sqlite3.OperationalError(f"journal mode is {mode}: the file system allows no WAL")
    raw.execute("PRAGMA synchronous = FULL")
    raw.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
    raw.execute("PRAGMA trusted_schema = OFF")
    raw.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    raw.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")


def sqlite_code(error: sqlite3.Error) -> int | None:
    """What SQLite says is wrong; None for an error of the driver alone."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & _PRIMARY_CODE


def _journal_mode(raw: sqlite3.Connection) -> str:
    """WAL, or why not. SQLite does not wait here by itself when two programs open a new file at once."""
    give_up_s = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            return str(raw.execute("PRAGMA journal_mode = WAL").fetchone()[0])
        except sqlite3.OperationalError as error:
            if sqlite_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_s:
                raise
            time.sleep(BUSY_LOOK_S)


def _open_postgresql(url: URL) -> Engine:
    options = {
        "lock_timeout": f"{LOCK_TIMEOUT_S}s",
        "statement_timeout": f"{STATEMENT_TIMEOUT_S}s",
        "idle_in_transaction_session_timeout": f"{STATEMENT_TIMEOUT_S}s",
        "timezone": "UTC",
        # How `server.log.scope` quotes.
        "standard_conforming_strings": "on",
    }
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT_S,
        connect_args={
            # BEGIN is ours here too, and brings along whose rows are meant.
            "autocommit": True,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "tcp_user_timeout": STATEMENT_TIMEOUT_S * 1000,
            "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
        },
    )

    @event.listens_for(engine, "connect")
    def on_connect(raw: Any, _record: object) -> None:
        # A cluster that answers before it has written would break the first promise; stricter
        # settings (remote_apply) are left as they are.
        raw.execute(
            "SELECT set_config('synchronous_commit', 'on', false)"
            " WHERE current_setting('synchronous_commit') = 'off'"
        )
        raw.commit()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ" if options.get(_STILL) else "BEGIN"
        scope = said(options.get(_SCOPE, NOBODY))
        text = f"{begin}; {scope}" if scope else begin
        connection.exec_driver_sql(text, execution_options={"no_parameters": True})

    return engine
