"""What a restored kitchen waits for, which kiosks came, and the answers in the events that they brought."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
beside_previous = ("sqlite", "postgresql")

TABLES = ("recovery", "recovery_device", "recovered_command")
_NAMED = "(SELECT unnest(NULLIF(current_setting('dapur.kitchens', true), '')::text[]))"
_EVERY = """(SELECT current_setting('dapur.every_kitchen', true)) = '{"yes"}'"""


def upgrade() -> None:
    """Expand: older programs know nothing of these tables."""
    op.create_table(
        "recovery",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("began_ms", sa.BigInteger(), nullable=False),
        sa.Column("wait_ms", sa.BigInteger(), nullable=False),
        sa.Column("first_ms", sa.BigInteger(), nullable=True),
        sa.Column("done_ms", sa.BigInteger(), nullable=True),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("brought", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(epoch) <= 64", name=op.f("ck_recovery_epoch_length")),
        sa.CheckConstraint("length(how) <= 16", name=op.f("ck_recovery_how_length")),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_recovery_hash_size")),
        sa.ForeignKeyConstraint(
            ["kitchen"], ["tenant_head.kitchen"], name=op.f("fk_recovery_kitchen_tenant_head")
        ),
        sa.PrimaryKeyConstraint("kitchen", name=op.f("pk_recovery")),
    )
    op.create_table(
        "recovery_device",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.String(length=200), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("length(device) <= 64", name=op.f("ck_recovery_device_device_length")),
        sa.CheckConstraint(
            "length(standing) <= 16", name=op.f("ck_recovery_device_standing_length")
        ),
        sa.CheckConstraint("length(told) <= 200", name=op.f("ck_recovery_device_told_length")),
        sa.ForeignKeyConstraint(
            ["kitchen"],
            ["tenant_head.kitchen"],
            name=op.f("fk_recovery_device_kitchen_tenant_head"),
        ),
        sa.PrimaryKeyConstraint("kitchen", "device", name=op.f("pk_recovery_device")),
    )
    op.create_table(
        "recovered_command",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("command", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "length(command) <= 64", name=op.f("ck_recovered_command_command_length")
        ),
        sa.CheckConstraint(
            "length(outcome) <= 16", name=op.f("ck_recovered_command_outcome_length")
        ),
        sa.CheckConstraint("length(code) <= 64", name=op.f("ck_recovered_command_code_length")),
        sa.ForeignKeyConstraint(
            ["kitchen"],
            ["tenant_head.kitchen"],
            name=op.f("fk_recovered_command_kitchen_tenant_head"),
        ),
        sa.PrimaryKeyConstraint("kitchen", "command", name=op.f("pk_recovered_command")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            _secure(table)


def downgrade() -> None:
    """The way back: a restore that still waits is over, and answers to what comes again are decided anew."""
    op.drop_table("recovered_command")
    op.drop_table("recovery_device")
    op.drop_table("recovery")


def _secure(table: str) -> None:
    """As `v0005_row_security` does: only rows of the kitchens that the transaction names."""
    rows = f"{_EVERY} OR kitchen IN {_NAMED}".replace("::", "\\:\\:")
    op.execute(sa.text(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"))
    op.execute(sa.text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
    op.execute(sa.text(f"CREATE POLICY own_kitchens ON {table} USING ({rows})"))
