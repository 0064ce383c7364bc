"""A host with its own tables: UUID keys, its own names, its own schema.

Tokens have a foreign key to the user table; tokens of a barred user are inactive.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from pyramid.config import Configurator
from sqlalchemy import DateTime, ForeignKey, MetaData, Text, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractRefreshToken,
)

SERVER = "/oauth"
INI = """
pyramid_oauth.prefix = /oauth
pyramid_oauth.application_factory = tests.hosts.own_tables.Client
pyramid_oauth.access_token_factory = tests.hosts.own_tables.Ticket
pyramid_oauth.refresh_token_factory = tests.hosts.own_tables.Renewal
pyramid_oauth.accounts = tests.hosts.own_tables.People
"""
SCHEMA = "auth"


class Base(DeclarativeBase):
    """The declarative base of the host."""

    metadata = MetaData(schema=SCHEMA)


class Person(Base):
    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(Text, unique=True)
    is_barred: Mapped[bool] = mapped_column(default=False)


class Client(AbstractApplication, Base):
    __tablename__ = "client"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    owner: Mapped[Person | None] = relationship()


class Ticket(AbstractAccessToken, Base):
    __tablename__ = "ticket"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID | None] = mapped_column("person_id", ForeignKey("person.id"))
    scope: Mapped[str] = mapped_column("allows", Text, default="")
    shift: Mapped[str] = mapped_column(Text, default="day")
    printed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


class Renewal(AbstractRefreshToken, Base):
    __tablename__ = "renewal"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column("person_id", ForeignKey("person.id"))


class People(Accounts):
    """The subject of a user is the primary key."""

    def current(self, request):
        query = select(Person).where(Person.name == request.authenticated_userid)
        person = request.dbsession.scalars(query).one_or_none()
        return person and Account(subject=str(person.id), display_name=person.name)

    def active_clause(self, subject):
        return select(~Person.is_barred).where(Person.id == subject).scalar_subquery()

    def is_active(self, request, subject):
        person = request.dbsession.get(Person, UUID(subject))
        return person is not None and not person.is_barred


def attach_schema(engine):
    """Attach the schema as a second file on SQLite."""
    if engine.dialect.name == "sqlite":
        path = f"{engine.url.database}.{SCHEMA}"
        event.listen(
            engine,
            "connect",
            lambda raw, _: raw.execute(f"ATTACH DATABASE ? AS {SCHEMA}", (path,)),
        )


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("tests.hosts.database")
        attach_schema(config.registry["engine"])
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
