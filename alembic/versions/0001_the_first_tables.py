"""The first tables: applications, grants, tokens, consents, and the standalone ones.

Revision 0001.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "oauth_application",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=255)),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("redirect_uris", sa.Text(), nullable=False),
        sa.Column("post_logout_redirect_uris", sa.Text(), nullable=False),
        sa.Column("allowed_origins", sa.Text(), nullable=False),
        sa.Column("client_type", sa.String(length=12), nullable=False),
        sa.Column("authorization_grant_type", sa.Text(), nullable=False),
        sa.Column("token_endpoint_auth_method", sa.String(length=64), nullable=False),
        sa.Column("client_secret", sa.String(length=255)),
        sa.Column("retiring_client_secret", sa.String(length=255)),
        sa.Column("retiring_client_secret_expires_at", sa.DateTime(timezone=True)),
        sa.Column("skip_authorization", sa.Boolean(), nullable=False),
        sa.Column("allowed_scopes", sa.Text()),
        sa.Column("default_scopes", sa.Text()),
        sa.Column("pkce_required", sa.Boolean()),
        sa.Column("access_token_lifetime", sa.Integer()),
        sa.Column("refresh_token_idle_lifetime", sa.Integer()),
        sa.Column("refresh_token_absolute_lifetime", sa.Integer()),
        sa.Column("introspection", sa.String(length=12), nullable=False),
        sa.Column("client_metadata", sa.JSON(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_application")),
        sa.UniqueConstraint("client_id", name=op.f("uq_oauth_application_client_id")),
    )
    op.create_index(
        op.f("ix_oauth_application_user_id"), "oauth_application", ["user_id"]
    )
    op.create_table(
        "oauth_authorization_request",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("browser_digest", sa.String(length=43)),
        sa.Column("user_id", sa.String(length=255)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oauth_application.client_id"],
            name=op.f("fk_oauth_authorization_request_client_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_authorization_request")),
        sa.UniqueConstraint(
            "digest", name=op.f("uq_oauth_authorization_request_digest")
        ),
    )
    op.create_index(
        op.f("ix_oauth_authorization_request_expires_at"),
        "oauth_authorization_request",
        ["expires_at"],
    )
    op.create_table(
        "oauth_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oauth_application.client_id"],
            name=op.f("fk_oauth_consent_client_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_consent")),
        sa.UniqueConstraint(
            "user_id", "client_id", name=op.f("uq_oauth_consent_user_id")
        ),
    )
    op.create_index(op.f("ix_oauth_consent_client_id"), "oauth_consent", ["client_id"])
    op.create_table(
        "oauth_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("code_digest", sa.String(length=43)),
        sa.Column("code_expires_at", sa.DateTime(timezone=True)),
        sa.Column("code_used_at", sa.DateTime(timezone=True)),
        sa.Column("code_challenge", sa.String(length=43)),
        sa.Column("redirect_uri", sa.Text()),
        sa.Column("session_id", sa.String(length=64)),
        sa.Column("authentication", sa.JSON()),
        sa.ForeignKeyConstraint(
            ["client_id"],
            ["oauth_application.client_id"],
            name=op.f("fk_oauth_grant_client_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_grant")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_oauth_grant_code_digest")),
    )
    op.create_index(op.f("ix_oauth_grant_client_id"), "oauth_grant", ["client_id"])
    op.create_index(op.f("ix_oauth_grant_expires_at"), "oauth_grant", ["expires_at"])
    op.create_index(op.f("ix_oauth_grant_session_id"), "oauth_grant", ["session_id"])
    op.create_index(op.f("ix_oauth_grant_user_id"), "oauth_grant", ["user_id"])
    op.create_table(
        "oauth_access_token",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("grant_id", sa.Uuid()),
        sa.Column("user_id", sa.String(length=255)),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["oauth_grant.id"],
            name=op.f("fk_oauth_access_token_grant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_access_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_oauth_access_token_digest")),
    )
    op.create_index(
        op.f("ix_oauth_access_token_expires_at"), "oauth_access_token", ["expires_at"]
    )
    op.create_index(
        op.f("ix_oauth_access_token_grant_id"), "oauth_access_token", ["grant_id"]
    )
    op.create_table(
        "oauth_refresh_token",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("client_id", sa.String(length=255), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("absolute_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["oauth_grant.id"],
            name=op.f("fk_oauth_refresh_token_grant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oauth_refresh_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_oauth_refresh_token_digest")),
    )
    op.create_index(
        op.f("ix_oauth_refresh_token_expires_at"), "oauth_refresh_token", ["expires_at"]
    )
    op.create_index(
        op.f("ix_oauth_refresh_token_grant_id"), "oauth_refresh_token", ["grant_id"]
    )
    op.create_table(
        "standalone_login_failures",
        sa.Column("key", sa.String(length=43), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_standalone_login_failures")),
    )
    op.create_index(
        op.f("ix_standalone_login_failures_expires_at"),
        "standalone_login_failures",
        ["expires_at"],
    )
    op.create_table(
        "standalone_user",
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=255), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=255), nullable=False),
        sa.Column("claims", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_standalone_user")),
        sa.UniqueConstraint("username", name=op.f("uq_standalone_user_username")),
    )
    op.create_table(
        "standalone_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject"],
            ["standalone_user.subject"],
            name=op.f("fk_standalone_note_subject"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standalone_note")),
    )
    op.create_index(op.f("ix_standalone_note_subject"), "standalone_note", ["subject"])


def downgrade() -> None:
    op.drop_index(op.f("ix_standalone_note_subject"), table_name="standalone_note")
    op.drop_table("standalone_note")
    op.drop_table("standalone_user")
    op.drop_index(
        op.f("ix_standalone_login_failures_expires_at"),
        table_name="standalone_login_failures",
    )
    op.drop_table("standalone_login_failures")
    op.drop_index(
        op.f("ix_oauth_refresh_token_grant_id"), table_name="oauth_refresh_token"
    )
    op.drop_index(
        op.f("ix_oauth_refresh_token_expires_at"), table_name="oauth_refresh_token"
    )
    op.drop_table("oauth_refresh_token")
    op.drop_index(
        op.f("ix_oauth_access_token_grant_id"), table_name="oauth_access_token"
    )
    op.drop_index(
        op.f("ix_oauth_access_token_expires_at"), table_name="oauth_access_token"
    )
    op.drop_table("oauth_access_token")
    op.drop_index(op.f("ix_oauth_grant_user_id"), table_name="oauth_grant")
    op.drop_index(op.f("ix_oauth_grant_session_id"), table_name="oauth_grant")
    op.drop_index(op.f("ix_oauth_grant_expires_at"), table_name="oauth_grant")
    op.drop_index(op.f("ix_oauth_grant_client_id"), table_name="oauth_grant")
    op.drop_table("oauth_grant")
    op.drop_index(op.f("ix_oauth_consent_client_id"), table_name="oauth_consent")
    op.drop_table("oauth_consent")
    op.drop_index(
        op.f("ix_oauth_authorization_request_expires_at"),
        table_name="oauth_authorization_request",
    )
    op.drop_table("oauth_authorization_request")
    op.drop_index(op.f("ix_oauth_application_user_id"), table_name="oauth_application")
    op.drop_table("oauth_application")
