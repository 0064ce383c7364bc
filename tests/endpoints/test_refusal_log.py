"""Every refusal logs one line with the client, the rule and the fix."""

from __future__ import annotations

import logging

import pytest

from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    obtain_tokens,
    parse_query,
    parse_redirect,
)
from tests.support.registry import ignore_open_registration

UPDATE = "pyramid-oauth application update INI web"
OPENID = {"scope": "openid", "nonce": "n"}


@pytest.fixture
def refusing_provider(new_login_provider):
    """An OpenID Provider with open registration and the client `web`."""
    with ignore_open_registration():
        provider = new_login_provider(registration="open", registration_scopes="openid")
    provider.web = provider.register_client()
    return provider


@pytest.fixture
def refused_browser(refusing_provider):
    return refusing_provider.open_browser("alice")


@pytest.fixture
def read_log_line(caplog):
    """A function that returns the only line logged since the last call."""
    caplog.set_level(logging.INFO, "pyramid_oauth")

    def read_line():
        lines = [
            record.getMessage()
            for record in caplog.records
            if record.name.startswith("pyramid_oauth")
        ]
        caplog.clear()
        (line,) = lines
        return line

    return read_line


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"client_id": "nobody"}, "'nobody': invalid_request: there is no such client"),
        (
            {"redirect_uri": "https://evil.example/cb"},
            f"differs in host from https://client.example/cb; {UPDATE} --redirect-uri",
        ),
        ({"response_mode": "x"}, "response_mode is not supported"),
    ],
)
def test_an_error_on_a_page_is_logged(refused_browser, read_log_line, changes, reason):
    parameters = build_authorization_request(**changes)
    refused_browser.get("/oauth/authorize", parameters, status=400)
    line = read_log_line()
    assert line.startswith("authorize refused client")
    assert reason in line


@pytest.mark.parametrize(
    ("changes", "error", "description"),
    [
        (
            {"response_type": "token"},
            "unsupported_response_type",
            "response_type is one of: code",
        ),
        (
            {"response_type": "code x"},
            "unsupported_response_type",
            "response_type is one of: code",
        ),
        (
            {**OPENID, "prompt": "none"},
            "consent_required",
            "The resource owner must consent, which prompt=none forbids.",
        ),
        (
            {**OPENID, "prompt": "none login"},
            "invalid_request",
            "prompt=none goes with no other value.",
        ),
    ],
)
def test_an_error_sent_to_the_client_is_logged(
    refused_browser, read_log_line, changes, error, description
):
    parameters = build_authorization_request(**changes)
    answer = refused_browser.get("/oauth/authorize", parameters, status=303)
    response = parse_query(answer.headers["Location"].replace("#", "?"))
    assert response["error"] == error
    assert response["error_description"].startswith(description)
    assert f"authorize refused client 'web': {error}: {description}" in read_log_line()


def test_a_missing_login_is_described_and_logged(refusing_provider, read_log_line):
    parameters = build_authorization_request(**OPENID, prompt="none")
    response = parse_redirect(
        refusing_provider.open_browser().get("/oauth/authorize", parameters, status=303)
    )
    assert response["error"] == "login_required"
    assert response["error_description"].startswith(
        "The resource owner has not logged in"
    )
    assert "login_required: The resource owner has not logged in" in read_log_line()


def test_a_public_client_on_loopback_learns_why_it_cannot_renew_silently(
    refusing_provider, refused_browser, read_log_line
):
    uri = "http://127.0.0.1/cb"
    refusing_provider.register_client(
        client_id="native",
        client_type="public",
        token_endpoint_auth_method="none",
        authorization_grant_type="authorization_code",
        redirect_uris=uri,
    )
    parameters = build_authorization_request(
        **OPENID, client_id="native", redirect_uri=f"{uri}"
    )
    authorize_client(refused_browser, **parameters)
    response = parse_redirect(
        refused_browser.get(
            "/oauth/authorize", {**parameters, "prompt": "none"}, status=303
        )
    )
    assert response["error"] == "interaction_required"
    assert "RFC 8252 section 8.6" in response["error_description"]
    assert "'native': interaction_required" in read_log_line()


