"""What an authentication request may ask for (OpenID Connect Core section 3.1.2.1)."""

from __future__ import annotations

import time

import pytest

from tests.oidf.flow import CODE, FEW, HYBRID, Kind, kinds

pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("OpenID Connect Core", "3.1.2.1"),
]
TWO_KINDS = (CODE[0], HYBRID)


def log_in_twice(flow, *, module=None, first=(), **second):
    """Log in twice in one browser; returns both results."""
    first_login = flow.log_in(**dict(first))
    flow.suite.browser.screenshots.clear()
    flow.suite.browser.visited.clear()
    second_login = flow.log_in(module=module, **second)
    return first_login, second_login


def has_shown_login_page(flow):
    login = f"{flow.suite.provider.origin}/login"
    return any(url.startswith(login) for url in flow.suite.browser.visited)


@pytest.mark.parametrize(
    "display",
    [
        pytest.param("page", marks=pytest.mark.module("oidcc-display-page")),
        pytest.param("popup", marks=pytest.mark.module("oidcc-display-popup")),
    ],
)
@kinds(*TWO_KINDS)
def test_the_display_parameter_is_accepted(flow, display):
    assert flow.log_in(display=display)["claims"]["sub"]


@pytest.mark.module("oidcc-prompt-login")
@pytest.mark.spec("OpenID Connect Core", "3.1.2.3")
@kinds(*FEW)
def test_prompt_login_shows_the_login_page_again(flow):
    first_login = flow.log_in(max_age="10000")
    time.sleep(1.1)
    flow.suite.browser.visited.clear()
    second_login = flow.log_in(
        module="oidcc-prompt-login", prompt="login", max_age="10000"
    )
    assert has_shown_login_page(flow)
    assert flow.suite.browser.screenshots
    assert second_login["claims"]["sub"] == first_login["claims"]["sub"]
    assert second_login["claims"]["auth_time"] > first_login["claims"]["auth_time"]


@pytest.mark.module("oidcc-max-age-1")
@pytest.mark.spec("OpenID Connect Core", "2")
@kinds(*TWO_KINDS)
def test_max_age_needs_a_new_login(flow):
    first_login = flow.log_in(max_age="10000")
    time.sleep(2.1)
    flow.suite.browser.visited.clear()
    second_login = flow.log_in(module="oidcc-max-age-1", max_age="1")
    assert has_shown_login_page(flow)
    assert flow.suite.browser.screenshots
    assert second_login["claims"]["auth_time"] > first_login["claims"]["auth_time"]


@pytest.mark.module("oidcc-max-age-10000")
@pytest.mark.spec("OpenID Connect Core", "2")
@kinds(*TWO_KINDS)
def test_a_login_within_max_age_is_enough(flow):
    first_login, second_login = log_in_twice(
        flow, first={"max_age": "15000"}, max_age="10000"
    )
    assert not has_shown_login_page(flow)
    assert second_login["claims"]["auth_time"] == first_login["claims"]["auth_time"]


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
    first_login, second_login = log_in_twice(flow, prompt="none")
    assert not has_shown_login_page(flow)
    assert second_login["claims"]["sub"] == first_login["claims"]["sub"]
    assert second_login["claims"].get("auth_time") == first_login["claims"].get(
        "auth_time"
    )


@pytest.mark.module("oidcc-id-token-hint")
@kinds(*TWO_KINDS)
def test_an_id_token_hint_of_the_logged_in_user_is_accepted(flow):
    first_login = flow.log_in()
    hint = first_login["id_token"]
    second_login = flow.log_in(prompt="none", id_token_hint=hint)
    assert second_login["claims"]["sub"] == first_login["claims"]["sub"]


@pytest.mark.parametrize(
    "parameters",
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
def test_optional_request_parameters_cause_no_error(flow, parameters):
    assert flow.log_in(**parameters)["claims"]["sub"]


@pytest.mark.module("oidcc-login-hint")
def test_the_login_page_is_filled_with_login_hint(suite):
    client = suite.load_static_client()
    suite.browser.visit(
        suite.build_url(suite.build_request(client, login_hint="alice"))
    )
    assert suite.browser.page.element("id", "username")["value"] == "alice"


@pytest.mark.module("oidcc-ensure-request-with-acr-values-succeeds")
@pytest.mark.spec("OpenID Connect Core", "2")
@kinds(*TWO_KINDS)
def test_a_requested_acr_is_in_the_id_token(flow):
    offered = flow.suite.metadata["acr_values_supported"]
    assert flow.log_in(acr_values=" ".join(offered))["claims"]["acr"] in offered


@kinds(*CODE)
def test_prompt_select_account_shows_the_accounts(flow):
    first_login, second_login = log_in_twice(flow, prompt="select_account")
    choice = f"{flow.suite.provider.origin}/account"
    assert any(url.startswith(choice) for url in flow.suite.browser.visited)
    assert second_login["claims"]["sub"] == first_login["claims"]["sub"]
