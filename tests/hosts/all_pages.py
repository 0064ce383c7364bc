"""A host with every page of the package: own Application, look and language.

Its login sessions are rows (`docs/examples/login_sessions.py`), so that users can end
them. The templates of `tests/hosts/templates` replace blocks of ours.
"""

from __future__ import annotations

from pathlib import Path

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from docs.examples import login_sessions
from pyramid_oauth.models import AbstractApplication
from tests.hosts.people import add_login_pages

FOLDER = Path(__file__).parent
SERVER = "/oauth"
INI = """
pyramid.default_locale_name = de
pyramid_oauth.prefix = /oauth
pyramid_oauth.administrators = group:admins
pyramid_oauth.application_factory = tests.hosts.all_pages.MyApplication
pyramid_oauth.ui_locales = de en
pyramid_oauth.default_scopes = read
pyramid_oauth.registration = initial_access_token
pyramid_oauth.registration_approval = required
pyramid_oauth.applications_api_origins = https://console.example.com
pyramid_oauth.optional_scopes = write
pyramid_oauth.site_name = Confiserie Müller
pyramid_oauth.site_url = /
pyramid_oauth.site_logo = /static/logo.svg
pyramid_oauth.site_stylesheet = /static/site.css
pyramid_oauth.site_color = #8a1f4d
"""
LOGO = "/static/logo.svg"
CLIENT = {"logo": LOGO, "agree": True, "name": "Zuckerbäcker"}
PAGES = (
    *("applications", "connections", "sessions", "administration"),
    *("consent_ledger", "audit", "applications_api", "client_logos"),
    *("client_id_metadata", "resource_indicators", "rich_authorization"),
)
REPLACED = {
    "pyramid_oauth:templates/layout.oauth": "layout.oauth",
    "pyramid_oauth:extensions/connections/templates/connections.oauth": (
        "connections.oauth"
    ),
}


class MyApplication(AbstractApplication, login_sessions.Base):
    """A client that has a logo and agrees to the host's terms."""

    __tablename__ = "confectioner"

    logo: Mapped[str | None] = mapped_column(
        String(200), info={"client_metadata": "logo_uri"}
    )
    agree: Mapped[bool] = mapped_column(default=False)

    @property
    def is_usable(self):
        return super().is_usable and self.agree


class RowPolicy:
    """The user is that of the login session of this browser; alice administers."""

    def identity(self, request):
        row = login_sessions.current(request)
        return None if row is None else row.user_id

    authenticated_userid = identity

    def permits(self, request, context, permission):
        user = self.identity(request)
        principals = [] if user is None else [Authenticated, user]
        if user == "alice":
            principals.append("group:admins")
        return ACLHelper().permits(context, [Everyone, *principals], permission)

    def remember(self, request, userid, **kw):
        login_sessions.begin(request, userid)
        return []

    def forget(self, request, **kw):
        request.session.invalidate()
        return []


def home(request):
    return HTTPSeeOther(request.oauth.url("connections"))


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("tests.hosts.database")
        config.set_session_factory(SignedCookieSessionFactory("x" * 32))
        add_login_pages(config, RowPolicy())
        config.include("pyramid_oauth")
        for name in PAGES:
            config.include(f"pyramid_oauth.extensions.{name}")
        config.set_oauth_accounts(login_sessions.SiteAccounts)
        config.set_oauth_login_sessions(login_sessions.SiteSessions)
        for asset, name in REPLACED.items():
            config.override_asset(asset, str(FOLDER / "templates" / name))
        config.add_static_view("static", str(FOLDER / "static"))
        config.add_route("home", "/")
        config.add_view(home, route_name="home")
        config.include("tests.hosts.api")
        return config.make_wsgi_app()
