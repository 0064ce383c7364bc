"""Steps and consent sources that apply to requests with a parameter or a scope."""

from __future__ import annotations

import pytest

from pyramid_oauth.config.authorize_steps import Phase
from pyramid_oauth.config.consent_sources import ConsentItem, ConsentSource
from tests.support.host import build_authorization_request, parse_redirect


class Calls(list):
    """A step that records the `state` of the requests that it is called for."""

    def __call__(self, authorization):
        self.append(authorization.oauth.state)


class ParcelConsentSource(ConsentSource):
    """Asks for one parcel, for requests with the parameter `parcel`."""

    parameters = frozenset({"parcel"})

    def items(self, authorization):
        return [ConsentItem("parcel", "small", "Send a small parcel")]


@pytest.fixture
def conditional_browser(conditional_host):
    conditional_host.register_client()
    browser = conditional_host.browser()
    browser.get("/login?name=alice")
    return browser


@pytest.fixture
def calls():
    return Calls()


@pytest.fixture
def scope_calls():
    return Calls()


@pytest.fixture
def conditional_host(new_host, calls, scope_calls):
    def configure(config):
        config.add_oauth_parameter("parcel", endpoints=("authorize",))
        conditions = {"parameters": ["parcel", "letter"]}
        config.add_oauth_authorize_step("load", calls, phase=Phase.LOAD, **conditions)
        config.add_oauth_authorize_step(
            "interact", calls, phase="interact", before="find_consent", **conditions
        )
        config.add_oauth_authorize_step(
            "write", scope_calls, phase="grant", scope="write"
        )
        config.add_oauth_consent_source("parcel", ParcelConsentSource())
        config.add_oauth_authorization_response("hub", {"hub": "north"})
        config.add_oauth_authorization_response(
            "parcels", lambda authorization: {"parcels": str(len(calls))}
        )

    return new_host(configure)


def send(browser, **changes):
    return browser.get(
        "/oauth/authorize", build_authorization_request(**changes), status=303
    )


def open_consent_page(browser, **changes):
    return send(browser, **changes).follow()


def allow(page):
    return page.forms["oauth-consent"].submit("decision", value="allow", status=303)


def test_a_step_for_a_parameter_is_called_only_for_requests_that_have_it(
    conditional_browser, calls
):
    send(conditional_browser, state="without", scope="read")
    assert calls == []
    send(conditional_browser, state="with", scope="read", parcel="small")
    assert calls == ["with", "with"], "in both phases"


def test_a_step_for_a_parameter_is_called_when_any_request_is_resumed(
    conditional_browser, calls
):
    """A step may have stored something with the request."""
    page = open_consent_page(conditional_browser, state="without", scope="read")
    calls.clear()
    allow(page)
    assert calls == ["without"]


def test_a_step_for_a_scope_is_called_only_for_requests_with_that_scope(
    conditional_browser, scope_calls
):
    allow(open_consent_page(conditional_browser, state="reads", scope="read"))
    allow(open_consent_page(conditional_browser, state="writes", scope="read write"))
    assert scope_calls == ["writes"]


def test_a_consent_source_for_a_parameter_is_asked_only_about_requests_with_it(
    conditional_browser,
):
    assert "Send a small parcel" not in open_consent_page(
        conditional_browser, scope="read"
    )
    assert "Send a small parcel" in open_consent_page(
        conditional_browser, scope="read", parcel="small"
    )


def test_constant_and_computed_members_are_in_every_response(conditional_browser):
    for answer in (
        allow(open_consent_page(conditional_browser, scope="read")),
        send(conditional_browser, scope="unknown"),
    ):
        assert parse_redirect(answer)["hub"] == "north"
        assert "parcels" in parse_redirect(answer)
