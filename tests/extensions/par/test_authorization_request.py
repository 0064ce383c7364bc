"""Request URIs at the authorization endpoint (RFC 9126 section 4)."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from tests.support.host import CALLBACK, build_authorization_request, parse_redirect
from tests.support.pushing import (
    PAR,
    URN,
    authorize_pushed_request,
    open_request_uri,
    parse_error_page,
    push_request_uri,
    redeem_code,
    submit_decision,
)

INVALID = "invalid_request_uri"


@pytest.mark.spec("RFC 9101", "5")
@pytest.mark.parametrize(
    "more",
    [
        {"scope": "write"},
        {"state": "of the URL"},
        {"redirect_uri": "https://evil.example/cb"},
        {"redirect_uri": "https://other.example/cb", "response_type": "token"},
        {"response_mode": "fragment"},
        {"code_challenge": "x" * 43, "code_challenge_method": "S256"},
        {"prompt": "none"},
        {"request": "a.b.c"},
        {"approval_prompt": "unknown"},
        {"nonce": "n", "max_age": "0", "unknown": "x"},
    ],
    ids=str,
)
def test_parameters_beside_client_id_and_request_uri_are_ignored(host, client, more):
    browser = host.browser()
    browser.get("/login?name=alice")
    uri = push_request_uri(host, client, scope="read")
    answer = submit_decision(open_request_uri(browser, uri, **more))
    assert answer.location.startswith(f"{CALLBACK}?code=")
    parameters = parse_redirect(answer)
    assert parameters["state"] == "af0ifjsldkj"
    assert redeem_code(host, client, parameters["code"])["scope"] == "read"


@pytest.mark.spec(PAR, "4")
def test_a_request_without_state_gets_none_back(host, client, browser):
    answer = authorize_pushed_request(
        browser, push_request_uri(host, client, state=None), state="of the URL"
    )
    assert set(answer) == {"code", "iss"}


@pytest.mark.spec(PAR, "4")
def test_the_client_may_repeat_the_pushed_parameters(host, client, browser):
    uri = push_request_uri(host, client)
    repeated = {
        name: value
        for name, value in build_authorization_request().items()
        if name != "client_id"
    }
    assert "code" in authorize_pushed_request(browser, uri, **repeated)


@pytest.mark.spec(PAR, "2.2")
def test_a_request_uri_is_bound_to_its_client(host, client, browser, caplog):
    caplog.set_level("INFO", "pyramid_oauth")
    other = host.register_client(client_id="other")
    uri = push_request_uri(host, client)
    assert parse_error_page(open_request_uri(browser, uri, "other")) == INVALID
    assert "the request_uri: client web pushed it" in caplog.text
    assert (
        parse_error_page(
            open_request_uri(browser, push_request_uri(host, other), "web")
        )
        == INVALID
    )
    assert "code" in authorize_pushed_request(browser, uri), (
        "the owner can still use it"
    )


@pytest.mark.spec("RFC 9101", "5")
def test_a_request_uri_without_client_id_is_refused(host, client, browser):
    answer = open_request_uri(browser, push_request_uri(host, client), None)
    assert parse_error_page(answer) == "invalid_request"


@pytest.mark.spec(PAR, "7.1")
@pytest.mark.parametrize(
    "uri",
    [
        URN,
        f"{URN}x",
        f"{URN}{'x' * 43}",
        f"{URN}{'é' * 43}",
        f"{URN}{'x' * 43}?a=b",
        f"{URN}{'x' * 10_000}",
    ],
    ids=lambda uri: uri[:50],
)
def test_an_unknown_request_uri_is_refused_by_a_page(host, client, browser, uri):
    assert parse_error_page(open_request_uri(browser, uri)) == INVALID


def test_a_request_uri_without_its_prefix_is_refused(host, client, browser):
    handle = push_request_uri(host, client).removeprefix(URN)
    for uri in (handle, f"{URN.upper()}{handle}", f"https://as.example/{handle}"):
        answer = open_request_uri(
            browser, uri, **build_authorization_request(client_id=None)
        )
        assert parse_redirect(answer)["error"] == "request_uri_not_supported"


@pytest.mark.spec(PAR, "4")
def test_a_request_uri_expires(host, client, browser, frozen_clock, caplog):
    caplog.set_level("INFO", "pyramid_oauth")
    uri = push_request_uri(host, client)
    frozen_clock.advance(59)
    assert open_request_uri(browser, uri).status_int == 303
    frozen_clock.advance(2)
    assert parse_error_page(open_request_uri(browser, uri)) == INVALID
    assert "the request_uri: it has expired" in caplog.text


@pytest.mark.spec(PAR, "4")
def test_a_request_opened_in_time_may_be_completed_after_expiry(
    host, client, frozen_clock
):
    browser = host.browser()
    uri = push_request_uri(host, client)
    frozen_clock.advance(59)
    answer = open_request_uri(browser, uri)
    frozen_clock.advance(300)
    browser.get("/login?name=alice")
    answer = browser.get(parse_redirect(answer)["next"])
    frozen_clock.advance(300)
    assert "code" in parse_redirect(submit_decision(answer))


@pytest.mark.spec(PAR, "7.3")
def test_a_request_uri_is_used_once(host, client, browser):
    uri = push_request_uri(host, client)
    assert "code" in authorize_pushed_request(browser, uri)
    grants = host.count("Grant")
    assert parse_error_page(open_request_uri(browser, uri)) == INVALID
    stranger = host.browser()
    stranger.get("/login?name=bob")
    assert parse_error_page(open_request_uri(stranger, uri)) == INVALID
    assert host.count("Grant") == grants


@pytest.mark.spec(PAR, "4")
def test_a_consent_page_opened_twice_issues_one_code(host, client, browser):
    uri = push_request_uri(host, client)
    first, second = open_request_uri(browser, uri), open_request_uri(browser, uri)
    assert "code" in parse_redirect(submit_decision(second))
    assert parse_error_page(allow_after_answer(first)) == "invalid_request"
    assert host.count("Grant") == 1


def allow_after_answer(answer):
    """Allow on a consent page whose request was answered in between."""
    page = answer.follow(expect_errors=True)
    if page.status_int != 200:
        return page
    return page.forms["oauth-consent"].submit(
        "decision", value="allow", expect_errors=True
    )


def test_one_request_uri_in_two_browsers_issues_one_code(host, client, browser):
    uri = push_request_uri(host, client)
    page = open_request_uri(browser, uri).follow()
    other = host.browser()
    other.get("/login?name=bob")
    other_page = open_request_uri(other, uri).follow()
    assert "code" in parse_redirect(
        page.forms["oauth-consent"].submit("decision", value="allow")
    )
    refused = other_page.forms["oauth-consent"].submit(
        "decision", value="allow", expect_errors=True
    )
    assert parse_error_page(refused) == "invalid_request"
    assert host.count("Grant") == 1


def test_a_denied_request_uses_up_its_request_uri(host, client, browser):
    uri = push_request_uri(host, client)
    answer = parse_redirect(submit_decision(open_request_uri(browser, uri), "deny"))
    assert answer["error"] == "access_denied"
    assert parse_error_page(open_request_uri(browser, uri)) == INVALID


def test_a_remembered_consent_uses_up_the_request_uri(host, client, browser):
    assert "code" in authorize_pushed_request(browser, push_request_uri(host, client))
    uri = push_request_uri(host, client)
    answer = open_request_uri(browser, uri)
    assert answer.location.startswith(CALLBACK)
    assert parse_error_page(open_request_uri(browser, uri)) == INVALID


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_handle_of_a_pushed_request_is_not_the_url_of_a_page(
    host, client, browser, method
):
    """The handle opens no consent page, in any browser."""
    handle = push_request_uri(host, client).removeprefix(URN)
    path = f"/oauth/authorize/{handle}"
    stranger = host.browser()
    for visitor in (browser, stranger):
        answer = visitor.request(path, method=method, expect_errors=True)
        assert answer.status_int == {"GET": 404, "POST": 415}[method]
    forged = browser.post(path, {"decision": "allow"}, expect_errors=True)
    assert forged.status_int == 403
    assert host.count("Grant") == 0
    assert "code" in authorize_pushed_request(browser, f"{URN}{handle}"), (
        "the request URI can still be used"
    )


def test_the_handle_of_a_consent_page_is_not_a_request_uri(host, client, browser):
    page = browser.get("/oauth/authorize", build_authorization_request(), status=303)
    handle = page.location.rpartition("/")[2]
    assert parse_error_page(open_request_uri(browser, f"{URN}{handle}")) == INVALID


def test_the_client_may_post_its_request_uri(host, client, browser):
    uri = push_request_uri(host, client)
    form = {"client_id": "web", "request_uri": uri}
    answer = browser.post("/oauth/authorize", form, expect_errors=True)
    if "request_uri=" in answer.headers.get("Location", ""):
        answer = answer.follow()
    assert "code" in parse_redirect(submit_decision(answer))


@pytest.mark.spec(PAR, "7.4")
@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uris": "https://new.example/cb"},
        {"allowed_scopes": "write"},
        {"authorization_grant_type": "client_credentials"},
        {"disabled_at": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
    ids=str,
)
def test_a_pushed_request_that_the_client_may_no_longer_make_is_refused(
    host, client, browser, change
):
    uri = push_request_uri(host, client, scope="read")
    host.update_application(**change)
    answer = open_request_uri(browser, uri)
    location = answer.headers.get("Location", "")
    assert "code=" not in location
    assert answer.status_int == 400 or "error=" in location
    assert host.count("Grant") == 0


def test_a_head_request_is_refused(host, client, browser):
    query = urlencode(
        {"client_id": "web", "request_uri": push_request_uri(host, client)}
    )
    browser.head(f"/oauth/authorize?{query}", status=405)
