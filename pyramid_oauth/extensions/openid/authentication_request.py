"""The authentication request: an authorization request with the scope `openid`.

OpenID Connect Core sections 3.1.2.1, 3.1.2.2, 5.5 and 11; Registration section 2
(`default_max_age`, `require_auth_time`, `default_acr_values`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, MissingRedirectURIError
from oauthlib.openid.connect.core.exceptions import RegistrationNotSupported
from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser.locale import choose_language
from pyramid_oauth.endpoints.authorize.authentication_parameters import (
    AuthenticationSettings,
)
from pyramid_oauth.endpoints.authorize.context import (
    AuthenticationRequirements,
    Authorization,
)
from pyramid_oauth.extensions.openid.claims_parameter import (
    Requested,
    accepted_values,
    is_essential,
)
from pyramid_oauth.extensions.openid.id_token_hint import audience, verify_id_token_hint
from pyramid_oauth.extensions.openid.subject_identifiers import subject_for
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.protocol.request import OAuthRequest

OFFLINE = "offline_access"

STATE = "openid"
"""The member of `Authorization.state` with the parsed request, as JSON."""


def read_authentication_request(authorization: Authorization) -> Response | None:
    """Parse and validate the parameters of OpenID Connect (scope `openid`)."""
    oauth = authorization.oauth
    if "redirect_uri" not in oauth.parameters:
        # Section 3.1.2.1: REQUIRED, even if only one is registered.
        raise MissingRedirectURIError
    if "registration" in oauth.parameters:
        raise RegistrationNotSupported
    if "id_token" in (oauth.response_type or "").split() and not oauth.nonce:
        raise InvalidRequestError(
            description="nonce is required for this response_type."
        )
    if "code" not in (oauth.response_type or "").split():
        # Section 11: without a code there is no refresh token.
        oauth.scopes = [name for name in oauth.scopes if name != OFFLINE]
    authorization.state[STATE] = _parse(authorization)
    return None


def apply_authentication_request(authorization: Authorization) -> Response | None:
    """Apply the parsed request, also that of a pending one, to pages and login."""
    stored = authorization.state.get(STATE)
    if stored is None:
        return None
    oauth = authorization.oauth
    if oauth.ui_locales:
        choose_language(authorization.request, authorization.server, oauth.ui_locales)
    authorization.display = oauth.display
    authorization.requirements = _requirements(authorization, stored)
    return None


def _requirements(
    authorization: Authorization, parsed: Mapping[str, Any]
) -> AuthenticationRequirements:
    """Return the requirements of the request on the login."""
    server, client = authorization.server, authorization.oauth.client
    subjects = parsed.get("subjects")

    def is_expected(account: Account) -> bool:
        return subject_for(server, client, account.subject) in (subjects or ())

    required = tuple(parsed.get("acrs") or ())
    acrs = required or tuple(parsed.get("acr_values") or ())
    return AuthenticationRequirements(
        max_age=parsed.get("max_age"),
        acrs=required,
        can_reach_acrs=not set(required).isdisjoint(
            server.settings[AuthenticationSettings].acr_values
        ),
        preferred_acrs=acrs,
        auth_time=bool(parsed.get("auth_time")),
        accepts=None if subjects is None else is_expected,
        hints={"acr_values": " ".join(acrs)} if acrs else {},
    )


def store_authentication_request(authorization: Authorization) -> Response | None:
    """Store with the grant what its ID Tokens and UserInfo responses require."""
    stored = authorization.state.get(STATE, {})
    names = ("nonce", "claims", "claims_locales")
    authorization.grant_values["authentication"] = {
        name: stored[name] for name in names if stored.get(name)
    }
    return None


def _parse(authorization: Authorization) -> dict[str, Any]:
    """Return what a request, also a pending one, keeps of its parameters, as JSON.

    Returns:
        `nonce`; `max_age`, in seconds; `acrs`, of which the login must have one;
        `acr_values`, which are voluntary; `subjects`, the permitted subject
        identifiers, None for all; `hint_subject`, that of `id_token_hint`, which is not
        stored itself; `auth_time`, whether the time of the login is required; `claims`,
        the parameter, by target; `claims_locales`, the preferred languages of claims.
    """
    oauth = authorization.oauth
    declared = oauth.client.client_metadata or {}
    claims: Requested = _decode_parameter(oauth, "claims") or {}
    max_age = _decode_parameter(oauth, "max_age")
    hint_subject = _hint_subject(authorization)
    acr_values = _decode_parameter(oauth, "acr_values") or declared.get(
        "default_acr_values"
    )
    return {
        "nonce": oauth.nonce,
        "max_age": declared.get("default_max_age") if max_age is None else max_age,
        "acrs": _essential_acrs(claims) if claims else [],
        "acr_values": list(acr_values or ()),
        "subjects": _subjects(claims, hint_subject),
        "hint_subject": hint_subject,
        "auth_time": bool(declared.get("require_auth_time", False)),
        "claims": claims,
        "claims_locales": list(_decode_parameter(oauth, "claims_locales") or ()),
    }


def _decode_parameter(oauth: OAuthRequest, name: str) -> Any:  # noqa: ANN401 - what the decoder returns
    """Return the decoded parameter; most requests have none of the optional ones."""
    return oauth.parameter(name) if name in oauth.parameters else None


def _essential_acrs(claims: Requested) -> list[str]:
    """Return the essential values of `acr` (section 5.5.1.1)."""
    values = accepted_values(claims, "id_token", "acr")
    if values is None or not is_essential(claims, "id_token", "acr"):
        return []
    if not values or not all(isinstance(value, str) for value in values):
        raise InvalidRequestError(description="The values of acr must be strings.")
    return list(values)


def _subjects(claims: Requested, hint_subject: str | None) -> list[str] | None:
    """Return the permitted subjects, None for all (section 3.1.2.2, item 4)."""
    if not claims:
        return None if hint_subject is None else [hint_subject]
    permitted = [
        frozenset(value for value in values if isinstance(value, str))
        for target in ("id_token", "userinfo")
        if target in claims
        and (values := accepted_values(claims, target, "sub")) is not None
    ]
    if hint_subject is not None:
        permitted.append(frozenset([hint_subject]))
    return sorted(frozenset.intersection(*permitted)) if permitted else None


def _hint_subject(authorization: Authorization) -> str | None:
    """Return the subject of the hint; a stored request has it alone of the hint."""
    hint: str | None = authorization.oauth.id_token_hint
    if hint is None:
        stored: str | None = authorization.state.get(STATE, {}).get("hint_subject")
        return stored
    try:
        claims = verify_id_token_hint(
            authorization.server, authorization.request, hint, retired=True
        )
    except KeysError as error:
        raise InvalidRequestError(
            description="id_token_hint is not an ID Token of this server."
        ) from error
    if authorization.oauth.client.client_id not in audience(claims):
        raise InvalidRequestError(
            description="id_token_hint was issued to another client."
        )
    subject: str = claims["sub"]
    return subject
