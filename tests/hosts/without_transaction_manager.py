"""A host without pyramid_tm: its own tween commits or rolls back."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.tweens import EXCVIEW
from sqlalchemy import engine_from_config
from sqlalchemy.orm import sessionmaker

SERVER = "/oauth"
INI = "pyramid_oauth.prefix = /oauth"


def committing(handler, registry):
    def tween(request):
        with (
            registry["session_maker"]() as request.dbsession,
            request.dbsession.begin(),
        ):
            return handler(request)

    return tween


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        engine = config.registry["engine"] = engine_from_config(settings)
        config.registry["session_maker"] = sessionmaker(engine)
        config.add_tween(f"{__name__}.committing", under=EXCVIEW)
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
