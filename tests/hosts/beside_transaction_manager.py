"""A host with pyramid_tm whose session is committed by a tween of its own."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.tweens import EXCVIEW
from sqlalchemy import engine_from_config
from sqlalchemy.orm import sessionmaker

SERVER = "/oauth"
INI = "pyramid_oauth.prefix = /oauth"


def committing(handler, registry):
    def tween(request):
        response = handler(request)
        request.dbsession.commit()
        return response

    return tween


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("pyramid_tm")
        engine = config.registry["engine"] = engine_from_config(settings)
        make = sessionmaker(engine)
        config.add_request_method(lambda request: make(), "dbsession", reify=True)
        config.add_tween(f"{__name__}.committing", under=EXCVIEW)
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
