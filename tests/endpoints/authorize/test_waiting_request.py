"""The pending authorization request that a login page can describe."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from pyramid.renderers import render

from pyramid_oauth import clock
from tests.support.host import CALLBACK, build_authorization_request


def describe_request(request):
    """A view that returns the description of the pending request."""
    pending = request.oauth.waiting_request(request.params["next"])
    if pending is None:
        return {"waiting": None}
    name = pending.client and pending.client.name
    texts = [
        render(notice, {"client_name": name}, request) for notice in pending.notices
    ]
    return {"name": name, "redirect_uri": pending.redirect_uri, "notices": texts}


def add_description_page(config):
    config.add_route("describe", "/describe")
    config.add_view(describe_request, route_name="describe", renderer="json")


@pytest.fixture
def waiting_host(new_host):
    host = new_host(configure=add_description_page)
    host.register_client(name="Shop")
    return host


def return_path(answer):
    """The path that the browser returns to after the login."""
    parts = urlsplit(answer.location)
    assert (answer.status_int, parts.path) == (303, "/login")
    return parse_qs(parts.query)["next"][0]


def read_description(browser, path):
    return browser.get("/describe", {"next": path}).json


SHOP = {"name": "Shop", "redirect_uri": CALLBACK, "notices": []}
NO_REQUEST = {"waiting": None}


@pytest.mark.parametrize("changes", [{}, {"prompt": "login"}])
def test_a_login_page_can_name_the_client_of_the_pending_request(waiting_host, changes):
    browser = waiting_host.browser()
    answer = browser.get("/oauth/authorize", build_authorization_request(**changes))
    assert read_description(browser, return_path(answer)) == SHOP


def test_a_stored_request_is_described_to_its_own_browser_only(waiting_host):
    browser = waiting_host.browser()
    path = return_path(
        browser.get("/oauth/authorize", build_authorization_request(prompt="login"))
    )
    assert read_description(browser, path) == SHOP
    assert read_description(waiting_host.browser(), path) == NO_REQUEST


def test_an_answered_request_is_no_longer_described(waiting_host):
    browser = waiting_host.browser()
    browser.get("/login?name=alice")
    answer = browser.get("/oauth/authorize", build_authorization_request())
    path = urlsplit(answer.location).path
    assert read_description(browser, path) == SHOP
    form = browser.get(path).forms["oauth-consent"]
    form.submit("decision", value="allow", status=303)
    assert read_description(browser, path) == NO_REQUEST


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/elsewhere",
        "/oauth/authorize",
        "/oauth/token?" + urlencode(build_authorization_request()),
        "/elsewhere?" + urlencode(build_authorization_request()),
        "//as.example/oauth/authorize?" + urlencode(build_authorization_request()),
        "/oauth/authorize?client_id=unknown",
        "/oauth/authorize?client_id=web&client_id=web",
        "/oauth/authorize?%zz",
        "/oauth/authorize?client_id=%00",
        "/oauth/authorize?"
        + urlencode(build_authorization_request(redirect_uri="https://evil.example/")),
        "/oauth/authorize?"
        + urlencode(build_authorization_request(request_uri="https://evil.example/")),
        "/oauth/authorize?" + urlencode(build_authorization_request(request="x.y.z")),
        "/oauth/authorize?state=" + "x" * 70_000,
        "/oauth/authorize/" + "x" * 43,
        "/oauth/authorize/" + "\u05d0" * 43,
    ],
    ids=[
        "root",
        "other-path",
        "no-query",
        "token-endpoint",
        "other-path-with-query",
        "other-host",
        "unknown-client",
        "repeated-parameter",
        "malformed-escape",
        "null-byte",
        "unregistered-redirect-uri",
        "request-uri",
        "request-object",
        "long-query",
        "unknown-handle",
        "non-ascii-handle",
    ],
)
def test_a_path_without_a_pending_request_has_no_description(waiting_host, path):
    assert read_description(
        waiting_host.browser(), path[:65_000] if len(path) < 70_000 else path
    ) == (NO_REQUEST)


def test_an_invalid_request_is_described_without_a_client_name(waiting_host):
    """The error is still sent to the client."""
    path = "/oauth/authorize?" + urlencode(build_authorization_request(scope="unknown"))
    assert read_description(waiting_host.browser(), path) == {**SHOP, "name": None}


def test_a_disabled_client_is_not_named(new_host):
    host = new_host(configure=add_description_page, client_cache_size=0)
    host.register_client(name="Shop")
    browser = host.browser()
    answers = [
        browser.get("/oauth/authorize", build_authorization_request(**changes))
        for changes in ({}, {"prompt": "login"})
    ]
    host.update_application(disabled_at=clock.now())
    for path in map(return_path, answers):
        assert read_description(browser, path).get("name") is None


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
@pytest.mark.parametrize("changes", [{}, {"prompt": "login"}])
def test_the_login_page_can_warn_of_a_client_as_the_consent_page_does(
    new_host, changes
):
    host = new_host(configure=add_description_page, registration="open")
    host.register_client(name="Shop", source="registration")
    browser = host.browser()
    answer = browser.get("/oauth/authorize", build_authorization_request(**changes))
    (notice,) = read_description(browser, return_path(answer))["notices"]
    assert "Nobody here has checked who is behind" in notice
