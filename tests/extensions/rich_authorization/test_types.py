"""Declared types: their schemas and options, and mistakes in them (RFC 9396 11.3)."""

from __future__ import annotations

import json

import pytest

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.extensions.rich_authorization import narrow_common_fields
from pyramid_oauth.extensions.rich_authorization.catalogue import TYPES
from tests.support.host import parse_redirect
from tests.support.payments import is_asked, log_in, request_details
from tests.support.registry import ignore_open_registration

RFC = "RFC 9396"
ERROR = "invalid_authorization_details"


@pytest.fixture
def request_by_schema(new_bank):
    """A function that asks for a detail of a type with a schema; returns the error."""

    def request(schema, **fields):
        def configure(config):
            config.add_oauth_authorization_details_type("any", schema)

        host = new_bank(configure)
        if not host.count("Application"):
            host.register_client()
        answer = request_details(log_in(host), {"type": "any", **fields})
        return None if is_asked(answer) else parse_redirect(answer)["error"]

    return request


@pytest.mark.spec(RFC, "11.3")
@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://elsewhere.example/schema.json"},
        {"properties": {"x": {"$ref": "file:///etc/passwd"}}},
        {"properties": {"x": {"$ref": "#/$defs/missing"}}},
        {"properties": {"x": {"type": "strange"}}},
        {"$schema": "http://json-schema.org/draft-07/schema#"},
        "pyramid_oauth:missing.json",
    ],
    ids=["remote", "file", "unresolved", "invalid", "other draft", "no file"],
)
def test_a_schema_that_cannot_be_used_stops_the_start(new_bank, schema):
    def configure(config):
        config.add_oauth_authorization_details_type("any", schema)

    with pytest.raises(ConfigurationError):
        new_bank(configure)


@pytest.mark.parametrize(
    ("name", "options"),
    [("two words", {}), ("é", {}), ("any", {"risk": "none"}), ("any", {"icon": "x"})],
)
def test_a_malformed_type_stops_the_start(new_bank, name, options):
    with pytest.raises(ConfigurationError):
        new_bank(
            lambda config: config.add_oauth_authorization_details_type(name, **options)
        )


def test_a_schema_may_say_what_other_fields_are(request_by_schema):
    schema = {"additionalProperties": {"type": "integer"}}
    assert request_by_schema(schema, x=1) is None
    assert request_by_schema(schema, x="1") == ERROR


def test_an_item_of_a_list_has_no_unknown_fields(request_by_schema):
    item = {"type": "object", "properties": {"a": {}}}
    schema = {"properties": {"list": {"type": "array", "items": item}}}
    assert request_by_schema(schema, list=[{"a": 1}]) is None
    assert request_by_schema(schema, list=[{"a": 1, "b": 2}]) == ERROR


def test_a_schema_may_combine_others(request_by_schema):
    schema = {
        "$defs": {"base": {"properties": {"a": {"format": "date"}}, "required": ["a"]}},
        "allOf": [{"$ref": "#/$defs/base"}],
        "properties": {"b": {"const": 1}},
    }
    assert request_by_schema(schema, a="2026-02-28", b=1) is None
    assert request_by_schema(schema, a="2026-02-30") == ERROR
    assert request_by_schema(schema, b=1) == ERROR
    assert request_by_schema(schema, a="2026-02-28", c=1) == ERROR


def test_an_object_behind_a_reference_or_a_choice_has_no_unknown_fields(
    request_by_schema,
):
    schema = {
        "$defs": {"sum": {"type": "object", "properties": {"value": {}}}},
        "properties": {
            "sum": {"$ref": "#/$defs/sum"},
            "payee": {"anyOf": [{"properties": {"iban": {}}}, {"type": "string"}]},
            "pair": {"prefixItems": [{"$ref": "#/$defs/sum"}]},
        },
    }
    assert request_by_schema(schema, sum={"value": 1}, payee={"iban": "x"}) is None
    assert request_by_schema(schema, payee="x", pair=[{"value": 1}]) is None
    assert request_by_schema(schema, sum={"value": 1, "more": 2}) == ERROR
    assert request_by_schema(schema, payee={"iban": "x", "more": 2}) == ERROR
    assert request_by_schema(schema, pair=[{"value": 1, "more": 2}]) == ERROR


def test_a_setting_names_types_and_their_schemas(new_host, tmp_path):
    path = tmp_path / "tax.json"
    path.write_text(json.dumps({"properties": {"year": {"type": "integer"}}}))
    host = new_host(
        extensions="default rich_authorization",
        authorization_details_types=f"https://tax.example/return = {path}\nplain",
    )
    host.register_client()
    assert list(host.wsgi.registry[TYPES]) == ["https://tax.example/return", "plain"]
    tax = {"type": "https://tax.example/return", "year": 2026}
    assert is_asked(request_details(log_in(host), tax, {"type": "plain"}))


@pytest.mark.spec(RFC, "10")
def test_a_client_registers_types_that_there_are(new_bank):
    with ignore_open_registration():
        host = new_bank(registration="open")
    body = {
        "redirect_uris": ["https://client.example/cb"],
        "authorization_details_types": ["payment_initiation"],
    }
    browser = host.browser()
    made = browser.post_json("/oauth/register", body, status=201).json
    assert made["authorization_details_types"] == ["payment_initiation"]
    unknown = {**body, "authorization_details_types": ["unknown"]}
    answer = browser.post_json("/oauth/register", unknown, status=400)
    assert answer.json["error"] == "invalid_client_metadata"


@pytest.mark.parametrize(("granted", "requested"), [(True, 1), (1, 1.0), (0, False)])
def test_values_that_are_equal_in_python_only_are_no_part(granted, requested):
    """The grant says `true`: a token with `1` could mean another right to the API."""
    detail = {"type": "account", "actions": [granted, "read"]}
    assert narrow_common_fields({**detail, "actions": [requested]}, detail) is None
    assert narrow_common_fields({**detail, "actions": ["read"]}, detail) is not None
