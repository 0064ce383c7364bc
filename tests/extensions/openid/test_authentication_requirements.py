"""How old, how strong and whose the login must be."""

from __future__ import annotations

import json

import pytest

from tests.support.authentication import (
    CORE,
    NONCE,
    asks,
    claims_of,
    comes_back,
    enters,
    error_of,
    is_sent_to_login,
    query_of,
    sent_to_login,
    sign_in,
)
from tests.support.people import PeopleWithoutTimes
from tests.support.provider import consent


def essential(**acr):
    return json.dumps({"id_token": {"acr": {"essential": True, **acr}}})


@pytest.mark.spec(CORE, "3.1.2.1")
def test_a_session_older_than_max_age_needs_a_new_login(login_provider, time):
    browser = login_provider.visitor("alice")
    time.advance(2)
    answer = asks(browser, max_age="1")
    assert sent_to_login(answer)[0] == "reauthenticate"
    time.advance(30)
    enters(browser)
    later = claims_of(login_provider, login_provider.web, comes_back(browser, answer))
    assert "code" in query_of(asks(browser, max_age="10000"))
    assert later["auth_time"] == later["iat"]


@pytest.mark.spec(CORE, "3.1.2.1")
def test_max_age_0_acts_like_prompt_login(login_provider):
    assert is_sent_to_login(asks(login_provider.visitor("alice"), max_age="0"))
    answer = asks(login_provider.visitor("alice"), max_age="0", prompt="none")
    assert error_of(answer) == "login_required"


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize("value", ["-1", "1.5", "x", "1e3", "9" * 40, "٣"])
def test_a_malformed_max_age_is_refused(login_provider, value):
    answer = asks(login_provider.visitor("alice"), max_age=value)
    assert error_of(answer) == "invalid_request"


def test_a_trusted_client_may_change_during_the_login(login_provider, time):
    login_provider.change(skip_authorization=True)
    browser = login_provider.visitor("alice")
    answer = asks(browser, prompt="login")
    time.advance(1)
    enters(browser)
    login_provider.change(name="Another name")
    assert "code" in query_of(comes_back(browser, answer))
    assert comes_back(browser, answer).status_int == 404, "it is answered once"


def test_without_openid_max_age_is_ignored(login_provider):
    answer = asks(login_provider.visitor("alice"), max_age="0", scope="read")
    assert "code" in query_of(answer)


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_default_max_age_of_a_client_is_applied(login_provider, time):
    login_provider.change(client_metadata={"default_max_age": 10})
    browser = login_provider.visitor("alice")
    assert "code" in query_of(asks(browser))
    time.advance(11)
    assert is_sent_to_login(asks(browser))
    assert "code" in query_of(asks(browser, max_age="60")), "the request's word wins"


@pytest.mark.spec(CORE, "2")
def test_auth_time_is_the_time_of_the_login(login_provider, time):
    browser = login_provider.visitor("alice")
    time.advance(100)
    claims = claims_of(login_provider, login_provider.web, asks(browser))
    assert claims["iat"] - claims["auth_time"] == 100
    assert claims["amr"] == ["pwd"]


def test_an_id_token_omits_auth_time_when_the_host_gives_none(new_login_provider):
    login_provider = new_login_provider(people=PeopleWithoutTimes)
    web = login_provider.application()
    browser = login_provider.visitor("alice")
    answer = consent(browser, scope="openid", nonce=NONCE)
    assert "auth_time" not in claims_of(login_provider, web, answer)


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize("demand", [{"prompt": "login"}, {"max_age": "1000"}])
def test_a_new_login_fails_when_the_host_gives_no_auth_time(
    new_login_provider, caplog, demand
):
    login_provider = new_login_provider(people=PeopleWithoutTimes)
    login_provider.application()
    browser = login_provider.visitor("alice")
    answer = asks(browser, **demand)
    enters(browser)
    assert error_of(comes_back(browser, answer)) == "login_required"
    assert "gives no auth_time" in caplog.text


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_require_auth_time_fails_when_the_host_gives_no_auth_time(new_login_provider):
    login_provider = new_login_provider(people=PeopleWithoutTimes)
    login_provider.application(client_metadata={"require_auth_time": True})
    answer = asks(login_provider.visitor("alice"), prompt="none")
    assert error_of(answer) == "login_required"


@pytest.mark.spec(CORE, "5.5.1.1")
def test_an_essential_acr_leads_to_a_step_up_login(login_provider):
    browser = login_provider.visitor("alice", acr="bronze")
    answer = asks(browser, claims=essential(values=["silver", "gold"]))
    assert sent_to_login(answer)[0] == "step_up"
    assert login_provider.wsgi.registry["hints"]["acr_values"] == "silver gold"
    enters(browser, acr="gold")
    assert (
        claims_of(login_provider, login_provider.web, comes_back(browser, answer))[
            "acr"
        ]
        == "gold"
    )


