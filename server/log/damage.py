"""Knows when a SQLite file is damaged: nothing is read from it or written to it any more; it mends nothing."""

from __future__ import annotations

import logging
import sqlite3

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext

from server.desk.ports import Unavailable
from server.log.engine import reading, sqlite_code

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_log = logging.getLogger(__name__)


class Damaged(Unavailable):
    """Pages of the database file are not what was written; what it would answer is worth nothing."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"the database file is damaged ({problem}): move it aside and restore a backup"
            " (dapur-server restore)"
        )


class Damage:
    """Watches one engine. PostgreSQL looks after its files itself."""

    def __init__(self, engine: Engine) -> None:
        self.found = ""
        """What is wrong; empty while nothing is known to be."""
        self._engine = engine
        if engine.name == "sqlite":
            event.listen(engine, "handle_error", self._on_error)
            event.listen(engine, "begin", self._on_begin)

    def look(self) -> None:
        """Read the whole file once, as fast as the disk gives it. Raises Damaged, Unavailable.

        SQLite has no sums over its pages: changed letters inside a row are found by `verify` alone.
        """
        if self._engine.name != "sqlite":
            return
        said = "ok"
        try:
            with reading(self._engine) as connection:
                said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
        except Unavailable:
            if not self.found:
                raise
        if said != "ok":
            self._stop(" ".join(said.split()))
        if self.found:
            raise Damaged(self.found)

    def says(self) -> str:
        """For `/readyz`."""
        return "the database file is damaged" if self.found else ""

    def _on_error(self, context: ExceptionContext) -> None:
        error = context.original_exception
        if isinstance(error, sqlite3.Error) and sqlite_code(error) in _DAMAGE:
            self._stop(str(error))

    def _on_begin(self, _connection: Connection) -> None:
        if self.found:
            # A write onto a broken tree breaks more of it; kiosks keep their taps.
            raise Damaged(self.found)

    def _stop(self, problem: str) -> None:
        if not self.found:
            self.found = problem
            _log.critical("%s", Damaged(problem))
