"""`pyramid-oauth check` and start-up report every insecure setting."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.session import SignedCookieSessionFactory

from pyramid_oauth.accounts import Account, Accounts
from pyramid_oauth.errors import ConfigurationError, InsecureSettingWarning
from pyramid_oauth.settings.checks import CHECKS
from tests.support.secret import SECRET


class NamedAccounts(Accounts):
    """Accounts of a host, with the names of its users."""

    def current(self, request: object) -> Account | None:
        return None


SAFE = {
    "pyramid_oauth.accounts": NamedAccounts,
    "pyramid_oauth.issuer": "https://login.example.org/oauth",
    "pyramid_oauth.secret": SECRET,
    "pyramid_oauth.scopes": "read = Read",
}


def run_start(**settings: str) -> Configurator:
    prefixed = {f"pyramid_oauth.{name}": value for name, value in settings.items()}
    config = Configurator(settings=SAFE | prefixed)
    config.set_session_factory(SignedCookieSessionFactory("x" * 32))
    config.include("pyramid_oauth")
    config.commit()
    return config


def findings(**settings: str) -> dict[str, str]:
    """The findings of `check` by number."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureSettingWarning)
        checks = run_start(**settings).registry[CHECKS]
    return {finding.number: finding.text for finding in checks.findings()}


