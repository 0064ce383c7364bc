"""A host with the server at the root of the site, without a prefix.

All paths other than endpoints belong to the host.
"""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.response import Response

SERVER = ""
INI = ""


def front_page(request):
    return Response("front page")


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("tests.hosts.database")
        config.include("tests.hosts.people")
        config.include("pyramid_oauth")
        config.add_oauth_server()
        config.include("tests.hosts.api")
        config.add_route("front", "/")
        config.add_view(front_page, route_name="front")
        return config.make_wsgi_app()
