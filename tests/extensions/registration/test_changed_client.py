"""A client that changed its name or logo is asked about again (RFC 7591 section 5)."""

from __future__ import annotations

import pytest

from tests.support.host import (
    CALLBACK,
    authorize_client,
    build_authorization_request,
    parse_redirect,
)
from tests.support.provider import log_in_browser
from tests.support.registry import build_update_request

LOGO = "https://client.example/logo.png"


@pytest.fixture
def registration(registry):
    """The registration of a client to which alice gave access."""
    registration = registry.create_client(
        client_name="Web", token_endpoint_auth_method="none"
    )
    authorize_client(log_in_browser(registry.host), client_id=registration["client_id"])
    return registration


def update_registration(registry, registration, **changes):
    body = build_update_request(registration, **changes)
    registry.manage("PUT", registration, body, status=200)


def send_request(registry, registration, **changes):
    """Send an authorization request as alice; return browser and response."""
    browser = log_in_browser(registry.host)
    request = build_authorization_request(
        client_id=registration["client_id"], **changes
    )
    return browser, browser.get("/oauth/authorize", request, status=303)


def needs_consent(registry, registration):
    _, answer = send_request(registry, registration)
    return "/authorize/" in answer.location


@pytest.mark.spec("RFC 7591", "5")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"client_name": "Your bank"}, "It was called Web."),
        ({"logo_uri": LOGO}, "It had another logo."),
        ({"client_name#de": "Ihre Bank"}, "has changed since you allowed it"),
    ],
    ids=["name", "logo", "name-in-another-language"],
)
def test_a_new_name_or_logo_is_shown_and_needs_consent(
    registry, registration, changes, message
):
    assert not needs_consent(registry, registration)
    update_registration(registry, registration, **changes)
    browser, answer = send_request(registry, registration)
    page = browser.get(answer.location, status=200)
    assert message in " ".join(page.html.find(id="oauth-changed").text.split())
    page.forms["oauth-consent"].submit("decision", value="allow", status=303)
    assert not needs_consent(registry, registration)


def test_another_host_among_its_redirect_uris_needs_consent(registry):
    other = "https://other.example/cb"
    registration = registry.create_client(
        redirect_uris=[CALLBACK, other], token_endpoint_auth_method="none"
    )
    authorize_client(log_in_browser(registry.host), client_id=registration["client_id"])
    assert not needs_consent(registry, registration)
    browser, answer = send_request(registry, registration, redirect_uri=other)
    page = browser.get(answer.location, status=200)
    text = " ".join(page.html.find(id="oauth-changed").text.split())
    assert "You were sent to client.example before." in text
    page.forms["oauth-consent"].submit("decision", value="allow", status=303)
    assert not needs_consent(registry, registration)
    _, again = send_request(registry, registration, redirect_uri=other)
    assert "/authorize/" not in again.location


def test_prompt_none_is_refused_after_a_change(registry, registration):
    update_registration(registry, registration, client_name="Your bank")
    _, answer = send_request(registry, registration, prompt="none")
    assert parse_redirect(answer)["error"] == "consent_required"


def test_a_client_of_the_administrator_may_change_its_name(host, client):
    browser = log_in_browser(host)
    authorize_client(browser)
    host.update_application(name="Shop")
    request = build_authorization_request()
    answer = browser.get("/oauth/authorize", request, status=303)
    assert "code" in parse_redirect(answer)


def test_the_first_consent_page_says_that_there_is_no_access_yet(
    registry, registration
):
    browser = log_in_browser(registry.host, "bob")
    request = build_authorization_request(client_id=registration["client_id"])
    page = browser.get("/oauth/authorize", request, status=303).follow()
    assert page.html.find(id="oauth-first")
    assert page.html.find(id="oauth-changed") is None
    _, again = send_request(registry, registration, prompt="consent")
    assert again.follow().html.find(id="oauth-first") is None
