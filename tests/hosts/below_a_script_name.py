"""A host below SCRIPT_NAME `/shop`."""

from __future__ import annotations

from webob import Request

from tests.hosts import plain

SERVER = "/shop/oauth"
ROOT = "/shop"
INI = "pyramid_oauth.prefix = /oauth"


class ScriptNameMiddleware:
    """Moves `/shop` from PATH_INFO to SCRIPT_NAME."""

    def __init__(self, app):
        self.app = app
        self.registry = app.registry

    def __call__(self, environ, start_response):
        Request(environ).path_info_pop("shop")
        return self.app(environ, start_response)


def main(global_config, **settings):
    return ScriptNameMiddleware(plain.main(global_config, **settings))
