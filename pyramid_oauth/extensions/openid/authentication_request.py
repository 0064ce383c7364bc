"""The authentication request: an authorization request with the scope `openid`.

OpenID Connect Core sections 3.1.2.1, 3.1.2.2, 5.5 and 11; Registration section 2
(`default_max_age`, `require_auth_time`, `default_acr_values`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, MissingRedirectURIError
from oauthlib.openid.connect.core.exceptions import RegistrationNotSupported
from pyramid.response import Response

from pyramid_oauth.accounts import Account
from pyramid_oauth.browser.locale import choose_language
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
from pyramid_oauth.extensions.openid.settings import OpenIDSettings
from pyramid_oauth.extensions.openid.subject_identifiers import subject_for
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.protocol.request import OAuthRequest

OFFLINE = "offline_access"

STATE = "openid"
"""The member of `Authorization.state` with the parsed request, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationRequest:
    """The parsed parameters of an authentication request.

    Attributes:
        max_age: Seconds since the login at the most.
        acrs: The login must have one of these values.
        acr_values: The preferred values, which are voluntary.
        subjects: The permitted subject identifiers, None for all.
        hint_subject: The subject of `id_token_hint`, which is not stored itself.
        auth_time: Whether the time of the login is required.
        claims: The parameter `claims`, by target.
        claims_locales: The preferred languages of claims.
    """

    nonce: str | None = None
    max_age: int | None = None
    acrs: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    subjects: frozenset[str] | None = None
    hint_subject: str | None = None
    auth_time: bool = False
    claims: Mapping[str, Any] = field(default_factory=dict)
    claims_locales: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the values as JSON, to be stored with a pending request."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["subjects"] = None if self.subjects is None else sorted(self.subjects)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> AuthenticationRequest:
        """Return the request from what `as_json` returned."""
        subjects = values["subjects"]
        return cls(
            **{
                **values,
                "acrs": tuple(values["acrs"]),
                "acr_values": tuple(values["acr_values"]),
                "subjects": None if subjects is None else frozenset(subjects),
                "claims_locales": tuple(values["claims_locales"]),
            }
        )


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
    authorization.state[STATE] = _parse(authorization).as_json()
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
    authorization.requirements = _requirements(
        authorization, AuthenticationRequest.from_json(stored)
    )
    return None


def _requirements(
    authorization: Authorization, parsed: AuthenticationRequest
) -> AuthenticationRequirements:
    """Return the requirements of the request on the login."""
    server, client, subjects = (
        authorization.server,
        authorization.oauth.client,
        parsed.subjects,
    )

    def is_expected(account: Account) -> bool:
        return subject_for(server, client, account.subject) in (subjects or ())

    acrs = parsed.acrs or parsed.acr_values
    return AuthenticationRequirements(
        max_age=parsed.max_age,
        acrs=parsed.acrs,
        can_reach_acrs=not set(parsed.acrs).isdisjoint(
            server.settings[OpenIDSettings].acr_values
        ),
        auth_time=parsed.auth_time,
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


def _parse(authorization: Authorization) -> AuthenticationRequest:
    oauth, client = authorization.oauth, authorization.oauth.client
    claims: Requested = _decoded(oauth, "claims") or {}
    default = client.declared("default_acr_values") or ()
    max_age = _max_age(oauth, client)
    acrs = _essential_acrs(claims) if claims else ()
    hint_subject = _hint_subject(authorization)
    return AuthenticationRequest(
        nonce=oauth.nonce,
        max_age=max_age,
        acrs=acrs,
        acr_values=_decoded(oauth, "acr_values") or tuple(default),
        subjects=_subjects(claims, hint_subject),
        hint_subject=hint_subject,
        auth_time=bool(client.declared("require_auth_time", False)),
        claims=claims,
        claims_locales=_decoded(oauth, "claims_locales") or (),
    )


def _decoded(oauth: OAuthRequest, name: str) -> Any:
    """Return the decoded parameter; most requests have none of the optional ones."""
    return oauth.parameter(name) if name in oauth.parameters else None


def _max_age(oauth: OAuthRequest, client: Any) -> int | None:
    max_age: int | None = _decoded(oauth, "max_age")
    return client.declared("default_max_age") if max_age is None else max_age


def _essential_acrs(claims: Requested) -> tuple[str, ...]:
    """Return the essential values of `acr` (section 5.5.1.1)."""
    values = accepted_values(claims, "id_token", "acr")
    if values is None or not is_essential(claims, "id_token", "acr"):
        return ()
    if not values or not all(isinstance(value, str) for value in values):
        raise InvalidRequestError(description="The values of acr must be strings.")
    return tuple(values)


def _subjects(claims: Requested, hint_subject: str | None) -> frozenset[str] | None:
    """Return the permitted subjects, None for all (section 3.1.2.2, item 4)."""
    permitted = [
        frozenset(value for value in values if isinstance(value, str))
        for target in ("id_token", "userinfo")
        if target in claims
        and (values := accepted_values(claims, target, "sub")) is not None
    ]
    if hint_subject is not None:
        permitted.append(frozenset([hint_subject]))
    return frozenset.intersection(*permitted) if permitted else None


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
