"""The first schema: log and history."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
beside_previous = ()


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "alert_history",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("severity", sa.String(length=64), nullable=False),
        sa.Column("raised_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("level", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.String(length=200), nullable=True),
        sa.Column("acknowledged_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("escalated_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("resolved_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kitchen", "number", name=op.f("pk_alert_history")),
    )
    with op.batch_alter_table("alert_history", schema=None) as batch_op:
        batch_op.create_index("ix_alert_history_raised", ["kitchen", "raised_ms"], unique=False)

    op.create_table(
        "audit",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("session", sa.String(length=200), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("command", sa.String(length=200), nullable=False),
        sa.Column("earliest_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("latest_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quality", sa.String(length=64), nullable=False),
        sa.Column("recorded_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kitchen", "seq", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_actor", ["kitchen", "actor", "seq"], unique=False)
        batch_op.create_index("ix_audit_subject", ["kitchen", "subject", "seq"], unique=False)

    op.create_table(
        "batch_history",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("batch", sa.String(length=200), nullable=False),
        sa.Column("night", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("dish", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wave", sa.String(length=64), nullable=False),
        sa.Column("pk", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("pb", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("special", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("planned_prepare_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("planned_cook_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("planned_ready_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.String(length=64), nullable=False),
        sa.Column("round", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("preparing_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("cooking_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("quality_check_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("completed_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("cooking_took_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("holds", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("held_took_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_verdict", sa.Boolean(), nullable=True),
        sa.Column("first_verdict_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("yield_portions", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("waste_kg", sa.Float(precision=53), nullable=True),
        sa.Column("discarded_portions", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("consumption_started_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("consume_by_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("on_time", sa.Boolean(), nullable=True),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kitchen", "batch", name=op.f("pk_batch_history")),
    )
    with op.batch_alter_table("batch_history", schema=None) as batch_op:
        batch_op.create_index("ix_batch_history_night", ["kitchen", "night"], unique=False)

    op.create_table(
        "check_result",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.String(length=200), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("round", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("score", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("value", sa.Float(precision=53), nullable=True),
        sa.Column("corrective_action", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("earliest_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("latest_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kitchen", "seq", name=op.f("pk_check_result")),
    )
    with op.batch_alter_table("check_result", schema=None) as batch_op:
        batch_op.create_index("ix_check_result_batch", ["kitchen", "batch"], unique=False)

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
        "reading",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.String(length=200), nullable=False),
        sa.Column("reading", sa.String(length=200), nullable=False),
        sa.Column("value_c", sa.Float(precision=53), nullable=False),
        sa.Column("point", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("probe", sa.String(length=200), nullable=False),
        sa.Column("low_c", sa.Float(precision=53), nullable=True),
        sa.Column("high_c", sa.Float(precision=53), nullable=True),
        sa.Column("within", sa.Boolean(), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("earliest_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("latest_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quality", sa.String(length=64), nullable=False),
        sa.Column("recorded_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kitchen", "seq", name=op.f("pk_reading")),
    )
    with op.batch_alter_table("reading", schema=None) as batch_op:
        batch_op.create_index("ix_reading_batch", ["kitchen", "batch", "earliest_ms"], unique=False)

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
        "staff_activity",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("place", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("staff", sa.String(length=200), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until_ms", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("post", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint(
            "kitchen", "kind", "subject", "place", name=op.f("pk_staff_activity")
        ),
    )
    with op.batch_alter_table("staff_activity", schema=None) as batch_op:
        batch_op.create_index("ix_staff_activity_since", ["kitchen", "since_ms"], unique=False)

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
        "history_state",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state_version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kitchen"], ["tenant_head.kitchen"], name=op.f("fk_history_state_kitchen_tenant_head")
        ),
        sa.PrimaryKeyConstraint("kitchen", name=op.f("pk_history_state")),
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
    op.drop_table("history_state")
    op.drop_table("follower_position")
    op.drop_table("tenant_head")
    with op.batch_alter_table("staff_activity", schema=None) as batch_op:
        batch_op.drop_index("ix_staff_activity_since")

    op.drop_table("staff_activity")
    op.drop_table("schema_compat")
    op.drop_table("receipt")
    with op.batch_alter_table("reading", schema=None) as batch_op:
        batch_op.drop_index("ix_reading_batch")

    op.drop_table("reading")
    op.drop_table("outbox_head")
    op.drop_table("follower_lease")
    op.drop_table("event")
    with op.batch_alter_table("check_result", schema=None) as batch_op:
        batch_op.drop_index("ix_check_result_batch")

    op.drop_table("check_result")
    with op.batch_alter_table("batch_history", schema=None) as batch_op:
        batch_op.drop_index("ix_batch_history_night")

    op.drop_table("batch_history")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_subject")
        batch_op.drop_index("ix_audit_actor")

    op.drop_table("audit")
    with op.batch_alter_table("alert_history", schema=None) as batch_op:
        batch_op.drop_index("ix_alert_history_raised")

    op.drop_table("alert_history")
