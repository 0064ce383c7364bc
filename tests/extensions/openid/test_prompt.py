"""The `prompt` parameter: login, consent, account selection, silent requests."""

from __future__ import annotations

import pytest

from tests.support.authentication import (
    CORE,
    is_login_redirect,
    parse_error,
    parse_login_redirect,
    redeem_after_login,
    redeem_id_token,
    request_authentication,
    return_from_login,
)
from tests.support.host import parse_redirect
from tests.support.provider import log_in_with

LOGIN_PROMPTS = ("login", "select_account", "create")


@pytest.mark.spec(CORE, "3.1.2.3")
def test_without_a_session_the_browser_logs_in_and_comes_back_to_the_request(
    login_provider,
):
    browser = login_provider.open_browser()
    answer = request_authentication(browser)
    assert parse_login_redirect(answer)[0] == "login"
    log_in_with(browser)
    assert parse_redirect(return_from_login(browser, answer))["state"] == "af0ifjsldkj"


@pytest.mark.spec(CORE, "3.1.2.3")
@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("login", "reauthenticate"),
        ("select_account", "select_account"),
        ("create", "create"),
        ("login select_account", "reauthenticate"),
        ("create login", "create"),
        ("consent login", "reauthenticate"),
    ],
)
def test_prompt_login_needs_a_new_login(login_provider, frozen_clock, prompt, reason):
    browser = login_provider.open_browser("alice")
    frozen_clock.advance(5)
    answer = request_authentication(browser, prompt=prompt)
    assert parse_login_redirect(answer)[0] == reason
    frozen_clock.advance(5)
    log_in_with(browser)
    claims = redeem_after_login(login_provider, browser, answer)
    assert claims["sub"] == "alice"


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("login", "login_required"),
        ("create", "login_required"),
        ("select_account", "account_selection_required"),
    ],
)
def test_returning_without_the_prompted_login_is_an_error(
    login_provider, frozen_clock, prompt, error
):
    browser = login_provider.open_browser("alice")
    frozen_clock.advance(5)
    answer = request_authentication(browser, prompt=prompt)
    frozen_clock.advance(5)
    assert parse_error(return_from_login(browser, answer)) == error
    assert parse_redirect(return_from_login(browser, answer))["state"] == "af0ifjsldkj"


def test_a_login_just_before_the_request_does_not_satisfy_prompt_login(
    login_provider, frozen_clock, caplog
):
    browser = login_provider.open_browser("alice")
    frozen_clock.advance(0.001)
    answer = request_authentication(browser, prompt="login")
    assert parse_error(return_from_login(browser, answer)) == "login_required"
    # A host that keeps whole seconds or ignores the reason finds the cause in the log.
    assert "still needs one (reauthenticate)" in caplog.text


def test_choosing_an_account_satisfies_select_account(login_provider, frozen_clock):
    browser = login_provider.open_browser("alice")
    frozen_clock.advance(5)
    answer = request_authentication(browser, prompt="select_account")
    frozen_clock.advance(5)
    browser.get("/choose")
    assert "code" in parse_redirect(return_from_login(browser, answer))


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [("select_account", "select_account"), ("select_account login", "login")],
)
def test_without_a_session_select_account_leads_to_the_login_page(
    login_provider, prompt, reason
):
    answer = request_authentication(login_provider.open_browser(), prompt=prompt)
    assert parse_login_redirect(answer)[0] == reason


def test_choosing_an_account_does_not_satisfy_prompt_login(
    login_provider, frozen_clock
):
    browser = login_provider.open_browser("alice")
    frozen_clock.advance(5)
    answer = request_authentication(browser, prompt="login")
    frozen_clock.advance(5)
    browser.get("/choose")
    assert parse_error(return_from_login(browser, answer)) == "login_required"


def test_another_user_may_log_in_for_prompt_login(login_provider, frozen_clock):
    browser = login_provider.open_browser("alice")
    answer = request_authentication(browser, prompt="login")
    frozen_clock.advance(5)
    log_in_with(browser, "bob")
    claims = redeem_after_login(login_provider, browser, answer)
    assert claims["sub"] == "bob"


def test_a_first_login_satisfies_prompt_login_and_max_age(login_provider, frozen_clock):
    browser = login_provider.open_browser()
    answer = request_authentication(browser, prompt="login", max_age="1")
    frozen_clock.advance(60)
    log_in_with(browser)
    assert "code" in parse_redirect(return_from_login(browser, answer))


def test_a_slow_consent_decision_needs_no_other_login(login_provider, frozen_clock):
    browser = login_provider.open_browser("alice")
    answer = request_authentication(browser, prompt="login consent", max_age="10")
    frozen_clock.advance(1)
    log_in_with(browser)
    consent_page = browser.get(parse_login_redirect(answer)[1]).follow()
    frozen_clock.advance(300)
    allowed = consent_page.forms["oauth-consent"].submit("decision", value="allow")
    assert "code" in parse_redirect(allowed)


