"""The first schema: log, identity and history."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "event",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("length(body) <= 65536", name=op.f("ck_event_body_length")),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_event_hash_size")),
        sa.PrimaryKeyConstraint("kitchen", "seq", name=op.f("pk_event")),
    )
    op.create_table(
        "follower_lease",
        sa.Column("follower", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "length(follower) <= 64", name=op.f("ck_follower_lease_follower_length")
        ),
        sa.CheckConstraint("length(holder) <= 64", name=op.f("ck_follower_lease_holder_length")),
        sa.PrimaryKeyConstraint("follower", name=op.f("pk_follower_lease")),
    )
    op.create_table(
        "outbox_head",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("outbox", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("last_dseq", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.LargeBinary(), nullable=False),
        sa.Column("last_earliest_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(device) <= 64", name=op.f("ck_outbox_head_device_length")),
        sa.CheckConstraint("length(last_hash) = 32", name=op.f("ck_outbox_head_last_hash_size")),
        sa.CheckConstraint("length(outbox) <= 64", name=op.f("ck_outbox_head_outbox_length")),
        sa.PrimaryKeyConstraint("kitchen", "outbox", name=op.f("pk_outbox_head")),
    )
    op.create_table(
        "receipt",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("outbox", sa.String(length=64), nullable=False),
        sa.Column("dseq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("row_hash", sa.LargeBinary(), nullable=False),
        sa.Column("command", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("dseq >= 1", name=op.f("ck_receipt_dseq_from_one")),
        sa.CheckConstraint("length(code) <= 64", name=op.f("ck_receipt_code_length")),
        sa.CheckConstraint("length(command) <= 64", name=op.f("ck_receipt_command_length")),
        sa.CheckConstraint("length(outcome) <= 16", name=op.f("ck_receipt_outcome_length")),
        sa.CheckConstraint("length(raw) <= 65536", name=op.f("ck_receipt_raw_length")),
        sa.CheckConstraint("length(row_hash) = 32", name=op.f("ck_receipt_row_hash_size")),
        sa.PrimaryKeyConstraint("kitchen", "outbox", "dseq", name=op.f("pk_receipt")),
    )
    op.create_table(
        "schema_compat",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("oldest_code", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_schema_compat_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schema_compat")),
    )
    op.create_table(
        "tenant_head",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=False),
        sa.Column("floor_hash", sa.LargeBinary(), nullable=False),
        sa.Column("durable", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "0 <= floor AND floor <= seq AND durable <= seq", name=op.f("ck_tenant_head_order")
        ),
        sa.CheckConstraint("length(epoch) <= 64", name=op.f("ck_tenant_head_epoch_length")),
        sa.CheckConstraint("length(floor_hash) = 32", name=op.f("ck_tenant_head_floor_hash_size")),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_tenant_head_hash_size")),
        sa.CheckConstraint("length(kitchen) <= 64", name=op.f("ck_tenant_head_kitchen_length")),
        sa.PrimaryKeyConstraint("kitchen", name=op.f("pk_tenant_head")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "follower_position",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("follower", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "length(follower) <= 64", name=op.f("ck_follower_position_follower_length")
        ),
        sa.ForeignKeyConstraint(
            ["kitchen"],
            ["tenant_head.kitchen"],
            name=op.f("fk_follower_position_kitchen_tenant_head"),
        ),
        sa.PrimaryKeyConstraint("kitchen", "follower", name=op.f("pk_follower_position")),
    )
    op.create_table(
        "snapshot",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("state_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("length(hash) = 32", name=op.f("ck_snapshot_hash_size")),
        sa.ForeignKeyConstraint(
            ["kitchen"], ["tenant_head.kitchen"], name=op.f("fk_snapshot_kitchen_tenant_head")
        ),
        sa.PrimaryKeyConstraint("kitchen", "state_version", "seq", name=op.f("pk_snapshot")),
    )
    op.execute(sa.text("INSERT INTO schema_compat (id, oldest_code) VALUES (1, 1)"))


def downgrade() -> None:
    """Remove every table."""
    op.drop_table("snapshot")
    op.drop_table("follower_position")
    op.drop_table("tenant_head")
    op.drop_table("schema_compat")
    op.drop_table("receipt")
    op.drop_table("outbox_head")
    op.drop_table("follower_lease")
    op.drop_table("event")
