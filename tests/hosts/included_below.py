"""A host that includes the package below a route prefix."""

from __future__ import annotations

from pyramid.config import Configurator

SERVER = "/account/oauth"
INI = "pyramid_oauth.prefix = /oauth"


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("tests.hosts.database")
        config.include("tests.hosts.people")
        config.include("pyramid_oauth", route_prefix="/account")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
