"""Authorization requests that demand a class or an age of the login."""

from __future__ import annotations

import json

import pytest

from tests.extensions.step_up.conftest import StepUpClient, include_step_up
from tests.support.authentication import (
    is_login_redirect,
    parse_error,
    parse_login_redirect,
    return_from_login,
)
from tests.support.host import build_authorization_request, parse_redirect
from tests.support.people import PeopleWithoutTimes
from tests.support.provider import NONCE, log_in_with

STEP_UP = "RFC 9470"
UNMET = "unmet_authentication_requirements"


@pytest.mark.spec(STEP_UP, "2")
def test_a_client_that_is_challenged_gets_a_token_that_is_enough(web, frozen_clock):
    browser = web.open_browser(acr="bronze")
    token = web.redeem(web.request(browser))["access_token"]
    challenge = web.call(token, status=401).headers["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert 'acr_values="silver gold", max_age="300"' in challenge
    answer = web.request(browser, acr_values="silver gold", max_age="300")
    assert parse_login_redirect(answer)[0] == "step_up"
    assert web.provider.wsgi.registry["hints"]["acr_values"] == "silver gold"
    frozen_clock.advance(60)
    log_in_with(browser, acr="gold")
    token = web.redeem_after_login(browser, answer)["access_token"]
    assert web.call(token).json["sub"] == "alice"
    frozen_clock.advance(320)
    web.call(token, status=401)


@pytest.mark.spec(STEP_UP, "4")
def test_a_login_that_is_older_than_max_age_is_renewed(web, frozen_clock):
    browser = web.open_browser()
    frozen_clock.advance(61)
    assert "code" in parse_redirect(web.request(browser, max_age="61"))
    answer = web.request(browser, max_age="60")
    assert parse_login_redirect(answer)[0] == "reauthenticate"
    frozen_clock.advance(5)
    log_in_with(browser)
    token = web.redeem_after_login(browser, answer)["access_token"]
    members = web.introspect(token)
    assert members["auth_time"] == members["iat"]


@pytest.mark.spec(STEP_UP, "4")
def test_max_age_0_asks_for_a_new_login_however_new_the_session_is(web):
    browser = web.open_browser()
    assert is_login_redirect(web.request(browser, max_age="0"))
    silent = web.request(browser, max_age="0", prompt="none")
    assert parse_error(silent) == "login_required"


@pytest.mark.parametrize("value", ["-1", "1.5", "x", "9" * 10, "٣", "1 2"])
def test_a_malformed_max_age_is_refused_before_the_login(web, value):
    answer = web.request(web.provider.browser(), max_age=value)
    assert parse_error(answer) == "invalid_request"


@pytest.mark.parametrize("value", ["\x00", "é" * 3000, "\ud7ff gold", "gold " * 500])
def test_a_hostile_class_is_no_error_of_the_server(web, value):
    for browser in (web.provider.browser(), web.open_browser(acr="bronze")):
        assert web.request(browser, acr_values=value).status_int < 500
        assert web.request(browser, max_age=value).status_int < 500


@pytest.mark.spec(STEP_UP, "5")
def test_a_class_that_the_login_did_not_reach_is_an_error(web):
    browser = web.open_browser(acr="bronze")
    answer = web.request(browser, acr_values="gold")
    assert is_login_redirect(answer)
    log_in_with(browser, acr="silver")
    assert parse_error(return_from_login(browser, answer)) == UNMET


@pytest.mark.spec(STEP_UP, "5")
def test_a_class_that_the_server_does_not_know_is_refused_without_a_login(web):
    browser = web.open_browser(acr="gold")
    assert parse_error(web.request(browser, acr_values="platinum")) == UNMET
    answer = web.request(web.provider.browser(), acr_values="platinum")
    assert parse_error(answer) == UNMET


@pytest.mark.spec(STEP_UP, "5")
def test_one_known_class_of_several_is_enough(web):
    browser = web.open_browser(acr="gold")
    answer = web.request(browser, acr_values="platinum gold")
    assert web.introspect(web.redeem(answer)["access_token"])["acr"] == "gold"


def test_a_weaker_login_during_the_consent_does_not_inherit_the_stronger(web):
    browser = web.provider.open_browser("alice", acr="gold")
    page = web.request(browser, acr_values="gold").follow(status=200)
    log_in_with(browser, acr="bronze")
    form = page.forms["oauth-consent"]
    answer = form.submit("decision", value="allow", expect_errors=True)
    assert is_login_redirect(answer)


def test_a_new_login_of_somebody_else_does_not_answer_for_the_user(web, frozen_clock):
    browser = web.provider.open_browser("alice", acr="gold")
    page = web.request(browser, acr_values="gold").follow(status=200)
    frozen_clock.advance(5)
    log_in_with(browser, "bob", acr="gold")
    answer = page.forms["oauth-consent"].submit(
        "decision", value="allow", expect_errors=True
    )
    assert "code=" not in (answer.location or "")


def test_a_login_before_the_request_does_not_count_as_a_new_one(web, frozen_clock):
    browser = web.open_browser(acr="gold")
    frozen_clock.advance(100)
    answer = web.request(browser, max_age="10")
    assert is_login_redirect(answer)
    assert parse_error(return_from_login(browser, answer)) == "login_required"


def test_a_host_that_knows_no_times_cannot_meet_max_age(new_login_provider):
    provider = new_login_provider(
        include_step_up, people=PeopleWithoutTimes, openid="false", keys=()
    )
    web = StepUpClient(provider)
    browser = web.open_browser(acr="gold")
    answer = web.request(browser, max_age="1000")
    log_in_with(browser, acr="gold")
    assert parse_error(return_from_login(browser, answer)) == "login_required"
    token = web.redeem(web.request(browser))["access_token"]
    assert "auth_time" not in web.introspect(token)
    web.call(token, status=401)


def test_a_pushed_request_keeps_its_demands_through_the_login(web):
    form = build_authorization_request(acr_values="gold", max_age="0")
    pushed = web.provider.browser().post("/oauth/par", {**form, **web.credentials})
    browser = web.open_browser(acr="bronze")
    names = {"client_id": "web", "request_uri": pushed.json["request_uri"]}
    answer = browser.get("/oauth/authorize", names, expect_errors=True)
    assert is_login_redirect(answer)
    log_in_with(browser, acr="gold")
    token = web.redeem_after_login(browser, answer)["access_token"]
    assert web.introspect(token)["acr"] == "gold"


@pytest.fixture
def openid_web(new_step_up_client):
    return new_step_up_client(openid="true", keys=("RS256",))


@pytest.mark.spec(STEP_UP, "5")
@pytest.mark.spec("OpenID Connect Core", "15.1")
def test_only_classes_of_the_server_are_required_with_the_scope_openid(openid_web):
    browser = openid_web.open_browser(acr="bronze")
    unknown = openid_web.request(
        browser, scope="openid read", nonce=NONCE, acr_values="1 2"
    )
    if "/authorize/" in unknown.location:
        form = unknown.follow().forms["oauth-consent"]
        unknown = form.submit("decision", value="allow", status=303)
    assert "code" in parse_redirect(unknown)
    known = openid_web.request(
        browser, scope="openid read", nonce=NONCE, acr_values="gold"
    )
    assert is_login_redirect(known)
    assert parse_error(return_from_login(browser, known)) == UNMET


def test_an_essential_claim_prevails_over_acr_values(openid_web):
    browser = openid_web.open_browser(acr="silver")
    essential = {"id_token": {"acr": {"essential": True, "values": ["silver"]}}}
    answer = openid_web.request(
        browser,
        scope="openid read",
        nonce=NONCE,
        acr_values="gold",
        claims=json.dumps(essential),
    )
    assert not is_login_redirect(answer)


@pytest.mark.spec(STEP_UP, "7")
def test_the_metadata_lists_the_classes(web):
    path = "/.well-known/oauth-authorization-server/oauth"
    metadata = web.provider.browser().get(path).json
    assert metadata["acr_values_supported"] == ["bronze", "silver", "gold"]
