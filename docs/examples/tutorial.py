"""A Pyramid application that issues tokens and protects an API with them."""

from wsgiref.types import WSGIApplication

from pyramid.authorization import ACLHelper
from pyramid.config import Configurator
from pyramid.csrf import get_csrf_token
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from zope.sqlalchemy import register

from pyramid_oauth.config.build import declared
from pyramid_oauth.interfaces.security import Headers
from pyramid_oauth.typing import OAuthRequest

PEOPLE = {"alice": "wonderland"}  # yours: a table, and hashes of passwords


class Policy:
    """Who is logged in stands in the session."""

    def identity(self, request: OAuthRequest) -> str | None:
        user: str | None = request.session.get("user")
        return user

    authenticated_userid = identity

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
    name, password = form.get("username", ""), form.get("password")
    if password and PEOPLE.get(name) == password:
        request.session.invalidate()
        request.session["user"] = name
        back = request.GET.get("next", "/")
        # A path of this site only: anything else would send people astray.
        safe = back.startswith("/") and not back.startswith(("//", "/\\"))
        return HTTPSeeOther(location=back if safe else "/")
    return Response(
        '<!DOCTYPE html><html lang="en"><title>Log in</title><form method="post">'
        f'<input type="hidden" name="csrf_token" value="{get_csrf_token(request)}">'
        '<label>Name <input name="username" autocomplete="username"></label> '
        '<label>Password <input name="password" type="password" '
        'autocomplete="current-password"></label> <button>Log in</button></form>'
    )


def hello(request: OAuthRequest) -> Response:
    token = request.oauth.identity
    assert token is not None  # the view has oauth_scopes
    return Response(json_body={"user": token.user_id, "client": token.client_id})


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
        config.add_oauth_server("/oauth")
        config.add_route("login", "/login")
        config.add_view(login, route_name="login", require_csrf=True)
        config.add_route("hello", "/api/hello")
        config.add_view(hello, route_name="hello", oauth_scopes="read")
        application: WSGIApplication = config.make_wsgi_app()
        return application
