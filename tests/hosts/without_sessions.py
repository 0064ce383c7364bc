"""A host without Pyramid sessions: a signed login cookie and CSRF cookie."""

from __future__ import annotations

from pyramid.authentication import AuthTktCookieHelper
from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy

from tests.hosts import people

SERVER = "/oauth"
INI = "pyramid_oauth.prefix = /oauth"


class CookiePolicy(people.SessionPolicy):
    """A policy whose user is in a signed cookie."""

    def __init__(self):
        self.cookie = AuthTktCookieHelper("x" * 32, hashalg="sha512", wild_domain=False)

    def identity(self, request):
        ticket = self.cookie.identify(request)
        return ticket and ticket["userid"]

    authenticated_userid = identity

    def remember(self, request, userid, **kw):
        return self.cookie.remember(request, userid, **kw)

    def forget(self, request, **kw):
        return self.cookie.forget(request, **kw)


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("tests.hosts.database")
        people.add_login_pages(config, CookiePolicy())
        config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
        config.include("pyramid_oauth")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
