"""A refusal names its rule to the client; the log has the fix as well."""

from __future__ import annotations

import logging

import pytest

from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    obtain_tokens,
    parse_redirect,
)

LOGGER = "pyramid_oauth.protocol.refusals"


@pytest.fixture
def read_log(caplog):
    """A function that returns the lines of the refusal log."""
    caplog.set_level(logging.INFO, "pyramid_oauth")
    return lambda: [r.getMessage() for r in caplog.records if r.name == LOGGER]


def test_missing_pkce_is_refused_with_the_fix(browser, client, read_log):
    request = build_authorization_request(
        code_challenge=None, code_challenge_method=None
    )
    parameters = parse_redirect(browser.get("/oauth/authorize", request, status=303))
    fix = "PKCE is required: send code_challenge with S256 (RFC 7636)"
    assert parameters["error_description"] == fix
    (line,) = read_log()
    assert "authorize refused client 'web'" in line
    assert "pyramid-oauth application update INI web --no-pkce" in line


@pytest.mark.parametrize(
    ("changes", "error", "description", "log_text"),
    [
        (
            {"code_verifier": "x" * 43},
            "invalid_grant",
            "code_verifier does not fit",
            "",
        ),
        ({"code": "x" * 43}, "invalid_grant", "The code is unknown", "is unknown"),
        ({"grant_type": "x"}, "unsupported_grant_type", "grant_type is one of", ""),
        ({"grant_type": "urn:x\ny"}, "unsupported_grant_type", "grant_type is one", ""),
        (
            {"grant_type": "refresh_token", "refresh_token": "x"},
            "invalid_grant",
            "The refresh token is unknown",
            "not of this server",
        ),
    ],
)
def test_a_refused_token_request_is_described(
    browser, client, read_log, changes, error, description, log_text
):
    code = parse_redirect(authorize_client(browser))["code"]
    form = build_code_exchange(code, client, **changes)
    refused = browser.post("/oauth/token", form, status=400).json
    assert refused["error"] == error
    assert refused["error_description"].startswith(description)
    (line,) = read_log()
    assert line.startswith("token refused client 'web'")
    assert log_text in line
    assert "\n" not in line


def test_a_malformed_form_is_logged(browser, client, read_log):
    body = "grant_type=client_credentials&grant_type=refresh_token"
    refused = browser.post("/oauth/token", body, status=400).json
    assert refused["error"] == "invalid_request"
    (line,) = read_log()
    assert line.startswith("token refused client None: invalid_request")


def test_a_wrong_secret_is_logged_by_the_authentication_alone(
    browser, client, read_log, caplog
):
    form = {"grant_type": "client_credentials", **client, "client_secret": "wrong"}
    browser.post("/oauth/token", form, status=401)
    assert read_log() == []
    assert "'web'" in caplog.text


def test_a_server_without_a_cache_of_clients_refuses_at_once(new_host):
    host = new_host(client_cache_size=0)
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    refused = host.browser().post(
        "/oauth/token", {**form, **host.register_client()}, status=400
    )
    assert refused.json["error"] == "invalid_grant"


def test_an_expired_code_is_refused(browser, client, read_log, frozen_clock):
    code = parse_redirect(authorize_client(browser))["code"]
    frozen_clock.advance(3600)
    form = build_code_exchange(code, client)
    refused = browser.post("/oauth/token", form, status=400).json
    assert refused["error"] == "invalid_grant"
    assert refused["error_description"].startswith("The code is unknown, ")
    assert "the code has expired" in read_log()[0]


def test_a_code_of_another_client_is_described_in_the_log_only(
    host, browser, client, read_log
):
    other = host.register_client(client_id="other")
    code = parse_redirect(authorize_client(browser))["code"]
    refused = browser.post("/oauth/token", build_code_exchange(code, other), status=400)
    assert "web" not in refused.json["error_description"]
    assert "the code is of client 'web'" in read_log()[0]


def test_a_scope_that_the_client_may_not_have_is_named(host, browser, client, read_log):
    host.update_application(allowed_scopes="read")
    parameters = parse_redirect(
        browser.get("/oauth/authorize", build_authorization_request(), status=303)
    )
    assert parameters["error"] == "invalid_scope"
    assert parameters["error_description"] == "The client may not have: write"
    assert "--allowed-scope" in read_log()[0]


def test_scopes_that_the_client_may_not_have_are_named_as_a_scope_value(
    host, browser, client
):
    host.update_application(allowed_scopes="another")
    parameters = parse_redirect(
        browser.get("/oauth/authorize", build_authorization_request(), status=303)
    )
    assert parameters["error_description"] == "The client may not have: read write"


def test_a_grant_type_that_is_not_registered_is_named(host, browser, read_log):
    client = host.register_client(
        client_id="m2m", authorization_grant_type="refresh_token"
    )
    form = {"grant_type": "client_credentials", **client}
    refused = browser.post("/oauth/token", form, status=400).json
    assert refused["error"] == "unauthorized_client"
    assert refused["error_description"].startswith("The client is not registered")
    assert "application update INI m2m --grant-type" in read_log()[0]


def test_the_fix_names_a_client_that_authenticates_in_the_header(
    host, browser, read_log
):
    client = host.register_client(
        client_id="m2m",
        token_endpoint_auth_method="client_secret_basic",
        authorization_grant_type="refresh_token",
    )
    browser.authorization = ("Basic", (client["client_id"], client["client_secret"]))
    form = {"grant_type": "client_credentials"}
    browser.post("/oauth/token", form, status=400)
    assert "application update INI m2m --grant-type" in read_log()[0]


def test_a_client_that_became_public_gets_no_token_of_its_own(host, client, read_log):
    host.update_application(client_type="public", token_endpoint_auth_method="none")
    form = {"grant_type": "client_credentials", "client_id": client["client_id"]}
    refused = host.browser().post("/oauth/token", form, status=400).json
    assert refused == {
        "error": "unauthorized_client",
        "error_description": "A public client cannot use this grant type.",
    }
    assert "client_credentials needs a confidential client" in read_log()[0]


def test_a_response_type_that_is_not_registered_is_named(host, browser, read_log):
    host.register_client(client_id="m2m", authorization_grant_type="client_credentials")
    request = build_authorization_request(client_id="m2m")
    parameters = parse_redirect(browser.get("/oauth/authorize", request, status=303))
    assert parameters["error"] == "unauthorized_client"
    assert parameters["error_description"] == (
        "The client is not registered for this response type."
    )
    assert "application update INI m2m --grant-type" in read_log()[0]


def test_introspection_for_another_client_names_the_option(
    host, browser, client, caplog
):
    caplog.set_level(logging.INFO, "pyramid_oauth")
    api = host.register_client(client_id="api")
    token = obtain_tokens(host, client)["access_token"]
    answer = browser.post("/oauth/introspect", {"token": token, **api}).json
    assert answer == {"active": False}
    assert "application update INI api --introspection any" in caplog.text


def test_an_ordinary_revocation_is_no_warning(host, browser, client, caplog):
    caplog.set_level(logging.INFO, "pyramid_oauth")
    token = obtain_tokens(host, client)["refresh_token"]
    browser.post("/oauth/revoke", {"token": token, **client})
    assert "the client revoked its refresh token" in caplog.text
    assert not [r for r in caplog.records if r.levelno > logging.INFO]
