"""A host with its own views for all exceptions and for 404."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.response import Response

SERVER = "/oauth"
INI = "pyramid_oauth.prefix = /oauth"


def broken(error, request):
    return Response("the host is sorry", status=500)


def missing(request):
    return Response("the host has no such page", status=404)


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("tests.hosts.database")
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.include("tests.hosts.api")
        config.add_exception_view(broken, context=Exception)
        config.add_notfound_view(missing)
        return config.make_wsgi_app()
