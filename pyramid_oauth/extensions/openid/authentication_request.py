"""The parameters of an authentication request, where `openid` is in scope.

OpenID Connect Core sections 3.1.2.1, 3.1.2.2, 5.5 and 11; Registration section 2
(`default_max_age`, `require_auth_time`, `default_acr_values`).
"""

from __future__ import annotations

import re
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidRequestError, MissingRedirectURIError
from oauthlib.openid.connect.core.exceptions import RegistrationNotSupported
from pyramid.response import Response

from pyramid_oauth.browser.locale import choose_language
from pyramid_oauth.endpoints.authorize.context import (
    AuthenticationRequest,
    Authorization,
)
from pyramid_oauth.extensions.openid.claims_parameter import (
    Requested,
    accepted,
    is_essential,
    requested_claims,
)
from pyramid_oauth.extensions.openid.id_token_hint import audience, verify_id_token_hint
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.models.client_metadata_fields import LANGUAGE_TAG

OFFLINE = "offline_access"

MOST_LANGUAGES = 20

_SECONDS = re.compile(r"[0-9]{1,9}\Z")


def read_authentication_request(authorization: Authorization) -> Response | None:
    """Parse and check what an OpenID client says beyond OAuth."""
    if not authorization.is_openid:
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
        oauth.scopes = [name for name in authorization.scopes if name != OFFLINE]
    authorization.state["openid"] = _parsed(authorization).as_json()
    return None


def apply_authentication_request(authorization: Authorization) -> Response | None:
    """Have the pages and the login follow what was read, before a pause or just now."""
    read = authorization.state.get("openid")
    if read is not None:
        ui_locales = authorization.oauth.ui_locales
        choose_language(authorization.request, authorization.server, ui_locales)
        authorization.demands = AuthenticationRequest.from_json(read)
    return None


def _parsed(authorization: Authorization) -> AuthenticationRequest:
    oauth, client = authorization.oauth, authorization.client
    claims = requested_claims(oauth.claims)
    default = client.declared("default_acr_values") or ()
    return AuthenticationRequest(
        nonce=oauth.nonce,
        max_age=_max_age(oauth.max_age, client),
        acrs=_essential_acrs(claims),
        acr_values=tuple((oauth.acr_values or "").split()) or tuple(default),
        subjects=_subjects(authorization, claims),
        auth_time=bool(client.declared("require_auth_time", False)),
        claims=claims,
        claims_locales=_languages(oauth.parameters.get("claims_locales", "")),
    )


def _languages(given: str) -> tuple[str, ...]:
    """Section 5.2: tags in order of preference; what is none is no error."""
    tags = (tag for tag in given.split() if LANGUAGE_TAG.match(tag))
    return tuple(dict.fromkeys(tags))[:MOST_LANGUAGES]


def _max_age(given: str | None, client: Any) -> int | None:
    if given is None:
        default: int | None = client.declared("default_max_age")
        return default
    if not _SECONDS.match(given):
        raise InvalidRequestError(description="max_age is a number of seconds.")
    return int(given)


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
        if (values := accepted(claims, target, "sub")) is not None
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
    if authorization.client.client_id not in audience(claims):
        raise InvalidRequestError(description="id_token_hint is another client's.")
    subject: str = claims["sub"]
    return subject
