"""Requirements on the login: `max_age`, `acr`, `id_token_hint`, requested `sub`."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import takewhile

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
from tests.support.host import authorize_client, parse_redirect
from tests.support.people import PeopleWithLogins, PeopleWithoutTimes
from tests.support.provider import NONCE, log_in_to_client, log_in_with


def essential(**acr):
    return json.dumps({"id_token": {"acr": {"essential": True, **acr}}})


@pytest.mark.spec(CORE, "3.1.2.1")
def test_a_session_older_than_max_age_needs_a_new_login(login_provider, frozen_clock):
    browser = login_provider.open_browser("alice")
    frozen_clock.advance(2)
    answer = request_authentication(browser, max_age="1")
    assert parse_login_redirect(answer)[0] == "reauthenticate"
    frozen_clock.advance(30)
    log_in_with(browser)
    claims = redeem_after_login(login_provider, browser, answer)
    assert "code" in parse_redirect(request_authentication(browser, max_age="10000"))
    assert claims["auth_time"] == claims["iat"]


@pytest.mark.spec(CORE, "3.1.2.1")
def test_max_age_0_acts_like_prompt_login(login_provider):
    assert is_login_redirect(
        request_authentication(login_provider.open_browser("alice"), max_age="0")
    )
    answer = request_authentication(
        login_provider.open_browser("alice"), max_age="0", prompt="none"
    )
    assert parse_error(answer) == "login_required"


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize("value", ["-1", "1.5", "x", "1e3", "9" * 40, "٣"])
def test_a_malformed_max_age_is_refused(login_provider, value):
    answer = request_authentication(login_provider.open_browser("alice"), max_age=value)
    assert parse_error(answer) == "invalid_request"


def test_a_trusted_client_may_change_during_the_login(login_provider, frozen_clock):
    login_provider.update_application(skip_authorization=True)
    browser = login_provider.open_browser("alice")
    answer = request_authentication(browser, prompt="login")
    frozen_clock.advance(1)
    log_in_with(browser)
    login_provider.update_application(name="Another name")
    assert "code" in parse_redirect(return_from_login(browser, answer))
    assert return_from_login(browser, answer).status_int == 404, "it is answered once"


def test_without_openid_max_age_is_ignored(login_provider):
    answer = request_authentication(
        login_provider.open_browser("alice"), max_age="0", scope="read"
    )
    assert "code" in parse_redirect(answer)


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_default_max_age_of_a_client_is_applied(login_provider, frozen_clock):
    login_provider.update_application(client_metadata={"default_max_age": 10})
    browser = login_provider.open_browser("alice")
    assert "code" in parse_redirect(request_authentication(browser))
    frozen_clock.advance(11)
    assert is_login_redirect(request_authentication(browser))
    assert "code" in parse_redirect(request_authentication(browser, max_age="60")), (
        "the max_age of the request takes precedence"
    )


@pytest.mark.spec(CORE, "2")
def test_auth_time_is_the_time_of_the_login(login_provider, frozen_clock):
    browser = login_provider.open_browser("alice")
    frozen_clock.advance(100)
    claims = redeem_id_token(
        login_provider, login_provider.web, request_authentication(browser)
    )
    assert claims["iat"] - claims["auth_time"] == 100
    assert claims["amr"] == ["pwd"]


def test_an_id_token_omits_auth_time_when_the_host_gives_none(new_login_provider):
    login_provider = new_login_provider(people=PeopleWithoutTimes)
    web = login_provider.register_client()
    browser = login_provider.open_browser("alice")
    answer = authorize_client(browser, scope="openid", nonce=NONCE)
    assert "auth_time" not in redeem_id_token(login_provider, web, answer)


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"max_age": "1000"}], ids=str)
def test_a_new_login_fails_when_the_host_gives_no_auth_time(
    new_login_provider, caplog, changes
):
    login_provider = new_login_provider(people=PeopleWithoutTimes)
    login_provider.register_client()
    browser = login_provider.open_browser("alice")
    answer = request_authentication(browser, **changes)
    log_in_with(browser)
    assert parse_error(return_from_login(browser, answer)) == "login_required"
    assert "gives no auth_time" in caplog.text


@pytest.mark.spec("OpenID Connect Dynamic Client Registration", "2")
def test_require_auth_time_fails_when_the_host_gives_no_auth_time(new_login_provider):
    login_provider = new_login_provider(people=PeopleWithoutTimes)
    login_provider.register_client(client_metadata={"require_auth_time": True})
    answer = request_authentication(login_provider.open_browser("alice"), prompt="none")
    assert parse_error(answer) == "login_required"


@pytest.mark.spec(CORE, "5.5.1.1")
def test_an_essential_acr_leads_to_a_step_up_login(login_provider):
    browser = login_provider.open_browser("alice", acr="bronze")
    answer = request_authentication(
        browser, claims=essential(values=["silver", "gold"])
    )
    assert parse_login_redirect(answer)[0] == "step_up"
    assert login_provider.wsgi.registry["hints"]["acr_values"] == "silver gold"
    log_in_with(browser, acr="gold")
    claims = redeem_after_login(login_provider, browser, answer)
    assert claims["acr"] == "gold"


@pytest.mark.spec(CORE, "5.5.1.1")
def test_an_essential_acr_that_was_not_reached_is_an_error(login_provider):
    browser = login_provider.open_browser()
    answer = request_authentication(browser, claims=essential(value="gold"))
    assert parse_login_redirect(answer)[0] == "step_up"
    log_in_with(browser, acr="bronze")
    error = parse_error(return_from_login(browser, answer))
    assert error == "unmet_authentication_requirements"


def test_an_unsupported_essential_acr_is_refused_without_a_login(login_provider):
    answer = request_authentication(
        login_provider.open_browser("alice"), claims=essential(value="platinum")
    )
    assert parse_error(answer) == "unmet_authentication_requirements"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_an_essential_acr_with_prompt_none_is_login_required(login_provider):
    answer = request_authentication(
        login_provider.open_browser("alice"),
        prompt="none",
        claims=essential(value="gold"),
    )
    assert parse_error(answer) == "login_required"


@pytest.mark.spec(CORE, "5.5.1.1")
@pytest.mark.parametrize(
    "changes",
    [
        {"acr_values": "gold silver"},
        {"claims": json.dumps({"id_token": {"acr": {"value": "gold"}}})},
        {"claims": essential()},
    ],
    ids=["acr_values", "voluntary-claim", "essential-without-value"],
)
def test_a_voluntary_acr_is_not_required(login_provider, changes):
    browser = login_provider.open_browser("alice", acr="bronze")
    assert (
        redeem_id_token(
            login_provider,
            login_provider.web,
            request_authentication(browser, **changes),
        )["acr"]
        == "bronze"
    )


LEVELS = ("bronze", "silver", "gold")


class PeopleWithLevels(PeopleWithLogins):
    """People whose stronger logins satisfy the weaker classes, too."""

    def current(self, request):
        account = super().current(request)
        if account is None:
            return None
        return replace(
            account, weaker_acrs=tuple(takewhile(account.acr.__ne__, LEVELS))
        )

    def can_step_up(self, request, account, acr_values):
        return account.subject == "alice"


@pytest.fixture
def levels(new_login_provider):
    provider = new_login_provider(people=PeopleWithLevels)
    provider.web = provider.register_client()
    for name in ("alice", "bob"):
        browser = provider.open_browser(name, acr="bronze")
        authorize_client(browser, scope="openid", nonce=NONCE)
    return provider


@pytest.mark.spec(CORE, "5.5.1.1")
def test_a_stronger_login_satisfies_an_essential_acr(levels):
    browser = levels.open_browser("alice", acr="gold")
    answer = request_authentication(
        browser, claims=essential(values=["silver", "bronze"])
    )
    assert redeem_id_token(levels, levels.web, answer)["acr"] == "silver"


@pytest.mark.spec(CORE, "3.1.2.1")
def test_a_voluntary_acr_within_reach_leads_to_one_more_login(levels):
    browser = levels.open_browser("alice", acr="bronze")
    answer = request_authentication(browser, acr_values="gold silver")
    assert parse_login_redirect(answer)[0] == "step_up"
    log_in_with(browser, acr="silver")
    assert redeem_after_login(levels, browser, answer)["acr"] == "silver"


@pytest.mark.spec(CORE, "3.1.2.1")
@pytest.mark.parametrize(
    ("name", "changes"),
    [("bob", {}), ("alice", {"prompt": "none"})],
    ids=["out of reach", "prompt=none"],
)
def test_a_voluntary_acr_asks_for_no_login_in_vain(levels, name, changes):
    browser = levels.open_browser(name, acr="bronze")
    answer = request_authentication(browser, acr_values="gold", **changes)
    assert not is_login_redirect(answer)


def test_a_voluntary_acr_that_a_login_did_not_reach_is_no_error(levels):
    browser = levels.open_browser("alice", acr="bronze")
    answer = request_authentication(browser, acr_values="gold")
    assert is_login_redirect(answer)
    assert redeem_after_login(levels, browser, answer)["acr"] == "bronze"


@pytest.mark.spec(CORE, "3.1.2.2")
def test_an_id_token_hint_for_the_logged_in_user_is_accepted(login_provider):
    hint = log_in_to_client(login_provider, login_provider.web)["id_token"]
    answer = request_authentication(
        login_provider.open_browser("alice"), id_token_hint=hint, prompt="none"
    )
    assert redeem_id_token(login_provider, login_provider.web, answer)["sub"] == "alice"


@pytest.mark.spec(CORE, "3.1.2.2")
def test_an_id_token_hint_for_another_user_needs_a_login_as_that_user(login_provider):
    hint = log_in_to_client(login_provider, login_provider.web)["id_token"]
    browser = login_provider.open_browser("bob")
    silent = request_authentication(browser, id_token_hint=hint, prompt="none")
    assert parse_error(silent) == "login_required"
    answer = request_authentication(browser, id_token_hint=hint)
    assert parse_login_redirect(answer)[0] == "reauthenticate"
    log_in_with(browser, "bob")
    assert parse_error(return_from_login(browser, answer)) == "login_required"
    answer = request_authentication(browser, id_token_hint=hint)
    log_in_with(browser, "alice")
    claims = redeem_after_login(login_provider, browser, answer)
    assert claims["sub"] == "alice"


@pytest.mark.spec(CORE, "3.1.2.2")
def test_an_id_token_hint_is_enforced_after_a_first_login(login_provider):
    hint = log_in_to_client(login_provider, login_provider.web)["id_token"]
    browser = login_provider.open_browser()
    answer = request_authentication(browser, id_token_hint=hint)
    assert parse_login_redirect(answer)[0] == "login"
    log_in_with(browser, "bob")
    second = browser.get(parse_login_redirect(answer)[1], expect_errors=True)
    assert "code" not in second.location


@pytest.mark.spec(CORE, "3.1.2.2")
def test_an_expired_id_token_hint_is_accepted(login_provider, frozen_clock):
    hint = log_in_to_client(login_provider, login_provider.web)["id_token"]
    frozen_clock.advance(3000)
    browser = login_provider.open_browser("alice")
    assert "code" in parse_redirect(
        request_authentication(browser, id_token_hint=hint, prompt="none")
    )


@pytest.mark.spec(CORE, "3.1.2.2")
@pytest.mark.parametrize("hint", ["x", "a.b.c", "e30.e30.", "a.b.c.d.e"])
def test_a_malformed_id_token_hint_is_refused(login_provider, hint):
    answer = request_authentication(
        login_provider.open_browser("alice"), id_token_hint=hint
    )
    assert parse_error(answer) == "invalid_request"


def test_an_altered_id_token_hint_and_one_of_another_client_are_refused(login_provider):
    other = login_provider.register_client(client_id="other")
    hint = log_in_to_client(login_provider, other)["id_token"]
    browser = login_provider.open_browser("alice")
    assert (
        parse_error(request_authentication(browser, id_token_hint=hint))
        == "invalid_request"
    )
    own = log_in_to_client(login_provider, login_provider.web)["id_token"]
    changed = own[:-4] + ("AAAA" if own[-4:] != "AAAA" else "BBBB")
    assert (
        parse_error(request_authentication(browser, id_token_hint=changed))
        == "invalid_request"
    )


@pytest.mark.spec(CORE, "5.5.1")
@pytest.mark.parametrize("target", ["id_token", "userinfo"])
def test_a_requested_sub_must_match_the_logged_in_user(login_provider, target):
    def sub(**members):
        return json.dumps({target: {"sub": members}})

    browser = login_provider.open_browser("alice")
    accepted = request_authentication(browser, prompt="none", claims=sub(value="alice"))
    assert "code" in parse_redirect(accepted)
    accepted = request_authentication(
        browser, prompt="none", claims=sub(values=["bob", "alice"])
    )
    assert "code" in parse_redirect(accepted)
    for wrong in (sub(value="bob"), sub(values=[]), sub(value=7)):
        answer = request_authentication(browser, prompt="none", claims=wrong)
        assert parse_error(answer) == "login_required"
    assert is_login_redirect(request_authentication(browser, claims=sub(value="bob")))
