"""A host with a default permission, default CSRF checks and no HTTP caching."""

from __future__ import annotations

from pyramid.config import Configurator

SERVER = "/oauth"
INI = """
pyramid_oauth.prefix = /oauth
pyramid.prevent_http_cache = true
"""


def secret_page(request):
    return request.response


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("tests.hosts.database")
        config.include("tests.hosts.people")
        config.set_default_csrf_options(require_csrf=True)
        config.set_default_permission("administer")
        config.include("pyramid_oauth")
        config.include("tests.hosts.api")
        config.add_route("secret", "/secret")
        config.add_view(secret_page, route_name="secret")
        return config.make_wsgi_app()
