"""The validation of applications: errors by field (RFC 6749 section 2)."""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth.models.application_validation import ApplicationRules
from tests.support.models import Application

CALLBACK = "https://client.example/cb"
PUBLIC = {
    "client_type": "public",
    "token_endpoint_auth_method": "none",
    "client_secret": None,
}
NATIVE = {"client_metadata": {"application_type": "native"}}
IMPLICIT = {"authorization_grant_type": "implicit"}
LOCALHOST = ApplicationRules(localhost=True)
KEY = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}


def build_application(**changes: Any) -> Application:
    fields = {
        "client_id": "web",
        "name": "Web",
        "client_type": "confidential",
        "client_secret": "$argon2",
        "token_endpoint_auth_method": "client_secret_basic",
        "authorization_grant_type": "authorization_code",
        "redirect_uris": CALLBACK,
        "introspection": "own",
    }
    return Application(**fields | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        PUBLIC,
        {"client_id": None},
        {"introspection": "any"},
        {"pkce_required": False},
        {"access_token_lifetime": 1},
        {"allowed_origins": "https://client.example http://127.0.0.1:3000"},
        {"redirect_uris": "com.example.app:/cb"},
        {"redirect_uris": "com.example.app:/cb", **NATIVE},
        {"redirect_uris": "http://127.0.0.1/cb", **NATIVE},
        {"authorization_grant_type": "client_credentials", "redirect_uris": None},
        {"token_endpoint_auth_method": "private_key_jwt", "client_secret": None,
         "client_metadata": {"jwks": {"keys": [KEY]}}},
        {"client_metadata": {"response_types": ["code"]}},
        {"client_metadata": {"shoe_size": {"of": "the host's own"}}},
    ],
)  # fmt: skip
def test_a_valid_client_is_accepted(changes: dict[str, Any]) -> None:
    assert build_application(**changes).field_errors(LOCALHOST) == {}


@pytest.mark.spec("RFC 6749", "2")
@pytest.mark.parametrize(
    ("field", "message", "changes"),
    [
        ("client_id", "visible ASCII", {"client_id": "has space"}),
        ("client_id", "visible ASCII", {"client_id": ""}),
        ("client_id", "visible ASCII", {"client_id": "x" * 256}),
        ("client_type", "must be confidential or public", {"client_type": "secret"}),
        ("authorization_grant_type", "at least one",
         {"authorization_grant_type": ""}),
        ("authorization_grant_type", "client_credentials requires a confidential",
         {**PUBLIC, "authorization_grant_type": "client_credentials"}),
        ("token_endpoint_auth_method", "must be none for a public client",
         {"client_type": "public"}),
        ("token_endpoint_auth_method", "must not be none for a confidential client",
         {"token_endpoint_auth_method": "none"}),
        ("token_endpoint_auth_method", "requires jwks or jwks_uri",
         {"token_endpoint_auth_method": "private_key_jwt"}),
        ("client_secret", "required for client_secret_basic", {"client_secret": None}),
        ("redirect_uris", "at least one", {"redirect_uris": ""}),
        ("post_logout_redirect_uris", "plain http",
         {"post_logout_redirect_uris": "http://client.example/bye"}),
        ("allowed_origins", "is not an http(s) origin",
         {"allowed_origins": "ftp://client.example"}),
        ("allowed_origins", "has more than scheme, host and port",
         {"allowed_origins": "https://client.example/"}),
        ("allowed_origins", "wildcard or capital letters",
         {"allowed_origins": "https://Client.example"}),
        ("allowed_origins", "is plain http", {"allowed_origins": "http://a.example"}),
        ("introspection", "own or any", {"introspection": "all"}),
        ("introspection", "any requires a confidential client",
         {**PUBLIC, "introspection": "any"}),
        ("pkce_required", "must not be false", {**PUBLIC, "pkce_required": False}),
        ("access_token_lifetime", "must be positive", {"access_token_lifetime": 0}),
        ("refresh_token_idle_lifetime", "must be positive",
         {"refresh_token_idle_lifetime": -1}),
    ],
)  # fmt: skip
def test_an_invalid_value_is_reported_by_its_field(
    field: str, message: str, changes: dict[str, Any]
) -> None:
    errors = build_application(**changes).field_errors(LOCALHOST)

    assert list(errors) == [field]
    assert message in errors[field][0]


@pytest.mark.spec("RFC 7591", "2")
@pytest.mark.parametrize(
    ("field", "message", "changes"),
    [
        ("client_name", "must be set in the column name",
         {"client_metadata": {"client_name": "Web"}}),
        ("contacts", "is not an array", {"client_metadata": {"contacts": "me"}}),
        ("jwks_uri", "must not be used together with jwks",
         {"client_metadata": {
             "jwks": {"keys": [KEY]}, "jwks_uri": "https://client.example/jwks"}}),
        ("response_types", "has none for the grant type authorization_code",
         {"authorization_grant_type": "authorization_code implicit",
          "client_metadata": {"response_types": ["token"]}}),
        ("authorization_grant_type", "implicit is needed for these response types",
         {"client_metadata": {"response_types": ["code", "token"]}}),
        ("redirect_uris", "is not for a native application",
         {"redirect_uris": "http://client.example/cb", **NATIVE}),
        ("redirect_uris", "is not for a web application",
         {"redirect_uris": "com.example.app:/cb",
          "client_metadata": {"application_type": "web"}}),
        ("redirect_uris", "must be https and not on localhost",
         {"redirect_uris": "http://localhost/cb", **IMPLICIT}),
        ("redirect_uris", "must be https and not on localhost",
         {"redirect_uris": "com.example.app:/cb", **IMPLICIT}),
    ],
)  # fmt: skip
def test_inconsistent_metadata_is_reported(
    field: str, message: str, changes: dict[str, Any]
) -> None:
    rules = ApplicationRules(localhost=True, http=True)

    errors = build_application(**changes).field_errors(rules)

    assert list(errors) == [field]
    assert message in errors[field][0]


@pytest.mark.spec("RFC 6749", "3.1.2")
@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("https://client.example/cb#here", "has a fragment"),
        ("https://client.example/%zz", "is not a valid URI"),
        ("https://client.example:port/cb", "is not a valid URI"),
        ("/cb", "is not a valid URI"),
        ("https://a:b@client.example/cb", "has user information"),
        ("javascript:alert(1)", "has a scheme that is not allowed"),
        ("https:///cb", "has no host"),
        ("https://*.client.example/cb", "wildcard, which this server does not allow"),
        ("https://a;b/cb", "neither a DNS name nor an IP address"),
        ("https://[v1.a]/cb", "neither a DNS name nor an IP address"),
        ("http://localhost/cb", "uses localhost"),
        (
            "http://client.example/cb",
            "plain http on a host that is not a loopback address",
        ),
        ("myapp:/cb", "without a domain name"),
        ("com.example.app://:80", "has no path"),
    ],
)
def test_an_invalid_redirect_uri_is_reported(uri: str, message: str) -> None:
    errors = build_application(redirect_uris=uri).field_errors(ApplicationRules())

    assert message in errors["redirect_uris"][0]


def test_a_wildcard_is_accepted_as_first_label_of_an_https_host_only() -> None:
    rules = ApplicationRules(wildcards=True, http=True)
    for uri in ("https://a.*.example/cb", "http://*.client.example/cb"):
        errors = build_application(redirect_uris=uri).field_errors(rules)
        assert "only as the first label of an https host" in errors["redirect_uris"][0]
