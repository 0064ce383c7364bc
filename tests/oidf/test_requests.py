"""What an authentication request may ask for (OpenID Connect Core section 3.1.2.1)."""

from __future__ import annotations

import time

import pytest

from tests.oidf.flow import CODE, FEW, HYBRID, Kind, kinds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1.2.1"),
]
LONG = (CODE[0], HYBRID)


def log_in_twice(flow, *, module=None, first=(), **second):
    """Two flows in one browser; returns both, and what the second showed."""
    one = flow.login(**dict(first))
    flow.suite.browser.pictures.clear()
    flow.suite.browser.visited.clear()
    two = flow.login(module=module, **second)
    return one, two


def saw_login(flow):
    login = f"{flow.suite.provider.origin}/login"
    return any(url.startswith(login) for url in flow.suite.browser.visited)


@pytest.mark.parametrize(
    "display",
    [
        pytest.param("page", marks=pytest.mark.module("oidcc-display-page")),
        pytest.param("popup", marks=pytest.mark.module("oidcc-display-popup")),
    ],
)
@kinds(*LONG)
def test_the_display_parameter_is_accepted(flow, display):
    assert flow.login(display=display)["claims"]["sub"]


@pytest.mark.module("oidcc-prompt-login")
@pytest.mark.spec("OpenID Connect Core", "3.1.2.3")
@kinds(*FEW)
def test_prompt_login_shows_the_login_page_again(flow):
    first = flow.login(max_age="10000")
    time.sleep(1.1)
    flow.suite.browser.visited.clear()
    again = flow.login(module="oidcc-prompt-login", prompt="login", max_age="10000")
    assert saw_login(flow)
    assert flow.suite.browser.pictures
    assert again["claims"]["sub"] == first["claims"]["sub"]
    assert again["claims"]["auth_time"] > first["claims"]["auth_time"]


@pytest.mark.module("oidcc-max-age-1")
@pytest.mark.spec("OpenID Connect Core", "2")
@kinds(*LONG)
def test_max_age_needs_a_new_login(flow):
    first = flow.login(max_age="10000")
    time.sleep(2.1)
    flow.suite.browser.visited.clear()
    again = flow.login(module="oidcc-max-age-1", max_age="1")
    assert saw_login(flow)
    assert flow.suite.browser.pictures
    assert again["claims"]["auth_time"] > first["claims"]["auth_time"]


@pytest.mark.module("oidcc-max-age-10000")
@pytest.mark.spec("OpenID Connect Core", "2")
@kinds(*LONG)
def test_a_login_within_max_age_is_enough(flow):
    one, two = log_in_twice(flow, first={"max_age": "15000"}, max_age="10000")
    assert not saw_login(flow)
    assert two["claims"]["auth_time"] == one["claims"]["auth_time"]


@pytest.mark.module("oidcc-prompt-none-not-logged-in")
@pytest.mark.spec("OpenID Connect Core", "3.1.2.6")
@kinds(*FEW)
def test_prompt_none_without_a_session_is_login_required(flow):
    answer = flow.authorize(prompt="none")
    assert answer["error"] in ("login_required", "interaction_required")
    assert {"code", "id_token", "access_token"}.isdisjoint(answer.members)


@pytest.mark.module("oidcc-prompt-none-logged-in")
@kinds(*FEW)
def test_prompt_none_with_a_session_succeeds(flow):
    one, two = log_in_twice(flow, prompt="none")
    assert not saw_login(flow)
    assert two["claims"]["sub"] == one["claims"]["sub"]
    assert two["claims"].get("auth_time") == one["claims"].get("auth_time")


@pytest.mark.module("oidcc-id-token-hint")
@kinds(*LONG)
def test_an_id_token_hint_of_the_logged_in_user_is_accepted(flow):
    one = flow.login()
    hint = one["id_token"]
    two = flow.login(prompt="none", id_token_hint=hint)
    assert two["claims"]["sub"] == one["claims"]["sub"]


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(
            {"extra": "foobar"},
            marks=pytest.mark.module(
                "oidcc-ensure-request-with-unknown-parameter-succeeds"
            ),
        ),
        pytest.param(
            {"login_hint": "alice"}, marks=pytest.mark.module("oidcc-login-hint")
        ),
        pytest.param(
            {"login_hint": "buffy@localhost"},
            marks=pytest.mark.module("oidcc-login-hint"),
        ),
        pytest.param(
            {"ui_locales": "se"}, marks=pytest.mark.module("oidcc-ui-locales")
        ),
        pytest.param(
            {"claims_locales": "se"}, marks=pytest.mark.module("oidcc-claims-locales")
        ),
        pytest.param(
            {"acr_values": "1 2"},
            marks=pytest.mark.module("oidcc-ensure-request-with-acr-values-succeeds"),
        ),
    ],
    ids=str,
)
@kinds(CODE[1], Kind("id_token token", "static"))
def test_optional_request_parameters_cause_no_error(flow, asked):
    assert flow.login(**asked)["claims"]["sub"]


@pytest.mark.module("oidcc-login-hint")
def test_the_login_page_is_filled_with_login_hint(suite):
    client = suite.static()
    suite.browser.visit(suite.url(suite.request(client, login_hint="alice")))
    assert suite.browser.page.element("id", "username")["value"] == "alice"


@pytest.mark.module("oidcc-ensure-request-with-acr-values-succeeds")
@pytest.mark.spec("OpenID Connect Core", "2")
@kinds(*LONG)
def test_a_requested_acr_is_in_the_id_token(flow):
    offered = flow.suite.metadata["acr_values_supported"]
    assert flow.login(acr_values=" ".join(offered))["claims"]["acr"] in offered


@kinds(*CODE)
def test_prompt_select_account_shows_the_accounts(flow):
    one, two = log_in_twice(flow, prompt="select_account")
    choice = f"{flow.suite.provider.origin}/account"
    assert any(url.startswith(choice) for url in flow.suite.browser.visited)
    assert two["claims"]["sub"] == one["claims"]["sub"]
