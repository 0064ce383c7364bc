"""Keys, the outbox, client registration, and clients that authenticate by assertion.

Revision 0002, after 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oauth_initial_access_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=False),
        sa.Column("remaining", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_initial_access_token")),
        sa.UniqueConstraint(
            "digest", name=op.f("uq_oauth_initial_access_token_digest")
        ),
    )
    op.create_index(
        op.f("ix_oauth_initial_access_token_expires_at"),
        "oauth_initial_access_token",
        ["expires_at"],
    )

    op.create_table(
        "oauth_outbox_message",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=255), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_outbox_message")),
    )
    op.create_index(
        op.f("ix_oauth_outbox_message_due_at"), "oauth_outbox_message", ["due_at"]
    )

    op.create_table(
        "oauth_signing_key",
        sa.Column("kid", sa.String(length=43), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("alg", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("public_jwk", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("compromised", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retiring_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_oauth_signing_key")),
    )
    op.create_index(
        op.f("ix_oauth_signing_key_issuer"), "oauth_signing_key", ["issuer"]
    )

    op.create_table(
        "oauth_throttle",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_oauth_throttle")),
    )
    op.create_index(
        op.f("ix_oauth_throttle_expires_at"), "oauth_throttle", ["expires_at"]
    )

    op.create_table(
        "oauth_used_assertion",
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_oauth_used_assertion")),
    )
    op.create_index(
        op.f("ix_oauth_used_assertion_expires_at"),
        "oauth_used_assertion",
        ["expires_at"],
    )

    op.create_index(
        op.f("ix_oauth_authorization_request_client_id"),
        "oauth_authorization_request",
        ["client_id"],
    )

    with op.batch_alter_table("oauth_application") as batch_op:
        batch_op.add_column(
            sa.Column(
                "client_secret_expires_at", sa.DateTime(timezone=True), nullable=True
            )
        )
        batch_op.add_column(sa.Column("sealed_client_secret", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column("registration_token_digest", sa.String(length=43), nullable=True)
        )
        batch_op.add_column(
            sa.Column(
                "source",
                sa.String(length=16),
                nullable=False,
                server_default="administrator",
            )
        )
    # The default is for the rows that are there; new ones say it themselves.
    with op.batch_alter_table("oauth_application") as batch_op:
        batch_op.alter_column("source", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("oauth_application") as batch_op:
        batch_op.drop_column("source")
        batch_op.drop_column("registration_token_digest")
        batch_op.drop_column("sealed_client_secret")
        batch_op.drop_column("client_secret_expires_at")

    op.drop_index(
        op.f("ix_oauth_authorization_request_client_id"),
        table_name="oauth_authorization_request",
    )

    op.drop_table("oauth_used_assertion")
    op.drop_table("oauth_throttle")
    op.drop_table("oauth_signing_key")
    op.drop_table("oauth_outbox_message")
    op.drop_table("oauth_initial_access_token")
