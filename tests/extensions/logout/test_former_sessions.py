"""A logout after the host has ended its session: clients are still logged out."""

from __future__ import annotations

import pytest

from tests.support.host import refresh_tokens
from tests.support.person import LoggedInUser
from tests.support.provider import POST_LOGOUT_URI

SPEC = "OpenID Connect RP-Initiated Logout"


def can_refresh(provider, tokens):
    answer = refresh_tokens(provider, provider.web, tokens["refresh_token"])
    return answer.status_int == 200


@pytest.mark.spec(SPEC, "2")
def test_the_browser_of_an_expired_session_can_end_it_at_clients(
    two_client_provider, logged_in_alice
):
    tokens = logged_in_alice.log_in_at_client()
    logged_in_alice.browser.get("/expire")
    assert logged_in_alice.name == "nobody"
    answer = logged_in_alice.end_session(
        id_token_hint=tokens["id_token"], post_logout_redirect_uri=POST_LOGOUT_URI
    )
    assert answer.location == POST_LOGOUT_URI
    assert not can_refresh(two_client_provider, tokens)


@pytest.mark.spec(SPEC, "2")
def test_another_browser_cannot_end_a_session_by_an_id_token_hint(
    two_client_provider, logged_in_alice
):
    tokens = logged_in_alice.log_in_at_client()
    answer = two_client_provider.browser().get(
        "/oauth/end_session",
        {
            "id_token_hint": tokens["id_token"],
            "post_logout_redirect_uri": POST_LOGOUT_URI,
        },
    )
    assert answer.location == POST_LOGOUT_URI
    assert logged_in_alice.name == "alice"
    assert can_refresh(two_client_provider, tokens)


@pytest.mark.spec("RFC 9700", "4.11.2")
def test_another_browser_is_not_redirected_by_a_hint_of_a_self_registered_client(
    two_client_provider, logged_in_alice
):
    two_client_provider.update_application(source="registration")
    parameters = {
        "id_token_hint": logged_in_alice.log_in_at_client()["id_token"],
        "post_logout_redirect_uri": POST_LOGOUT_URI,
    }
    page = two_client_provider.browser().get(
        "/oauth/end_session", parameters, status=200
    )
    assert page.html.find(id="oauth-continue")["href"] == POST_LOGOUT_URI
    logged_in_alice.browser.get("/expire")
    assert logged_in_alice.end_session(**parameters).location == POST_LOGOUT_URI


@pytest.mark.spec(SPEC, "6")
def test_another_user_cannot_end_a_session_by_an_id_token_hint(
    two_client_provider, logged_in_alice
):
    tokens = logged_in_alice.log_in_at_client()
    bob = LoggedInUser(two_client_provider, "bob")
    bob.log_in_at_client()
    answer = bob.end_session(id_token_hint=tokens["id_token"])
    answer.forms["oauth-logout"].submit("decision", value="logout")
    assert bob.name == "nobody"
    assert can_refresh(two_client_provider, tokens)
