"""A host that a front server hangs below `/shop`: SCRIPT_NAME is not empty."""

from __future__ import annotations

from webob import Request

from tests.hosts import plain

SERVER = "/shop/oauth"
ROOT = "/shop"
INI = "pyramid_oauth.prefix = /oauth"


class Shop:
    """The front server."""

    def __init__(self, app):
        self.app = app
        self.registry = app.registry

    def __call__(self, environ, start_response):
        Request(environ).path_info_pop("shop")
        return self.app(environ, start_response)


def main(global_config, **settings):
    return Shop(plain.main(global_config, **settings))
