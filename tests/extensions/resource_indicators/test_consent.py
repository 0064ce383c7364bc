"""Consent to resources: shown, remembered by scope, asked again (RFC 8707 2.1)."""

from __future__ import annotations

import pytest

from pyramid_oauth.events import ConsentGiven
from tests.support.host import authorize_client, build_authorization_request
from tests.support.resources import (
    ALL,
    CALENDAR,
    CONTACTS,
    SCOPES,
    authorize_resources,
    is_asked,
    log_in,
    only_row,
    request_resources,
)

RFC = "RFC 8707"


def shown_text(answer):
    return answer.follow(status=200).html.select_one("#oauth-consent").text


@pytest.mark.spec(RFC, "2.1")
def test_the_page_names_the_resources(resource_browser):
    text = shown_text(request_resources(resource_browser, CALENDAR, CONTACTS))
    for shown in ("Calendar", CALENDAR, "Contacts", CONTACTS):
        assert shown in text


def test_the_page_says_that_a_request_is_for_no_resource(resource_browser):
    text = shown_text(request_resources(resource_browser))
    assert "Use these permissions everywhere at this site" in text


def test_a_front_end_of_the_host_gets_the_resources(
    new_resource_host, resource_browser
):
    answer = request_resources(resource_browser, CALENDAR)
    headers = {"Accept": "application/json"}
    document = resource_browser.get(answer.location, headers=headers, status=200).json
    (item,) = [item for item in document["items"] if item["kind"] == "resource"]
    assert (item["name"], item["label"]) == (CALENDAR, "Calendar")


def test_a_consent_is_remembered_for_its_resources(resource_host, resource_browser):
    authorize_resources(resource_browser, CALENDAR, CONTACTS, scope="read")
    assert only_row(resource_host, "Consent").resource == f"{CALENDAR} {CONTACTS}"
    for resources in ((CALENDAR,), (CONTACTS,), (CONTACTS, CALENDAR)):
        assert not is_asked(
            request_resources(resource_browser, *resources, scope="read")
        )


def test_another_resource_is_asked_about(resource_host, resource_browser):
    authorize_resources(resource_browser, CALENDAR, scope="read")
    assert is_asked(
        request_resources(resource_browser, CALENDAR, CONTACTS, scope="read")
    )
    authorize_resources(resource_browser, CONTACTS, scope="read")
    assert only_row(resource_host, "Consent").resource == f"{CALENDAR} {CONTACTS}"
    assert not is_asked(
        request_resources(resource_browser, CALENDAR, CONTACTS, scope="read")
    )


def test_a_scope_that_was_allowed_at_one_resource_is_asked_about_at_another(
    new_resource_host,
):
    def declare(config):
        for name in ("one", "two"):
            config.add_oauth_resource(f"urn:example:{name}", scopes=("read", "write"))

    host = new_resource_host(declare)
    host.register_client()
    browser = log_in(host)
    authorize_resources(browser, "urn:example:one", scope="read")
    authorize_resources(browser, "urn:example:two", scope="write")
    assert is_asked(request_resources(browser, "urn:example:one", scope="write"))
    assert not is_asked(request_resources(browser, "urn:example:two", scope="write"))


def test_a_limited_consent_does_not_cover_an_unlimited_request(
    resource_host, resource_browser
):
    authorize_resources(resource_browser, CALENDAR, scope="read")
    assert is_asked(request_resources(resource_browser, scope="read"))
    authorize_resources(resource_browser, scope="read")
    assert only_row(resource_host, "Consent").resource == ""
    for resources in ((), (CALENDAR,)):
        assert not is_asked(
            request_resources(resource_browser, *resources, scope="read")
        )


def test_an_unlimited_consent_does_not_cover_a_resource(resource_browser):
    authorize_resources(resource_browser, scope="read")
    assert is_asked(request_resources(resource_browser, CALENDAR, scope="read"))


def test_a_consent_from_before_there_were_resources_is_not_asked_again(
    new_host, new_resource_host
):
    before, after = new_host(), new_resource_host()
    before.register_client()
    authorize_client(log_in(before), scope="read")
    assert not is_asked(request_resources(log_in(after), scope="read"))
    assert is_asked(request_resources(log_in(after), CALENDAR, scope="read"))


def test_a_withdrawn_scope_is_withdrawn_at_every_resource(
    new_resource_host,
):
    host = new_resource_host(
        lambda config: config.include("pyramid_oauth.extensions.connections")
    )
    host.register_client()
    browser = log_in(host)
    authorize_resources(browser, CALENDAR, CONTACTS, scope=ALL)
    page = browser.get("/oauth/connections")
    assert CALENDAR in page.text
    assert CONTACTS in page.text
    form = page.forms[0]
    form.submit("scope", value="read", status=303)
    authorize_resources(browser, CALENDAR, scope="read calendar")
    assert is_asked(request_resources(browser, CONTACTS, scope="read"))
    assert not is_asked(request_resources(browser, CONTACTS, scope="contacts"))


def test_a_consent_to_resources_alone_is_none(new_resource_host):
    host = new_resource_host(
        lambda config: config.include("pyramid_oauth.extensions.connections")
    )
    host.register_client()
    browser = log_in(host)
    authorize_resources(browser, CALENDAR, scope="read calendar")
    for scope in ("read", "calendar"):
        form = {
            "csrf_token": browser.get("/oauth/connections").forms[0]["csrf_token"].value
        }
        browser.post("/oauth/connections", {**form, "client_id": "web", "scope": scope})
    assert host.count("Consent") == 0


def test_an_unticked_scope_is_not_remembered_at_the_resource(new_resource_host):
    host = new_resource_host(optional_scopes="calendar")
    host.register_client()
    browser = log_in(host)
    page = request_resources(browser, CALENDAR, scope="read calendar").follow()
    form = page.forms["oauth-consent"]
    form["scope"] = False
    form.submit("decision", value="allow", status=303)
    assert only_row(host, "Consent").details["resource"] == {CALENDAR: ["read"]}


def test_a_consent_that_prompt_none_forbids_is_required(resource_browser):
    authorize_resources(resource_browser, CALENDAR, scope="read")
    answer = resource_browser.get(
        "/oauth/authorize",
        build_authorization_request(scope="read", resource=CONTACTS, prompt="none"),
        status=303,
    )
    assert "error=consent_required" in answer.location


def test_a_waiting_request_for_a_resource_that_is_gone_is_refused(
    new_host, resource_host, resource_browser
):
    page = request_resources(resource_browser, CALENDAR, scope="read").follow()
    form = page.forms["oauth-consent"]
    without = new_host(
        extensions="pkce issuer_identification resource_indicators", scopes=SCOPES
    )
    other = without.browser()
    other.cookiejar = resource_browser.cookiejar
    fields = {**dict(form.submit_fields()), "decision": "allow"}
    answer = other.post(page.request.path, fields, status=303)
    assert "error=invalid_target" in answer.location
    assert resource_host.count("Grant") == 0


def test_subscribers_are_told_the_resources(new_resource_host, notified):
    host = new_resource_host(
        lambda config: config.add_oauth_subscriber(notified.append, ConsentGiven)
    )
    host.register_client()
    authorize_resources(log_in(host), CALENDAR, scope="read")
    assert [event.resources for event in notified] == [(CALENDAR,)]
