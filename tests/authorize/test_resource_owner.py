"""A bearer token is no login: only a person at a browser can make a grant."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import zope.sqlalchemy
from pyramid.authorization import ACLHelper
from pyramid.config import Configurator
from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
from webtest import TestApp

from pyramid_oauth.resource import OAuthSecurityPolicy
from pyramid_oauth.server import SERVER

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
REQUEST = {
    "response_type": "code",
    "client_id": "web",
    "redirect_uri": "https://client.example/cb",
    "scope": "read",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


class CookiePolicy:
    """A host's policy: who is in the session."""

    def identity(self, request):
        return request.session.get("user")

    authenticated_userid = identity

    def permits(self, request, context, permission):
        return ACLHelper().permits(context, ["system.Everyone"], permission)

    def remember(self, request, userid, **kw):
        return []

    def forget(self, request, **kw):
        return []


def log_in(request):
    request.session["user"] = "alice"
    return request.response


@pytest.fixture
def server(tmp_path):
    """A host whose policy is wrapped, and the client `web` that skips consent."""
    engine = create_engine(f"sqlite:///{tmp_path / 'oauth.sqlite'}")
    make = sessionmaker(engine)
    zope.sqlalchemy.register(make)
    config = Configurator(
        settings={
            "pyramid_oauth.issuer": "https://as.example/oauth",
            "pyramid_oauth.prefix": "/oauth",
            "pyramid_oauth.scopes": "read",
            "pyramid_oauth.secret": "s" * 40,
        }
    )
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    config.set_security_policy(OAuthSecurityPolicy(CookiePolicy()))
    config.include("pyramid_tm")
    config.include("pyramid_oauth")
    config.add_request_method(lambda request: make(), "dbsession", reify=True)
    config.add_route("login", "/login")
    config.add_view(log_in, route_name="login")
    wsgi = config.make_wsgi_app()
    models = wsgi.registry[SERVER].models
    models.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(
            models.Application(
                client_id="web",
                client_type="public",
                token_endpoint_auth_method="none",
                redirect_uris="https://client.example/cb",
                skip_authorization=True,
            )
        )
        session.commit()
    yield wsgi
    engine.dispose()


def browser(wsgi):
    return TestApp(wsgi, extra_environ={"wsgi.url_scheme": "https"})


def access_token(wsgi):
    app = browser(wsgi)
    app.get("/login")
    answer = app.get("/oauth/authorize", REQUEST, status=303)
    code = parse_qs(urlsplit(answer.location).query)["code"][0]
    form = {
        "grant_type": "authorization_code",
        "client_id": "web",
        "code": code,
        "redirect_uri": REQUEST["redirect_uri"],
        "code_verifier": VERIFIER,
    }
    return app.post("/oauth/token", form).json["access_token"]


@pytest.mark.spec("RFC 6749", "3.1")
def test_a_client_cannot_authorize_itself_with_its_users_token(server):
    token = access_token(server)
    header = {"Authorization": f"Bearer {token}"}
    answer = browser(server).get(
        "/oauth/authorize", REQUEST, headers=header, status=303
    )
    assert "/login?next=" in answer.location


@pytest.mark.spec("RFC 6749", "3.1")
def test_a_token_beside_a_login_is_no_login_either(server):
    token = access_token(server)
    app = browser(server)
    app.get("/login")
    answer = app.get(
        "/oauth/authorize", REQUEST, headers={"Authorization": f"Bearer {token}"}
    )
    assert "code=" not in answer.location
