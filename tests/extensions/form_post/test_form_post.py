"""Responses that the browser posts to the client (Form Post Response Mode)."""

from __future__ import annotations

import pytest

from tests.support.host import (
    CALLBACK,
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)

FORM_POST = "OAuth 2.0 Form Post Response Mode"


def posted_form(answer):
    """The action of the form and the members that it posts."""
    form = answer.forms["oauth-form-post"]
    names = [name for name in form.fields if name]
    return form.action, {name: form[name].value for name in names}


@pytest.mark.spec(FORM_POST, "2")
def test_a_response_is_a_form_that_posts_to_the_redirect_uri(host, browser, client):
    authorize_client(browser)
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(response_mode="form_post")
    )
    action, members = posted_form(answer)
    assert action == CALLBACK
    assert members["state"] == "af0ifjsldkj"
    assert members["iss"] == "https://as.example/oauth"
    response = browser.post(
        "/oauth/token", build_code_exchange(members["code"], client)
    )
    assert response.json["access_token"]


@pytest.mark.spec(FORM_POST, "2")
def test_an_error_is_posted_too(browser, client):
    answer = browser.get(
        "/oauth/authorize",
        build_authorization_request(response_mode="form_post", code_challenge=None),
        status=200,
    )
    action, members = posted_form(answer)
    assert action == CALLBACK
    assert members["error"] == "invalid_request"
    assert members["state"] == "af0ifjsldkj"


def test_a_denied_consent_is_posted(browser, client):
    parameters = build_authorization_request(response_mode="form_post")
    form = browser.get("/oauth/authorize", parameters).follow().forms["oauth-consent"]
    _, members = posted_form(form.submit("decision", value="deny"))
    assert members["error"] == "access_denied"


def test_the_page_allows_forms_to_the_client_and_no_inline_script(browser, client):
    authorize_client(browser)
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(response_mode="form_post")
    )
    policy = answer.headers["Content-Security-Policy"]
    assert "form-action" not in policy, "the client may redirect on"
    assert "default-src 'none';" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    script = answer.html.find("script")
    assert script.string is None
    assert "submit()" in browser.get(script["src"])


def test_values_of_the_client_are_escaped(browser, client):
    authorize_client(browser)
    state = '"><script>alert(1)</script>'
    answer = browser.get(
        "/oauth/authorize",
        build_authorization_request(response_mode="form_post", state=state),
    )
    assert posted_form(answer)[1]["state"] == state
    assert len(answer.html.find_all("script")) == 1


def test_form_post_to_a_private_use_scheme_is_refused(host, browser):
    host.register_client(
        client_type="public",
        token_endpoint_auth_method="none",
        authorization_grant_type="authorization_code",
        redirect_uris="com.example.app:/cb",
    )
    changes = {"response_mode": "form_post", "redirect_uri": "com.example.app:/cb"}
    for scope, error in (("read", "invalid_request"), ("none", "invalid_scope")):
        parameters = build_authorization_request(scope=scope, **changes)
        answer = browser.get("/oauth/authorize", parameters, status=303)
        assert parse_redirect(answer)["error"] == error


@pytest.mark.spec("OpenID Connect Core", "3.1.2.6")
@pytest.mark.parametrize("mode", ["web_message", "jwt", "Query"])
def test_an_unknown_response_mode_is_refused_by_a_page(browser, client, mode):
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(response_mode=mode), status=400
    )
    assert answer.html.find(id="oauth-error-code").string == "invalid_request"


def test_the_metadata_lists_the_response_modes(browser):
    path = "/.well-known/oauth-authorization-server/oauth"
    modes = browser.get(path).json["response_modes_supported"]
    assert modes == ["query", "fragment", "form_post"]
