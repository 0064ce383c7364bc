"""Browsers in which the second step of a login may be left out.

Revision 0014, after 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLE = "standalone_remembered_browser"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("key_digest", sa.String(length=43), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("password_digest", sa.String(length=43), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject"],
            ["standalone_user.subject"],
            name=op.f(f"fk_{TABLE}_subject"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key_digest", name=op.f(f"pk_{TABLE}")),
    )
    for column in ("subject", "expires_at"):
        op.create_index(op.f(f"ix_{TABLE}_{column}"), TABLE, [column])


def downgrade() -> None:
    op.drop_table(TABLE)
