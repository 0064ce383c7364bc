"""Requests that oauthlib alone would misread, accept or fail on (RFC 6749).

Each test covers one check that precedes oauthlib.
"""

from __future__ import annotations

import base64
import hashlib

import pytest
from sqlalchemy import select

from pyramid_oauth import clock
from pyramid_oauth.protocol.request import OAuthRequest
from tests.support.hops import record_walk
from tests.support.host import (
    VERIFIER,
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    call_api,
    obtain_tokens,
    parse_redirect,
    refresh_tokens,
    request_client_token,
)
from tests.support.provider import log_in_to_client

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def post(browser, body, status):
    return browser.post("/oauth/token", body, headers=FORM, status=status)


def urlencoded(client):
    pairs = {"grant_type": "client_credentials", **client}
    return "&".join(f"{name}={value}" for name, value in pairs.items())


@pytest.mark.parametrize("name", ["user", "client", "scopes", "credential", "grant"])
def test_a_caller_cannot_name_user_client_or_scopes(host, client, name):
    tokens = request_client_token(host, {**client, name: "alice"}).json
    assert tokens["scope"] == "read"
    form = {"token": tokens["access_token"], **client}
    introspection = host.browser().post("/oauth/introspect", form).json
    assert introspection["client_id"] == "web"
    assert "sub" not in introspection or introspection["sub"] == "web"


@pytest.mark.parametrize("value", ["%", "%zz", "%ff", "%c3%28"])
def test_a_malformed_escape_or_text_is_an_invalid_request(browser, client, value):
    refused = post(browser, f"{urlencoded(client)}&scope={value}", 400)
    assert refused.json["error"] == "invalid_request"


def test_a_token_request_by_get_is_answered_with_405(browser, client):
    refused = browser.get("/oauth/token", urlencoded(client), status=405)
    assert refused.json["error"] == "invalid_request"
    assert refused.headers["Allow"] == "POST, OPTIONS"


def test_a_token_request_with_a_query_is_an_invalid_request(browser, client):
    refused = browser.post(
        "/oauth/token?scope=read", urlencoded(client), headers=FORM, status=400
    )
    assert refused.json["error"] == "invalid_request"


@pytest.mark.spec("RFC 6749", "3.2")
@pytest.mark.parametrize("name", ["scope", "unknown", "client_id", "grant_type"])
def test_a_repeated_parameter_is_an_invalid_request(browser, client, name):
    body = f"{urlencoded(client)}&{name}=read&{name}=read"
    assert post(browser, body, 400).json["error"] == "invalid_request"


@pytest.mark.spec("RFC 7636", "4.3")
def test_a_challenge_without_method_does_not_become_plain(browser, client):
    changes = {"code_challenge": VERIFIER, "code_challenge_method": None}
    refused = parse_redirect(authorize_client(browser, **changes))
    assert refused["error"] == "invalid_request"
    assert "code_challenge_method" in refused["error_description"]


@pytest.mark.spec("RFC 9700", "4.8.2")
def test_a_code_verifier_without_challenge_is_refused(host, browser, client):
    host.update_application(pkce_required=False)
    without_challenge = {"code_challenge": None, "code_challenge_method": None}
    code = parse_redirect(authorize_client(browser, **without_challenge))["code"]
    refused = browser.post(
        "/oauth/token", build_code_exchange(code, client), status=400
    )
    assert refused.json["error"] == "invalid_grant"
    form = build_code_exchange(code, client, code_verifier=None)
    browser.post("/oauth/token", form, status=200)


def test_a_token_in_the_query_is_no_authentication(host, client):
    token = obtain_tokens(host, client)["access_token"]
    refused = host.browser().get("/me", {"access_token": token}, status=401)
    assert "error" not in refused.headers["WWW-Authenticate"]


def test_a_token_in_the_form_is_no_authentication(host, client):
    token = obtain_tokens(host, client)["access_token"]
    refused = host.browser().post("/me", {"access_token": token}, status=401)
    assert "error" not in refused.headers["WWW-Authenticate"]


def test_a_javascript_redirect_uri_is_refused(host, browser, client):
    refused = browser.get(
        "/oauth/authorize",
        build_authorization_request(redirect_uri="javascript:alert(1)"),
        status=400,
    )
    assert "Location" not in refused.headers


def test_an_error_response_has_cors_headers(host, browser, client):
    host.update_application(allowed_origins="https://client.example")
    refused = browser.post(
        "/oauth/token",
        {"grant_type": "client_credentials", **client, "scope": "unknown"},
        headers={"Origin": "https://client.example"},
        status=400,
    )
    assert refused.headers["Access-Control-Allow-Origin"] == "https://client.example"


