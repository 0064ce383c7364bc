"""The claims of JWT access tokens (RFC 9068 section 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pyramid_oauth.extensions.openid.claims import CLAIMS
from pyramid_oauth.extensions.openid.claims_release import release_claims
from pyramid_oauth.extensions.openid.settings import is_openid_provider
from pyramid_oauth.extensions.openid.subject_identifiers import subject_for
from pyramid_oauth.hashing import new_credential
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import BEARER, TokenDraft
from pyramid_oauth.resource import InvalidToken, TokenIdentity
from pyramid_oauth.resource.verify.claims import moment

TARGET = "access_token"
"""The target of `add_oauth_claims`."""

STATELESS, GRANT_ID = "stateless", "grant_id"
"""Ours, of tokens without a row: that there is none, and the grant."""

LEEWAY = timedelta(minutes=1)
"""By how much the clock of the machine that issued a token may be ahead."""

AUTHENTICATION = ("auth_time", "acr", "amr")
"""The claims about the login (section 2.2.1)."""

ELSEWHERE = frozenset(
    {
        *("iss", "sub", "aud", "exp", "iat", "client_id", "scope"),
        *(STATELESS, GRANT_ID),
    }
)
"""The claims that have a field of their own in an identity."""

RESERVED = ELSEWHERE | {
    *("nbf", "jti", "token_type", "cnf", "act", "authorization_details"),
    *AUTHENTICATION,
}
"""The claims that no provider of a host sets."""


def subject_of(request: OAuthRequest) -> str:
    """Return the `sub`: the user for this client, or the client itself (section 2.2).

    A pairwise client does not learn the common identifier of the user from its token
    (section 6).
    """
    if request.user is None:
        return request.client.client_id
    if is_openid_provider(request.server.settings):
        return subject_for(request.server, request.client, request.user)
    return request.user


def claims_of(
    request: OAuthRequest, draft: TokenDraft, subject: str, *, is_stateless: bool
) -> dict[str, Any]:
    """Return the claims of the token that `draft` describes."""
    issued_at = int(request.now.timestamp())
    audience = draft.audience
    of_extensions = draft.claims.items()
    claims = {
        **_released(request, draft),
        **{name: value for name, value in of_extensions if name not in ELSEWHERE},
        **_authentication(request),
        "iss": request.server.issuer,
        "sub": subject,
        "aud": audience[0] if len(audience) == 1 else list(audience),
        "exp": issued_at + draft.lifetime,
        "iat": issued_at,
        "jti": new_credential(16),
        "client_id": request.client.client_id,
    }
    if draft.scopes:
        claims["scope"] = " ".join(draft.scopes)
    if draft.token_type != BEARER:
        claims["token_type"] = draft.token_type
    if is_stateless:
        claims[STATELESS] = True
        if draft.grant_id is not None:
            claims[GRANT_ID] = str(draft.grant_id)
    return claims


def _released(request: OAuthRequest, draft: TokenDraft) -> dict[str, Any]:
    """Return the claims about the user for this target, such as `groups` (2.2.3.1)."""
    if request.user is None or CLAIMS not in request.pyramid.registry:
        return {}
    released = release_claims(
        request.server,
        request.pyramid,
        request.client,
        request.user,
        scopes=draft.scopes,
        target=TARGET,
        authentication=request.authentication,
    )
    return {name: value for name, value in released.items() if name not in RESERVED}


def _authentication(request: OAuthRequest) -> dict[str, Any]:
    login = request.authentication
    return {name: login[name] for name in AUTHENTICATION if login.get(name)}


class StatelessClaims:
    """The verified claims of a token without a row; several requests share one.

    Raises InvalidToken if one is missing, or if another issuer signed them.
    """

    def __init__(self, claims: Mapping[str, Any], issuer: str) -> None:
        try:
            self.client_id: str = _text(claims["client_id"])
            self.subject: str = _text(claims["sub"])
            self.jti: str = _text(claims["jti"])
            self.scope: str = _text(claims.get("scope", ""))
            self.issued_at = _time(claims, "iat")
            self.expires_at = _time(claims, "exp")
            self.begins_at = _time({"nbf": 0, **claims}, "nbf")
            named = claims.get(GRANT_ID)
            self.grant_id = None if named is None else UUID(named)
            self.audience = _texts(claims.get("aud", ()))
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise InvalidToken(f"not a token without a row: {error!r:.100}") from error
        if claims.get("iss") != issuer or claims.get(STATELESS) is not True:
            raise InvalidToken("the token of another issuer")
        self.others = {
            name: value for name, value in claims.items() if name not in ELSEWHERE
        }

    @property
    def user_id(self) -> str | None:
        """The user; None where the client acts for itself: it is the subject."""
        return None if self.subject == self.client_id else self.subject

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether the token has begun and not expired (RFC 7519 section 4.1)."""
        return self.has_begun_at(moment) and moment < self.expires_at

    def has_begun_at(self, moment: datetime) -> bool:
        """Whether the token may be accepted yet; the clocks of our machines differ."""
        return self.begins_at <= moment + LEEWAY

    def identity(self) -> TokenIdentity:
        """Return the identity that the token proves."""
        return TokenIdentity(
            client_id=self.client_id,
            user_id=self.user_id,
            scope=self.scope,
            audience=self.audience,
            token_type=self.others.get("token_type", BEARER),
            expires_at=self.expires_at,
            grant_id=self.grant_id,
            claims=dict(self.others),
        )


def _time(claims: Mapping[str, Any], name: str) -> datetime:
    value = moment(claims, name)
    if value is None:
        raise KeyError(name)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    if "\0" in value:
        raise ValueError("U+0000, which PostgreSQL does not store")
    return value


def _texts(value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, (list, tuple)):
        raise TypeError("not a list of texts")
    return tuple(map(_text, values))
