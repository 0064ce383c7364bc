"""The ready-made server of development.ini on a temporary SQLite database."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from pyramid.paster import get_app
from webtest import TestApp

from pyramid_oauth.errors import InsecureSettingWarning

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


@pytest.fixture
def site(demo_ini: Path) -> Iterator[TestApp]:
    """A browser without cookies at the server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        app = get_app(str(demo_ini))
    yield TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    app.registry["fast_session.database"].dispose()


def log_in(site: TestApp, username: str = "alice", password: str = "wonderland"):
    """Submit the login form; returns the response."""
    form = site.get("/login").forms["login"]
    form["username"], form["password"] = username, password
    return form.submit(status="*")


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
