"""A small host application, a browser and a client."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import zope.sqlalchemy
from pyramid.authorization import ACLHelper
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import PermitsResult
from pyramid.session import SignedCookieSessionFactory
from sqlalchemy import create_engine, event, inspect
from sqlalchemy.orm import Session, sessionmaker
from webtest import TestApp, TestResponse

from pyramid_oauth.clients.keys import seal_secret
from pyramid_oauth.server import SERVER
from tests.support.secret import SECRET
from tests.support.shared_applications import Application, Lease
from tests.support.types import Configure, Credentials, Form, Metadata

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
    """The security policy of the host: the user is in the session."""

    def identity(self, request: Request) -> str | None:
        result: str | None = request.session.get("user")
        return result

    authenticated_userid = identity

    def permits(
        self, request: Request, context: object, permission: str
    ) -> PermitsResult:
        return ACLHelper().permits(context, ["system.Everyone"], permission)

    def remember(
        self, request: Request, userid: str, **kw: Any
    ) -> list[tuple[str, str]]:
        return []

    def forget(self, request: Request, **kw: Any) -> list[tuple[str, str]]:
        return []


def me(request: Request) -> Response:
    """Answer with the user and the scope of the access token (scope `read`)."""
    token = request.oauth.identity
    return Response(json_body={"sub": token.user_id, "scope": token.scope})


def build_application(
    configure: Configure | None, policy: object, settings: Mapping[str, Any]
) -> Application:
    """Configure the application of a host; see `Host` for the arguments."""
    make = sessionmaker()
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
    return Application(config.make_wsgi_app(), make)


class Host:
    """A small host application with an authorization server, on its own database.

    Args:
        url: The URL of the database; missing tables are created.
        configure: Called with the configurator, for what a test configures further.
        policy: The security policy of the host; default: `CookiePolicy`.
        lease: The applications that it may share with other tests; default: none.
        **settings: Settings of the server, without their prefix `pyramid_oauth.`.
    """

    def __init__(
        self,
        url: str,
        configure: Configure | None = None,
        policy: object = None,
        lease: Lease | None = None,
        **settings: Any,
    ) -> None:
        self.engine = create_engine(url)
        build = partial(build_application, configure, policy, settings)
        given = (configure, policy, settings)
        self.wsgi, sessions = lease.get(build, *given) if lease else build()
        sessions.configure(bind=self.engine)
        self.models = self.wsgi.registry[SERVER].models
        self._create_missing_tables()

    def _create_missing_tables(self) -> None:
        # `create_all` would ask for each table by itself.
        existing = set(inspect(self.engine).get_table_names())
        tables = self.models.metadata.tables.values()
        if missing := [table for table in tables if table.name not in existing]:
            self.models.metadata.create_all(self.engine, tables=missing)

    def browser(self) -> TestApp:
        """Return a browser at the host, with a cookie jar of its own."""
        environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "as.example"}
        return TestApp(self.wsgi, extra_environ=environ)

    def register_client(self, **fields: Any) -> Credentials:
        """Register a client.

        Args:
            **fields: Columns of the application that differ from a confidential web
                client `web`.

        Returns:
            Its credentials, as parameters of a token request.
        """
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

    def set_client_metadata(self, client_id: str = "web", **metadata: Any) -> None:
        """Replace the `client_metadata` of a client."""
        self.update_application(client_id, client_metadata=metadata)

    def update_application(self, client_id: str = "web", **fields: Any) -> None:
        """Change columns of a client in the database, as another process would."""
        with Session(self.engine) as session:
            query = session.query(self.models.Application)
            application = query.filter_by(client_id=client_id).one()
            for name, value in fields.items():
                setattr(application, name, value)
            session.commit()

    def count(self, role: str) -> int:
        """Return the number of rows of a model, named as in `host.models`."""
        with Session(self.engine) as session:
            result: int = session.query(getattr(self.models, role)).count()
            return result

    def record_statements(self) -> list[str]:
        """Return a list to which every further SQL statement is appended."""
        statements = []
        event.listen(
            self.engine,
            "before_cursor_execute",
            lambda conn, cursor, statement, *rest: statements.append(statement),
        )
        return statements


def build_authorization_request(**changes: str | None) -> Form:
    """Return the parameters of an authorization request.

    Args:
        **changes: Parameters that differ from a valid request of the client `web`; None
            leaves one out.
    """
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


def parse_redirect(response: TestResponse) -> Form:
    """Return the parameters of an authorization response, from its redirect."""
    return parse_query(response.location)


def parse_query(location: str) -> Form:
    """Return the query parameters of a URL."""
    found = parse_qs(urlsplit(location).query)
    return {name: value for name, (value,) in found.items()}


def authorize_client(
    browser: TestApp, decision: str = "allow", **changes: str | None
) -> TestResponse:
    """Send an authorization request and answer the consent page, if one is shown.

    Args:
        browser: A browser at which somebody is logged in.
        decision: `allow` or `deny`.
        **changes: Parameters that differ; see `build_authorization_request`.

    Returns:
        The redirect to the client.
    """
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(**changes), status=303
    )
    if "/authorize/" not in answer.location:
        return answer
    form = answer.follow(status=200).forms["oauth-consent"]
    return form.submit("decision", value=decision, status=303)


def build_code_exchange(
    code: str, /, client: Credentials, **changes: str | None
) -> Form:
    """Return the parameters of a token request that redeems a code.

    Args:
    code: The code.
        client: The credentials of the client.
        **changes: Parameters that differ; None leaves one out.
    """
    parameters = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **client,
        **changes,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def obtain_tokens(host: Host, client: Credentials, **changes: Any) -> Metadata:
    """Complete the code flow as alice and return the token response."""
    browser = host.browser()
    browser.get("/login?name=alice")
    code = parse_redirect(authorize_client(browser, **changes))["code"]
    result: Metadata = browser.post(
        "/oauth/token", build_code_exchange(code, client)
    ).json
    return result


def refresh_tokens(
    host: Host, client: Credentials, token: str, **changes: str | None
) -> TestResponse:
    """Return the response to a refresh of `token`, whatever its status."""
    form = {"grant_type": "refresh_token", "refresh_token": token, **client, **changes}
    return host.browser().post("/oauth/token", form, expect_errors=True)


def request_client_token(
    host: Host, client: Credentials, **changes: str | None
) -> TestResponse:
    """Return the response to a client credentials request, whatever its status."""
    form = {"grant_type": "client_credentials", **client, **changes}
    return host.browser().post("/oauth/token", form, expect_errors=True)


def call_api(host: Host, token: str) -> int:
    """Return the status of an API call with an access token."""
    headers = {"Authorization": f"Bearer {token}"}
    result: int = (
        host.browser().get("/me", headers=headers, expect_errors=True).status_int
    )
    return result
