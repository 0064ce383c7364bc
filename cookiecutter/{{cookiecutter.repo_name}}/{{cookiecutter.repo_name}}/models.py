"""The tables of the application; those of the OAuth server are on the same base."""

from datetime import UTC, datetime

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from pyramid_oauth.models import AbstractApplication, UtcDateTime
from sqlalchemy import ForeignKey, MetaData, String, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
)

_hasher = PasswordHasher()


class Base(DeclarativeBase):
    """The declarative base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class User(Base):
    """A person who can log in."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    is_active: Mapped[bool] = mapped_column(default=True)

    def set_password(self, password: str) -> None:
        """Store the hash of a password."""
        self.password_hash = _hasher.hash(password)


# What takes as long to check where there is no such user.
_NOBODY = _hasher.hash("nobody")


def authenticate(session: Session, name: str, password: str) -> User | None:
    """Return the active user of this name and password, or None."""
    query = select(User).where(User.name == name.replace("\0", ""))
    user = session.scalars(query).one_or_none()
    try:
        _hasher.verify(_NOBODY if user is None else user.password_hash, password)
    except VerificationError:
        return None
    return user if user is not None and user.is_active else None


class Note(Base):
    """A note of a user."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey(User.id, ondelete="CASCADE"), index=True
    )
    text: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime, default=lambda: datetime.now(UTC)
    )
    user: Mapped[User] = relationship()


class Application(AbstractApplication, Base):
    """An application of somebody else that users may let act for them.

    `info` names the member of a client registration (RFC 7591) that a column stores.
    """

    logo: Mapped[str | None] = mapped_column(
        String(2000), info={"client_metadata": "logo_uri"}
    )
    agree: Mapped[bool] = mapped_column(
        default=False, info={"client_metadata": "terms_accepted"}
    )
