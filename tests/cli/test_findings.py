"""`pyramid-oauth check` names every setting that weakens the server."""

from __future__ import annotations

import pytest

from pyramid_oauth.config.checks import CHECKS, setting_findings
from pyramid_oauth.settings import Settings

SAFE = {
    "pyramid_oauth.issuer": "https://login.example.org/oauth",
    "pyramid_oauth.secret": "s" * 32,
    "pyramid_oauth.scopes": "read = Read",
}


def numbers(**given: str) -> set[str]:
    changed = {f"pyramid_oauth.{name}": value for name, value in given.items()}
    return {
        finding.number for finding in setting_findings(Settings.parse(SAFE | changed))
    }


def test_a_safe_server_has_no_finding() -> None:
    assert numbers() == set()


@pytest.mark.parametrize(
    ("setting", "value", "number"),
    [
        ("issuer", "", "E001"),
        ("issuer", "http://login.example.org", "E002"),
        ("secret", "", "E003"),
        ("authorization_code_lifetime", "15m", "E004"),
        ("issuer", "http://localhost:6543/oauth", "W101"),
        ("allow_http", "true", "W102"),
        ("allow_redirect_wildcards", "true", "W103"),
        ("allow_localhost_redirect", "true", "W104"),
        ("access_token_in_query", "true", "W105"),
        ("access_token_in_body", "true", "W106"),
        ("pkce_required", "false", "W107"),
        ("grant_types", "implicit", "W108"),
        ("grant_types", "password", "W109"),
        ("rotate_refresh_tokens", "false", "W110"),
        ("refresh_token_grace", "5m", "W111"),
        ("access_token_lifetime", "2d", "W112"),
        ("scopes", "", "W113"),
        ("outbound_allow_http", "true", "W114"),
        ("outbound_allow_private", "true", "W115"),
        ("registration", "open", "W116"),
        ("assertion_lifetime", "2h", "W119"),
        ("unsigned_request_objects", "true", "W120"),
        ("undeclared_request_objects_unsigned", "true", "W121"),
        ("request_uri_hash_binding", "false", "W122"),
    ],
)
def test_each_weakness_has_its_number(setting: str, value: str, number: str) -> None:
    assert numbers(**{setting: value}) == {number}


def test_open_registration_has_weaknesses_of_its_own() -> None:
    token = {"registration": "initial_access_token"}
    grants = {"registration_grant_types": "client_credentials"}
    assert numbers(**token, **grants) == set()
    assert numbers(**token, registration_limit="0") == {"W117"}
    assert numbers(registration="open", **grants) == {"W116", "W118"}


def test_no_number_is_used_twice() -> None:
    all_numbers = [check.number for check in CHECKS]

    assert len(all_numbers) == len(set(all_numbers))


def test_the_legacy_profile_is_called_what_it_is() -> None:
    assert {"W107", "W108", "W109"} <= numbers(profile="legacy")