def test_a_pending_request_is_answered_once(login_provider, frozen_clock):
    browser = login_provider.open_browser("alice")
    answer = request_authentication(browser, prompt="login")
    frozen_clock.advance(1)
    log_in_with(browser)
    assert "code" in parse_redirect(return_from_login(browser, answer))
    browser.get(parse_login_redirect(answer)[1], status=404)


def test_a_pending_request_is_bound_to_its_browser(login_provider, frozen_clock):
    answer = request_authentication(
        login_provider.open_browser("alice"), prompt="login"
    )
    frozen_clock.advance(1)
    other_browser = login_provider.open_browser("alice")
    other_browser.get(parse_login_redirect(answer)[1], status=404)


def test_a_decision_before_the_login_is_refused(login_provider, frozen_clock):
    browser = login_provider.open_browser("alice")
    consent_page = request_authentication(browser, prompt="consent").follow()
    token = consent_page.forms["oauth-consent"]["csrf_token"].value
    path = parse_login_redirect(request_authentication(browser, prompt="login"))[1]
    browser.post(path, {"decision": "allow", "csrf_token": token}, status=409)
    assert parse_error(browser.get(path)) == "login_required"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_prompt_none_without_a_session_is_login_required(login_provider):
    assert (
        parse_error(
            request_authentication(login_provider.open_browser(), prompt="none")
        )
        == "login_required"
    )


@pytest.mark.spec(CORE, "3.1.2.1")
def test_prompt_none_with_session_and_consent_gets_a_code(login_provider):
    answer = request_authentication(login_provider.open_browser("alice"), prompt="none")
    assert redeem_id_token(login_provider, login_provider.web, answer)["sub"] == "alice"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_prompt_none_without_consent_is_consent_required(login_provider):
    answer = request_authentication(
        login_provider.open_browser("alice"), prompt="none", scope="openid write"
    )
    assert parse_error(answer) == "consent_required"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_prompt_none_with_an_old_session_is_login_required(
    login_provider, frozen_clock
):
    browser = login_provider.open_browser("alice")
    frozen_clock.advance(11)
    assert (
        parse_error(request_authentication(browser, prompt="none", max_age="10"))
        == "login_required"
    )
    assert "code" in parse_redirect(
        request_authentication(browser, prompt="none", max_age="20")
    )


@pytest.mark.spec(CORE, "3.1.2.6")
def test_prompt_none_for_a_public_loopback_client_is_interaction_required(
    login_provider,
):
    login_provider.register_client(
        client_id="native",
        client_type="public",
        token_endpoint_auth_method="none",
        authorization_grant_type="authorization_code",
        redirect_uris="http://127.0.0.1/cb",
    )
    browser = login_provider.open_browser("alice")
    native = {"client_id": "native", "redirect_uri": "http://127.0.0.1:4711/cb"}
    form = request_authentication(browser, **native).follow().forms["oauth-consent"]
    form.submit("decision", value="allow")
    assert (
        parse_error(request_authentication(browser, prompt="none", **native))
        == "interaction_required"
    )


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize("other", ["login", "consent", "create", "unheard_of"])
def test_prompt_none_with_another_value_is_refused(login_provider, other):
    answer = request_authentication(
        login_provider.open_browser("alice"), prompt=f"none {other}"
    )
    assert parse_error(answer) == "invalid_request"


@pytest.mark.spec(CORE, "3.1.2.1")
def test_an_unknown_prompt_value_is_ignored(login_provider):
    assert "code" in parse_redirect(
        request_authentication(
            login_provider.open_browser("alice"), prompt="unheard_of"
        )
    )


@pytest.mark.spec(CORE, "3.1.2.1")
def test_prompt_consent_shows_the_consent_page_again(login_provider):
    answer = request_authentication(
        login_provider.open_browser("alice"), prompt="consent"
    )
    assert "oauth-consent" in answer.follow().forms


@pytest.mark.parametrize("prompt", LOGIN_PROMPTS)
def test_prompt_works_without_openid(login_provider, frozen_clock, prompt):
    browser = login_provider.open_browser("alice")
    answer = request_authentication(browser, prompt=prompt, scope="read")
    frozen_clock.advance(1)
    log_in_with(browser)
    assert "code" in parse_redirect(return_from_login(browser, answer))
    silent = request_authentication(
        login_provider.open_browser(), prompt="none", scope="read"
    )
    assert parse_error(silent) == "login_required"


def test_the_login_page_receives_the_hints_of_the_request(login_provider, frozen_clock):
    hints = {
        "login_hint": "alice@example.org",
        "ui_locales": "fr-CA fr",
        "claims_locales": "fr",
        "display": "popup",
        "acr_values": "silver gold",
        "max_age": "10",
    }
    answer = request_authentication(login_provider.open_browser(), **hints)
    assert is_login_redirect(answer)
    received = login_provider.wsgi.registry["hints"]
    client = {"client_id": "web", "redirect_uri": "https://client.example/cb"}
    assert received == {**hints, **client}
