"""Tries of PINs at one kiosk, beside those of a person at all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
beside_previous = ("sqlite", "postgresql")


def upgrade() -> None:
    """Expand: older programs go on counting in `attempt` alone."""
    op.create_table(
        "attempt_here",
        sa.Column("kitchen", sa.String(length=64), nullable=False),
        sa.Column("staff", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kitchen", "staff"],
            ["staff.kitchen", "staff.staff"],
            name=op.f("fk_attempt_here_kitchen_staff"),
        ),
        sa.ForeignKeyConstraint(
            ["device"], ["device.device"], name=op.f("fk_attempt_here_device_device")
        ),
        sa.PrimaryKeyConstraint("kitchen", "staff", "device", name=op.f("pk_attempt_here")),
    )
    op.create_table(
        "attempt_kiosk",
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device"], ["device.device"], name=op.f("fk_attempt_kiosk_device_device")
        ),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_attempt_kiosk")),
    )


def downgrade() -> None:
    """The way back: tries at one kiosk are forgotten, those of a person stay."""
    op.drop_table("attempt_kiosk")
    op.drop_table("attempt_here")
