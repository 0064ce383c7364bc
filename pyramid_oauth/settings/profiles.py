"""Profiles: named bundles of defaults and extensions; a setting takes precedence.

OAuth 2.1, RFC 10017, FAPI 2.0. `profile_rules` says what a profile demands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HOUR = 3600

FAPI_ALGORITHMS = ("PS256", "ES256", "EdDSA", "Ed25519")
"""What signs under FAPI 2.0 (section 5.4.1; `Ed25519` is the name of RFC 9864)."""


@dataclass(frozen=True)
class Profile:
    """A profile.

    Attributes:
        meaning: What it is, in one sentence.
        choose: Who needs it, in one sentence.
        defaults: Defaults of settings, which replace those of the rows.
        extensions: The extensions on demand that it includes.
    """

    meaning: str
    choose: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()


_FAPI = {
    "response_types": ("code",),
    "token_endpoint_auth_methods": ("private_key_jwt",),
    "require_sender_constrained_tokens": True,
    "authorization_code_lifetime": 60,
    "rotate_refresh_tokens": False,
    "assertion_leeway": 10,
    "assertion_audience": "issuer_string",
    "assertion_signing_algorithms": FAPI_ALGORITHMS,
    "require_pushed_authorization_requests": True,
    "pushed_request_lifetime": 60,
    "pkce_required": True,
    "pkce_exemptions": False,
    "nonce_replaces_pkce": False,
    "dpop_signing_algorithms": FAPI_ALGORITHMS,
    "signing_algorithms": ("PS256", "ES256"),
    "shared_secret_signatures": False,
    "jwt_access_token_alg": "PS256",
    "signed_metadata_alg": "PS256",
    "request_object_signing_algorithms": FAPI_ALGORITHMS,
    "software_statement_algorithms": FAPI_ALGORITHMS,
    "token_algorithms": FAPI_ALGORITHMS,
    "mtls_bound_tokens": "presented",
}

PROFILES: Mapping[str, Profile] = {
    "oauth2.1": Profile(
        "The defaults: the code flow with PKCE, exact redirect URIs, rotation of the "
        "refresh tokens, and none of the grants that OAuth 2.1 leaves out.",
        "Everybody for whom no other profile was made.",
    ),
    "browser": Profile(
        "Clients that run in a browser (RFC 10017): short lives, refresh tokens that "
        "end with the login session, and DPoP for clients that can sign.",
        "You, if your clients are single-page applications without a backend.",
        {
            "access_token_lifetime": HOUR // 6,
            "refresh_token_idle_lifetime": HOUR,
            "refresh_token_absolute_lifetime": 8 * HOUR,
            "refresh_token_grace": 10,
            "logout_revokes": "everything",
        },
        ("dpop",),
    ),
    "mcp": Profile(
        "Servers of the Model Context Protocol: clients register themselves, and each "
        "token is for one resource.",
        "You, if programs that you do not know are to call tools of yours.",
        {
            "registration": "open",
            "registration_scopes": ("*",),
            "registration_all_scopes": True,
            "registration_grant_types": ("authorization_code", "refresh_token"),
            "registration_drop_redirect_uris": True,
            "client_id_metadata_scopes": ("*",),
            "client_id_metadata_all_scopes": True,
            "client_id_metadata_drop_redirect_uris": True,
            "require_resource": True,
            "allow_localhost_redirect": True,
            "native_redirect_uris": (
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "vscode:",
                "vscode-insiders:",
                "claude:",
                "windsurf:",
            ),
        },
        ("resource_indicators", "client_id_metadata"),
    ),
    "fapi2": Profile(
        "The FAPI 2.0 Security Profile (Final): requests are pushed, clients "
        "authenticate with keys, and every token is bound to a key.",
        "Banks, insurers, health care, public administration, and whoever must prove "
        "that a stolen token is of no use.",
        _FAPI,
        ("dpop",),
    ),
    "fapi2-signing": Profile(
        "FAPI 2.0 Message Signing (Final): `fapi2`, with signed requests and signed "
        "authorization responses, so that nobody can deny what was sent.",
        "You, if your ecosystem demands non-repudiation beside FAPI 2.0.",
        {
            **_FAPI,
            "require_signed_request_object": True,
            "request_object_rules": "rfc9101",
            "request_object_max_lifetime": HOUR,
            "require_jwt_response_mode": True,
            "introspection_signed": True,
        },
        ("dpop", "jarm", "jwt_introspection"),
    ),
    "legacy": Profile(
        "What OAuth 2.0 had once: the implicit and the password grant, and no PKCE. "
        "RFC 9700 advises against each of them.",
        "You, as long as clients that you cannot change need it.",
        {
            "grant_types": (
                "authorization_code",
                "implicit",
                "password",
                "client_credentials",
                "refresh_token",
            ),
            "response_types": ("code", "token"),
            "pkce_required": False,
        },
    ),
}
"""Profiles by the value of the setting `profile`."""
