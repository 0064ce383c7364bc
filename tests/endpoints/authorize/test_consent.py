"""The consent step and `approval_prompt`."""

from __future__ import annotations

import pytest

from tests.support.host import (
    CALLBACK,
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)


def open_consent_page(browser, **changes):
    """The consent page, or None without one."""
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(**changes), status=303
    )
    return answer.follow(status=200) if "/authorize/" in answer.location else None


def test_approval_prompt_auto_asks_once_and_again_for_new_scopes_only(browser, client):
    authorize_client(browser, scope="read")
    assert open_consent_page(browser, scope="read") is None
    wider = open_consent_page(browser, scope="read write")
    assert wider.html.find(id="oauth-scope-write") is not None
    assert wider.html.find(id="oauth-scope-read") is None
    wider.forms["oauth-consent"].submit("decision", value="allow")
    assert open_consent_page(browser, scope="read write") is None
    assert open_consent_page(browser, scope="write") is None


def test_approval_prompt_force_always_asks(new_host):
    host = new_host(request_approval_prompt="force")
    host.register_client()
    browser = host.browser()
    browser.get("/login?name=alice")
    authorize_client(browser)
    assert open_consent_page(browser) is not None
    assert open_consent_page(browser, approval_prompt="auto") is not None


def test_a_client_can_make_approval_prompt_stricter(browser, client):
    authorize_client(browser)
    assert open_consent_page(browser, approval_prompt="force") is not None
    answer = browser.get(
        "/oauth/authorize", build_authorization_request(approval_prompt="never")
    )
    assert parse_redirect(answer)["error"] == "invalid_request"


def test_a_trusted_application_needs_no_consent(host, browser):
    host.register_client(skip_authorization=True)
    assert open_consent_page(browser, approval_prompt="force") is None


@pytest.mark.spec("RFC 8252", "8.6")
def test_a_public_client_on_loopback_needs_consent_each_time(host, browser):
    host.register_client(
        client_type="public",
        token_endpoint_auth_method="none",
        authorization_grant_type="authorization_code",
        redirect_uris="http://127.0.0.1/cb",
    )
    parameters = {"redirect_uri": "http://127.0.0.1:51004/cb"}
    authorize_client(browser, **parameters)
    assert open_consent_page(browser, **parameters) is not None


@pytest.mark.spec("RFC 6749", "3.3")
def test_an_unticked_scope_is_not_granted(browser, client):
    form = open_consent_page(browser).forms["oauth-consent"]
    form["scope"].checked = False
    code = parse_redirect(form.submit("decision", value="allow"))["code"]
    tokens = browser.post("/oauth/token", build_code_exchange(code, client)).json
    assert tokens["scope"] == "read"


def test_a_scope_that_is_unticked_later_needs_consent_again(browser, client):
    authorize_client(browser)
    assert "code" in parse_redirect(authorize_client(browser))
    form = open_consent_page(browser, approval_prompt="force").forms["oauth-consent"]
    form["scope"].checked = False
    form.submit("decision", value="allow", status=303)
    silent = browser.get("/oauth/authorize", build_authorization_request(scope="read"))
    assert "code" in parse_redirect(silent)
    assert (
        "/authorize/"
        in browser.get("/oauth/authorize", build_authorization_request()).location
    )


@pytest.mark.spec("RFC 9700", "4.7")
def test_a_decision_is_accepted_once_and_from_the_same_browser_only(
    host, browser, client
):
    consent_page = open_consent_page(browser)
    form = consent_page.forms["oauth-consent"]
    other_browser = host.browser()
    other_browser.get("/login?name=alice")
    other_browser.get(consent_page.request.path, status=404)
    other_user_response = browser.get("/login?name=bob") and browser.get(
        consent_page.request.path, expect_errors=True
    )
    assert other_user_response.status_int == 403
    browser.get("/login?name=alice")
    form.submit("decision", value="allow", status=303)
    form.submit("decision", value="allow", status=404)


@pytest.mark.spec("RFC 6749", "10.12")
def test_a_decision_without_a_csrf_token_is_refused(host, browser, client):
    consent_page = open_consent_page(browser)
    path = consent_page.request.path
    browser.post(path, {"decision": "allow"}, status=403)
    for guessed in ("x", "\N{LATIN CAPITAL LETTER A WITH MACRON}"):
        form = {"decision": "allow", "csrf_token": guessed}
        browser.post(path, form, status=403)
    assert host.count("Grant") == 0


def test_the_login_page_receives_the_return_url_of_the_request(host, client):
    browser = host.browser()
    answer = browser.get("/oauth/authorize", build_authorization_request(), status=303)
    assert answer.location.startswith("/login?next=%2Foauth%2Fauth")


@pytest.mark.spec("RFC 9700", "4.12")
def test_a_decision_is_answered_by_a_303_that_is_not_cached(browser, client):
    answer = authorize_client(browser)
    assert answer.status_int == 303
    assert answer.location.startswith(CALLBACK + "?code=")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.spec("RFC 6749", "10.13")
def test_the_consent_page_cannot_be_framed_and_runs_no_script(browser, client):
    policy = open_consent_page(browser).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "base-uri 'none'" in policy
    assert "form-action 'self' https:;" in policy
