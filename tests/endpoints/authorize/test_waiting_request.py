"""What a login page learns of the authorization request that waits for the login."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from pyramid.renderers import render

from pyramid_oauth import clock
from tests.support.host import CALLBACK, build_authorization_request


def shown(request):
    """A login page that answers with what it knows of the request."""
    waiting = request.oauth.waiting_request(request.params["next"])
    if waiting is None:
        return {"waiting": None}
    name = waiting.client and waiting.client.name
    texts = [render(each, {"client_name": name}, request) for each in waiting.notices]
    return {"name": name, "redirect_uri": waiting.redirect_uri, "notices": texts}


def with_login_page(config):
    config.add_route("shown", "/shown")
    config.add_view(shown, route_name="shown", renderer="json")


@pytest.fixture
def waiting_host(new_host):
    host = new_host(configure=with_login_page)
    host.register_client(name="Shop")
    return host


def return_path(answer):
    """The path that the browser returns to after the login."""
    parts = urlsplit(answer.location)
    assert (answer.status_int, parts.path) == (303, "/login")
    return parse_qs(parts.query)["next"][0]


def known(browser, path):
    return browser.get("/shown", {"next": path}).json


SHOP = {"name": "Shop", "redirect_uri": CALLBACK, "notices": []}
NOTHING = {"waiting": None}


@pytest.mark.parametrize("changes", [{}, {"prompt": "login"}])
def test_a_login_page_learns_the_client_of_the_request_that_waits(
    waiting_host, changes
):
    browser = waiting_host.browser()
    answer = browser.get("/oauth/authorize", build_authorization_request(**changes))
    assert known(browser, return_path(answer)) == SHOP


def test_a_stored_request_is_shown_to_the_browser_that_sent_it_alone(waiting_host):
    browser = waiting_host.browser()
    path = return_path(
        browser.get("/oauth/authorize", build_authorization_request(prompt="login"))
    )
    assert known(browser, path) == SHOP
    assert known(waiting_host.browser(), path) == NOTHING


def test_a_request_that_was_answered_waits_no_longer(waiting_host):
    browser = waiting_host.browser()
    browser.get("/login?name=alice")
    answer = browser.get("/oauth/authorize", build_authorization_request())
    path = urlsplit(answer.location).path
    assert known(browser, path) == SHOP
    form = browser.get(path).forms["oauth-consent"]
    form.submit("decision", value="allow", status=303)
    assert known(browser, path) == NOTHING


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
)
def test_a_path_that_leads_to_no_request_shows_nothing(waiting_host, path):
    assert known(
        waiting_host.browser(), path[:65_000] if len(path) < 70_000 else path
    ) == (NOTHING)


def test_a_request_that_will_be_refused_names_no_client(waiting_host):
    """The browser goes to the client all the same, with the error."""
    path = "/oauth/authorize?" + urlencode(build_authorization_request(scope="unknown"))
    assert known(waiting_host.browser(), path) == {**SHOP, "name": None}


def test_a_disabled_client_is_not_shown(new_host):
    host = new_host(configure=with_login_page, client_cache_size=0)
    host.register_client(name="Shop")
    browser = host.browser()
    answers = [
        browser.get("/oauth/authorize", build_authorization_request(**changes))
        for changes in ({}, {"prompt": "login"})
    ]
    host.update_application(disabled_at=clock.now())
    for path in map(return_path, answers):
        assert known(browser, path).get("name") is None


@pytest.mark.filterwarnings("ignore::pyramid_oauth.errors.InsecureSettingWarning")
@pytest.mark.parametrize("changes", [{}, {"prompt": "login"}])
def test_the_login_page_can_warn_of_a_client_as_the_consent_page_does(
    new_host, changes
):
    host = new_host(configure=with_login_page, registration="open")
    host.register_client(name="Shop", source="registration")
    browser = host.browser()
    answer = browser.get("/oauth/authorize", build_authorization_request(**changes))
    (notice,) = known(browser, return_path(answer))["notices"]
    assert "Nobody here has checked who is behind" in notice
