"""A Pyramid application at which other applications let their users log in."""

from datetime import UTC, datetime

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

PEOPLE = {
    "alice": {
        "password": "wonderland",
        "team": "red",
        "name": "Alice Liddell",
        "email": "alice@example.org",
        "email_verified": True,
    },
}


class People(Accounts):
    """How the provider meets the people of this application."""

    def current(self, request):
        login = request.session.get("login")
        if login is None:
            return None
        return Account(
            subject=login["name"],
            display_name=PEOPLE[login["name"]]["name"],
            auth_time=datetime.fromtimestamp(login["at"], UTC),
            amr=("pwd",),
        )

    def claims(self, request, subject):
        return PEOPLE.get(subject, {})

    def is_active(self, request, subject):
        return subject in PEOPLE


def team(asked):
    """A claim of our own, for whoever was granted the scope `team`."""
    return {"team": PEOPLE[asked.user_id]["team"]}


class Policy:
    """Who is logged in stands in the session."""

    def identity(self, request):
        return request.session.get("login")

    def authenticated_userid(self, request):
        login = self.identity(request)
        return login and login["name"]

    def permits(self, request, context, permission):
        return ACLHelper().permits(context, ["system.Everyone"], permission)

    def remember(self, request, userid, **kw):
        return []

    def forget(self, request, **kw):
        request.session.invalidate()
        return []


def login(request):
    form = request.POST
    person = PEOPLE.get(form.get("username"))
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


def main(global_config, **settings):
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
        return config.make_wsgi_app()
