"""A logout request that ends nothing says so (OpenID Connect RP-Initiated Logout)."""

from __future__ import annotations

import logging

import pytest

from tests.support.host import refresh_tokens
from tests.support.provider import POST_LOGOUT_URI

SPEC = "OpenID Connect RP-Initiated Logout"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def tokens(logged_in_alice):
    return logged_in_alice.log_in_at_client()


@pytest.mark.spec(SPEC, "2")
@pytest.mark.parametrize("accepts", [{}, {"Accept": "*/*"}])
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_server_of_a_client_is_told_that_it_ended_no_session(
    two_client_provider, logged_in_alice, tokens, method, accepts, caplog
):
    """As oauth2-proxy sends it with `--backend-logout-url`."""
    caplog.set_level(logging.INFO, "pyramid_oauth")
    send = getattr(two_client_provider.browser(), method)
    hint = {"id_token_hint": tokens["id_token"]}
    answer = send("/oauth/end_session", hint, headers=accepts, status=400)
    assert answer.json["error"] == "invalid_request"
    assert "No session ended" in answer.json["error_description"]
    assert "logout request of client 'web' ended no session" in caplog.text
    assert tokens["id_token"] not in caplog.text
    assert logged_in_alice.name == "alice"
    refreshed = refresh_tokens(
        two_client_provider, two_client_provider.web, tokens["refresh_token"]
    )
    assert refreshed.status_int == 200


@pytest.mark.spec(SPEC, "2")
def test_the_server_of_a_client_learns_where_its_browser_is_to_go(
    two_client_provider, logged_in_alice, tokens
):
    """As zitadel/oidc posts it; it redirects the browser to the `Location`."""
    parameters = {
        "id_token_hint": tokens["id_token"],
        "client_id": "web",
        "post_logout_redirect_uri": POST_LOGOUT_URI,
        "state": "s",
    }
    answer = two_client_provider.browser().post(
        "/oauth/end_session", parameters, status=303
    )
    onward = answer.headers["Location"]
    assert tokens["id_token"] not in onward
    assert logged_in_alice.name == "alice"
    page = logged_in_alice.browser.get(onward)
    response = page.form.submit("decision", value="logout", status=303)
    assert response.headers["Location"] == f"{POST_LOGOUT_URI}?state=s"
    assert logged_in_alice.name == "nobody"


@pytest.mark.spec(SPEC, "2")
@pytest.mark.parametrize("with_hint", [True, False])
def test_a_browser_without_a_login_is_told_that_there_was_none(
    two_client_provider, tokens, with_hint
):
    hint = {"id_token_hint": tokens["id_token"]} if with_hint else {}
    page = two_client_provider.browser().get("/oauth/end_session", hint, headers=HTML)
    assert page.html.find(id="oauth-not-logged-in")
    assert "You are not logged in" in page.html.h1.text
    assert "You are logged out" not in page


@pytest.mark.spec(SPEC, "3")
def test_the_page_with_a_link_to_the_client_does_not_claim_a_logout(
    two_client_provider,
):
    parameters = {"client_id": "web", "post_logout_redirect_uri": POST_LOGOUT_URI}
    page = two_client_provider.browser().get(
        "/oauth/end_session", parameters, headers=HTML
    )
    assert page.html.find(id="oauth-not-logged-in")
    assert page.html.find(id="oauth-continue")["href"] == POST_LOGOUT_URI


@pytest.mark.spec(SPEC, "2")
def test_a_session_that_the_host_ended_before_is_logged_out_for_the_clients(
    logged_in_alice, tokens
):
    logged_in_alice.browser.get("/expire")
    page = logged_in_alice.end_session(id_token_hint=tokens["id_token"])
    assert 'id="oauth-logged-out"' in page.text
    second = logged_in_alice.end_session(id_token_hint=tokens["id_token"])
    assert 'id="oauth-not-logged-in"' in second.text


def test_a_post_of_another_site_is_still_repeated_by_the_browser(
    two_client_provider, tokens
):
    hint = {"id_token_hint": tokens["id_token"]}
    page = two_client_provider.browser().post("/oauth/end_session", hint, headers=HTML)
    assert "oauth-form-post" in page.forms
