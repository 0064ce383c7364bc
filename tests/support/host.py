"""A small host application, and a browser and a client that meet it."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import zope.sqlalchemy
from pyramid.authorization import ACLHelper
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import create_engine, event
from sqlalchemy.orm import Session, sessionmaker
from webtest import TestApp

from pyramid_oauth.clients.keys import seal_secret
from pyramid_oauth.server import SERVER
from tests.support.secret import SECRET

CALLBACK = "https://client.example/cb"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest())
    .rstrip(b"=")
    .decode()
)
SETTINGS = {
    "pyramid_oauth.issuer": "https://as.example/oauth",
    "pyramid_oauth.prefix": "/oauth",
    "pyramid_oauth.scopes": "read = Read things\nwrite = Write things",
    "pyramid_oauth.default_scopes": "read",
    "pyramid_oauth.optional_scopes": "write",
    "pyramid_oauth.secret": SECRET,
}


class CookiePolicy:
    """Who is in the session."""

    def identity(self, request):
        return request.session.get("user")

    authenticated_userid = identity

    def permits(self, request, context, permission):
        return ACLHelper().permits(context, ["system.Everyone"], permission)

    def remember(self, request, userid, **kw):
        return []

    def forget(self, request, **kw):
        return []


def me(request):
    token = request.oauth.identity
    return Response(json_body={"sub": token.user_id, "scope": token.scope})


class Host:
    """The application on a database of its own."""

    def __init__(self, url, configure=None, policy=None, **settings):
        self.engine = create_engine(url)
        make = sessionmaker(self.engine)
        zope.sqlalchemy.register(make)
        named = {f"pyramid_oauth.{name}": value for name, value in settings.items()}
        config = Configurator(settings={**SETTINGS, **named})
        config.set_session_factory(SignedCookieSessionFactory("x" * 32))
        config.set_security_policy(policy or CookiePolicy())
        config.include("pyramid_tm")
        config.include("pyramid_oauth")
        config.add_request_method(lambda request: make(), "dbsession", reify=True)
        config.include("tests.support.people")
        config.add_route("me", "/me")
        config.add_view(me, route_name="me", oauth_scopes="read")
        if configure:
            configure(config)
        self.wsgi = config.make_wsgi_app()
        self.models = self.wsgi.registry[SERVER].models
        self.models.metadata.create_all(self.engine)

    def browser(self):
        environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "as.example"}
        return TestApp(self.wsgi, extra_environ=environ)

    def application(self, **fields):
        """Register a client; returns its credentials as form parameters."""
        values = {
            "client_id": "web",
            "name": "Web",
            "redirect_uris": CALLBACK,
            "authorization_grant_type": "authorization_code refresh_token "
            "client_credentials",
            "token_endpoint_auth_method": "client_secret_post",
            **fields,
        }
        application = self.models.Application(**values)
        credentials = {"client_id": values["client_id"]}
        if values["token_endpoint_auth_method"] != "none":
            secret = credentials["client_secret"] = application.new_client_secret()
            seal_secret(application, secret, self.wsgi.registry[SERVER].secret_seal)
        application.validate()
        with Session(self.engine) as session:
            session.add(application)
            session.commit()
        return credentials

    def declare(self, client_id="web", **metadata):
        """Have a client registered with further metadata."""
        self.change(client_id, client_metadata=metadata)

    def change(self, client_id="web", **fields):
        """Change a client from elsewhere, as another process would."""
        with Session(self.engine) as session:
            found = session.query(self.models.Application)
            application = found.filter_by(client_id=client_id).one()
            for name, value in fields.items():
                setattr(application, name, value)
            session.commit()

    def count(self, role):
        with Session(self.engine) as session:
            return session.query(getattr(self.models, role)).count()

    def statements(self):
        """A list that grows by every statement from now on."""
        seen = []
        event.listen(
            self.engine,
            "before_cursor_execute",
            lambda conn, cursor, statement, *rest: seen.append(statement),
        )
        return seen


def asked(**changes):
    """The parameters of an authorization request; None leaves one out."""
    parameters = {
        "response_type": "code",
        "client_id": "web",
        "redirect_uri": CALLBACK,
        "scope": "read write",
        "state": "af0ifjsldkj",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def query_of(response):
    """The members of the answer in a redirect."""
    return query(response.location)


def query(location):
    """The members of the query of a URL."""
    found = parse_qs(urlsplit(location).query)
    return {name: value for name, (value,) in found.items()}


def consent(browser, decision="allow", **changes):
    """Ask, and decide on the consent page; returns the final redirect."""
    answer = browser.get("/oauth/authorize", asked(**changes), status=303)
    if "/authorize/" not in answer.location:
        return answer
    form = answer.follow(status=200).forms["oauth-consent"]
    return form.submit("decision", value=decision, status=303)


def redemption(given, client, **changes):
    """The parameters that redeem a code."""
    parameters = {
        "grant_type": "authorization_code",
        "code": given,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **client,
        **changes,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def tokens(host, client, **changes):
    """Complete the code flow as alice; returns the token response."""
    browser = host.browser()
    browser.get("/login?name=alice")
    code = query_of(consent(browser, **changes))["code"]
    return browser.post("/oauth/token", redemption(code, client)).json


def refresh(host, client, token, **changes):
    form = {"grant_type": "refresh_token", "refresh_token": token, **client, **changes}
    return host.browser().post("/oauth/token", form, expect_errors=True)


def client_credentials(host, client, **changes):
    """The answer to a token request of a client for itself."""
    form = {"grant_type": "client_credentials", **client, **changes}
    return host.browser().post("/oauth/token", form, expect_errors=True)


def use(host, token):
    """The status of an API call with `token`."""
    headers = {"Authorization": f"Bearer {token}"}
    return host.browser().get("/me", headers=headers, expect_errors=True).status_int
