"""Kitchens, devices, codes, people, their tries, and the server's key."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
beside_previous = ("sqlite", "postgresql")


def upgrade() -> None:
    """Expand: what older programs do must still work afterwards."""
    op.create_table(
        "kitchen_info",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("utc_offset_min", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "-720 <= utc_offset_min AND utc_offset_min <= 840",
            name=op.f("ck_kitchen_info_offset_of_earth"),
        ),
        sa.CheckConstraint("length(kitchen) <= 64", name=op.f("ck_kitchen_info_kitchen_length")),
        sa.CheckConstraint("length(name) <= 80", name=op.f("ck_kitchen_info_name_length")),
        sa.PrimaryKeyConstraint("kitchen", name=op.f("pk_kitchen_info")),
    )
    op.create_table(
        "server_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_server_key_one_row")),
        sa.CheckConstraint("length(seed) = 32", name=op.f("ck_server_key_seed_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_key")),
    )
    op.create_table(
        "device",
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("enrolled_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.Column("heard_ms", sa.BigInteger(), nullable=True),
        sa.Column("got_seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(device) <= 64", name=op.f("ck_device_device_length")),
        sa.CheckConstraint("length(name) <= 80", name=op.f("ck_device_name_length")),
        sa.CheckConstraint("length(public_key) = 32", name=op.f("ck_device_public_key_size")),
        sa.ForeignKeyConstraint(
            ["kitchen"], ["kitchen_info.kitchen"], name=op.f("fk_device_kitchen_kitchen_info")
        ),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_device")),
    )
    op.create_index(op.f("ix_device_kitchen"), "device", ["kitchen"], unique=False)
    op.create_table(
        "staff",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("staff", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=True),
        sa.Column("pin_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(name) <= 80", name=op.f("ck_staff_name_length")),
        sa.CheckConstraint("length(pin_hash) <= 200", name=op.f("ck_staff_pin_hash_length")),
        sa.CheckConstraint("length(staff) <= 64", name=op.f("ck_staff_staff_length")),
        sa.ForeignKeyConstraint(
            ["kitchen"], ["kitchen_info.kitchen"], name=op.f("fk_staff_kitchen_kitchen_info")
        ),
        sa.PrimaryKeyConstraint("kitchen", "staff", name=op.f("pk_staff")),
    )
    op.create_table(
        "attempt",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("staff", sa.String(length=64), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kitchen", "staff"],
            ["staff.kitchen", "staff.staff"],
            name=op.f("fk_attempt_kitchen_staff"),
        ),
        sa.PrimaryKeyConstraint("kitchen", "staff", name=op.f("pk_attempt")),
    )
    op.create_table(
        "enrolment_code",
        sa.Column("locator", sa.String(length=4), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=True),
        sa.CheckConstraint("length(code_hash) = 32", name=op.f("ck_enrolment_code_code_hash_size")),
        sa.CheckConstraint("length(locator) = 4", name=op.f("ck_enrolment_code_locator_size")),
        sa.CheckConstraint("length(name) <= 80", name=op.f("ck_enrolment_code_name_length")),
        sa.ForeignKeyConstraint(
            ["device"], ["device.device"], name=op.f("fk_enrolment_code_device_device")
        ),
        sa.ForeignKeyConstraint(
            ["kitchen"],
            ["kitchen_info.kitchen"],
            name=op.f("fk_enrolment_code_kitchen_kitchen_info"),
        ),
        sa.PrimaryKeyConstraint("locator", name=op.f("pk_enrolment_code")),
    )


def downgrade() -> None:
    """The way back."""
    op.drop_table("enrolment_code")
    op.drop_table("attempt")
    op.drop_table("staff")
    op.drop_index(op.f("ix_device_kitchen"), table_name="device")
    op.drop_table("device")
    op.drop_table("server_key")
    op.drop_table("kitchen_info")
