"""What the servers' role may do on PostgreSQL, and whether the present one is bound; makes no role.

Two roles: the owner makes the schema and forgets what is too old; the servers' role works in it and can
neither change it nor see past its policies (`server.log.scope`). On SQLite the file's owner is everything.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, text

from server.log.engine import reading, writing

LOOK = "SELECT"
APPEND = "SELECT, INSERT"
KEEP = "SELECT, INSERT, UPDATE"
REPLACE = "SELECT, INSERT, DELETE"
ANY = "SELECT, INSERT, UPDATE, DELETE"

RIGHTS = {
    "alembic_version": LOOK,
    "schema_compat": LOOK,
    # Made once: who could change it could make kiosks believe another.
    "server_key": APPEND,
    # The truth is only ever added to. Retention deletes old events as the owner.
    "event": APPEND,
    "receipt": APPEND,
    "tenant_head": KEEP,
    "outbox_head": KEEP,
    "snapshot": REPLACE,
    "follower_position": KEEP,
    # What a restored kitchen waits for; the restore itself is the owner's.
    "recovery": KEEP,
    "recovery_device": KEEP,
    "recovered_command": KEEP,
    "follower_lease": ANY,
    "server_process": ANY,
    # Made anew from the log when their meaning changes; the audit is never changed in place.
    "audit": REPLACE,
    "alert_history": ANY,
    "batch_history": ANY,
    "check_result": REPLACE,
    "history_state": ANY,
    "reading": REPLACE,
    "staff_activity": ANY,
    "kitchen_info": KEEP,
    "device": KEEP,
    "device_sign": KEEP,
    "fleet_desk": ANY,
    "enrolment_code": ANY,
    "staff": KEEP,
    "attempt": ANY,
    "attempt_here": ANY,
    "attempt_kiosk": ANY,
}
"""Of the servers' role; a table that is missing here is a failing test."""
SHARED = frozenset(
    {"alembic_version", "schema_compat", "server_key", "follower_lease", "server_process"}
)
"""Hold rows of no kitchen, so no policy guards them."""


class NotBound(ValueError):
    """The servers must not have this role, or this role cannot give rights."""


def weakness(engine: Engine) -> str:
    """Why policies do not hold for the role of this engine, in a few words; empty when they do.

    SQLite has neither roles nor policies: nothing to say. Raises Unavailable.
    """
    if engine.name != "postgresql":
        return ""
    with reading(engine) as connection:
        role: str = connection.scalars(text("SELECT current_user")).one()
        return next(_weaknesses(connection, role), "")


def may_forget(engine: Engine) -> bool:
    """Whether the role of this engine may delete events. Raises Unavailable."""
    if engine.name != "postgresql":
        return True
    with reading(engine) as connection:
        allowed = text("SELECT has_table_privilege('event', 'DELETE')")
        return bool(connection.scalar(allowed))


def grants(role: str, schema: str) -> list[str]:
    """The statements that give a role just what the servers need, and take everything else."""
    to, of = _quoted(role), _quoted(schema)
    return [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {of} FROM {to}",
        f"REVOKE ALL ON SCHEMA {of} FROM {to}",
        f"GRANT USAGE ON SCHEMA {of} TO {to}",
        *(f"GRANT {rights} ON {of}.{_quoted(table)} TO {to}" for table, rights in RIGHTS.items()),
    ]


def grant(engine: Engine, role: str) -> None:
    """Give the role its rights, all or none.

    Raises LookupError for an unknown role, NotBound for one that policies would not bind and when
    the engine's own role does not own the tables; Unavailable.
    """
    with writing(engine) as connection:
        known = text("SELECT 1 FROM pg_roles WHERE rolname = :role")
        if connection.scalar(known, {"role": role}) is None:
            raise LookupError(f"there is no role {role}")
        for why in _weaknesses(connection, role):
            raise NotBound(why)
        # PostgreSQL only warns of a right that was not given.
        schema, may = connection.execute(_HERE).one()
        if not may:
            raise NotBound("only the owner of the tables can give rights")
        for statement in grants(role, schema):
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


_HERE = text(
    "SELECT current_schema(), pg_has_role(relowner, 'USAGE') FROM pg_class"
    " WHERE oid = CAST('event' AS regclass)"
)
_POWERS = text(
    "SELECT rolsuper, rolbypassrls, pg_has_role(rolname, relowner, 'MEMBER') AS owns"
    " FROM pg_roles, pg_class WHERE rolname = :role AND pg_class.oid = CAST('event' AS regclass)"
)
_UNGUARDED = text(
    "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
    " WHERE nspname = current_schema() AND relkind IN ('r', 'p')"
    " AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname"
)


def _weaknesses(connection: Connection, role: str) -> Iterator[str]:
    is_super, bypasses, owns = connection.execute(_POWERS, {"role": role}).one()
    unguarded = set(connection.scalars(_UNGUARDED)) & RIGHTS.keys() - SHARED
    if is_super:
        yield f"the database role {role} is a superuser"
    elif bypasses:
        yield f"the database role {role} bypasses row-level security"
    elif owns:
        yield f"the database role {role} owns the tables"
    if unguarded:
        yield f"no row-level security on {', '.join(sorted(unguarded))}"


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
