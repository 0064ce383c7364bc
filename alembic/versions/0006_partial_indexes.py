"""Indexes of unredeemed grants by user, and of tokens without a grant by client.

Revision 0006, after 0005. The first bounds the unredeemed codes of an account, the
second finds the client's own tokens when the client is deleted.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_oauth_grant_unredeemed": (
        "oauth_grant",
        "user_id",
        "code_used_at IS NULL AND code_expires_at IS NOT NULL",
    ),
    "ix_oauth_access_token_own": (
        "oauth_access_token",
        "client_id",
        "grant_id IS NULL",
    ),
}


def upgrade() -> None:
    for name, (table, column, condition) in INDEXES.items():
        op.create_index(
            op.f(name),
            table,
            [column],
            postgresql_where=sa.text(condition),
            sqlite_where=sa.text(condition),
        )


def downgrade() -> None:
    for name, (table, *_) in INDEXES.items():
        op.drop_index(op.f(name), table_name=table)