def test_a_wrong_verifier_does_not_consume_the_code(host, browser, client):
    code = parse_redirect(authorize_client(browser))["code"]
    form = build_code_exchange(code, client, code_verifier="x" * 43)
    browser.post("/oauth/token", form, status=400)
    tokens = browser.post(
        "/oauth/token", build_code_exchange(code, client), status=200
    ).json
    assert call_api(host, tokens["access_token"]) == 200


def test_the_use_of_a_code_is_written_before_its_tokens(host, browser, client):
    code = parse_redirect(authorize_client(browser))["code"]
    statements = host.record_statements()
    browser.post("/oauth/token", build_code_exchange(code, client), status=200)
    first = next(text for text in statements if "UPDATE" in text or "INSERT" in text)
    assert "UPDATE oauth_grant" in first
    assert "INSERT" not in first.partition("UPDATE oauth_grant")[0]


def test_a_used_refresh_token_is_refused_and_ends_the_grant(host, client):
    with clock.frozen() as time:
        tokens = obtain_tokens(host, client)
        renewed = refresh_tokens(host, client, tokens["refresh_token"]).json
        time.advance(3600)
        second = refresh_tokens(host, client, tokens["refresh_token"])
        assert (second.status_int, second.json["error"]) == (400, "invalid_grant")
        after = refresh_tokens(host, client, renewed["refresh_token"])
        assert (after.status_int, after.json["error"]) == (400, "invalid_grant")


def test_a_database_error_reaches_the_transaction_manager(host, client):
    host.models.metadata.drop_all(host.engine)
    with pytest.raises(Exception, match="oauth_"):
        request_client_token(host, client)


def count_clock_readings(action):
    with record_walk() as walk:
        action()
    return walk.readings


@pytest.mark.parametrize("flow", ["code", "refresh", "client_credentials"])
def test_a_token_request_reads_the_clock_once(host, browser, client, flow):
    code = parse_redirect(authorize_client(browser))["code"]
    tokens = browser.post("/oauth/token", build_code_exchange(code, client)).json
    code = parse_redirect(authorize_client(browser))["code"]
    actions = {
        "code": lambda: browser.post("/oauth/token", build_code_exchange(code, client)),
        "refresh": lambda: refresh_tokens(host, client, tokens["refresh_token"]),
        "client_credentials": lambda: request_client_token(host, client),
    }
    assert count_clock_readings(actions[flow]) == 1


def dump_tables(host):
    """Return every value of every row of the database, as one text."""
    with host.engine.connect() as connection:
        rows = [
            list(row)
            for table in host.models.metadata.sorted_tables
            for row in connection.execute(select(table))
        ]
    return repr(rows)


def hash_credential(value):
    digest = hashlib.sha256(value.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.spec("RFC 6749", "10.10")
def test_codes_and_tokens_are_stored_as_sha_256_hashes_only(host, browser, client):
    code = parse_redirect(authorize_client(browser))["code"]
    tokens = browser.post("/oauth/token", build_code_exchange(code, client)).json
    rows = dump_tables(host)
    handle = tokens["refresh_token"].partition(".")[0]
    for credential in (code, tokens["access_token"], handle):
        assert credential not in rows
        assert hash_credential(credential) in rows
    assert tokens["refresh_token"].rpartition(".")[2] not in rows


@pytest.mark.spec("RFC 6749", "10.10")
def test_the_token_generator_of_oauthlib_is_not_used(host, client, monkeypatch):
    """It generates tokens of 178 bits, by one system call per character."""

    def fail(*arguments, **named):
        raise AssertionError("oauthlib generated a token")

    monkeypatch.setattr("oauthlib.common.generate_token", fail)
    token_response = obtain_tokens(host, client)
    renewed = refresh_tokens(host, client, token_response["refresh_token"]).json
    own = request_client_token(host, client).json
    for answer in (token_response, renewed, own):
        assert len(answer["access_token"]) == 43, "256 bits as base64url"


def test_reads_of_a_request_take_no_detour():
    """With the `__getattr__` of oauthlib's Request each read would be several."""
    assert not hasattr(OAuthRequest, "__getattr__")


@pytest.mark.spec("OpenID Connect Core", "5.3")
def test_userinfo_uses_the_scopes_of_the_token(provider):
    """oauthlib sets the scope `openid` on its request, independent of the token."""
    client = provider.register_client()
    claims = {}
    for scope in ("openid", "openid email", "profile"):
        tokens = log_in_to_client(provider, client, scope=scope)
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        answer = provider.browser().get(
            "/oauth/userinfo", headers=bearer, expect_errors=True
        )
        claims[scope] = set(answer.json), answer.status_int
    assert claims["openid"] == ({"sub"}, 200)
    assert claims["openid email"] == ({"sub", "email", "email_verified"}, 200)
    assert claims["profile"] == ({"error", "error_description"}, 403)
