"""Failed logins are counted in oauth_throttle, like everything that is limited.

Revision 0004, after 0003. Counters last for minutes, so none is moved.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLE = "standalone_login_failures"

INDEX = "ix_standalone_login_failures_expires_at"


def upgrade() -> None:
    op.drop_index(op.f(INDEX), table_name=TABLE)
    op.drop_table(TABLE)


def downgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(INDEX), TABLE, ["expires_at"])
