"""Consent items that a host adds to the page (RFC 6749 section 4.1.1)."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.config.consent_sources import ConsentItem, ConsentSource
from pyramid_oauth.errors import ConfigurationError
from tests.support.host import (
    authorize_client,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
    refresh_tokens,
)

UNCHECKED = "pyramid_oauth:extensions/registration/templates/unchecked_client.oauth"


class DestinationConsentSource(ConsentSource):
    """A consent item for each parcel named in `login_hint`, with a destination."""

    def __init__(self, place="home", **options):
        self.place, self.options, self.calls = place, options, 0

    def items(self, authorization):
        self.calls += 1
        names = authorization.oauth.parameters.get("login_hint", "").split()
        return [
            ConsentItem("parcel", name, f"Send {name}", data=self.place, **self.options)
            for name in names
        ]

    def apply(self, authorization, approved):
        if approved:
            names = [item.name for item in approved]
            authorization.details["parcels"] = names


@pytest.fixture
def parcels():
    return DestinationConsentSource()


@pytest.fixture
def parcel_host(new_host, parcels):
    def configure(config):
        config.add_oauth_parameter("login_hint", endpoints=("authorize",))
        config.add_oauth_consent_source("parcel", parcels)

    return new_host(configure, default_scopes="")


@pytest.fixture
def parcel_client(parcel_host):
    return parcel_host.register_client()


def log_in(host):
    browser = host.browser()
    browser.get("/login?name=alice")
    return browser


def open_consent_page(browser, **changes):
    return browser.get(
        "/oauth/authorize", build_authorization_request(**changes), status=303
    ).follow()


def stored_details(host, model):
    with Session(host.engine) as session:
        return [row.details for row in session.query(getattr(host.models, model))]


def test_an_allowed_item_is_remembered_and_not_shown_again(parcel_host, parcel_client):
    browser = log_in(parcel_host)
    page = open_consent_page(browser, login_hint="book lamp")
    assert "Send book" in page.text
    answer = page.forms["oauth-consent"].submit("decision", value="allow", status=303)
    assert "code" in parse_redirect(answer)
    assert stored_details(parcel_host, "Consent") == [
        {"parcel": {"book": "home", "lamp": "home"}}
    ]
    assert stored_details(parcel_host, "Grant") == [{"parcels": ["book", "lamp"]}]
    second = browser.get(
        "/oauth/authorize", build_authorization_request(login_hint="lamp"), status=303
    )
    assert "code" in parse_redirect(second)
    assert {"parcels": ["lamp"]} in stored_details(parcel_host, "Grant")


def test_an_item_with_other_data_needs_consent_again(
    parcel_host, parcel_client, parcels
):
    browser = log_in(parcel_host)
    authorize_client(browser, login_hint="book")
    parcels.place = "work"
    page = open_consent_page(browser, login_hint="book")
    assert page.html.find(id="oauth-asked").text.strip().startswith("New")
    page.forms["oauth-consent"].submit("decision", value="allow", status=303)
    assert stored_details(parcel_host, "Consent") == [{"parcel": {"book": "work"}}]


def test_an_unticked_item_is_not_granted(parcel_host, parcel_client, parcels):
    browser = log_in(parcel_host)
    authorize_client(browser, login_hint="book")
    parcels.options, parcels.place = {"optional": True}, "work"
    form = open_consent_page(browser, login_hint="book lamp key").forms["oauth-consent"]
    form.get("parcel", index=0).checked = False
    form.submit("decision", value="allow", status=303)
    assert stored_details(parcel_host, "Consent") == [
        {"parcel": {"lamp": "work", "key": "work"}}
    ]
    assert {"parcels": ["lamp", "key"]} in stored_details(parcel_host, "Grant")


def test_a_consent_source_is_called_once_per_request(
    parcel_host, parcel_client, parcels
):
    browser = log_in(parcel_host)
    browser.get(
        "/oauth/authorize", build_authorization_request(login_hint="book"), status=303
    )
    assert parcels.calls == 1


def test_an_item_is_rendered_by_its_own_template(parcel_host, parcel_client, parcels):
    parcels.options = {"template": UNCHECKED}
    page = open_consent_page(log_in(parcel_host), login_hint="book")
    assert page.html.find(id="oauth-unchecked")
    assert "Send book" not in page.text


@pytest.mark.spec("RFC 6749", "3.3")
def test_a_request_without_scope_is_accepted_when_it_has_a_consent_item(
    parcel_host, parcel_client
):
    browser = log_in(parcel_host)
    answer = authorize_client(browser, scope=None, login_hint="book")
    code = parse_redirect(answer)["code"]
    tokens = browser.post(
        "/oauth/token", build_code_exchange(code, parcel_client), status=200
    ).json
    assert "scope" not in tokens
    renewed = refresh_tokens(parcel_host, parcel_client, tokens["refresh_token"])
    assert renewed.status_int == 200


@pytest.mark.spec("RFC 6749", "3.3")
def test_a_request_without_scope_and_consent_item_is_refused(
    parcel_host, parcel_client
):
    answer = log_in(parcel_host).get(
        "/oauth/authorize", build_authorization_request(scope=None), status=303
    )
    assert parse_redirect(answer)["error"] == "invalid_scope"


def test_an_object_that_is_no_consent_source_stops_the_start(new_host):
    with pytest.raises(ConfigurationError, match="is not a ConsentSource"):
        new_host(lambda config: config.add_oauth_consent_source("parcel", object()))
