"""PostgreSQL alone: without a kitchen named by the transaction not one row of any kitchen is there."""

import sqlalchemy as sa
from alembic import op

from server.desk.ports import Unavailable

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
beside_previous = ("sqlite",)

OF_A_KITCHEN = (
    "alert_history",
    "attempt",
    "attempt_here",
    "audit",
    "batch_history",
    "check_result",
    "device",
    "enrolment_code",
    "event",
    "follower_position",
    "history_state",
    "kitchen_info",
    "outbox_head",
    "reading",
    "receipt",
    "snapshot",
    "staff",
    "staff_activity",
    "tenant_head",
)
OF_A_DEVICE = ("attempt_kiosk", "device_sign", "fleet_desk")
"""Have no kitchen of their own: whoever may see the device may see them."""


def _named(setting: str) -> str:
    """The names in a setting of this transaction; none when it says nothing.

    A subquery is read once for a statement and hashed; an expression would be for every row. After
    a transaction that had set it, a setting is empty and not NULL.
    """
    return f"(SELECT unnest(NULLIF(current_setting('dapur.{setting}', true), '')::text[]))"


EVERY = """(SELECT current_setting('dapur.every_kitchen', true)) = '{"yes"}'"""
OURS = f"{EVERY} OR kitchen IN {_named('kitchens')}"


LIVING = """SELECT string_agg(process, ', ') FROM server_process
    WHERE heard_ms > extract(epoch FROM clock_timestamp()) * 1000 - 120000"""
"""As `server.identity.fleet.PROCESS_SILENT_MS`; who ends in order is not in the table any more."""


def upgrade() -> None:
    """Contract: a program that names no kitchen finds nothing any more, so older ones are shut out.

    Raises Unavailable while one runs: it would tell kiosks that nobody knows them.
    """
    if op.get_bind().dialect.name != "postgresql":
        return
    if living := op.get_bind().scalar(sa.text(LIVING)):
        raise Unavailable(f"stop the servers first: {living} (heard within two minutes)")
    for table in OF_A_KITCHEN:
        _secure(table)
        _policy(table, "own_kitchens", OURS)
    for table in OF_A_DEVICE:
        _secure(table)
        mine = f"SELECT FROM device WHERE device.device = {table}.device"
        # The first half spares the fleet's page a look for each of its kiosks.
        _policy(table, "own_devices", f"{EVERY} OR EXISTS ({mine})")
    # Where the kitchen is found by the device, or by a code: to be read, not to be written.
    _policy("device", "asked_by_name", f"device IN {_named('devices')}", "FOR SELECT")
    _policy("enrolment_code", "asked_by_name", f"locator IN {_named('code')}", "FOR SELECT")


def downgrade() -> None:
    """The way back: every statement has to name its kitchen by itself again."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in ("device", "enrolment_code"):
        op.execute(sa.text(f"DROP POLICY asked_by_name ON {table}"))
    for tables, name in ((OF_A_DEVICE, "own_devices"), (OF_A_KITCHEN, "own_kitchens")):
        for table in tables:
            op.execute(sa.text(f"DROP POLICY {name} ON {table}"))
            op.execute(sa.text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
            op.execute(sa.text(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"))


def _secure(table: str) -> None:
    """The owner is bound too; only a superuser and a role with BYPASSRLS are not."""
    op.execute(sa.text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
    op.execute(sa.text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))


def _policy(table: str, name: str, rows: str, kind: str = "") -> None:
    """What a row must be to be seen, changed and, unless it is for SELECT alone, written."""
    # Two colons are a cast here, and no name of a parameter.
    rows = rows.replace("::", "\\:\\:")
    op.execute(sa.text(f"CREATE POLICY {name} ON {table} {kind} USING ({rows})"))
