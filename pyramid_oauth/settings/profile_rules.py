"""What each profile demands of the settings.

RFC 9700, RFC 10017, FAPI 2.0 Security Profile and Message Signing. Start-up warns of
the profile that the settings name; `pyramid-oauth check --profile` judges by another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyramid_oauth.settings import Settings
from pyramid_oauth.settings.checks import Finding
from pyramid_oauth.settings.profile_rule import (
    ProfileRule,
    equals,
    has_none_of,
    has_only,
    includes,
    is_within,
    signs_only_with,
)
from pyramid_oauth.settings.profiles import FAPI_ALGORITHMS, HOUR

SIGNING = "fapi2-signing"

AUTHENTICATION = ("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth")
"""How clients may authenticate under FAPI 2.0."""

DAY = 24 * HOUR


def _fapi(section: str) -> Mapping[str, str]:
    text = f"FAPI 2.0 Security Profile section {section}"
    return {"fapi2": text, SIGNING: text}


def _signing(section: str) -> Mapping[str, str]:
    return {SIGNING: f"FAPI 2.0 Message Signing section {section}"}


_BROWSER_CODE = {"browser": "RFC 10017 section 7.2"}
_BROWSER_URIS = {"browser": "RFC 10017 section 6.3.3.2"}
_MCP_PKCE = {"mcp": "MCP 2026-07-28, Authorization Code Protection"}
_ALGORITHMS = f"only {', '.join(FAPI_ALGORITHMS)}"
_SIGNATURES = _fapi("5.4.1")


def _allows_only_strong(number: str, setting: str) -> ProfileRule:
    return ProfileRule(
        number, setting, has_only(*FAPI_ALGORITHMS), _ALGORITHMS, _SIGNATURES
    )


def _is_off(number: str, setting: str, specs: Mapping[str, str]) -> ProfileRule:
    return ProfileRule(number, setting, equals(False), "false", specs)


def _is_on(
    number: str, setting: str, specs: Mapping[str, str], extension: str = ""
) -> ProfileRule:
    return ProfileRule(number, setting, equals(True), "true", specs, extension)


def _is_strong(number: str, setting: str) -> ProfileRule:
    demand = f"one of {', '.join(FAPI_ALGORITHMS)}"
    return ProfileRule(
        number, setting, lambda found: found in FAPI_ALGORITHMS, demand, _SIGNATURES
    )


RULES = (
    ProfileRule(
        "E601",
        "grant_types",
        has_none_of("implicit", "password"),
        "without implicit and password",
        {
            **_fapi("5.3.2.1"),
            **_BROWSER_CODE,
            "mcp": "RFC 9700 sections 2.1.2 and 2.4",
        },
    ),
    ProfileRule(
        "E602",
        "response_types",
        has_only("code"),
        "only code",
        _fapi("5.3.2.2"),
    ),
    ProfileRule(
        "E603",
        "response_types",
        has_none_of("token"),
        "without token, which puts access tokens into URLs",
        {**_BROWSER_CODE, "mcp": "RFC 9700 section 2.1.2"},
    ),
    ProfileRule(
        "E604",
        "token_endpoint_auth_methods",
        has_only(*AUTHENTICATION),
        f"only {', '.join(AUTHENTICATION)}: no public clients, no secrets",
        _fapi("5.3.2.1"),
    ),
    _is_on("E605", "require_sender_constrained_tokens", _fapi("5.3.2.1")),
    ProfileRule(
        "E606",
        "assertion_audience",
        equals("issuer_string"),
        "issuer_string",
        _fapi("5.3.2.1"),
        extension="client_assertions",
    ),
    ProfileRule(
        "E607",
        "rotate_refresh_tokens",
        equals(False),
        "false: tokens are bound, and a lost answer would end the access",
        _fapi("5.3.2.1"),
    ),
    ProfileRule(
        "E608",
        "authorization_code_lifetime",
        is_within(0, 60),
        "at most 60 seconds",
        _fapi("5.3.2.1"),
    ),
    ProfileRule(
        "E609",
        "assertion_leeway",
        is_within(10, 60),
        "between 10 and 60 seconds",
        _fapi("5.3.2.1"),
    ),
    ProfileRule(
        "E610",
        "dpop_proof_leeway",
        is_within(10, 60),
        "between 10 and 60 seconds",
        _fapi("5.3.2.1"),
    ),
    _is_on("E611", "require_pushed_authorization_requests", _fapi("5.3.2.2"), "par"),
    ProfileRule(
        "E612",
        "pushed_request_lifetime",
        is_within(0, 599),
        "less than 600 seconds",
        _fapi("5.3.2.2"),
    ),
    ProfileRule(
        "E613",
        "pkce_required",
        equals(True),
        "true",
        {
            **_fapi("5.3.2.2"),
            "browser": "RFC 10017 section 6.3.2.1",
            **_MCP_PKCE,
        },
        extension="pkce",
    ),
    _is_off("E614", "pkce_exemptions", _fapi("5.3.2.2")),
    _is_off("E615", "nonce_replaces_pkce", _fapi("5.3.2.2")),
    ProfileRule(
        "E616",
        "allow_http",
        equals(False),
        "false",
        {**_fapi("5.3.2.2"), **_BROWSER_URIS, "mcp": "RFC 9700 section 2.6"},
    ),
    ProfileRule(
        "E617",
        "allow_redirect_wildcards",
        equals(False),
        "false",
        {
            **dict.fromkeys(("mcp", "fapi2", SIGNING), "RFC 9700 section 2.1"),
            "browser": "RFC 10017 section 6.3.3.2.1",
        },
    ),
    ProfileRule(
        "E618",
        "access_token_in_query",
        equals(False),
        "false",
        {
            **_fapi("5.3.4"),
            **dict.fromkeys(("browser", "mcp"), "RFC 9700 section 4.3.2"),
        },
    ),
    ProfileRule(
        "E619",
        "extensions",
        includes("issuer_identification"),
        "with issuer_identification, so that responses name their issuer",
        {**_fapi("5.3.2.2"), "mcp": "RFC 9700 section 4.4.2.1"},
    ),
    _allows_only_strong("E620", "assertion_signing_algorithms"),
    _allows_only_strong("E621", "dpop_signing_algorithms"),
    ProfileRule(
        "E622",
        "signing_algorithms",
        signs_only_with(*FAPI_ALGORITHMS),
        f"{_ALGORITHMS}, beside those that encrypt",
        _SIGNATURES,
    ),
    _is_off("E623", "shared_secret_signatures", _SIGNATURES),
    _is_strong("E624", "jwt_access_token_alg"),
    _allows_only_strong("E625", "request_object_signing_algorithms"),
    _is_off("E626", "unsigned_request_objects", _SIGNATURES),
    _is_strong("E627", "signed_metadata_alg"),
    _allows_only_strong("E628", "software_statement_algorithms"),
    _allows_only_strong("E629", "token_algorithms"),
    _is_on("E630", "require_jwt_response_mode", _signing("5.4.1"), "jarm"),
    ProfileRule(
        "E631",
        "require_signed_request_object",
        equals(True),
        "true",
        _signing("5.3.1"),
        "request_objects",
    ),
    ProfileRule(
        "E632",
        "request_object_max_lifetime",
        is_within(1, HOUR),
        "between 1 and 3600 seconds",
        _signing("5.3.1"),
    ),
    ProfileRule(
        "E633",
        "request_object_rules",
        equals("rfc9101"),
        "rfc9101",
        _signing("5.3.1"),
        "request_objects",
    ),
    _is_on("E634", "introspection_signed", _signing("5.5.2")),
    ProfileRule(
        "W640",
        "refresh_token_absolute_lifetime",
        is_within(0, DAY),
        "at most a day",
        {"browser": "RFC 10017 section 6.3.2.3"},
    ),
    ProfileRule(
        "W641",
        "logout_revokes",
        equals("everything"),
        "everything, so that refresh tokens end with the login session",
        {"browser": "RFC 10017 section 6.3.2.3"},
        extension="logout",
    ),
    ProfileRule(
        "W642",
        "require_dpop",
        lambda found: True,
        "there",
        {"browser": "RFC 10017 section 6.3.4.2.2"},
        extension="dpop",
    ),
    ProfileRule(
        "W643",
        "require_resource",
        equals(True),
        "true",
        {"mcp": "MCP 2026-07-28, Resource Parameter Implementation"},
        extension="resource_indicators",
    ),
    ProfileRule(
        "W644",
        "token_endpoint_auth_methods",
        lambda found: "none" in found,
        "with none: programs on a device keep no secret",
        {
            "mcp": "MCP 2026-07-28, Client Registration",
            "browser": "RFC 10017 section 6.3.3.1",
        },
    ),
)
"""The rules of every profile, by number."""

CHECKS = tuple(rule.check() for rule in RULES)


def rules_of(profile: str) -> tuple[ProfileRule, ...]:
    """Return the rules of a profile."""
    return tuple(rule for rule in RULES if profile in rule.specs)


def profile_findings(settings: Settings, profile: str) -> Iterator[Finding]:
    """Yield what weakens `profile` in settings that may name another one."""
    for rule in rules_of(profile):
        yield from rule.check(profile).findings(settings)
