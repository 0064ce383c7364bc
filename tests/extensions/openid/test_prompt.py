"""`prompt`: what the person is asked, and what is answered where nothing may be."""

from __future__ import annotations

import pytest

from tests.support.authentication import (
    CORE,
    asks,
    claims_of,
    comes_back,
    enters,
    error_of,
    is_sent_to_login,
    query_of,
    sent_to_login,
)

FRESH = ("login", "select_account", "create")


@pytest.mark.spec(CORE, "3.1.2.3")
def test_without_a_session_the_browser_logs_in_and_comes_back_to_the_request(
    login_provider,
):
    browser = login_provider.visitor()
    answer = asks(browser)
    assert sent_to_login(answer)[0] == "login"
    enters(browser)
    assert query_of(comes_back(browser, answer))["state"] == "af0ifjsldkj"


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
def test_prompt_login_needs_a_new_login(login_provider, time, prompt, reason):
    browser = login_provider.visitor("alice")
    time.advance(5)
    answer = asks(browser, prompt=prompt)
    assert sent_to_login(answer)[0] == reason
    time.advance(5)
    enters(browser)
    assert (
        claims_of(login_provider, login_provider.web, comes_back(browser, answer))[
            "sub"
        ]
        == "alice"
    )


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("login", "login_required"),
        ("create", "login_required"),
        ("select_account", "account_selection_required"),
    ],
)
def test_coming_back_without_a_new_login_is_an_error(
    login_provider, time, prompt, error
):
    browser = login_provider.visitor("alice")
    time.advance(5)
    answer = asks(browser, prompt=prompt)
    time.advance(5)
    assert error_of(comes_back(browser, answer)) == error
    assert query_of(comes_back(browser, answer))["state"] == "af0ifjsldkj"


def test_a_login_just_before_the_request_does_not_satisfy_prompt_login(
    login_provider, time, caplog
):
    browser = login_provider.visitor("alice")
    time.advance(0.001)
    answer = asks(browser, prompt="login")
    assert error_of(comes_back(browser, answer)) == "login_required"
    # Who keeps whole seconds, or ignores the reason, finds out why.
    assert "still needs one (reauthenticate)" in caplog.text


def test_choosing_an_account_satisfies_select_account(login_provider, time):
    browser = login_provider.visitor("alice")
    time.advance(5)
    answer = asks(browser, prompt="select_account")
    time.advance(5)
    browser.get("/choose")
    assert "code" in query_of(comes_back(browser, answer))


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [("select_account", "select_account"), ("select_account login", "login")],
)
def test_without_a_session_select_account_leads_to_the_login_page(
    login_provider, prompt, reason
):
    answer = asks(login_provider.visitor(), prompt=prompt)
    assert sent_to_login(answer)[0] == reason


def test_choosing_an_account_does_not_satisfy_prompt_login(login_provider, time):
    browser = login_provider.visitor("alice")
    time.advance(5)
    answer = asks(browser, prompt="login")
    time.advance(5)
    browser.get("/choose")
    assert error_of(comes_back(browser, answer)) == "login_required"


def test_another_user_may_log_in_for_prompt_login(login_provider, time):
    browser = login_provider.visitor("alice")
    answer = asks(browser, prompt="login")
    time.advance(5)
    enters(browser, "bob")
    assert (
        claims_of(login_provider, login_provider.web, comes_back(browser, answer))[
            "sub"
        ]
        == "bob"
    )


def test_a_first_login_satisfies_prompt_login_and_max_age(login_provider, time):
    browser = login_provider.visitor()
    answer = asks(browser, prompt="login", max_age="1")
    time.advance(60)
    enters(browser)
    assert "code" in query_of(comes_back(browser, answer))


def test_a_slow_consent_decision_needs_no_other_login(login_provider, time):
    browser = login_provider.visitor("alice")
    answer = asks(browser, prompt="login consent", max_age="10")
    time.advance(1)
    enters(browser)
    shown = browser.get(sent_to_login(answer)[1]).follow()
    time.advance(300)
    allowed = shown.forms["oauth-consent"].submit("decision", value="allow")
    assert "code" in query_of(allowed)


