"""Declared resources: directive, settings, checks and metadata (RFC 8707 section 2)."""

from __future__ import annotations

import warnings

import pytest

from pyramid_oauth.errors import ConfigurationError, InsecureSettingWarning
from pyramid_oauth.settings.checks import CHECKS
from tests.support.host import call_api, parse_redirect
from tests.support.resources import (
    CALENDAR,
    CONTACTS,
    SCOPES,
    authorize_resources,
    introspect,
    log_in,
    request_own_token,
    request_resources,
    tokens_for,
)

BY_INI = {
    "extensions": "pkce introspection revocation resource_indicators",
    "scopes": SCOPES,
    "resources": f"{CALENDAR} = Calendar\n{CONTACTS}\n"
    "https://api.example/?v=1 = Versioned",
}


def test_an_ini_file_declares_resources(new_host):
    host = new_host(
        **BY_INI,
        resource_scopes=f"{CALENDAR} = read calendar\n{CONTACTS} = contacts",
        resource_lifetimes=f"{CALENDAR} = 2m",
        resource_clients=f"{CALENDAR} = web\n{CONTACTS} = nobody",
        resource_servers=f"{CALENDAR} = calendar-api",
        resource_token_formats=f"{CALENDAR} = opaque",
    )
    client = host.register_client()
    page = request_resources(log_in(host), CALENDAR, "https://api.example/?v=1")
    text = page.follow().html.select_one("#oauth-consent").text
    assert "Calendar" in text
    assert "Versioned" in text
    tokens = request_own_token(host, client, CALENDAR, scope="read write").json
    assert (tokens["scope"], tokens["expires_in"]) == ("read", 120)
    refused = request_own_token(host, client, CONTACTS, expect_errors=True)
    assert refused.json["error"] == "invalid_target"


@pytest.mark.spec("RFC 7662", "4")
def test_the_server_of_a_resource_introspects_its_tokens_and_no_others(
    new_resource_host,
):
    def declare(config):
        config.add_oauth_resource(
            "urn:example:api", scopes=["read"], introspected_by=["api"]
        )

    host = new_resource_host(declare)
    client = host.register_client()
    api = host.register_client(client_id="api", name="API")
    tokens = request_own_token(host, client, "urn:example:api").json
    assert introspect(host, api, tokens)["aud"] == "urn:example:api"
    other = request_own_token(host, client, CALENDAR).json
    assert introspect(host, api, other) == {"active": False}
    for_all = request_own_token(host, client).json
    assert introspect(host, api, for_all) == {"active": False}


@pytest.mark.spec("RFC 9728", "4")
def test_metadata_lists_the_resources_where_the_host_wants_it(new_resource_host):
    path = "/oauth/.well-known/oauth-authorization-server"
    unlisted = new_resource_host().browser().get(path).json
    assert "protected_resources" not in unlisted
    listed = new_resource_host(publish_resources="true").browser().get(path).json
    assert listed["protected_resources"][:2] == [CALENDAR, CONTACTS]


@pytest.mark.spec("RFC 8707", "2")
def test_a_token_is_accepted_by_its_resource_only(new_resource_host):
    def protect(config):
        config.add_oauth_resource("https://as.example/me", scopes=["read"])
        config.add_oauth_protected_resource("https://as.example/me")

    host = new_resource_host(protect)
    client = host.register_client()
    for resource, status in (("https://as.example/me", 200), (CALENDAR, 401)):
        tokens = tokens_for(host, client, resource)
        assert call_api(host, tokens["access_token"]) == status


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("cal.example",), "'cal.example' is not an absolute URI"),
        (("https://cal.example/#part",), "without a fragment"),
        (("https://me@cal.example/",), "user information"),
    ],
)
def test_a_malformed_identifier_stops_the_start(new_resource_host, arguments, problem):
    with pytest.raises(ConfigurationError, match=problem):
        new_resource_host(lambda config: config.add_oauth_resource(*arguments))


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"scopes": "read write"}, "scopes is text"),
        ({"lifetime": "soon"}, "soon"),
        ({"lifetime": 0}, "positive"),
    ],
)
def test_a_malformed_value_stops_the_start(new_resource_host, values, problem):
    with pytest.raises(ConfigurationError, match=problem):
        new_resource_host(
            lambda config: config.add_oauth_resource("urn:example:api", **values)
        )


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {"default_resources": "urn:example:api"},
            "urn:example:api, which is not",
        ),
        ({"resource_scopes": "urn:example:api = read"}, "'urn:example:api' of"),
        ({"resources": "not-absolute = Name"}, "not an absolute URI"),
        (
            {
                "resources": "urn:example:api",
                "resource_token_formats": "urn:example:api = paper",
            },
            "'paper' of urn:example:api is unknown; there are opaque",
        ),
        (
            {
                "single_resource_tokens": "true",
                "default_resources": f"{CALENDAR} {CONTACTS}",
            },
            "at most one of",
        ),
    ],
)
def test_settings_that_make_no_sense_stop_the_start(
    new_resource_host, settings, problem
):
    with pytest.raises(ConfigurationError, match=problem):
        new_resource_host(**settings)


def test_a_required_resource_needs_one(new_host):
    with pytest.raises(ConfigurationError, match="refuses every request"):
        new_host(
            extensions="pkce resource_indicators",
            require_resource="true",
        )


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (
            {"resources": "urn:a", "resource_scopes": "urn:a = pay"},
            "the scope 'pay' of urn:a",
        ),
        (
            {"default_resources": CALENDAR, "default_audience": "https://api.example"},
            "has no effect",
        ),
    ],
)
def test_settings_without_effect_are_told(new_resource_host, settings, problem):
    with pytest.warns(InsecureSettingWarning, match=problem):
        new_resource_host(**settings)


def test_a_protected_resource_that_gets_no_tokens_is_told(new_resource_host):
    host = new_resource_host(
        lambda config: config.add_oauth_protected_resource("https://as.example/me")
    )
    found = host.wsgi.registry[CHECKS].findings()
    (text,) = [each.text for each in found if each.number == "W182"]
    assert "protects https://as.example/me, but no token can be for it" in text


def test_the_directive_of_a_host_replaces_a_line_of_its_ini(new_host):
    def declare(config):
        config.add_oauth_resource(CALENDAR, name="The calendar")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        host = new_host(declare, **BY_INI)
    host.register_client()
    page = request_resources(log_in(host), CALENDAR).follow()
    assert "The calendar" in page.text


def test_the_extension_without_resources_refuses_every_resource(new_host):
    host = new_host(extensions="pkce resource_indicators", scopes=SCOPES)
    host.register_client()
    answer = request_resources(log_in(host), CALENDAR)
    assert parse_redirect(answer)["error"] == "invalid_target"
    assert "code" in parse_redirect(authorize_resources(log_in(host)))
