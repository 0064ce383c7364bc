"""A host with two databases: its session knows by the class which one to ask."""

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


class Shop(DeclarativeBase):
    """What the host is about."""


class Article(Shop):
    __tablename__ = "article"

    id: Mapped[int] = mapped_column(primary_key=True)


class Access(DeclarativeBase):
    """Who may do what: a database of its own."""


class Client(AbstractApplication, Access):
    __tablename__ = "client"


class Routed(Session):
    """Notes what it is asked to run, by which others choose a replica."""

    def get_bind(self, mapper=None, *, clause=None, **more):
        self.info["asked"].append(type(clause).__name__)
        return super().get_bind(mapper, clause=clause, **more)


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        settings["tm.manager_hook"] = "pyramid_tm.explicit_manager"
        config.include("pyramid_tm")
        engine = config.registry["engine"] = engine_from_config(settings)
        binds = {Access: engine, Shop: create_engine("sqlite://")}

        asked = config.registry["asked"] = []

        def session(request):
            made = Routed(binds=binds, info={"asked": asked})
            zope.sqlalchemy.register(made, transaction_manager=request.tm)
            return made

        config.add_request_method(session, "dbsession", reify=True)
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
