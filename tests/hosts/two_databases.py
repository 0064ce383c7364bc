"""A host with two databases: its session chooses the engine by the class."""

from __future__ import annotations

import zope.sqlalchemy
from pyramid.config import Configurator
from sqlalchemy import create_engine, engine_from_config
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pyramid_oauth.models import AbstractApplication

SERVER = "/oauth"
INI = """
pyramid_oauth.prefix = /oauth
pyramid_oauth.application_factory = tests.hosts.two_databases.Client
"""


class ShopBase(DeclarativeBase):
    """The base of the host's own tables."""


class Article(ShopBase):
    __tablename__ = "article"

    id: Mapped[int] = mapped_column(primary_key=True)


class AccessBase(DeclarativeBase):
    """The base of our tables, in another database."""


class Client(AbstractApplication, AccessBase):
    __tablename__ = "client"


class RoutingSession(Session):
    """Records the statements that it executes, as for the choice of a replica."""

    def get_bind(self, mapper=None, *, clause=None, **more):
        self.info["statements"].append(type(clause).__name__)
        return super().get_bind(mapper, clause=clause, **more)


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        settings["tm.manager_hook"] = "pyramid_tm.explicit_manager"
        config.include("pyramid_tm")
        engine = config.registry["engine"] = engine_from_config(settings)
        binds = {AccessBase: engine, ShopBase: create_engine("sqlite://")}

        statements = config.registry["statements"] = []

        def session(request):
            session_ = RoutingSession(binds=binds, info={"statements": statements})
            zope.sqlalchemy.register(session_, transaction_manager=request.tm)
            return session_

        config.add_request_method(session, "dbsession", reify=True)
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
