"""What an installation has used so far, read off the machine, PostgreSQL and Redis; it changes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import psycopg
import redis

from bench.kiosk.machine import TICKS_PER_S, tree


class Used(msgspec.Struct, frozen=True):
    """Totals since the beginning; the difference of two is what a window took."""

    cpu_s: dict[str, float]
    """Of each part's process and its children, user and system."""
    wal_bytes: int
    commits: int
    redis_commands: int
    redis_bytes: int
    """In and out of Redis."""

    def minus(self, before: Used) -> Used:
        """What was used since `before`."""
        return Used(
            {name: spent - before.cpu_s[name] for name, spent in self.cpu_s.items()},
            self.wal_bytes - before.wal_bytes,
            self.commits - before.commits,
            self.redis_commands - before.redis_commands,
            self.redis_bytes - before.redis_bytes,
        )


class Meters:
    """Of one PostgreSQL, one Redis and some server processes."""

    def __init__(self, database_url: str, redis_url: str, servers: Mapping[str, int]) -> None:
        """`servers`: process ids by name."""
        self._database = psycopg.connect(database_url, autocommit=True)
        self._redis = redis.Redis.from_url(redis_url)
        folder = self._one("SHOW data_directory")
        postmaster = int((Path(str(folder)) / "postmaster.pid").read_text().split()[0])
        redis_pid = int(self._redis.info("server")["process_id"])
        self._pids = {**servers, "postgresql": postmaster, "redis": redis_pid, "load": os.getpid()}

    def close(self) -> None:
        """Hang up."""
        self._database.close()
        self._redis.close()

    def used(self) -> Used:
        """All of it, now."""
        told = {**self._redis.info("stats")}
        return Used(
            {name: _cpu_s(pid, alone=name == "load") for name, pid in self._pids.items()},
            int(self._one("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")),
            int(self._one("SELECT sum(xact_commit) FROM pg_stat_database")),
            int(told["total_commands_processed"]),
            int(told["total_net_input_bytes"]) + int(told["total_net_output_bytes"]),
        )

    def tables(self) -> dict[str, int]:
        """Bytes on disk of each table with its indexes."""
        rows = self._database.execute(
            "SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables"
        )
        return {str(name): int(size) for name, size in rows}

    def written(self) -> dict[str, tuple[int, int]]:
        """Receipts of each outbox of a kiosk, and how many different taps they are of."""
        rows = self._database.execute(
            "SELECT outbox, count(*), count(DISTINCT command) FROM receipt GROUP BY outbox"
        )
        return {str(outbox): (int(every), int(different)) for outbox, every, different in rows}

    def behind(self, followers: int) -> int:
        """Events that are not followed yet, of all kitchens and so many followers together."""
        known = int(self._one("SELECT count(DISTINCT follower) FROM follower_position"))
        if known < followers:
            return int(self._one("SELECT sum(seq) FROM tenant_head"))
        return int(
            self._one(
                "SELECT sum(h.seq - coalesce(p.seq, 0)) FROM tenant_head h CROSS JOIN"
                " (SELECT DISTINCT follower FROM follower_position) f"
                " LEFT JOIN follower_position p USING (kitchen, follower)"
            )
        )

    def _one(self, query: str) -> int:
        row = self._database.execute(query.encode()).fetchone()
        assert row is not None
        value: int = row[0]
        return value


def rss_kib(pid: int) -> int:
    """Resident memory of one process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def _cpu_s(pid: int, *, alone: bool) -> float:
    """With its living descendants and those that it has buried, unless it is to be seen `alone`."""
    own = _stat(pid)
    ticks = sum(own[11:13]) if alone else sum(own[11:15])
    if not alone:
        for each in tree(pid)[1:]:
            ticks += sum(_stat(each)[11:13])
    return ticks / TICKS_PER_S


def _stat(pid: int) -> list[int]:
    """Numbers of /proc/PID/stat from the third field on; zeros when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return [0] * 15
    # The name in brackets may hold spaces and brackets itself; the state is a letter.
    return [0, *map(int, text.rpartition(")")[2].split()[1:15])]
