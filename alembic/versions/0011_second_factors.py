"""Passkeys, apps and recovery codes of the ready-made server, and the steps of a login.

Revision 0011, after 0010.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SESSION = "standalone_session"

PENDING = "standalone_pending_login"

PASSKEY = "standalone_passkey"

APP = "standalone_authenticator_app"

CODE = "standalone_recovery_code"

INDEXES = (
    (PENDING, "subject"),
    (PENDING, "expires_at"),
    (PASSKEY, "subject"),
    (CODE, "subject"),
)


def create_table_of_user(table: str, key: str, *columns: sa.Column) -> None:
    op.create_table(
        table,
        *columns,
        sa.ForeignKeyConstraint(
            ["subject"],
            ["standalone_user.subject"],
            name=op.f(f"fk_{table}_subject"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
    )


def upgrade() -> None:
    amr = sa.Column("amr", sa.String(100), nullable=False, server_default="pwd")
    op.add_column(SESSION, amr)
    create_table_of_user(
        PENDING,
        "key_digest",
        sa.Column("key_digest", sa.String(43), nullable=False),
        sa.Column("subject", sa.String(36), nullable=False),
        sa.Column("password_digest", sa.String(43), nullable=False),
        sa.Column("amr", sa.String(100), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    create_table_of_user(
        PASSKEY,
        "credential_digest",
        sa.Column("credential_digest", sa.String(43), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.String(36), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.String(100), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("is_synced", sa.Boolean(), nullable=False),
        sa.Column("is_backed_up", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
    )
    create_table_of_user(
        APP,
        "subject",
        sa.Column("subject", sa.String(36), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
    )
    create_table_of_user(
        CODE,
        "digest",
        sa.Column("digest", sa.String(43), nullable=False),
        sa.Column("subject", sa.String(36), nullable=False),
    )
    for table, column in INDEXES:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table, column in reversed(INDEXES):
        op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
    for table in (CODE, APP, PASSKEY, PENDING):
        op.drop_table(table)
    with op.batch_alter_table(SESSION) as batch:
        batch.drop_column("amr")
