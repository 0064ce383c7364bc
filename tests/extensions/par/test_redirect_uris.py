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
def test_only_registered_ones_are_taken_without_a_policy(new_host):
    host = new_host()
    assert refusal(host, host.application(), redirect_uri=NEW) == "invalid_request"


@pytest.mark.spec(PAR, "2.4")
def test_a_policy_may_let_a_client_name_new_ones(host, client):
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
def test_the_code_is_redeemed_with_the_same_address(host, client, browser):
    answer = authorized(browser, pushed(host, client, redirect_uri=NEW))
    issued = redeemed(host, client, answer["code"], redirect_uri=NEW)
    assert issued["access_token"]


@pytest.mark.spec(PAR, "2.4")
def test_the_policy_has_the_last_word(host, client):
    wrong = "https://elsewhere.example/cb"
    assert refusal(host, client, redirect_uri=wrong) == "invalid_request"


@pytest.mark.spec(PAR, "7.2")
def test_a_public_client_names_no_new_one(host):
    client = register_public(host)
    assert refusal(host, client, redirect_uri=NEW) == "invalid_request"
    assert push(host, client).status_int == 201


@pytest.mark.spec(PAR, "7.2")
def test_a_request_that_was_not_pushed_names_no_new_one(host, client, browser):
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
def test_what_could_not_be_registered_cannot_be_pushed_either(new_host, uri):
    host = new_host(pushed_redirect_uri_policy=lambda *anything: True)
    client = host.application()
    assert refusal(host, client, redirect_uri=uri) == "invalid_request"


def test_a_new_one_survives_login_and_consent(host, client):
    browser = host.browser()
    answer = bring(browser, pushed(host, client, redirect_uri=NEW))
    browser.get("/login?name=alice")
    answer = decide(browser.get(query_of(answer)["next"]))
    assert answer.location.startswith(f"{NEW}?code=")


def test_an_error_goes_to_the_new_one_too(host, client, browser):
    answer = decide(bring(browser, pushed(host, client, redirect_uri=NEW)), "deny")
    assert answer.location.startswith(f"{NEW}?error=access_denied")


def test_a_change_of_the_client_leaves_the_new_one_valid(host, client, browser):
    uri = pushed(host, client, redirect_uri=NEW)
    host.change(name="Another name")
    assert "code" in authorized(browser, uri)
