"""A Pyramid application at which other applications let their users log in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict
from wsgiref.types import WSGIApplication

from pyramid.authorization import ACLHelper
from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from zope.sqlalchemy import register

from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.config.build import declared
from pyramid_oauth.extensions.openid.claims import ClaimsRequest
from pyramid_oauth.interfaces.security import Headers
from pyramid_oauth.typing import OAuthRequest

PEOPLE: dict[str, dict[str, Any]] = {
    "alice": {
        "password": "wonderland",
        "team": "red",
        "name": "Alice Liddell",
        "email": "alice@example.org",
        "email_verified": True,
    },
}


class Login(TypedDict):
    """What the session holds."""

    name: str
    at: int


class People(Accounts):
    """How the provider meets the people of this application."""

    def current(self, request: OAuthRequest) -> Account | None:
        login = request.session.get("login")
        if login is None:
            return None
        return Account(
            subject=login["name"],
            display_name=PEOPLE[login["name"]]["name"],
            auth_time=datetime.fromtimestamp(login["at"], UTC),
            amr=("pwd",),
        )

    def claims(self, request: OAuthRequest, subject: str) -> Mapping[str, Any]:
        return PEOPLE.get(subject, {})

    def is_active(self, request: OAuthRequest, subject: str) -> bool:
        return subject in PEOPLE


def team(asked: ClaimsRequest) -> Mapping[str, Any]:
    """A claim of our own, for whoever was granted the scope `team`."""
    return {"team": PEOPLE[asked.user_id]["team"]}


class Policy:
    """Who is logged in stands in the session."""

    def identity(self, request: OAuthRequest) -> Login | None:
        login: Login | None = request.session.get("login")
        return login

    def authenticated_userid(self, request: OAuthRequest) -> str | None:
        login = self.identity(request)
        return login["name"] if login else None

    def permits(
        self, request: OAuthRequest, context: object, permission: str
    ) -> object:
        return ACLHelper().permits(context, ["system.Everyone"], permission)

    def remember(self, request: OAuthRequest, userid: str, **kw: object) -> Headers:
        return []

    def forget(self, request: OAuthRequest, **kw: object) -> Headers:
        request.session.invalidate()
        return []


def login(request: OAuthRequest) -> Response:
    form = request.POST
    person = PEOPLE.get(form.get("username", ""))
    if person is not None and person["password"] == form.get("password"):
        now = int(datetime.now(UTC).timestamp())
        request.session["login"] = {"name": form["username"], "at": now}
        back = request.GET.get("next", "/")
        # A path of this site only: anything else would send people astray.
        safe = back.startswith("/") and not back.startswith(("//", "/\\"))
        return HTTPSeeOther(location=back if safe else "/")
    return Response(
        '<form method="post"><input name="username"><input name="password" '
        'type="password"><button>Log in</button></form>'
    )


def main(global_config: dict[str, str], **settings: str) -> WSGIApplication:
    engine = create_engine(settings["sqlalchemy.url"])
    declared(settings).models.metadata.create_all(engine)  # yours: Alembic
    sessions = sessionmaker(engine)
    register(sessions)
    with Configurator(settings=settings) as config:
        config.include("pyramid_tm")
        config.add_request_method(lambda request: sessions(), "dbsession", reify=True)
        config.set_session_factory(
            SignedCookieSessionFactory(settings["session_secret"])
        )
        config.set_security_policy(Policy())
        config.include("pyramid_oauth")
        config.set_oauth_accounts(People())
        config.add_oauth_claims("team", team, ["team"], scope="team")
        config.add_route("login", "/login")
        config.add_view(login, route_name="login", require_csrf=False)
        application: WSGIApplication = config.make_wsgi_app()
        return application
