"""A host as in older Pyramid templates: one scoped session for all requests."""

from __future__ import annotations

import zope.sqlalchemy
from pyramid.config import Configurator
from sqlalchemy import engine_from_config
from sqlalchemy.orm import scoped_session, sessionmaker

SERVER = "/oauth"
INI = "pyramid_oauth.prefix = /oauth"


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("pyramid_tm")
        engine = config.registry["engine"] = engine_from_config(settings)
        sessions = scoped_session(sessionmaker(engine))
        zope.sqlalchemy.register(sessions)
        config.add_request_method(lambda request: sessions, "dbsession", reify=True)
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
