"""`resource` at the authorization endpoint (RFC 8707 sections 2 and 2.1)."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from pyramid_oauth.extensions.resource_indicators import Resource
from tests.support.host import authorize_client, parse_redirect
from tests.support.pushing import authorize_pushed_request, push
from tests.support.resources import (
    ALL,
    CALENDAR,
    CONTACTS,
    OTHER,
    authorize_resources,
    log_in,
    only_row,
    redeem_for,
    request_resources,
)

RFC = "RFC 8707"


def grant_resource(host):
    return only_row(host, "Grant").resource


def refusal_of(answer):
    members = parse_redirect(answer)
    assert members["state"] == "af0ifjsldkj"
    return members["error"], members["error_description"]


@pytest.mark.spec(RFC, "2.1")
def test_the_grant_is_for_all_resources_of_the_request(resource_host, resource_browser):
    answer = authorize_resources(resource_browser, CALENDAR, CONTACTS)
    assert "code" in parse_redirect(answer)
    assert grant_resource(resource_host) == f"{CALENDAR} {CONTACTS}"


@pytest.mark.spec(RFC, "2")
@pytest.mark.parametrize(
    "resource",
    [
        f"{CALENDAR}#part",
        "/relative",
        "cal.example",
        "https://[cal/",
        "https:///path",
        "https://user@cal.example/",
        "urn:",
        f"https://cal.example/{'x' * 1024}",
        "https://cal.example/\n",
        "https://cal.exämple/",
    ],
)
def test_a_malformed_resource_is_refused_by_redirect(resource_browser, resource):
    error, description = refusal_of(request_resources(resource_browser, resource))
    assert error == "invalid_target"
    assert "absolute URI without a fragment" in description


@pytest.mark.spec(RFC, "2.1")
def test_an_unknown_resource_is_refused_by_redirect(resource_browser):
    error, description = refusal_of(
        request_resources(resource_browser, "urn:example:api")
    )
    assert error == "invalid_target"
    assert description.endswith(": urn:example:api")


def test_a_resource_of_another_client_is_refused_like_an_unknown_one(
    resource_host, resource_browser
):
    error, description = refusal_of(request_resources(resource_browser, OTHER))
    assert error == "invalid_target"
    assert description.startswith("Unknown resource, or not for this client")
    resource_host.register_client(client_id="other", name="Other")
    answer = authorize_resources(
        resource_browser, OTHER, client_id="other", scope="read"
    )
    assert "code" in parse_redirect(answer)


def test_too_many_resources_are_refused(new_resource_host):
    host = new_resource_host(resource_limit="1")
    host.register_client()
    error, description = refusal_of(request_resources(log_in(host), CALENDAR, CONTACTS))
    assert (error, description) == (
        "invalid_target",
        "A request may name at most 1 resources.",
    )


def test_an_unknown_client_or_redirect_uri_is_found_first(resource_browser):
    for changes in ({"client_id": "nobody"}, {"redirect_uri": "https://evil.example"}):
        request = {"resource": "urn:unknown", "response_type": "code", "scope": "read"}
        page = resource_browser.get(
            "/oauth/authorize", {"client_id": "web", **request, **changes}, status=400
        )
        assert "invalid_target" not in page.text


@pytest.mark.parametrize(
    "equivalent",
    ["https://cal.example", "HTTPS://CAL.example/", "https://cal.example:443/"],
)
def test_equivalent_identifiers_name_the_declared_one(
    resource_host, resource_browser, equivalent
):
    assert "code" in parse_redirect(
        authorize_resources(resource_browser, equivalent, CALENDAR)
    )
    assert grant_resource(resource_host) == CALENDAR


def test_scopes_of_no_named_resource_are_dropped(resource_host, resource_browser):
    authorize_resources(resource_browser, CALENDAR, scope=ALL)
    assert only_row(resource_host, "Grant").scope == "read calendar"


@pytest.mark.spec(RFC, "2")
def test_scopes_of_which_none_is_for_the_resource_are_refused(resource_browser):
    error, _ = refusal_of(
        request_resources(resource_browser, CALENDAR, scope="contacts write")
    )
    assert error == "invalid_target"


def test_a_resource_does_not_stand_for_a_scope(new_resource_host):
    host = new_resource_host(default_scopes="")
    host.register_client()
    answer = request_resources(log_in(host), CALENDAR, scope=None)
    assert parse_redirect(answer)["error"] == "invalid_scope"


@pytest.mark.spec(RFC, "2.1")
def test_a_request_without_resource_is_for_the_default_ones(new_resource_host):
    host = new_resource_host(default_resources=CALENDAR)
    client, browser = host.register_client(), log_in(host)
    code = parse_redirect(authorize_client(browser, scope=ALL))["code"]
    assert grant_resource(host) == CALENDAR
    redeem_for(browser, client, code, CALENDAR, status=200)


@pytest.mark.spec(RFC, "2.1")
def test_a_server_may_require_a_resource(new_resource_host):
    host = new_resource_host(require_resource="true")
    host.register_client()
    assert refusal_of(request_resources(log_in(host))) == (
        "invalid_target",
        "The request must name a resource.",
    )


def test_a_client_may_not_have_the_default_resource(new_resource_host):
    host = new_resource_host(default_resources=OTHER)
    host.register_client()
    assert refusal_of(request_resources(log_in(host)))[0] == "invalid_target"


def test_the_login_keeps_the_resources(resource_host, resource_client):
    browser = resource_host.browser()
    login = request_resources(browser, CALENDAR, CONTACTS).location
    browser.get("/login?name=alice")
    (path,) = parse_qs(urlsplit(login).query)["next"]
    form = browser.get(path, status=303).follow().forms["oauth-consent"]
    form.submit("decision", value="allow", status=303)
    assert grant_resource(resource_host) == f"{CALENDAR} {CONTACTS}"


def test_resources_can_be_pushed(resource_host, resource_client, resource_browser):
    answer = push(resource_host, resource_client, 400, resource="urn:unknown")
    assert answer.json["error"] == "invalid_target"
    pushed = push(
        resource_host,
        resource_client,
        201,
        resource=f"{CALENDAR} {CONTACTS}",
        scope=ALL,
    )
    authorize_pushed_request(resource_browser, pushed.json["request_uri"])
    assert grant_resource(resource_host) == f"{CALENDAR} {CONTACTS}"


def test_audience_is_an_alias_where_the_host_wants_it(new_resource_host):
    host = new_resource_host(audience_parameter="true")
    host.register_client()
    browser = log_in(host)
    authorize_client(browser, scope=ALL, audience=CONTACTS, resource=CALENDAR)
    assert grant_resource(host) == f"{CALENDAR} {CONTACTS}"


def test_audience_is_ignored_otherwise(resource_host, resource_browser):
    authorize_client(resource_browser, scope=ALL, audience="urn:unknown")
    assert grant_resource(resource_host) == ""


def test_a_provider_finds_further_resources(new_resource_host):
    calls = []

    def find(request, identifier):
        calls.append(identifier)
        known = identifier == "urn:example:tenant:1"
        return Resource(identifier, scopes=["read"]) if known else None

    host = new_resource_host(resource_provider=find)
    host.register_client()
    browser = log_in(host)
    authorize_resources(browser, "urn:example:tenant:1", CALENDAR)
    assert grant_resource(host) == f"urn:example:tenant:1 {CALENDAR}"
    assert set(calls) == {"urn:example:tenant:1"}
    error, _ = refusal_of(request_resources(browser, "urn:example:tenant:2"))
    assert error == "invalid_target"
