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
def provider(tables_url):
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
def alice(provider):
    provider.set_client_metadata(
        frontchannel_logout_uri=FRAME, backchannel_logout_uri=POSTED
    )
    alice = Person(provider)
    alice.sign_in()
    return alice


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.3")
def test_a_login_as_another_user_logs_the_former_user_out_at_clients(provider, alice):
    ended = []
    provider.wsgi.registry.registerHandler(ended.append, (SessionEnded,))
    state = alice.browser.cookies["oauth_session_state"]
    known = alice.browser.cookies.get("__Host-oauth_browser")
    page = alice.browser.post("/log_in", {"name": "bob"}, status=200)
    assert page.html.find(id="oauth-account-changed")
    assert page.html.find("iframe")["src"] == FRAME
    assert page.html.find(id="oauth-continue")["href"] == "/whoami"
    assert provider.count("OutboxMessage") == 1
    assert [(each.user_id, each.client_ids) for each in ended] == [("alice", ("web",))]
    assert alice.name == "bob"
    assert alice.browser.cookies["oauth_session_state"] != state
    assert alice.browser.cookies.get("__Host-oauth_browser") == known


def test_a_new_login_of_the_same_user_keeps_the_session(provider, alice):
    answer = alice.browser.post("/log_in", {"name": "alice"}, status=303)
    assert answer.location == "https://as.example/whoami"
    assert provider.count("OutboxMessage") == 0


def test_a_first_login_notifies_no_client(provider):
    browser = provider.browser()
    assert browser.post("/log_in", {"name": "bob"}).location.endswith("/whoami")
