"""The parameters of an authentication request, where `openid` is in scope.

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
    accepted,
    is_essential,
)
from pyramid_oauth.extensions.openid.id_token_hint import audience, verify_id_token_hint
from pyramid_oauth.extensions.openid.settings import OpenIDSettings
from pyramid_oauth.extensions.openid.subject_identifiers import subject_for
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.protocol.request import OAuthRequest

OFFLINE = "offline_access"

STATE = "openid"
"""The member of `Authorization.state` with the request that was read, as JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationRequest:
    """The parsed parameters of an authentication request.

    `max_age` is in seconds. `acrs` are the values of which the login must reach one,
    `acr_values` those that were only wished for. `subjects` are the only ones that may
    be answered for, each as the client knows it (None: anybody). `auth_time` says that
    the time of the login must be known. `claims` is what the parameter of that name
    asked for, by target; `claims_locales` are the languages it is wanted in.
    """

    nonce: str | None = None
    max_age: int | None = None
    acrs: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    subjects: frozenset[str] | None = None
    auth_time: bool = False
    claims: Mapping[str, Any] = field(default_factory=dict)
    claims_locales: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The values as JSON has them, to be stored with a pending request."""
        values = {name: getattr(self, name) for name in self.__slots__}
        values["subjects"] = None if self.subjects is None else sorted(self.subjects)
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> AuthenticationRequest:
        """What `as_json` made, come back from the database or not."""
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


def is_authentication_request(authorization: Authorization) -> bool:
    """Whether OpenID Connect is asked for (Core section 3.1.2.1)."""
    return "openid" in authorization.oauth.scopes


def read_authentication_request(authorization: Authorization) -> Response | None:
    """Parse and check what an OpenID client says beyond OAuth."""
    if not is_authentication_request(authorization):
        return None
    oauth = authorization.oauth
    if "redirect_uri" not in oauth.parameters:
        # Section 3.1.2.1: REQUIRED, so the only registered one is no substitute.
        raise MissingRedirectURIError
    if "registration" in oauth.parameters:
        raise RegistrationNotSupported
    if "id_token" in (oauth.response_type or "").split() and not oauth.nonce:
        raise InvalidRequestError(description="nonce is needed for this response_type.")
    if "code" not in (oauth.response_type or "").split():
        # Section 11: what cannot be refreshed is never accessed offline.
        oauth.scopes = [name for name in oauth.scopes if name != OFFLINE]
    authorization.state[STATE] = _parsed(authorization).as_json()
    return None


def apply_authentication_request(authorization: Authorization) -> Response | None:
    """Have the pages and the login follow what was read, before a pause or just now."""
    read = authorization.state.get(STATE)
    if read is None:
        return None
    oauth = authorization.oauth
    if oauth.ui_locales:
        choose_language(authorization.request, authorization.server, oauth.ui_locales)
    authorization.display = oauth.display
    authorization.requirements = _requirements(
        authorization, AuthenticationRequest.from_json(read)
    )
    return None


def _requirements(
    authorization: Authorization, asked: AuthenticationRequest
) -> AuthenticationRequirements:
    """What `asked` demands of the login."""
    server, client, subjects = (
        authorization.server,
        authorization.oauth.client,
        asked.subjects,
    )

    def is_expected(account: Account) -> bool:
        return subject_for(server, client, account.subject) in (subjects or ())

    acrs = asked.acrs or asked.acr_values
    return AuthenticationRequirements(
        max_age=asked.max_age,
        acrs=asked.acrs,
        can_reach_acrs=not set(asked.acrs).isdisjoint(
            server.settings[OpenIDSettings].acr_values
        ),
        auth_time=asked.auth_time,
        accepts=None if subjects is None else is_expected,
        hints={"acr_values": " ".join(acrs)} if acrs else {},
    )


def note_authentication_request(authorization: Authorization) -> Response | None:
    """Keep with the grant what its ID Tokens and UserInfo answers follow."""
    read = authorization.state.get(STATE, {})
    names = ("nonce", "claims", "claims_locales")
    authorization.grant_values["authentication"] = {
        name: read[name] for name in names if read.get(name)
    }
    return None


def _parsed(authorization: Authorization) -> AuthenticationRequest:
    oauth, client = authorization.oauth, authorization.oauth.client
    claims: Requested = oauth.parameter("claims") or {}
    default = client.declared("default_acr_values") or ()
    return AuthenticationRequest(
        nonce=oauth.nonce,
        max_age=_max_age(oauth, client),
        acrs=_essential_acrs(claims) if claims else (),
        acr_values=oauth.parameter("acr_values") or tuple(default),
        subjects=_subjects(authorization, claims),
        auth_time=bool(client.declared("require_auth_time", False)),
        claims=claims,
        claims_locales=oauth.parameter("claims_locales") or (),
    )


def _max_age(oauth: OAuthRequest, client: Any) -> int | None:
    given: int | None = oauth.parameter("max_age")
    return client.declared("default_max_age") if given is None else given


def _essential_acrs(claims: Requested) -> tuple[str, ...]:
    """Section 5.5.1.1: one of these, or the authentication has failed."""
    values = accepted(claims, "id_token", "acr")
    if values is None or not is_essential(claims, "id_token", "acr"):
        return ()
    if not values or not all(isinstance(value, str) for value in values):
        raise InvalidRequestError(description="The values of acr are strings.")
    return tuple(values)


def _subjects(authorization: Authorization, claims: Requested) -> frozenset[str] | None:
    """Section 3.1.2.2, item 4: for whom a positive answer may be, if not for all."""
    named = [
        frozenset(value for value in values if isinstance(value, str))
        for target in ("id_token", "userinfo")
        if target in claims and (values := accepted(claims, target, "sub")) is not None
    ]
    if authorization.oauth.id_token_hint is not None:
        named.append(frozenset([_hinted(authorization)]))
    return frozenset.intersection(*named) if named else None


def _hinted(authorization: Authorization) -> str:
    hint = authorization.oauth.id_token_hint or ""
    try:
        claims = verify_id_token_hint(
            authorization.server, authorization.request, hint, retired=True
        )
    except KeysError as error:
        raise InvalidRequestError(
            description="id_token_hint is no ID Token of this server."
        ) from error
    if authorization.oauth.client.client_id not in audience(claims):
        raise InvalidRequestError(description="id_token_hint is another client's.")
    subject: str = claims["sub"]
    return subject
