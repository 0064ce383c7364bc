"""The models of the ready-made server: users and notes.

The library does not use them; it knows a user by an opaque subject.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    Uuid,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyramid_oauth.clock import now
from pyramid_oauth.models.columns import UtcDateTime, new_id

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def new_subject() -> str:
    """Return a new subject: unique, never reused, independent of the user name."""
    return str(new_id())


class Base(DeclarativeBase):
    """The declarative base of the ready-made server's own tables."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class User(Base):
    """A person who can log in; `claims` holds the standard claims of OpenID.

    `mail` has its stored form (`parse_address`). An address that is not verified may be
    that of somebody else, so several users may give it, but only one can verify it.
    """

    __tablename__ = "standalone_user"

    subject: Mapped[str] = mapped_column(
        String(36), primary_key=True, default=new_subject
    )
    username: Mapped[str] = mapped_column(String(255), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    display_name: Mapped[str] = mapped_column(String(255), default="")
    claims: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    is_administrator: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default=false()
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    mail: Mapped[str | None] = mapped_column(String(254))
    mail_verified: Mapped[bool] = mapped_column(Boolean, default=False)
    locale: Mapped[str | None] = mapped_column(String(35))

    __table_args__ = (
        Index(
            "ix_standalone_user_verified_mail",
            "mail",
            unique=True,
            postgresql_where=text("mail_verified"),
            sqlite_where=text("mail_verified"),
        ),
    )

    def __repr__(self) -> str:
        return f"<User {self.username}>"


class Note(Base):
    """A note that a user stored through the demo API."""

    __tablename__ = "standalone_note"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    subject: Mapped[str] = mapped_column(
        ForeignKey("standalone_user.subject", ondelete="CASCADE"), index=True
    )
    text: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class LoginSession(Base):
    """A browser in which a user is logged in; the cookie has the key, never a row.

    `session_id` is what `sid` derives from: it survives that the same user
    authenticates again, the key does not. `password_digest` ties the session to the
    password: a change of it, by whatever way, ends the session. `amr` holds the methods
    of the login (RFC 8176), separated by spaces.
    """

    __tablename__ = "standalone_session"

    key_digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(43))
    subject: Mapped[str] = mapped_column(
        ForeignKey("standalone_user.subject", ondelete="CASCADE"), index=True
    )
    password_digest: Mapped[str] = mapped_column(String(43))
    browser: Mapped[str] = mapped_column(String(200), default="")
    amr: Mapped[str] = mapped_column(String(100), default="pwd", server_default="pwd")
    auth_time: Mapped[datetime] = mapped_column(UtcDateTime)
    selected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class AccountLink(Base):
    """A one-time link in a mail; the mail has the token, this row its digest.

    Attributes:
        kind: What it is for.
        subject: The user; none for an invitation.
        mail: The address that it proves, or "".
        password_digest: That of the stored password with which it ends, or "".
    """

    __tablename__ = "standalone_link"

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str | None] = mapped_column(
        ForeignKey("standalone_user.subject", ondelete="CASCADE"), index=True
    )
    mail: Mapped[str] = mapped_column(String(254), default="")
    password_digest: Mapped[str] = mapped_column(String(43), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class PendingLogin(Base):
    """A user whose password was right and whose second step is awaited; no session.

    The cookie of the browser has the key. `password_digest` as in `LoginSession`.
    """

    __tablename__ = "standalone_pending_login"

    key_digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    subject: Mapped[str] = mapped_column(
        ForeignKey("standalone_user.subject", ondelete="CASCADE"), index=True
    )
    password_digest: Mapped[str] = mapped_column(String(43))
    amr: Mapped[str] = mapped_column(String(100))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class RememberedBrowser(Base):
    """A browser in which the second step is not due; the cookie has the key.

    `password_digest` as in `LoginSession`.
    """

    __tablename__ = "standalone_remembered_browser"

    key_digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    subject: Mapped[str] = mapped_column(
        ForeignKey("standalone_user.subject", ondelete="CASCADE"), index=True
    )
    password_digest: Mapped[str] = mapped_column(String(43))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Passkey(Base):
    """A passkey of a user (WebAuthn Level 3, section 4, credential record)."""

    __tablename__ = "standalone_passkey"

    credential_digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    subject: Mapped[str] = mapped_column(
        ForeignKey("standalone_user.subject", ondelete="CASCADE"), index=True
    )
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[str] = mapped_column(String(100), default="")
    name: Mapped[str] = mapped_column(String(100))
    is_synced: Mapped[bool] = mapped_column(Boolean)
    is_backed_up: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuthenticatorApp(Base):
    """The app of a user that shows one-time passwords (TOTP, RFC 6238).

    `secret` is encrypted. The app counts once `confirmed_at` is set; `last_step` is the
    time step of the last accepted code.
    """

    __tablename__ = "standalone_authenticator_app"

    subject: Mapped[str] = mapped_column(
        ForeignKey("standalone_user.subject", ondelete="CASCADE"), primary_key=True
    )
    secret: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """A code that replaces a second factor once; only its keyed digest is stored."""

    __tablename__ = "standalone_recovery_code"

    digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    subject: Mapped[str] = mapped_column(
        ForeignKey("standalone_user.subject", ondelete="CASCADE"), index=True
    )