@pytest.mark.spec(CORE, "5.5.1.1")
def test_an_essential_acr_that_was_not_reached_is_an_error(login_provider):
    browser = login_provider.visitor()
    answer = asks(browser, claims=essential(value="gold"))
    assert sent_to_login(answer)[0] == "step_up"
    enters(browser, acr="bronze")
    error = error_of(comes_back(browser, answer))
    assert error == "unmet_authentication_requirements"


def test_an_unsupported_essential_acr_is_refused_without_a_login(login_provider):
    answer = asks(login_provider.visitor("alice"), claims=essential(value="platinum"))
    assert error_of(answer) == "unmet_authentication_requirements"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_an_essential_acr_with_prompt_none_is_login_required(login_provider):
    answer = asks(
        login_provider.visitor("alice"), prompt="none", claims=essential(value="gold")
    )
    assert error_of(answer) == "login_required"


@pytest.mark.spec(CORE, "5.5.1.1")
@pytest.mark.parametrize(
    "wish",
    [
        {"acr_values": "gold silver"},
        {"claims": json.dumps({"id_token": {"acr": {"value": "gold"}}})},
        {"claims": essential()},
    ],
)
def test_a_voluntary_acr_is_not_required(login_provider, wish):
    browser = login_provider.visitor("alice", acr="bronze")
    assert (
        claims_of(login_provider, login_provider.web, asks(browser, **wish))["acr"]
        == "bronze"
    )


@pytest.mark.spec(CORE, "3.1.2.2")
def test_an_id_token_hint_for_the_logged_in_user_is_accepted(login_provider):
    hint = sign_in(login_provider, login_provider.web)["id_token"]
    answer = asks(login_provider.visitor("alice"), id_token_hint=hint, prompt="none")
    assert claims_of(login_provider, login_provider.web, answer)["sub"] == "alice"


@pytest.mark.spec(CORE, "3.1.2.2")
def test_an_id_token_hint_for_another_user_needs_a_login_as_that_user(login_provider):
    hint = sign_in(login_provider, login_provider.web)["id_token"]
    browser = login_provider.visitor("bob")
    silent = asks(browser, id_token_hint=hint, prompt="none")
    assert error_of(silent) == "login_required"
    answer = asks(browser, id_token_hint=hint)
    assert sent_to_login(answer)[0] == "reauthenticate"
    enters(browser, "bob")
    assert error_of(comes_back(browser, answer)) == "login_required"
    answer = asks(browser, id_token_hint=hint)
    enters(browser, "alice")
    assert (
        claims_of(login_provider, login_provider.web, comes_back(browser, answer))[
            "sub"
        ]
        == "alice"
    )


@pytest.mark.spec(CORE, "3.1.2.2")
def test_an_id_token_hint_is_enforced_after_a_first_login(login_provider):
    hint = sign_in(login_provider, login_provider.web)["id_token"]
    browser = login_provider.visitor()
    answer = asks(browser, id_token_hint=hint)
    assert sent_to_login(answer)[0] == "login"
    enters(browser, "bob")
    again = browser.get(sent_to_login(answer)[1], expect_errors=True)
    assert "code" not in again.location


@pytest.mark.spec(CORE, "3.1.2.2")
def test_an_expired_id_token_hint_is_accepted(login_provider, time):
    hint = sign_in(login_provider, login_provider.web)["id_token"]
    time.advance(3000)
    browser = login_provider.visitor("alice")
    assert "code" in query_of(asks(browser, id_token_hint=hint, prompt="none"))


@pytest.mark.spec(CORE, "3.1.2.2")
@pytest.mark.parametrize("hint", ["x", "a.b.c", "e30.e30.", "a.b.c.d.e"])
def test_a_malformed_id_token_hint_is_refused(login_provider, hint):
    answer = asks(login_provider.visitor("alice"), id_token_hint=hint)
    assert error_of(answer) == "invalid_request"


def test_an_altered_id_token_hint_and_one_of_another_client_are_refused(login_provider):
    other = login_provider.application(client_id="other")
    hint = sign_in(login_provider, other)["id_token"]
    browser = login_provider.visitor("alice")
    assert error_of(asks(browser, id_token_hint=hint)) == "invalid_request"
    own = sign_in(login_provider, login_provider.web)["id_token"]
    changed = own[:-4] + ("AAAA" if own[-4:] != "AAAA" else "BBBB")
    assert error_of(asks(browser, id_token_hint=changed)) == "invalid_request"


@pytest.mark.spec(CORE, "5.5.1")
@pytest.mark.parametrize("target", ["id_token", "userinfo"])
def test_a_requested_sub_must_match_the_logged_in_user(login_provider, target):
    def sub(**asked):
        return json.dumps({target: {"sub": asked}})

    browser = login_provider.visitor("alice")
    fits = asks(browser, prompt="none", claims=sub(value="alice"))
    assert "code" in query_of(fits)
    fits = asks(browser, prompt="none", claims=sub(values=["bob", "alice"]))
    assert "code" in query_of(fits)
    for wrong in (sub(value="bob"), sub(values=[]), sub(value=7)):
        answer = asks(browser, prompt="none", claims=wrong)
        assert error_of(answer) == "login_required"
    assert is_sent_to_login(asks(browser, claims=sub(value="bob")))
