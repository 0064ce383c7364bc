"""The ready-made server of development.ini on a temporary SQLite database."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pyramid.paster import get_app
from sqlalchemy import text
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning
from tests.support.process_threads import close_app
from tests.support.shared_applications import Application, Lease

ROOT = Path(__file__).parents[2]
SITE = "http://localhost:6543"
# RFC 7636 Appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CALLBACK = f"{SITE}/playground"
PLAYGROUND_REQUEST = {
    "response_type": "code",
    "client_id": "playground",
    "redirect_uri": CALLBACK,
    "scope": "read write",
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}

Token = Callable[..., str]


def start_site(ini: str) -> Application:
    """Start the server of an ini file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        return Application(get_app(ini))


@pytest.fixture
def site(demo_ini: Path, lease: Lease) -> Iterator[TestApp]:
    """A browser without cookies at the server."""
    app = lease.get(partial(start_site, str(demo_ini)), str(demo_ini)).wsgi
    yield TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    forget_attempts(app)
    close_app(app)


def forget_attempts(app: Any) -> None:
    """Delete what one test counted of attempts: the next ones have the database too."""
    with app.registry["fast_session.database"].writer.begin() as connection:
        connection.execute(text("DELETE FROM oauth_throttle"))


def log_in(site: TestApp, username: str = "alice", password: str = "wonderland"):
    """Submit the login form; returns the response."""
    form = site.get("/login").forms["login"]
    form["username"], form["password"] = username, password
    return form.submit(status="*")


@contextmanager
def keep_password(site: TestApp) -> Iterator[None]:
    """Put the password of alice back afterwards, and forget failures."""
    engine = site.app.registry["fast_session.database"].writer
    alice = "WHERE username = 'alice'"
    with engine.begin() as connection:
        select = f"SELECT password_hash FROM standalone_user {alice}"
        former = connection.execute(text(select)).scalar()
    yield
    with engine.begin() as connection:
        restore = f"UPDATE standalone_user SET password_hash = :former {alice}"
        connection.execute(text(restore), {"former": former})
    forget_attempts(site.app)


@pytest.fixture
def token(site: TestApp) -> Token:
    """Get an access token of the playground by code and PKCE; by default for alice."""

    def get(
        scope: str = "read write",
        username: str = "alice",
        password: str = "wonderland",
    ) -> str:
        log_in(site, username, password)
        parameters = {**PLAYGROUND_REQUEST, "scope": scope, "approval_prompt": "force"}
        answer = site.get("/oauth/authorize", parameters).follow()
        answer = answer.forms["oauth-consent"].submit("decision", value="allow")
        code = parse_qs(urlsplit(answer.location).query)["code"][0]
        tokens = site.post(
            "/oauth/token",
            {
                "grant_type": "authorization_code",
                "client_id": "playground",
                "redirect_uri": CALLBACK,
                "code": code,
                "code_verifier": VERIFIER,
            },
        )
        access_token: str = tokens.json["access_token"]
        return access_token

    return get
