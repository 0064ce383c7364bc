"""The login sessions of the ready-made server, so that a logout ends them everywhere.

Revision 0005, after 0004. Who is logged in before the upgrade logs in once more.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLE = "standalone_session"

INDEXED = ("subject", "expires_at")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("key_digest", sa.String(length=43), nullable=False),
        sa.Column("session_id", sa.String(length=43), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("password_digest", sa.String(length=43), nullable=False),
        sa.Column("browser", sa.String(length=200), nullable=False),
        sa.Column("auth_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("selected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject"],
            ["standalone_user.subject"],
            name=op.f(f"fk_{TABLE}_subject"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key_digest", name=op.f(f"pk_{TABLE}")),
    )
    for name in INDEXED:
        op.create_index(op.f(f"ix_{TABLE}_{name}"), TABLE, [name])


def downgrade() -> None:
    for name in INDEXED:
        op.drop_index(op.f(f"ix_{TABLE}_{name}"), table_name=TABLE)
    op.drop_table(TABLE)
