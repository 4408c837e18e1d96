"""How kiosks say they are, which server processes run, and which kiosk may see all of it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
beside_previous = ("sqlite", "postgresql")


def upgrade() -> None:
    """Expand: older programs know nothing of these tables."""
    op.create_table(
        "device_sign",
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("app", sa.String(length=200), nullable=False),
        sa.Column("unsent", sa.BigInteger(), nullable=False),
        sa.Column("offset_ms", sa.BigInteger(), nullable=True),
        sa.Column("process", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["device"], ["device.device"], name=op.f("fk_device_sign_device_device")
        ),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_device_sign")),
    )
    op.create_table(
        "fleet_desk",
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["device"], ["device.device"], name=op.f("fk_fleet_desk_device_device")
        ),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_fleet_desk")),
    )
    op.create_table(
        "server_process",
        sa.Column("process", sa.String(length=80), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=False),
        sa.Column("connections", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("process", name=op.f("pk_server_process")),
    )


def downgrade() -> None:
    """The way back: who may see the fleet has to be told again."""
    op.drop_table("server_process")
    op.drop_table("fleet_desk")
    op.drop_table("device_sign")
