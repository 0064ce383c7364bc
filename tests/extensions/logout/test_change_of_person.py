"""A login as another user at the same browser ends the session of the former user."""

from __future__ import annotations

import pytest

from pyramid_oauth.events import SessionEnded
from tests.support.person import LoggedInUser
from tests.support.provider import make_logout_provider

FRONT_CHANNEL_URI = "https://client.example/fc"
BACK_CHANNEL_URI = "https://client.example/bc"


def add_login_view(config):
    """A view of a login form, as in the documentation."""

    def log_in(request):
        def begin():
            request.session["user"] = request.params["name"]

        return request.oauth.log_in(request.params["name"], begin, "/whoami")

    config.add_route("log_in", "/log_in")
    config.add_view(log_in, route_name="log_in")


@pytest.fixture
def login_form_provider(tables_url):
    provider = make_logout_provider(
        tables_url,
        add_login_view,
        session_management="true",
        frontchannel_logout="true",
        backchannel_logout="true",
    )
    yield provider
    provider.engine.dispose()


@pytest.fixture
def logged_in_user(login_form_provider):
    login_form_provider.set_client_metadata(
        frontchannel_logout_uri=FRONT_CHANNEL_URI,
        backchannel_logout_uri=BACK_CHANNEL_URI,
    )
    alice = LoggedInUser(login_form_provider)
    alice.log_in_at_client()
    return alice


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.3")
def test_a_login_as_another_user_logs_the_former_user_out_at_clients(
    login_form_provider, logged_in_user
):
    events = []
    login_form_provider.wsgi.registry.registerHandler(events.append, (SessionEnded,))
    state = logged_in_user.browser.cookies["oauth_session_state"]
    binding_cookie = logged_in_user.browser.cookies.get("__Host-oauth_browser")
    page = logged_in_user.browser.post("/log_in", {"name": "bob"}, status=200)
    assert page.html.find(id="oauth-account-changed")
    assert page.html.find("iframe")["src"] == FRONT_CHANNEL_URI
    assert page.html.find(id="oauth-continue")["href"] == "/whoami"
    assert login_form_provider.count("OutboxMessage") == 1
    assert [(event.user_id, event.client_ids) for event in events] == [
        ("alice", ("web",))
    ]
    assert logged_in_user.name == "bob"
    assert logged_in_user.browser.cookies["oauth_session_state"] != state
    assert logged_in_user.browser.cookies.get("__Host-oauth_browser") == binding_cookie


def test_a_new_login_of_the_same_user_keeps_the_session(
    login_form_provider, logged_in_user
):
    answer = logged_in_user.browser.post("/log_in", {"name": "alice"}, status=303)
    assert answer.location == "/whoami"
    assert login_form_provider.count("OutboxMessage") == 0


def test_a_first_login_notifies_no_client(login_form_provider):
    browser = login_form_provider.browser()
    assert browser.post("/log_in", {"name": "bob"}).location.endswith("/whoami")
