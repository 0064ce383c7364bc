"""`resource` at the token endpoint, and what tokens allow (RFC 8707 section 2.2)."""

from __future__ import annotations

import pytest

from pyramid_oauth.events import TokenIssued
from tests.support.host import authorize_client, obtain_tokens, parse_redirect
from tests.support.resources import (
    ALL,
    CALENDAR,
    CONTACTS,
    OTHER,
    SCOPES,
    authorize_resources,
    introspect,
    log_in,
    only_row,
    redeem_for,
    refresh_for,
    request_own_token,
    tokens_for,
)

RFC = "RFC 8707"


def error_of(answer):
    assert answer.status_int == 400
    return answer.json["error"]


@pytest.mark.spec(RFC, "2")
def test_a_token_has_its_resource_as_audience(resource_host, resource_client):
    tokens = tokens_for(resource_host, resource_client, CALENDAR)
    assert introspect(resource_host, resource_client, tokens)["aud"] == CALENDAR
    assert only_row(resource_host, "AccessToken").audience == CALENDAR


def test_the_verifier_tells_the_audience(new_resource_host):
    seen = []

    def see(request):
        seen.append(request.oauth.identity.audience)
        return request.response

    def add_view(config):
        config.add_route("see", "/see")
        config.add_view(see, route_name="see", oauth_scopes="read")

    host = new_resource_host(add_view)
    tokens = tokens_for(host, host.register_client(), CALENDAR, CONTACTS)
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    host.browser().get("/see", headers=headers, status=200)
    assert seen == [(CALENDAR, CONTACTS)]


@pytest.mark.spec(RFC, "2.2")
def test_a_code_gives_a_token_for_a_part_of_the_grant(
    resource_host, resource_client, resource_browser
):
    code = parse_redirect(authorize_resources(resource_browser, CALENDAR, CONTACTS))[
        "code"
    ]
    tokens = redeem_for(
        resource_browser, resource_client, code, CALENDAR, status=200
    ).json
    assert (tokens["scope"], tokens["expires_in"]) == ("read calendar", 300)
    assert introspect(resource_host, resource_client, tokens)["aud"] == CALENDAR
    assert only_row(resource_host, "RefreshToken").scope == ALL
    refreshed = refresh_for(
        resource_browser, resource_client, tokens["refresh_token"], CONTACTS, status=200
    ).json
    assert (refreshed["scope"], refreshed["expires_in"]) == ("read contacts", 600)
    assert introspect(resource_host, resource_client, refreshed)["aud"] == CONTACTS
    both = refresh_for(
        resource_browser, resource_client, refreshed["refresh_token"], status=200
    ).json
    assert (both["scope"], both["expires_in"]) == (ALL, 300)
    assert introspect(resource_host, resource_client, both)["aud"] == [
        CALENDAR,
        CONTACTS,
    ]


@pytest.mark.spec(RFC, "2.2")
def test_a_resource_outside_the_grant_is_refused(resource_client, resource_browser):
    code = parse_redirect(authorize_resources(resource_browser, CALENDAR))["code"]
    assert (
        error_of(
            redeem_for(
                resource_browser, resource_client, code, CONTACTS, expect_errors=True
            )
        )
        == "invalid_target"
    )
    # Nothing was consumed.
    tokens = redeem_for(resource_browser, resource_client, code, status=200).json
    refused = refresh_for(
        resource_browser,
        resource_client,
        tokens["refresh_token"],
        CONTACTS,
        expect_errors=True,
    )
    assert error_of(refused) == "invalid_target"
    refresh_for(resource_browser, resource_client, tokens["refresh_token"], status=200)


def test_a_grant_for_no_resource_gives_no_token_for_one(
    resource_client, resource_browser
):
    code = parse_redirect(authorize_client(resource_browser, scope=ALL))["code"]
    refused = redeem_for(
        resource_browser, resource_client, code, CALENDAR, expect_errors=True
    )
    assert error_of(refused) == "invalid_target"


def test_a_grant_for_no_resource_gets_the_default_one(new_resource_host):
    before, after = (
        new_resource_host(),
        new_resource_host(default_resources=CALENDAR),
    )
    client = before.register_client()
    tokens = obtain_tokens(before, client, scope=ALL)
    assert "aud" not in introspect(before, client, tokens)
    refreshed = refresh_for(after.browser(), client, tokens["refresh_token"]).json
    assert introspect(after, client, refreshed)["aud"] == CALENDAR


def test_a_resource_that_is_gone_is_left_out(new_host, new_resource_host):
    before = new_resource_host()
    client = before.register_client()
    tokens = tokens_for(before, client, CALENDAR, CONTACTS)
    extensions = "introspection pkce resource_indicators"
    scopes = {"extensions": extensions, "scopes": SCOPES}
    only_calendar = new_host(**scopes, resources=f"{CALENDAR} = Calendar")
    refreshed = refresh_for(only_calendar.browser(), client, tokens["refresh_token"])
    assert introspect(only_calendar, client, refreshed.json)["aud"] == CALENDAR
    nothing = new_host(**scopes)
    refused = refresh_for(
        nothing.browser(), client, refreshed.json["refresh_token"], expect_errors=True
    )
    assert error_of(refused) == "invalid_target"


