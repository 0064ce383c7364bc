"""A host whose base gives every class a key, a time stamp and named constraints."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, MetaData, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column

from pyramid_oauth.models import (
    AbstractApplication,
    AbstractConsent,
    AbstractGrant,
    AbstractRefreshToken,
)
from tests.hosts import plain

SERVER = "/oauth"
INI = """
pyramid_oauth.prefix = /oauth
pyramid_oauth.registration = tests.hosts.opinionated_base.anybody
pyramid_oauth.application_factory = tests.hosts.opinionated_base.Client
"""


class Base(DeclarativeBase):
    """The declarative base of the host."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    written_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


def slug_of(context):
    return context.get_current_parameters()["name"].lower()


class Client(AbstractApplication, Base):
    __tablename__ = "client"

    slug: Mapped[str] = mapped_column(String(255), default=slug_of)


Client.shouted = column_property(func.upper(Client.name))


class Approval(AbstractGrant, Base):
    """A grant with columns named like our parameters."""

    __tablename__ = "approval"

    key: Mapped[str] = mapped_column(String(9), default="kept")
    at: Mapped[str] = mapped_column(String(9), default="kept")
    code: Mapped[str] = mapped_column(String(9), default="kept")


class Renewal(AbstractRefreshToken, Base):
    __tablename__ = "renewal"

    until: Mapped[str] = mapped_column(String(9), default="kept")


class Permission(AbstractConsent, Base):
    __tablename__ = "permission"

    user_id: Mapped[str] = mapped_column("person", String(40))
    client_id: Mapped[str] = mapped_column("client", String(255))


def anybody(request, metadata):
    """A registration policy that accepts everybody."""
    return True


main = plain.main
