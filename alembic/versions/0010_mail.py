"""Mail addresses and languages of users, and one-time links in mail.

Revision 0010, after 0009. The address moves from the claims of a user into columns of
its own. Where several users have the same verified address, it stays verified for the
first of them. Statements printed offline do not move addresses.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

LINKS = "standalone_link"

INDEX = "ix_standalone_user_verified_mail"

USERS = sa.table(
    "standalone_user",
    sa.column("subject", sa.String),
    sa.column("claims", sa.JSON),
    sa.column("mail", sa.String),
    sa.column("mail_verified", sa.Boolean),
    sa.column("created_at"),
)


def upgrade() -> None:
    op.add_column("standalone_user", sa.Column("mail", sa.String(254), nullable=True))
    op.add_column(
        "standalone_user",
        sa.Column(
            "mail_verified", sa.Boolean(), nullable=False, server_default=sa.false()
        ),
    )
    op.add_column("standalone_user", sa.Column("locale", sa.String(35), nullable=True))
    if not context.is_offline_mode():
        _move_addresses()
    op.create_index(
        op.f(INDEX),
        "standalone_user",
        ["mail"],
        unique=True,
        postgresql_where=sa.text("mail_verified"),
        sqlite_where=sa.text("mail_verified"),
    )
    op.create_table(
        LINKS,
        sa.Column("digest", sa.String(length=43), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=36), nullable=True),
        sa.Column("mail", sa.String(length=254), nullable=False),
        sa.Column("password_digest", sa.String(length=43), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject"],
            ["standalone_user.subject"],
            name=op.f(f"fk_{LINKS}_subject"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f(f"pk_{LINKS}")),
    )
    for name in ("subject", "expires_at"):
        op.create_index(op.f(f"ix_{LINKS}_{name}"), LINKS, [name])


def _move_addresses() -> None:
    connection, verified = op.get_bind(), set()
    users = sa.select(USERS.c.subject, USERS.c.claims).order_by(USERS.c.created_at)
    for subject, claims in connection.execute(users).all():
        address = claims.get("email")
        if not isinstance(address, str) or len(address) > 254:
            continue
        mail = address.strip().lower()
        is_verified = claims.get("email_verified") is True and mail not in verified
        if is_verified:
            verified.add(mail)
        rest = {
            name: value
            for name, value in claims.items()
            if name not in ("email", "email_verified")
        }
        connection.execute(
            USERS.update()
            .where(USERS.c.subject == subject)
            .values(claims=rest, mail=mail, mail_verified=is_verified)
        )


def downgrade() -> None:
    op.drop_table(LINKS)
    if not context.is_offline_mode():
        _move_addresses_back()
    op.drop_index(op.f(INDEX), table_name="standalone_user")
    with op.batch_alter_table("standalone_user") as batch:
        for name in ("mail", "mail_verified", "locale"):
            batch.drop_column(name)


def _move_addresses_back() -> None:
    connection = op.get_bind()
    users = sa.select(USERS).where(USERS.c.mail.is_not(None))
    for user in connection.execute(users).all():
        claims = {"email": user.mail, "email_verified": user.mail_verified}
        connection.execute(
            USERS.update()
            .where(USERS.c.subject == user.subject)
            .values(claims={**user.claims, **claims})
        )