@pytest.mark.spec(RFC, "2.2")
def test_a_client_gets_its_own_token_for_a_resource(resource_host, resource_client):
    answer = request_own_token(
        resource_host, resource_client, CALENDAR, scope=ALL, status=200
    )
    assert (answer.json["scope"], answer.json["expires_in"]) == ("read calendar", 300)
    assert introspect(resource_host, resource_client, answer.json)["aud"] == CALENDAR


@pytest.mark.spec(RFC, "2")
@pytest.mark.parametrize(
    "resource", ["urn:unknown", OTHER, "nothing", f"{CALENDAR}#part", "https://[a/"]
)
def test_a_client_gets_no_token_for_another_resource(
    resource_host, resource_client, resource
):
    refused = request_own_token(
        resource_host, resource_client, resource, expect_errors=True
    )
    assert error_of(refused) == "invalid_target"


@pytest.mark.spec(RFC, "2")
def test_no_token_has_a_scope_of_another_resource(resource_host, resource_client):
    refused = request_own_token(
        resource_host, resource_client, CALENDAR, scope="write", expect_errors=True
    )
    assert error_of(refused) == "invalid_target"


@pytest.mark.spec(RFC, "3")
def test_a_server_may_issue_tokens_for_one_resource_each(new_resource_host):
    host = new_resource_host(single_resource_tokens="true")
    client, browser = host.register_client(), log_in(host)
    code = parse_redirect(authorize_resources(browser, CALENDAR, CONTACTS))["code"]
    refused = redeem_for(browser, client, code, expect_errors=True)
    assert error_of(refused) == "invalid_target"
    tokens = redeem_for(browser, client, code, CONTACTS, status=200).json
    assert introspect(host, client, tokens)["aud"] == CONTACTS


class NamedFormat:
    """Tokens that name their format."""

    def __init__(self, name):
        self.name = name

    def encode(self, request, draft):
        return f"{self.name}.{draft.audience}", None


def add_formats(config):
    for name in ("first", "second"):
        config.add_oauth_token_format(name, NamedFormat(name))
        config.add_oauth_resource(f"urn:example:{name}", token_format=name)


def test_a_resource_chooses_the_format_of_its_tokens(new_resource_host):
    host = new_resource_host(add_formats)
    client = host.register_client()
    answer = request_own_token(host, client, "urn:example:first", status=200)
    assert answer.json["access_token"].startswith("first.")
    both = request_own_token(
        host, client, "urn:example:first", "urn:example:second", expect_errors=True
    )
    assert error_of(both) == "invalid_target"


def test_the_audience_is_told_to_subscribers(new_resource_host, notified):
    host = new_resource_host(
        lambda config: config.add_oauth_subscriber(notified.append, TokenIssued)
    )
    request_own_token(host, host.register_client(), CALENDAR, status=200)
    assert [event.audience for event in notified] == [(CALENDAR,)]


def test_a_lifetime_may_depend_on_the_request(new_resource_host):
    def add_resource(config):
        config.add_oauth_resource("urn:example:short", lifetime=lambda request: 7)

    host = new_resource_host(add_resource)
    answer = request_own_token(host, host.register_client(), "urn:example:short")
    assert answer.json["expires_in"] == 7


def test_a_new_grant_of_a_password_is_for_its_resource(new_resource_host):
    host = new_resource_host(
        profile="legacy",
        accounts="tests.extensions.legacy_grants.test_password.PasswordAccounts",
    )
    client = host.register_client(authorization_grant_type="password refresh_token")
    form = {"grant_type": "password", "username": "alice", "password": "wonder land&é"}
    form = {**form, **client, "scope": ALL, "resource": CALENDAR}
    tokens = host.browser().post("/oauth/token", form, status=200).json
    assert only_row(host, "Grant").resource == CALENDAR
    refused = refresh_for(
        host.browser(), client, tokens["refresh_token"], CONTACTS, expect_errors=True
    )
    assert error_of(refused) == "invalid_target"


@pytest.mark.spec(RFC, "2.1")
def test_a_token_of_the_authorization_endpoint_is_for_its_resource(new_resource_host):
    host = new_resource_host(profile="legacy")
    host.register_client(authorization_grant_type="implicit")
    answer = authorize_resources(log_in(host), CALENDAR, response_type="token")
    assert "access_token=" in answer.location
    assert only_row(host, "AccessToken").audience == CALENDAR


def test_a_token_of_the_authorization_endpoint_is_checked_before_the_login(
    new_resource_host,
):
    host = new_resource_host(profile="legacy", single_resource_tokens="true")
    host.register_client(authorization_grant_type="implicit")
    answer = authorize_resources(
        log_in(host), CALENDAR, CONTACTS, response_type="token"
    )
    assert "error=invalid_target" in answer.location


pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)
