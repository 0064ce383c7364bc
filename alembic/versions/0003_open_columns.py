"""Columns that extensions share, and the kind of an authorization request at rest.

Revision 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPEN = (
    ("oauth_grant", "details"),
    ("oauth_access_token", "claims"),
    ("oauth_refresh_token", "claims"),
    ("oauth_consent", "details"),
    ("oauth_authorization_request", "details"),
)


def upgrade() -> None:
    for table, column in OPEN:
        op.add_column(table, sa.Column(column, sa.JSON(), nullable=True))

    kind = sa.Column(
        "kind", sa.String(length=16), nullable=False, server_default="pending"
    )
    op.add_column("oauth_authorization_request", kind)
    # The default is for the rows that are there; new ones say it themselves.
    with op.batch_alter_table("oauth_authorization_request") as batch_op:
        batch_op.alter_column("kind", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("oauth_authorization_request") as batch_op:
        batch_op.drop_column("kind")
    for table, column in reversed(OPEN):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column(column)
