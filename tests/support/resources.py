"""Two resources, and clients that ask for tokens for them (RFC 8707)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session
from webtest import TestApp, TestResponse

from tests.support.host import (
    Host,
    build_authorization_request,
    build_code_exchange,
    parse_redirect,
)
from tests.support.types import Credentials, Metadata

CALENDAR = "https://cal.example/"
CONTACTS = "https://contacts.example/api"
OTHER = "https://other.example/"
SCOPES = (
    "read = Read things\nwrite = Write things\ncalendar = Your calendar\n"
    "contacts = Your contacts"
)
ALL = "read calendar contacts"


def declare_resources(config: Any) -> None:
    """Declare the calendar, the contacts, and one for the client `other` only."""
    config.include("pyramid_oauth.extensions.resource_indicators")
    config.add_oauth_resource(
        CALENDAR, name="Calendar", scopes=("read", "calendar"), lifetime="5m"
    )
    config.add_oauth_resource(
        CONTACTS, name="Contacts", scopes=("read", "contacts"), lifetime=600
    )
    config.add_oauth_resource(OTHER, scopes=("read",), clients=["other"])


def log_in(host: Host) -> TestApp:
    """Return a browser at which alice is logged in."""
    browser = host.browser()
    browser.get("/login?name=alice")
    return browser


def request_resources(
    browser: TestApp, *resources: str, **changes: Any
) -> TestResponse:
    """Send an authorization request that repeats `resource`; returns the redirect."""
    request = build_authorization_request(**{"scope": ALL, **changes})
    parameters = [*request.items(), *(("resource", each) for each in resources)]
    return browser.get("/oauth/authorize", parameters, status=303)


def authorize_resources(
    browser: TestApp, *resources: str, **changes: Any
) -> TestResponse:
    """Ask for resources and allow it, if a consent page is shown."""
    answer = request_resources(browser, *resources, **changes)
    if "/authorize/" not in answer.location:
        return answer
    form = answer.follow(status=200).forms["oauth-consent"]
    return form.submit("decision", value="allow", status=303)


def is_asked(answer: TestResponse) -> bool:
    """Whether the redirect leads to the consent page."""
    return "/authorize/" in answer.location


def redeem_for(
    browser: TestApp, client: Credentials, code: str, *resources: str, **kwargs: Any
) -> TestResponse:
    """Redeem a code, for some resources."""
    form = [*build_code_exchange(code, client).items()]
    form += [("resource", each) for each in resources]
    return browser.post("/oauth/token", form, **kwargs)


def refresh_for(
    browser: TestApp, client: Credentials, token: str, *resources: str, **kwargs: Any
) -> TestResponse:
    """Refresh, for some resources."""
    form = [("grant_type", "refresh_token"), ("refresh_token", token)]
    form += [*client.items(), *(("resource", each) for each in resources)]
    return browser.post("/oauth/token", form, **kwargs)


def request_own_token(
    host: Host, client: Credentials, *resources: str, scope: str = "read", **kwargs: Any
) -> TestResponse:
    """Request a token of the client itself."""
    form = [("grant_type", "client_credentials"), ("scope", scope), *client.items()]
    form += [("resource", each) for each in resources]
    return host.browser().post("/oauth/token", form, **kwargs)


def tokens_for(
    host: Host, client: Credentials, *resources: str, **changes: Any
) -> Metadata:
    """Complete the code flow as alice for these resources."""
    browser = log_in(host)
    code = parse_redirect(authorize_resources(browser, *resources, **changes))["code"]
    result: Metadata = redeem_for(browser, client, code, status=200).json
    return result


def introspect(host: Host, client: Credentials, tokens: Metadata) -> Metadata:
    """Introspect the access token."""
    form = {"token": tokens["access_token"], **client}
    result: Metadata = host.browser().post("/oauth/introspect", form).json
    return result


def only_row(host: Host, role: str) -> Any:
    """Return the only row of a model."""
    with Session(host.engine) as session:
        return session.query(getattr(host.models, role)).one()
