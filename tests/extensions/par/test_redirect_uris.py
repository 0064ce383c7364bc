"""Redirect URIs that a client names in the push only (RFC 9126 section 2.4)."""

from __future__ import annotations

import pytest

from pyramid_oauth.errors import InsecureSettingWarning
from tests.support.host import build_authorization_request, parse_redirect
from tests.support.provider import log_in_browser
from tests.support.pushing import (
    PAR,
    authorize_pushed_request,
    open_request_uri,
    push,
    push_error,
    push_request_uri,
    redeem_code,
    register_public,
    submit_decision,
)

NEW = "https://client.example/cb/7f3a"


def accept_client_site(request, application, uri):
    """A policy that accepts every URI below one site."""
    return uri.startswith("https://client.example/")


@pytest.fixture
def policy_host(new_host):
    return new_host(pushed_redirect_uri_policy=accept_client_site)


@pytest.fixture
def policy_client(policy_host):
    return policy_host.register_client()


@pytest.fixture
def policy_browser(policy_host):
    return log_in_browser(policy_host)


@pytest.mark.spec(PAR, "2.4")
def test_without_a_policy_only_registered_redirect_uris_are_accepted(new_host):
    host = new_host()
    assert (
        push_error(host, host.register_client(), redirect_uri=NEW) == "invalid_request"
    )


@pytest.mark.spec(PAR, "2.4")
def test_a_policy_may_accept_an_unregistered_redirect_uri(policy_host, policy_client):
    browser = policy_host.browser()
    browser.get("/login?name=alice")
    answer = submit_decision(
        open_request_uri(
            browser, push_request_uri(policy_host, policy_client, redirect_uri=NEW)
        )
    )
    assert answer.location.startswith(f"{NEW}?code=")
    code = parse_redirect(answer)["code"]
    refused = policy_host.browser().post(
        "/oauth/token",
        {**policy_client, "grant_type": "authorization_code", "code": code},
        status=400,
    )
    assert refused.json["error"] == "invalid_grant"


@pytest.mark.spec("RFC 6749", "4.1.3")
def test_the_code_is_redeemed_with_the_same_redirect_uri(
    policy_host, policy_client, policy_browser
):
    answer = authorize_pushed_request(
        policy_browser, push_request_uri(policy_host, policy_client, redirect_uri=NEW)
    )
    tokens = redeem_code(policy_host, policy_client, answer["code"], redirect_uri=NEW)
    assert tokens["access_token"]


@pytest.mark.spec(PAR, "2.4")
def test_a_redirect_uri_that_the_policy_rejects_is_refused(policy_host, policy_client):
    wrong = "https://elsewhere.example/cb"
    assert (
        push_error(policy_host, policy_client, redirect_uri=wrong) == "invalid_request"
    )


@pytest.mark.spec(PAR, "7.2")
def test_a_public_client_uses_registered_redirect_uris_only(policy_host):
    client = register_public(policy_host)
    assert push_error(policy_host, client, redirect_uri=NEW) == "invalid_request"
    assert push(policy_host, client).status_int == 201


@pytest.mark.spec(PAR, "7.2")
def test_a_request_that_was_not_pushed_uses_registered_redirect_uris_only(
    policy_host, policy_client, policy_browser
):
    answer = policy_browser.get(
        "/oauth/authorize",
        build_authorization_request(redirect_uri=NEW),
        expect_errors=True,
    )
    assert answer.status_int == 400
    assert answer.content_type == "text/html"


@pytest.mark.parametrize(
    "uri",
    [
        "http://client.example/cb",
        "https://client.example/cb#fragment",
        "https://user@client.example/cb",
        "javascript:alert(1)",
        "https://client.example/a b",
        "//client.example/cb",
    ],
)
def test_a_redirect_uri_that_cannot_be_registered_is_refused(new_host, uri):
    host = new_host(pushed_redirect_uri_policy=lambda *anything: True)
    client = host.register_client()
    assert push_error(host, client, redirect_uri=uri) == "invalid_request"


def test_the_policy_may_accept_what_the_rules_of_the_server_allow(new_host):
    with pytest.warns(InsecureSettingWarning, match="localhost"):
        host = new_host(
            pushed_redirect_uri_policy=lambda *anything: True,
            allow_localhost_redirect="true",
        )
    client = host.register_client()
    answer = push(host, client, redirect_uri="http://localhost:8080/cb")
    assert answer.status_int == 201


def test_the_policy_decides_by_the_request_the_client_and_the_uri(new_host):
    asked = []

    def accept(request, application, uri):
        asked.append((request.path, application.client_id, uri))
        return True

    host = new_host(pushed_redirect_uri_policy=accept)
    assert push(host, host.register_client(), redirect_uri=NEW).status_int == 201
    assert set(asked) == {("/oauth/par", "web", NEW)}


def test_the_policy_is_not_asked_about_a_registered_redirect_uri(new_host):
    asked = []
    with pytest.warns(InsecureSettingWarning, match="wildcards"):
        host = new_host(
            pushed_redirect_uri_policy=lambda *arguments: asked.append(arguments),
            allow_redirect_wildcards="true",
        )
    client = host.register_client()
    host.update_application(redirect_uris="https://*.client.example/cb")
    answer = push(host, client, redirect_uri="https://tenant.client.example/cb")
    assert answer.status_int == 201
    assert asked == []


def test_an_unregistered_redirect_uri_survives_login_and_consent(
    policy_host, policy_client
):
    browser = policy_host.browser()
    answer = open_request_uri(
        browser, push_request_uri(policy_host, policy_client, redirect_uri=NEW)
    )
    browser.get("/login?name=alice")
    answer = submit_decision(browser.get(parse_redirect(answer)["next"]))
    assert answer.location.startswith(f"{NEW}?code=")


def test_an_error_is_sent_to_the_unregistered_redirect_uri(
    policy_host, policy_client, policy_browser
):
    answer = submit_decision(
        open_request_uri(
            policy_browser,
            push_request_uri(policy_host, policy_client, redirect_uri=NEW),
        ),
        "deny",
    )
    assert answer.location.startswith(f"{NEW}?error=access_denied")


def test_an_accepted_redirect_uri_stays_valid_when_the_client_changes(
    policy_host, policy_client, policy_browser
):
    uri = push_request_uri(policy_host, policy_client, redirect_uri=NEW)
    policy_host.update_application(name="Another name")
    assert "code" in authorize_pushed_request(policy_browser, uri)
