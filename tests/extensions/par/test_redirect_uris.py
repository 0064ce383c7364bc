"""Redirect URIs that a client names in the push only (RFC 9126 section 2.4)."""

from __future__ import annotations

import pytest

from tests.support.host import asked, query_of
from tests.support.pushing import (
    PAR,
    authorized,
    bring,
    decide,
    push,
    pushed,
    redeemed,
    refusal,
    register_public,
)

NEW = "https://client.example/cb/7f3a"


def below_its_site(request, application, uri):
    """A policy: every address below one site."""
    return uri.startswith("https://client.example/")


@pytest.fixture
def host(new_host):
    return new_host(pushed_redirect_uri_policy=below_its_site)


@pytest.mark.spec(PAR, "2.4")
def test_without_a_policy_only_registered_redirect_uris_are_accepted(new_host):
    host = new_host()
    assert refusal(host, host.application(), redirect_uri=NEW) == "invalid_request"


@pytest.mark.spec(PAR, "2.4")
def test_a_policy_may_accept_an_unregistered_redirect_uri(host, client):
    browser = host.browser()
    browser.get("/login?name=alice")
    answer = decide(bring(browser, pushed(host, client, redirect_uri=NEW)))
    assert answer.location.startswith(f"{NEW}?code=")
    code = query_of(answer)["code"]
    wrong = host.browser().post(
        "/oauth/token",
        {**client, "grant_type": "authorization_code", "code": code},
        status=400,
    )
    assert wrong.json["error"]


@pytest.mark.spec("RFC 6749", "4.1.3")
def test_the_code_is_redeemed_with_the_same_redirect_uri(host, client, browser):
    answer = authorized(browser, pushed(host, client, redirect_uri=NEW))
    issued = redeemed(host, client, answer["code"], redirect_uri=NEW)
    assert issued["access_token"]


@pytest.mark.spec(PAR, "2.4")
def test_a_redirect_uri_that_the_policy_rejects_is_refused(host, client):
    wrong = "https://elsewhere.example/cb"
    assert refusal(host, client, redirect_uri=wrong) == "invalid_request"


@pytest.mark.spec(PAR, "7.2")
def test_a_public_client_uses_registered_redirect_uris_only(host):
    client = register_public(host)
    assert refusal(host, client, redirect_uri=NEW) == "invalid_request"
    assert push(host, client).status_int == 201


@pytest.mark.spec(PAR, "7.2")
def test_a_request_that_was_not_pushed_uses_registered_redirect_uris_only(
    host, client, browser
):
    answer = browser.get(
        "/oauth/authorize", asked(redirect_uri=NEW), expect_errors=True
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
    client = host.application()
    assert refusal(host, client, redirect_uri=uri) == "invalid_request"


def test_an_unregistered_redirect_uri_survives_login_and_consent(host, client):
    browser = host.browser()
    answer = bring(browser, pushed(host, client, redirect_uri=NEW))
    browser.get("/login?name=alice")
    answer = decide(browser.get(query_of(answer)["next"]))
    assert answer.location.startswith(f"{NEW}?code=")


def test_an_error_is_sent_to_the_unregistered_redirect_uri(host, client, browser):
    answer = decide(bring(browser, pushed(host, client, redirect_uri=NEW)), "deny")
    assert answer.location.startswith(f"{NEW}?error=access_denied")


def test_an_accepted_redirect_uri_stays_valid_when_the_client_changes(
    host, client, browser
):
    uri = pushed(host, client, redirect_uri=NEW)
    host.change(name="Another name")
    assert "code" in authorized(browser, uri)
