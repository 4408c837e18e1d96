"""Why a batch was held, what was noted, what a hand-over said: in the rows of the past."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
beside_previous = ("sqlite", "postgresql")


def upgrade() -> None:
    """Expand: older programs write their rows without these, and `dapur-server rebuild` adds them."""
    op.add_column("batch_history", sa.Column("hold_rows", sa.Text(), nullable=True))
    op.add_column("audit", sa.Column("detail", sa.Text(), nullable=True))
    op.add_column("audit", sa.Column("passing", sa.Text(), nullable=True))


def downgrade() -> None:
    """The way back: the rows still tell who and when; the log keeps the rest."""
    op.drop_column("audit", "passing")
    op.drop_column("audit", "detail")
    op.drop_column("batch_history", "hold_rows")
