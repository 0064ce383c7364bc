"""The confirmation page of a logout request (OpenID Connect RP-Initiated Logout)."""

from __future__ import annotations

import pytest

from tests.extensions.logout.test_rp_initiated import (
    asks_for_confirmation,
    is_logged_out_page,
)
from tests.support.person import LoggedInUser
from tests.support.provider import POST_LOGOUT_URI

SPEC = "OpenID Connect RP-Initiated Logout"


@pytest.mark.spec(SPEC, "2")
def test_the_page_is_in_the_language_of_ui_locales(new_logout_provider, people):
    provider = new_logout_provider(people=people, ui_locales="en de")
    alice = LoggedInUser(provider)
    assert '<html lang="de"' in alice.end_session(ui_locales="tlh de-CH en").text
    assert '<html lang="en"' in alice.end_session(ui_locales="tlh").text


@pytest.mark.spec(SPEC, "2")
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"state": "1"},
        {"client_id": "web"},
        {"logout_hint": "alice", "ui_locales": "tlh de"},
        {"client_id": "web", "post_logout_redirect_uri": POST_LOGOUT_URI},
        {"post_logout_redirect_uri": POST_LOGOUT_URI, "state": "1"},
    ],
)
def test_without_a_valid_hint_the_user_is_asked(logged_in_alice, hint, parameters):
    answer = logged_in_alice.end_session(**parameters)
    assert answer.status_int == 200
    assert asks_for_confirmation(answer)
    assert logged_in_alice.name == "alice"


@pytest.mark.spec(SPEC, "2")
def test_the_user_can_confirm_the_logout(logged_in_alice, hint):
    answer = logged_in_alice.end_session()
    response = answer.forms["oauth-logout"].submit("decision", value="logout")
    assert is_logged_out_page(response)
    assert logged_in_alice.name == "nobody"


@pytest.mark.spec(SPEC, "2")
def test_the_user_can_decline_the_logout(logged_in_alice, hint):
    answer = logged_in_alice.end_session(
        client_id="web", post_logout_redirect_uri=POST_LOGOUT_URI
    )
    stayed = answer.forms["oauth-logout"].submit("decision", value="stay")
    assert 'id="oauth-still-logged-in"' in stayed.text
    assert logged_in_alice.name == "alice"


@pytest.mark.spec(SPEC, "3")
def test_a_confirmed_logout_with_a_client_id_redirects_to_the_client(
    logged_in_alice, hint
):
    answer = logged_in_alice.end_session(
        client_id="web", post_logout_redirect_uri=POST_LOGOUT_URI, state="1"
    )
    response = answer.forms["oauth-logout"].submit("decision", value="logout")
    assert response.location == f"{POST_LOGOUT_URI}?state=1"


@pytest.mark.spec(SPEC, "3")
def test_without_a_client_the_redirect_uri_is_ignored(logged_in_alice, hint):
    answer = logged_in_alice.end_session(post_logout_redirect_uri=POST_LOGOUT_URI)
    assert is_logged_out_page(
        answer.forms["oauth-logout"].submit("decision", value="logout")
    )


@pytest.mark.spec(SPEC, "2")
def test_a_hint_about_another_user_needs_confirmation(
    two_client_provider, logged_in_alice
):
    hint = LoggedInUser(two_client_provider, "bob").log_in_at_client()["id_token"]
    answer = logged_in_alice.end_session(
        id_token_hint=hint, post_logout_redirect_uri=POST_LOGOUT_URI
    )
    assert asks_for_confirmation(answer)
    response = answer.forms["oauth-logout"].submit("decision", value="logout")
    assert response.location == POST_LOGOUT_URI
    assert logged_in_alice.name == "nobody"


@pytest.mark.spec(SPEC, "2")
def test_a_hint_of_an_earlier_session_needs_confirmation(logged_in_alice, hint):
    logged_in_alice.end_session(id_token_hint=hint)
    logged_in_alice.browser.get("/login?name=alice")
    assert asks_for_confirmation(logged_in_alice.end_session(id_token_hint=hint))
    assert logged_in_alice.name == "alice"


def test_a_confirmation_from_another_site_is_refused(logged_in_alice, hint):
    answer = logged_in_alice.end_session()
    form = {"decision": "logout", "csrf_token": "guessed"}
    assert logged_in_alice.end_session("post", **form).status_int == 403
    token = answer.forms["oauth-logout"]["csrf_token"].value
    answer = logged_in_alice.browser.post(
        "/oauth/end_session",
        {"decision": "logout", "csrf_token": token},
        headers={"Origin": "https://evil.example"},
        expect_errors=True,
    )
    assert answer.status_int == 403
    assert logged_in_alice.name == "alice"
