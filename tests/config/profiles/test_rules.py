"""What weakens a profile is named at start-up, by a number that does not change."""

from __future__ import annotations

import warnings

import pytest
from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy

from pyramid_oauth.errors import ConfigurationError, InsecureSettingWarning
from pyramid_oauth.settings.checks import CHECKS
from pyramid_oauth.settings.profile_rules import RULES, rules_of
from pyramid_oauth.settings.profiles import PROFILES
from tests.support.repetitions import repeat_after
from tests.support.secret import SECRET

EVERYTHING = "default jwt_access_tokens signed_metadata"


def start(profile, **settings):
    """Start a host; return the numbers that `check` lists, and the warnings."""
    given = {
        "profile": profile,
        "issuer": "https://login.example.org/oauth",
        "secret": SECRET,
        "scopes": "read = Read",
        **settings,
    }
    if profile == "mcp":
        given.setdefault("resources", "https://mcp.example/mcp")
    named = {f"pyramid_oauth.{name}": value for name, value in given.items()}
    config = Configurator(settings=named)
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
    config.include("pyramid_oauth")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InsecureSettingWarning)
        config.commit()
    found = {item.number: item for item in config.registry[CHECKS].findings()}
    return found, [str(warning.message) for warning in caught]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_keeps_its_own_rules(profile):
    found, _ = start(profile, extensions=EVERYTHING)
    assert found.keys().isdisjoint({rule.number for rule in rules_of(profile)})


WEAKER = {
    "E601": ("fapi2", {"grant_types": "authorization_code password refresh_token"}),
    "E602": (
        "fapi2",
        {"response_types": "code\ntoken", "grant_types": "authorization_code implicit"},
    ),
    "E603": (
        "browser",
        {"response_types": "code\ntoken", "grant_types": "authorization_code implicit"},
    ),
    "E604": ("fapi2", {"token_endpoint_auth_methods": "private_key_jwt none"}),
    "E605": ("fapi2", {"require_sender_constrained_tokens": "false"}),
    "E606": ("fapi2", {"assertion_audience": "issuer"}),
    "E607": ("fapi2", {"rotate_refresh_tokens": "true"}),
    "E608": ("fapi2", {"authorization_code_lifetime": "90"}),
    "E609": ("fapi2", {"assertion_leeway": "0"}),
    "E610": ("fapi2", {"dpop_proof_leeway": "90"}),
    "E611": ("fapi2", {"require_pushed_authorization_requests": "false"}),
    "E612": ("fapi2", {"pushed_request_lifetime": "600"}),
    "E613": ("mcp", {"pkce_required": "false"}),
    "E614": ("fapi2", {"pkce_exemptions": "true"}),
    "E615": ("fapi2", {"nonce_replaces_pkce": "true"}),
    "E616": ("browser", {"allow_http": "true"}),
    "E617": ("mcp", {"allow_redirect_wildcards": "true"}),
    "E618": ("browser", {"access_token_in_query": "true"}),
    "E619": ("mcp", {"extensions": "pkce resource_indicators"}),
    "E620": ("fapi2", {"assertion_signing_algorithms": "PS256 RS256"}),
    "E621": ("fapi2", {"dpop_signing_algorithms": "ES384"}),
    "E622": ("fapi2", {"signing_algorithms": "PS256 RS256 RSA-OAEP"}),
    "E623": ("fapi2", {"shared_secret_signatures": "true"}),
    "E624": (
        "fapi2",
        {"signing_algorithms": "RS256 PS256", "jwt_access_token_alg": "RS256"},
    ),
    "E625": ("fapi2", {"request_object_signing_algorithms": "RS256"}),
    "E626": ("fapi2", {"unsigned_request_objects": "true"}),
    "E627": (
        "fapi2",
        {"signing_algorithms": "RS256 PS256", "signed_metadata_alg": "RS256"},
    ),
    "E628": (
        "fapi2",
        {
            "registration": "initial_access_token",
            "software_statement_algorithms": "PS256 RS256",
        },
    ),
    "E629": ("fapi2", {"token_algorithms": "PS256 RS256"}),
    "E630": ("fapi2-signing", {"require_jwt_response_mode": "false"}),
    "E631": ("fapi2-signing", {"require_signed_request_object": "false"}),
    "E632": ("fapi2-signing", {"request_object_max_lifetime": "0"}),
    "E634": ("fapi2-signing", {"introspection_signed": "false"}),
    "E633": ("fapi2-signing", {"request_object_rules": "openid"}),
    "W640": ("browser", {"refresh_token_absolute_lifetime": "2d"}),
    "W641": ("browser", {"logout_revokes": "session"}),
    "W642": ("browser", {"extensions": "pkce logout openid"}),
    "W643": ("mcp", {"require_resource": "false"}),
    "W644": ("browser", {"token_endpoint_auth_methods": "private_key_jwt"}),
}


@pytest.mark.parametrize("number", repeat_after(13, (rule.number for rule in RULES)))
def test_what_weakens_a_profile_is_named_at_start_up(number):
    profile, settings = WEAKER[number]
    found, told = start(profile, **{"extensions": EVERYTHING, **settings})
    finding = found[number]
    assert finding.spec
    assert finding.is_error == (number[0] == "E")
    assert finding.setting in " ".join(
        f"pyramid_oauth.{name}" for name in settings
    ) or (number == "W642")
    assert finding.text in told
    assert f"weakens the profile {profile} (" in finding.text


def test_an_extension_that_lacks_is_named():
    found, _ = start("fapi2", extensions="pkce client_assertions dpop jwks")
    assert "the extension par is left out" in found["E611"].text


def test_the_default_profile_has_the_same_warnings_as_before():
    found, told = start("oauth2.1", pkce_required="false")
    assert "W107" in found
    assert not [text for text in told if "weakens" in text]


@pytest.mark.spec("RFC 9700", "2.2.1")
def test_tokens_cannot_be_required_to_be_bound_where_nothing_binds_them():
    with pytest.raises(ConfigurationError, match="needs an extension that binds"):
        start("oauth2.1", require_sender_constrained_tokens="true")