def startup_warnings(**settings: str) -> set[str]:
    """The warnings of start-up."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InsecureSettingWarning)
        run_start(**settings)
    return {str(warning.message) for warning in caught}


def test_a_server_with_safe_settings_has_no_finding() -> None:
    assert findings() == {}
    assert startup_warnings() == set()


def test_check_says_what_to_do_where_pages_show_no_names() -> None:
    found = findings(accounts="pyramid_oauth.accounts.Accounts")
    assert "override Accounts.current" in found["W128"]
    assert startup_warnings(accounts="pyramid_oauth.accounts.Accounts") == set()
    assert (
        findings(
            accounts="pyramid_oauth.accounts.Accounts", grant_types="client_credentials"
        )
        .keys()
        .isdisjoint({"W128"})
    )


@pytest.mark.parametrize(
    ("setting", "value", "number"),
    [
        ("authorization_code_lifetime", "15m", "E004"),
        ("allow_http", "true", "W102"),
        ("allow_redirect_wildcards", "true", "W103"),
        ("allow_localhost_redirect", "true", "W104"),
        ("access_token_in_query", "true", "W105"),
        ("access_token_in_body", "true", "W106"),
        ("pkce_required", "false", "W107"),
        ("grant_types", "password authorization_code", "W109"),
        ("rotate_refresh_tokens", "false", "W110"),
        ("refresh_token_grace", "61", "W111"),
        ("refresh_token_collision_window", "61", "W125"),
        ("access_token_lifetime", "2d", "W112"),
        ("outbound_allow_http", "true", "W114"),
        ("outbound_allow_private", "true", "W115"),
        ("assertion_lifetime", "2h", "W119"),
        ("unsigned_request_objects", "true", "W120"),
        ("undeclared_request_objects_unsigned", "true", "W121"),
        ("request_uri_hash_binding", "false", "W122"),
        ("client_auth_attempts", "0", "W150"),
        ("client_auth_source_attempts", "0", "W151"),
        ("pending_requests", "0", "W152"),
        ("unredeemed_grants", "0", "W154"),
    ],
)
def test_check_and_start_up_report_the_same_findings(
    setting: str, value: str, number: str
) -> None:
    messages = findings(**{setting: value})

    assert set(messages) == {number}
    assert messages[number].startswith(f"pyramid_oauth.{setting} ")
    assert startup_warnings(**{setting: value}) == set(messages.values())


@pytest.mark.parametrize(
    ("setting", "value", "number"),
    [
        ("issuer", "http://localhost:6543/oauth", "W101"),
        ("grant_types", "implicit authorization_code", "W108"),
        ("scopes", "", "W113"),
    ],
)
def test_a_notice_is_reported_by_check_only(
    setting: str, value: str, number: str
) -> None:
    assert set(findings(**{setting: value})) == {number}
    assert startup_warnings(**{setting: value}) == set()


def test_a_collision_window_beyond_the_grace_is_reported() -> None:
    strict = {"refresh_token_grace": "0"}
    assert startup_warnings(**strict) == set()
    beyond_grace = {**strict, "refresh_token_collision_window": "5"}
    assert "revokes nothing" in findings(**beyond_grace)["W125"]
    assert len(startup_warnings(**beyond_grace)) == 1


def test_an_http_issuer_is_an_error_even_with_insecure_transport_allowed() -> None:
    http = {"issuer": "http://login.example.org", "allow_http": "true"}

    assert set(findings(**http)) == {"E005", "W102"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"issuer": ""}, "issuer is missing"),
        ({"issuer": "http://login.example.org"}, "issuer must be https"),
        ({"secret": ""}, "secret is missing, which refresh tokens need"),
        ({"grant_types": "telepathy"}, "'telepathy' is unknown; there are"),
        ({"default_scopes": "raed"}, "not among the scopes; did you mean read"),
        ({"scopes": 'a"b'}, "is not a valid scope"),
        (
            {"request_object_rules": "rfc9101", "unsigned_request_objects": "true"},
            "request_object_rules = rfc9101 forbids unsigned_request_objects",
        ),
        (
            {"require_signed_request_object": "true", "request_objects": "false"},
            "require_signed_request_object = true requires",
        ),
        (
            {"request_object_signing_algorithms": "none ES256"},
            "request_object_signing_algorithms: 'none' is unknown",
        ),
    ],
    ids=str,
)
def test_an_invalid_configuration_stops_the_start(
    settings: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        run_start(**settings)


def test_all_errors_are_reported_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"issuer is missing(.|\n)*secret is"):
        run_start(issuer="", secret="")


def test_findings_of_open_registration_are_reported() -> None:
    token = {"registration": "initial_access_token", "registration_scopes": "read"}
    everybody = {**token, "registration": "open"}
    grants = {"registration_grant_types": "client_credentials"}
    assert set(findings(**token, **grants)) == set()
    assert set(findings(**token, registration_limit="0")) == {"W117"}
    assert set(findings(**token, registration_token_attempts="0")) == {"W153"}
    assert set(findings(registration_token_attempts="0")) == set()
    assert set(findings(**everybody)) == {"W116"}
    assert set(findings(**everybody, **grants)) == {"W116", "W118"}


def test_the_scopes_of_registered_clients_are_reported() -> None:
    token = {"registration": "initial_access_token"}
    every = {**token, "registration_scopes": "*"}
    assert set(findings(**every)) == {"W126"}
    assert "every scope" in startup_warnings(**every).pop()
    assert set(findings(registration_scopes="*")) == set()
    assert "get no tokens" in findings(**token)["W127"]
    assert startup_warnings(**token) == set()
    assert set(findings(**token, openid="true")) == set()


def test_the_legacy_profile_is_reported_as_insecure() -> None:
    assert {"W107", "W108", "W109", "W123"} <= set(findings(profile="legacy"))


def veto_by_status(request: Any, response: Response) -> bool:
    """A commit veto that reads the status only."""
    return response.status_int >= 400


@pytest.mark.parametrize(
    ("veto", "numbers"),
    [
        ("tests.scripts.test_findings.veto_by_status", {"W155"}),
        ("pyramid_tm.default_commit_veto", set()),
        ("builtins.len", set()),
    ],
)
def test_a_commit_veto_that_ignores_x_tm_is_reported(
    monkeypatch: pytest.MonkeyPatch, veto: str, numbers: set[str]
) -> None:
    monkeypatch.setitem(SAFE, "tm.commit_veto", veto)
    assert set(findings()) == numbers
    assert len(startup_warnings()) == len(numbers)
