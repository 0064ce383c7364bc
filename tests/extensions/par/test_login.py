"""The login requirements of a pushed request; its parameters appear in no URL."""

from __future__ import annotations

import json

import pytest

from tests.support.authentication import (
    CORE,
    parse_error,
    parse_login_redirect,
    return_from_login,
)
from tests.support.host import parse_redirect
from tests.support.provider import NONCE, log_in_with
from tests.support.pushing import (
    PAR,
    open_request_uri,
    parse_query_names,
    push_error,
    push_request_uri,
    redeem_code,
)


def push_and_open(login_provider, browser, **changes):
    """Push an authentication request and open it; the answer."""
    changes = {"scope": "openid", "nonce": NONCE, **changes}
    return open_request_uri(
        browser, push_request_uri(login_provider, login_provider.web, **changes)
    )


def claims_of(login_provider, answer):
    tokens = redeem_code(
        login_provider, login_provider.web, parse_redirect(answer)["code"]
    )
    return login_provider.verify_id_token(tokens["id_token"])


def is_without_parameters(url):
    assert parse_query_names(url) <= {"client_id", "request_uri"}
    return True


@pytest.mark.spec(CORE, "3.1.2.3")
def test_without_a_session_the_browser_logs_in_and_returns_to_the_request(
    login_provider,
):
    browser = login_provider.open_browser()
    answer = push_and_open(login_provider, browser)
    reason, way_back = parse_login_redirect(answer)
    assert reason == "login"
    assert is_without_parameters(way_back)
    log_in_with(browser)
    claims = claims_of(login_provider, return_from_login(browser, answer))
    assert (claims["sub"], claims["nonce"]) == ("alice", NONCE)


@pytest.mark.spec(CORE, "3.1.2.3")
@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("login", "reauthenticate"),
        ("select_account", "select_account"),
        ("create", "create"),
        ("login select_account", "reauthenticate"),
        ("consent login", "reauthenticate"),
    ],
)
def test_a_prompt_survives_the_login(login_provider, frozen_clock, prompt, reason):
    browser = login_provider.open_browser("alice")
    frozen_clock.advance(5)
    answer = push_and_open(login_provider, browser, prompt=prompt)
    actual_reason, way_back = parse_login_redirect(answer)
    assert actual_reason == reason
    assert is_without_parameters(way_back)
    frozen_clock.advance(5)
    log_in_with(browser, "bob")
    claims = claims_of(login_provider, return_from_login(browser, answer))
    assert claims["sub"] == "bob"
    assert claims["auth_time"] == claims["iat"]


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("login", "login_required"),
        ("create", "login_required"),
        ("select_account", "account_selection_required"),
    ],
)
def test_returning_without_a_new_login_is_an_error(
    login_provider, frozen_clock, prompt, error
):
    browser = login_provider.open_browser("alice")
    frozen_clock.advance(5)
    answer = push_and_open(login_provider, browser, prompt=prompt)
    frozen_clock.advance(5)
    assert parse_error(return_from_login(browser, answer)) == error


@pytest.mark.spec(CORE, "3.1.2.1")
def test_prompt_consent_shows_the_consent_page(login_provider):
    browser = login_provider.open_browser("alice")
    answer = push_and_open(login_provider, browser, prompt="consent")
    assert "/authorize/" in answer.location
    page = answer.follow(status=200)
    final = page.forms["oauth-consent"].submit("decision", value="allow")
    assert claims_of(login_provider, final)["sub"] == "alice"


@pytest.mark.spec(CORE, "3.1.2.1")
def test_prompt_none_gets_a_code_or_an_error_without_a_page(login_provider):
    answer = push_and_open(
        login_provider, login_provider.open_browser("alice"), prompt="none"
    )
    assert claims_of(login_provider, answer)["sub"] == "alice"
    assert (
        parse_error(
            push_and_open(login_provider, login_provider.open_browser(), prompt="none")
        )
        == "login_required"
    )
    without_consent = push_and_open(
        login_provider,
        login_provider.open_browser("alice"),
        prompt="none",
        scope="openid write",
    )
    assert parse_error(without_consent) == "consent_required"


@pytest.mark.spec(CORE, "3.1.2.1")
def test_max_age_is_measured_when_the_request_is_opened(login_provider, frozen_clock):
    browser = login_provider.open_browser("alice")
    uri = push_request_uri(
        login_provider, login_provider.web, scope="openid", nonce=NONCE, max_age="10"
    )
    frozen_clock.advance(11)
    answer = open_request_uri(browser, uri)
    reason, way_back = parse_login_redirect(answer)
    assert reason == "reauthenticate"
    assert is_without_parameters(way_back)
    frozen_clock.advance(30)
    log_in_with(browser)
    assert (
        claims_of(login_provider, return_from_login(browser, answer))["sub"] == "alice"
    )


@pytest.mark.spec(CORE, "3.1.2.1")
def test_a_login_between_push_and_visit_does_not_satisfy_prompt_login(
    login_provider, frozen_clock
):
    browser = login_provider.open_browser()
    uri = push_request_uri(
        login_provider, login_provider.web, scope="openid", nonce=NONCE, prompt="login"
    )
    frozen_clock.advance(5)
    log_in_with(browser)
    frozen_clock.advance(5)
    assert parse_login_redirect(open_request_uri(browser, uri))[0] == "reauthenticate"


def test_the_login_page_receives_the_hints_of_the_pushed_request(login_provider):
    claims = json.dumps({"id_token": {"acr": {"essential": True, "value": "gold"}}})
    answer = push_and_open(
        login_provider,
        login_provider.open_browser("alice"),
        claims=claims,
        login_hint="a@example.org",
    )
    reason, way_back = parse_login_redirect(answer)
    assert reason == "step_up"
    assert is_without_parameters(way_back)
    hints = login_provider.wsgi.registry["hints"]
    assert hints["acr_values"] == "gold"
    assert hints["login_hint"] == "a@example.org"


def test_an_interaction_error_is_sent_to_the_client(login_provider):
    answer = parse_redirect(
        push_and_open(
            login_provider, login_provider.open_browser(), prompt="none", state="kept"
        )
    )
    assert answer["error"] == "login_required"
    assert answer["state"] == "kept"
    assert answer["iss"] == "https://as.example/oauth"


@pytest.mark.spec(PAR, "2")
@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_the_pushed_response_mode_is_used(login_provider, mode):
    answer = push_and_open(
        login_provider, login_provider.open_browser("alice"), response_mode=mode
    )
    if mode == "form_post":
        assert answer.status_int == 200
        assert answer.forms[0].fields["code"]
    else:
        mark = {"query": "?", "fragment": "#"}[mode]
        assert answer.location.startswith(f"https://client.example/cb{mark}code=")


@pytest.mark.spec(PAR, "2")
def test_an_openid_request_is_checked_at_the_push(login_provider):
    openid = {"scope": "openid", "nonce": NONCE}
    cases = {
        "max_age": "soon",
        "id_token_hint": "x",
        "claims": "no JSON",
    }
    for name, value in cases.items():
        assert (
            push_error(login_provider, login_provider.web, **openid, **{name: value})
            == "invalid_request"
        )
    assert (
        push_error(login_provider, login_provider.web, **openid, registration="{}")
        == "registration_not_supported"
    )
