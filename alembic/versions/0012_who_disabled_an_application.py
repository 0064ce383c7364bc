"""Add who disabled an application.

Revision 0012, after 0011. An owner enables only what no administrator has disabled.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("oauth_application", sa.Column("disabled_by", sa.String(length=16)))


def downgrade() -> None:
    op.drop_column("oauth_application", "disabled_by")
