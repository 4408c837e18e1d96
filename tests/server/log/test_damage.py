"""A damaged SQLite file is found at the start and while it is used, and is not touched any more."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import text

from server.log.damage import Damage, Damaged
from server.log.engine import open_engine, reading, writing
from server.log.schema import upgrade
from tests.failures.disks import overwrite
from tests.support.databases import empty_postgres, opened, sqlite_url

ALL_PAGES = 1_000_000
NOISE = 5


def test_damage_is_not_found_where_there_is_none(tmp_path: Path) -> None:
    upgrade(sqlite_url(tmp_path))
    with empty_postgres() as address:
        for url in (sqlite_url(tmp_path), address):
            with opened(url) as engine:
                damage = Damage(engine)
                damage.look()
                assert (damage.found, damage.says()) == ("", "")


@pytest.mark.expected_log("the database file is damaged")
def test_damage_is_found_at_the_start(tmp_path: Path) -> None:
    upgrade(sqlite_url(tmp_path))
    overwrite(tmp_path / "dapur.sqlite", random.Random(NOISE), ALL_PAGES)
    with opened(sqlite_url(tmp_path)) as engine, pytest.raises(Damaged, match="restore a backup"):
        Damage(engine).look()


@pytest.mark.expected_log("the database file is damaged")
def test_damaged_file_is_neither_read_nor_written_once_it_is_known(tmp_path: Path) -> None:
    upgrade(sqlite_url(tmp_path))
    file = tmp_path / "dapur.sqlite"
    sound = file.read_bytes()
    engine = open_engine(sqlite_url(tmp_path))
    try:
        damage = Damage(engine)
        overwrite(file, random.Random(NOISE), ALL_PAGES)
        with pytest.raises(Exception, match="malformed"), reading(engine) as connection:
            connection.execute(text("SELECT count(*) FROM event")).all()
        assert damage.says() == "the database file is damaged"
        # Even when the bytes are back: what was read in between is worth nothing.
        file.write_bytes(sound)
        with pytest.raises(Damaged), reading(engine) as connection:
            connection.execute(text("SELECT 1"))
        with pytest.raises(Damaged), writing(engine) as connection:
            connection.execute(text("UPDATE schema_compat SET oldest_code = 1"))
    finally:
        engine.dispose()


def test_file_that_is_held_or_missing_is_not_called_damaged(tmp_path: Path) -> None:
    with opened(sqlite_url(tmp_path)) as engine:
        damage = Damage(engine)
        with pytest.raises(Exception, match="no such table"), reading(engine) as connection:
            connection.execute(text("SELECT 1 FROM event"))
        assert damage.found == ""
