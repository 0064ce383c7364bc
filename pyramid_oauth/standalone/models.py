"""The models of the ready-made server: users and notes.

The library does not use them; it knows a user by an opaque subject.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, ForeignKey, MetaData, String, Uuid
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
    """A person who can log in; `claims` holds the standard claims of OpenID."""

    __tablename__ = "standalone_user"

    subject: Mapped[str] = mapped_column(
        String(36), primary_key=True, default=new_subject
    )
    username: Mapped[str] = mapped_column(String(255), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    display_name: Mapped[str] = mapped_column(String(255), default="")
    claims: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

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
    password: a change of it, by whatever way, ends the session.
    """

    __tablename__ = "standalone_session"

    key_digest: Mapped[str] = mapped_column(String(43), primary_key=True)
    session_id: Mapped[str] = mapped_column(String(43))
    subject: Mapped[str] = mapped_column(
        ForeignKey("standalone_user.subject", ondelete="CASCADE"), index=True
    )
    password_digest: Mapped[str] = mapped_column(String(43))
    browser: Mapped[str] = mapped_column(String(200), default="")
    auth_time: Mapped[datetime] = mapped_column(UtcDateTime)
    selected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
