"""Somebody logs in where somebody else is logged in: the former session ends."""

from __future__ import annotations

import pytest

from pyramid_oauth.events import SessionEnded
from tests.support.person import Person
from tests.support.provider import logout_provider

FRAME = "https://client.example/fc"
POSTED = "https://client.example/bc"


def with_log_in(config):
    """A log-in form's view, as the documentation has it."""

    def log_in(request):
        def begin():
            request.session["user"] = request.params["name"]

        return request.oauth.log_in(request.params["name"], begin, "/whoami")

    config.add_route("log_in", "/log_in")
    config.add_view(log_in, route_name="log_in")


@pytest.fixture
def login_form_provider(tables_url):
    made = logout_provider(
        tables_url,
        with_log_in,
        session_management="true",
        frontchannel_logout="true",
        backchannel_logout="true",
    )
    yield made
    made.engine.dispose()


@pytest.fixture
def logged_in_user(login_form_provider):
    login_form_provider.set_client_metadata(
        frontchannel_logout_uri=FRAME, backchannel_logout_uri=POSTED
    )
    alice = Person(login_form_provider)
    alice.sign_in()
    return alice


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.3")
def test_a_login_as_another_user_logs_the_former_user_out_at_clients(
    login_form_provider, logged_in_user
):
    ended = []
    login_form_provider.wsgi.registry.registerHandler(ended.append, (SessionEnded,))
    state = logged_in_user.browser.cookies["oauth_session_state"]
    known = logged_in_user.browser.cookies.get("__Host-oauth_browser")
    page = logged_in_user.browser.post("/log_in", {"name": "bob"}, status=200)
    assert page.html.find(id="oauth-account-changed")
    assert page.html.find("iframe")["src"] == FRAME
    assert page.html.find(id="oauth-continue")["href"] == "/whoami"
    assert login_form_provider.count("OutboxMessage") == 1
    assert [(each.user_id, each.client_ids) for each in ended] == [("alice", ("web",))]
    assert logged_in_user.name == "bob"
    assert logged_in_user.browser.cookies["oauth_session_state"] != state
    assert logged_in_user.browser.cookies.get("__Host-oauth_browser") == known


def test_a_new_login_of_the_same_user_keeps_the_session(
    login_form_provider, logged_in_user
):
    answer = logged_in_user.browser.post("/log_in", {"name": "alice"}, status=303)
    assert answer.location == "/whoami"
    assert login_form_provider.count("OutboxMessage") == 0


def test_a_first_login_notifies_no_client(login_form_provider):
    browser = login_form_provider.browser()
    assert browser.post("/log_in", {"name": "bob"}).location.endswith("/whoami")
