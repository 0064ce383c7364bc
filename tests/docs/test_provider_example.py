"""The commands of docs/how_to/openid.rst, executed."""

from __future__ import annotations

import json
import shutil
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from click.testing import CliRunner
from jwt.algorithms import RSAAlgorithm
from pyramid.paster import get_app
from webtest import TestApp

from pyramid_oauth.scripts.main import commands
from tests.support.documented import EXAMPLES, example
from tests.support.host import CALLBACK, CHALLENGE, VERIFIER
from tests.support.secret import SECRET

ISSUER = "https://login.example.org/oauth"
CREATE = (
    *("--name", "Web", "--redirect-uri", CALLBACK),
    *("--grant-type", "authorization_code", "--json"),
    *("--token-endpoint-auth-method", "client_secret_post"),
)


@pytest.fixture
def provider_ini(tmp_path, monkeypatch):
    monkeypatch.setenv("PYRAMID_OAUTH_SECRET", SECRET)
    example("provider")
    return shutil.copy(EXAMPLES / "provider.ini", tmp_path)


def run(command, *arguments):
    result = CliRunner().invoke(commands, [*command.split(), *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.stdout


def obtain_code(browser, metadata, client_id):
    """Log alice in, consent and return the code."""
    parameters = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid profile team",
        "state": "s",
        "nonce": "n",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    authorize = urlsplit(metadata["authorization_endpoint"]).path
    form = browser.get(authorize, parameters, status=303).follow().form
    form["username"], form["password"] = "alice", "wonderland"
    page = form.submit(status=303).follow()
    while page.status_int == 303:
        page = page.follow()
    answer = page.forms["oauth-consent"].submit("decision", value="allow")
    return parse_qs(urlsplit(answer.location).query)["code"][0]


def test_the_commands_of_the_openid_page_log_a_user_in(provider_ini):
    assert "made a key for RS256" in run("keys rotate", provider_ini)
    client = json.loads(run("application create", provider_ini, *CREATE))
    secret = {name: client[name] for name in ("client_id", "client_secret")}
    environ = {"wsgi.url_scheme": "https", "HTTP_HOST": "login.example.org"}
    browser = TestApp(get_app(str(provider_ini)), extra_environ=environ)
    metadata = browser.get("/oauth/.well-known/openid-configuration").json
    code = obtain_code(browser, metadata, client["client_id"])
    form_sent = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **secret,
    }
    tokens = browser.post(urlsplit(metadata["token_endpoint"]).path, form_sent).json
    (jwk,) = browser.get(urlsplit(metadata["jwks_uri"]).path).json["keys"]
    claims = jwt.decode(
        tokens["id_token"],
        RSAAlgorithm.from_jwk(json.dumps(jwk)),
        ["RS256"],
        audience=client["client_id"],
        issuer=ISSUER,
    )
    assert (claims["sub"], claims["nonce"], claims["amr"]) == ("alice", "n", ["pwd"])
    assert claims["auth_time"] <= claims["iat"]
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    userinfo_claims = browser.get(
        urlsplit(metadata["userinfo_endpoint"]).path, headers=headers
    ).json
    assert userinfo_claims == {"sub": "alice", "name": "Alice Liddell", "team": "red"}
