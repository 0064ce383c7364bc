"""Proof Key for Code Exchange, S256 only (RFC 7636; RFC 9700 section 2.1.1).

oauthlib compares verifier and challenge. This refuses `plain`, malformed challenges and
verifiers, and a verifier without a challenge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError
from oauthlib.oauth2.rfc6749.grant_types.authorization_code import (
    code_challenge_method_s256,
)

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.protocol.refusals import UPDATE
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import TokenStep
from pyramid_oauth.protocol.validator import CodeValidation
from pyramid_oauth.server import Server
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import is_set_to, warning


@dataclass(frozen=True, kw_only=True)
class PkceSettings(Section):
    """Whether authorization requests require PKCE."""

    pkce_required: bool = setting(
        to.boolean,
        True,
        "Refuse authorization requests without PKCE; a confidential application may "
        "be exempted by its own `pkce_required`.",
    )
    pkce_exemptions: bool = setting(
        to.boolean,
        True,
        "Let confidential applications be exempted from `pkce_required`; otherwise "
        "what they say themselves is ignored.",
    )
    nonce_replaces_pkce: bool = setting(
        to.boolean,
        True,
        "Accept `nonce` in the place of PKCE from confidential clients that ask for "
        "`openid` (RFC 9700 section 2.1.1); one with a `pkce_required` of its own "
        "goes by that.",
    )


CURE = "PKCE is required: send code_challenge with S256 (RFC 7636)"

OPENID = "openid"

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


class ProofKeyValidation(CodeValidation):
    """Validate the challenge, and return that of a code."""

    def validate_code_request(self, request: OAuthRequest) -> None:
        """Refuse a challenge that is malformed or whose method is not S256.

        oauthlib treats a missing method as `plain`.
        """
        super().validate_code_request(request)
        challenge, method = request.code_challenge, request.code_challenge_method
        if challenge is None and method is None:
            return
        if challenge is None:
            raise _invalid_request(
                request, "code_challenge_method came without code_challenge."
            )
        if method is None:
            raise _invalid_request(
                request, "code_challenge_method is missing; it must be S256."
            )
        if method != "S256":
            raise _invalid_request(request, "code_challenge_method must be S256.")
        if not _CHALLENGE.match(challenge):
            raise _invalid_request(
                request, "code_challenge is not 43 characters of base64url."
            )

    def is_pkce_required(self, client_id: str, request: OAuthRequest) -> bool:
        """Whether PKCE is required: by the application, else by the server.

        Public clients cannot be exempted. A request without the required challenge is
        refused here, so that the log can name the remedy.
        """
        if request.grant is None and request.code_challenge is not None:
            return True  # the challenge was sent
        required = _is_required(request)
        if required and request.grant is None:
            request.refuse(
                f"{CURE}, or {UPDATE} {client_id} --no-pkce where it cannot (of "
                "confidential OpenID clients nonce is enough, unless the server or "
                "the application demands PKCE)"
            )
            raise _invalid_request(request, CURE)
        return required

    def get_code_challenge(self, code: str, request: OAuthRequest) -> str | None:
        """Return the challenge of the authorization request.

        oauthlib answers a missing verifier with `invalid_request`; FAPI 2.0 demands
        `invalid_grant`, as for one that does not fit (RFC 7636 section 4.6).
        """
        challenge: str | None = request.grant.code_challenge
        verifier = request.code_verifier
        if challenge is None:
            return None
        if verifier is None:
            raise _invalid_grant(request, "code_verifier is missing.")
        if not code_challenge_method_s256(verifier, challenge):
            raise _invalid_grant(request, "code_verifier does not fit code_challenge.")
        return challenge

    def get_code_challenge_method(self, code: str, request: OAuthRequest) -> str:
        """Return S256, the only supported method (RFC 9700 section 2.1.1)."""
        return "S256"


class VerifierStep(TokenStep):
    """Checks the verifier before the code is consumed."""

    def check(self, request: OAuthRequest) -> None:
        """Refuse a verifier without a challenge, or a malformed one.

        A surplus verifier indicates a downgrade attack (RFC 9700 section 4.8.2).
        """
        verifier = request.code_verifier
        if verifier is None:
            return
        if request.grant.code_challenge is None:
            raise _invalid_grant(request, "code_verifier came without code_challenge.")
        if not _VERIFIER.match(verifier):
            raise InvalidGrantError(request=request)


def _is_required(request: OAuthRequest) -> bool:
    client, settings = request.client, request.server.settings[PkceSettings]
    if client.is_public:
        return settings.pkce_required
    if settings.pkce_exemptions and client.pkce_required is not None:
        return bool(client.pkce_required)
    return settings.pkce_required and not (
        settings.nonce_replaces_pkce and _has_nonce(request)
    )


def _has_nonce(request: OAuthRequest) -> bool:
    """Whether an ID Token will tell the client that the code is its own."""
    if request.grant is not None:
        return bool((request.grant.authentication or {}).get("nonce"))
    return bool(request.nonce) and OPENID in (request.scope or "").split()


def _invalid_request(request: OAuthRequest, problem: str) -> InvalidRequestError:
    return InvalidRequestError(description=problem, request=request)


def _invalid_grant(request: OAuthRequest, problem: str) -> InvalidGrantError:
    return InvalidGrantError(description=problem, request=request)


def metadata(server: Server) -> dict[str, Any]:
    """Return the member of RFC 8414 section 2."""
    return {"code_challenge_methods_supported": ["S256"]}


CHECKS = (
    warning(
        "W107",
        "pkce_required",
        is_set_to("pkce_required", False),
        "= false does not bind codes to the client that requested them (RFC 9700 "
        "section 2.1.1)",
        PkceSettings,
    ),
)


def includeme(config: Configurator) -> None:
    """Add the parameters, the validation, the check of the verifier, the metadata."""
    for name in ("code_challenge", "code_challenge_method"):
        config.add_oauth_parameter(name, endpoints=("authorize",))
    config.add_oauth_parameter("code_verifier", endpoints=("token",), credential=True)
    config.add_oauth_settings(PkceSettings)
    config.add_oauth_check(*CHECKS)
    config.add_oauth_request_validation(ProofKeyValidation)
    config.add_oauth_token_step(
        "pkce", VerifierStep, grant_types=("authorization_code",)
    )
    config.add_oauth_metadata("pkce", metadata)
