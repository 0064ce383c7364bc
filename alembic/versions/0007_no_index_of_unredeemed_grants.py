"""Drop the index of unredeemed grants.

Revision 0007, after 0006. It ended HOT updates: each redemption changed every index of
the grant (PostgreSQL). The bound on such grants counts now and then instead.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEX = "ix_oauth_grant_unredeemed"


def upgrade() -> None:
    op.drop_index(op.f(INDEX), table_name="oauth_grant")


def downgrade() -> None:
    condition = sa.text("code_used_at IS NULL AND code_expires_at IS NOT NULL")
    op.create_index(
        op.f(INDEX),
        "oauth_grant",
        ["user_id"],
        postgresql_where=condition,
        sqlite_where=condition,
    )
