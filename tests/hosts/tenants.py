"""A host with its own user table and its own extension (docs/examples)."""

from __future__ import annotations

from pyramid.config import Configurator
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from docs.examples.tenants import VOUCHER
from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.models import AbstractApplication

SERVER = "/oauth"
INI = f"""
pyramid_oauth.prefix = /oauth
pyramid_oauth.accounts = tests.hosts.tenants.People
pyramid_oauth.application_factory = tests.hosts.tenants.Client
pyramid_oauth.grant_types =
    authorization_code client_credentials refresh_token {VOUCHER}
pyramid_oauth.registration = open
pyramid_oauth.tenants = acme globex
"""


class Base(DeclarativeBase):
    """The declarative base of the host."""


class Person(Base):
    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Client(AbstractApplication, Base):
    __tablename__ = "client"

    id: Mapped[int] = mapped_column(primary_key=True)


class People(Accounts):
    """The subject of a user is the primary key."""

    def current(self, request):
        query = select(Person).where(Person.name == request.authenticated_userid)
        person = request.dbsession.scalars(query).one_or_none()
        return person and Account(subject=str(person.id), display_name=person.name)


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("tests.hosts.database")
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.include("docs.examples.tenants")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