def test_repeated_parameters_and_forged_decisions_are_logged(
    refused_browser, read_log_line
):
    refused_browser.get("/oauth/authorize?client_id=web&client_id=web", status=400)
    assert "authorize refused" in read_log_line()
    page = refused_browser.get(
        "/oauth/authorize", build_authorization_request(), status=303
    )
    refused_browser.post(page.headers["Location"], {"decision": "allow"}, status=403)
    assert "The form has no valid CSRF token" in read_log_line()
    refused_browser.get(f"/oauth/authorize/{'x' * 43}", status=404)
    assert "expired or belongs to another browser" in read_log_line()


def test_a_used_code_and_a_wider_scope_are_described(
    refusing_provider, refused_browser, caplog
):
    caplog.set_level(logging.INFO, "pyramid_oauth")
    code = parse_redirect(authorize_client(refused_browser))["code"]
    form = build_code_exchange(code, refusing_provider.web)
    tokens = refused_browser.post("/oauth/token", form).json
    wider = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        "scope": "read write profile",
        **refusing_provider.web,
    }
    refused = refused_browser.post("/oauth/token", wider, status=400).json
    assert refused["error_description"] == (
        "A refresh gives no scopes that were not granted."
    )
    replayed = refused_browser.post("/oauth/token", form, status=400).json
    assert "used before" in replayed["error_description"]
    assert "token refused client 'web': invalid_grant: the code was us" in caplog.text


def test_userinfo_without_the_scope_openid_is_logged(
    refusing_provider, refused_browser, read_log_line
):
    token = obtain_tokens(refusing_provider, refusing_provider.web)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    refused_browser.get("/oauth/userinfo", headers=headers, status=403)
    assert read_log_line() == "userinfo refused client 'web': no openid"


def test_refused_registration_requests_are_logged(refused_browser, read_log_line):
    metadata = {"redirect_uris": ["https://rp.example/cb"]}
    client_information = refused_browser.post_json("/oauth/register", metadata).json
    client_id, path = (
        client_information["client_id"],
        client_information["registration_client_uri"],
    )
    wrong = {"redirect_uris": ["http://rp.example/cb"]}
    refused_browser.post_json("/oauth/register", wrong, status=400)
    assert "register refused client None: invalid_redirect_uri" in read_log_line()
    token = {
        "Authorization": f"Bearer {client_information['registration_access_token']}"
    }
    wrong["client_id"] = client_id
    refused_browser.put_json(path, wrong, headers=token, status=400)
    assert (
        f"register refused client {client_id!r}: invalid_redirect_uri"
        in read_log_line()
    )
    refused_browser.get(path, status=401)
    assert f"register refused client {client_id!r}: invalid_token" in read_log_line()
    refused_browser.get(path, headers={"Authorization": "Bearer x"}, status=401)
    assert f"wrong registration token for {client_id!r}" in read_log_line()


def test_refused_logout_requests_are_logged(refused_browser, read_log_line):
    refused_browser.get("/oauth/end_session", {"id_token_hint": "x"}, status=400)
    assert (
        "end_session refused client None: invalid_request: id_token_h"
        in read_log_line()
    )
    parameters = {
        "client_id": "web",
        "post_logout_redirect_uri": "https://evil.example",
    }
    refused_browser.get("/oauth/end_session", parameters, status=400)
    assert "end_session refused client 'web': invalid_request: post_" in read_log_line()


def test_an_unknown_request_uri_is_logged(refused_browser, read_log_line):
    uri = "urn:ietf:params:oauth:request_uri:x"
    parameters = {"client_id": "web", "request_uri": uri}
    refused_browser.get("/oauth/authorize", parameters, status=400)
    assert (
        "'web': invalid_request_uri: the request_uri: it is unknown or"
        in read_log_line()
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "line"),
    [
        ("GET", "/oauth/userinfo", 401, "no access token for 'GET' '/oauth/userinfo'"),
        ("GET", "/me", 401, "no access token for 'GET' '/me'"),
        ("DELETE", "/oauth/authorize", 405, "'DELETE' is not allowed at"),
        ("GET", "/oauth/token", 405, "'GET' is not allowed at '/oauth/token'"),
    ],
)
def test_what_anybody_can_send_is_logged_at_debug_alone(
    refusing_provider, caplog, method, path, status, line
):
    caplog.set_level(logging.DEBUG, "pyramid_oauth")
    refusing_provider.browser().request(path, method=method, status=status)
    (record,) = (each for each in caplog.records if each.name.startswith("pyramid_o"))
    assert record.getMessage().startswith(line)
    assert record.levelname == "DEBUG"
