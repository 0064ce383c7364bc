"""The audit log, and who administers the ready-made server.

Revision 0008, after 0007. Nobody is an administrator after the upgrade.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = "oauth_audit_entry"

INDEXED = ("at", "client_id", "subject")

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=True),
        sa.Column("client_id", sa.String(length=255), nullable=True),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    for name in INDEXED:
        op.create_index(op.f(f"ix_{TABLE}_{name}"), TABLE, [name])
    with op.batch_alter_table("standalone_user") as users:
        users.add_column(
            sa.Column(
                "is_administrator",
                sa.Boolean(),
                server_default=sa.false(),
                nullable=False,
            )
        )


def downgrade() -> None:
    with op.batch_alter_table("standalone_user") as users:
        users.drop_column("is_administrator")
    for name in INDEXED:
        op.drop_index(op.f(f"ix_{TABLE}_{name}"), table_name=TABLE)
    op.drop_table(TABLE)
