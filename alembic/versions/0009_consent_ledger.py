"""The consent ledger of the ready-made server.

Revision 0009, after 0008. Decisions of before are not in it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLE = "oauth_consent_ledger"

INDEXED = ("made_at", "subject", "client_id")

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("client_name", sa.Text(), nullable=False),
        sa.Column("logo_uri", sa.Text(), nullable=True),
        sa.Column("redirect_host", sa.Text(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    for name in INDEXED:
        op.create_index(op.f(f"ix_{TABLE}_{name}"), TABLE, [name])


def downgrade() -> None:
    for name in INDEXED:
        op.drop_index(op.f(f"ix_{TABLE}_{name}"), table_name=TABLE)
    op.drop_table(TABLE)
