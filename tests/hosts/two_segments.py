"""A host with the server below a prefix of two segments."""

from __future__ import annotations

from pyramid.config import Configurator

SERVER = "/account/oauth"
INI = ""


def account(config):
    config.add_oauth_server("oauth")


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("tests.hosts.database")
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.include(account, route_prefix="account")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