def test_a_pending_request_is_answered_once(login_provider, time):
    browser = login_provider.visitor("alice")
    answer = asks(browser, prompt="login")
    time.advance(1)
    enters(browser)
    assert "code" in query_of(comes_back(browser, answer))
    browser.get(sent_to_login(answer)[1], status=404)


def test_a_pending_request_is_bound_to_its_browser(login_provider, time):
    answer = asks(login_provider.visitor("alice"), prompt="login")
    time.advance(1)
    stranger = login_provider.visitor("alice")
    stranger.get(sent_to_login(answer)[1], status=404)


def test_a_decision_before_the_login_is_refused(login_provider, time):
    browser = login_provider.visitor("alice")
    shown = asks(browser, prompt="consent").follow()
    token = shown.forms["oauth-consent"]["csrf_token"].value
    path = sent_to_login(asks(browser, prompt="login"))[1]
    browser.post(path, {"decision": "allow", "csrf_token": token}, status=409)
    assert error_of(browser.get(path)) == "login_required"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_prompt_none_without_a_session_is_login_required(login_provider):
    assert error_of(asks(login_provider.visitor(), prompt="none")) == "login_required"


@pytest.mark.spec(CORE, "3.1.2.1")
def test_prompt_none_with_session_and_consent_gets_a_code(login_provider):
    answer = asks(login_provider.visitor("alice"), prompt="none")
    assert claims_of(login_provider, login_provider.web, answer)["sub"] == "alice"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_prompt_none_without_consent_is_consent_required(login_provider):
    answer = asks(login_provider.visitor("alice"), prompt="none", scope="openid write")
    assert error_of(answer) == "consent_required"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_prompt_none_with_an_old_session_is_login_required(login_provider, time):
    browser = login_provider.visitor("alice")
    time.advance(11)
    assert error_of(asks(browser, prompt="none", max_age="10")) == "login_required"
    assert "code" in query_of(asks(browser, prompt="none", max_age="20"))


@pytest.mark.spec(CORE, "3.1.2.6")
def test_prompt_none_for_a_public_loopback_client_is_interaction_required(
    login_provider,
):
    login_provider.application(
        client_id="native",
        client_type="public",
        token_endpoint_auth_method="none",
        authorization_grant_type="authorization_code",
        redirect_uris="http://127.0.0.1/cb",
    )
    browser = login_provider.visitor("alice")
    native = {"client_id": "native", "redirect_uri": "http://127.0.0.1:4711/cb"}
    form = asks(browser, **native).follow().forms["oauth-consent"]
    form.submit("decision", value="allow")
    assert error_of(asks(browser, prompt="none", **native)) == "interaction_required"


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize("other", ["login", "consent", "create", "unheard_of"])
def test_prompt_none_with_another_value_is_refused(login_provider, other):
    answer = asks(login_provider.visitor("alice"), prompt=f"none {other}")
    assert error_of(answer) == "invalid_request"


@pytest.mark.spec(CORE, "3.1.2.1")
def test_an_unknown_prompt_value_is_ignored(login_provider):
    assert "code" in query_of(
        asks(login_provider.visitor("alice"), prompt="unheard_of")
    )


@pytest.mark.spec(CORE, "3.1.2.1")
def test_prompt_consent_shows_the_consent_page_again(login_provider):
    answer = asks(login_provider.visitor("alice"), prompt="consent")
    assert "oauth-consent" in answer.follow().forms


@pytest.mark.parametrize("prompt", FRESH)
def test_prompt_works_without_openid(login_provider, time, prompt):
    browser = login_provider.visitor("alice")
    answer = asks(browser, prompt=prompt, scope="read")
    time.advance(1)
    enters(browser)
    assert "code" in query_of(comes_back(browser, answer))
    assert error_of(asks(login_provider.visitor(), prompt="none", scope="read"))


def test_the_login_page_receives_the_hints_of_the_request(login_provider, time):
    hints = {
        "login_hint": "alice@example.org",
        "ui_locales": "fr-CA fr",
        "claims_locales": "fr",
        "display": "popup",
        "acr_values": "silver gold",
        "max_age": "10",
    }
    answer = asks(login_provider.visitor(), **hints)
    assert is_sent_to_login(answer)
    found = login_provider.wsgi.registry["hints"]
    asking = {"client_id": "web", "redirect_uri": "https://client.example/cb"}
    assert found == {**hints, **asking}
