"""Offline verification of JWT access tokens (RFC 9068 section 4).

RFC 8725 (algorithms, types, audiences). Nothing in a header names a key but `kid`:
`jwk`, `jku` and `x5u` are not read.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.jose.jws import SignedClaims
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verify.answers import Answer, Answers, digest
from pyramid_oauth.resource.verify.claims import (
    Subject,
    check_audience,
    check_times,
    identity,
    moment,
    text,
    user_of,
)
from pyramid_oauth.resource.verify.errors import InvalidToken
from pyramid_oauth.resource.verify.issuer import IssuerDocuments
from pyramid_oauth.resource.verify.issuer_keys import IssuerKeys, check_algorithms

ACCESS_TOKEN = "at+jwt"

MAX_TOKEN = 16384
"""Characters; longer tokens are refused before they are read."""

_OF_AN_ID_TOKEN = frozenset(("nonce", "at_hash", "c_hash"))


class OfflineJWT:
    """Verifies JWT access tokens of one issuer by its published keys. Thread-safe.

    A token is accepted until it expires, whatever happened to it since: the issuer is
    not asked. Use short lifetimes, or `Introspection`.

    Args:
        issuer: The issuer identifier, exactly as tokens name it in `iss`.
        audience: The identifier of this API, or several of which a token needs one.
        jwks_uri: The URL of the keys. Default: that of the issuer's metadata.
        algorithms: Accepted signature algorithms, asymmetric ones only.
        types: Accepted `typ` headers. Add `JWT`, or None for tokens without `typ`, for
            an issuer that does not follow RFC 9068. That is weaker: only the audience
            then tells an ID Token or another JWT of the issuer from an access token.
        leeway: Seconds by which clocks may differ.
        subject: Returns the user for the claims, None for a client that acts for
            itself. Default: `sub`, unless it is the client.
        timeout: Seconds of a request to the issuer as a whole.
        stale_seconds: How long keys are used after their expiry while the issuer does
            not answer.
        cache_entries: Verified tokens that are remembered; 0 verifies each time.
        cache_seconds: How long they are remembered at most; never beyond their expiry.
        allow_http: Accept an issuer on plain http, in development.
        ssl_context: Default: one with the trusted roots of the system.

    Raises:
        ValueError: An argument is not acceptable.
    """

    reads_opaque_tokens = False

    def __init__(
        self,
        issuer: str,
        *,
        audience: str | Iterable[str],
        jwks_uri: str | None = None,
        algorithms: Iterable[str] = ASYMMETRIC_SIGNING,
        types: Iterable[str | None] = (ACCESS_TOKEN,),
        leeway: float = 10,
        subject: Subject = user_of,
        timeout: float = 5,
        stale_seconds: float = 86400,
        cache_entries: int = 1000,
        cache_seconds: float = 60,
        allow_http: bool = False,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.issuer: str | None = issuer
        self.audience = frozenset([audience] if isinstance(audience, str) else audience)
        self._algorithms = tuple(algorithms)
        self._types = tuple(types)
        self._is_strict = set(self._types) == {ACCESS_TOKEN}
        self._leeway = timedelta(seconds=leeway)
        self._subject = subject
        self._answers = Answers(cache_seconds, 0, cache_entries)
        self._check_arguments()
        documents = IssuerDocuments(
            issuer, timeout=timeout, allow_http=allow_http, ssl_context=ssl_context
        )
        self._keys = IssuerKeys(documents, jwks_uri, stale_seconds)

    def _check_arguments(self) -> None:
        if not self.audience or not all(self.audience):
            raise ValueError("an audience is needed: tokens for other APIs are refused")
        check_algorithms(self._algorithms)

    def verify(self, token: str) -> TokenIdentity:
        """Return the identity of `token`.

        Raises:
            InvalidToken: It is not a valid access token of the issuer for this API.
            VerifierUnavailable: The keys of the issuer cannot be fetched.
        """
        if len(token) > MAX_TOKEN or not token.isascii():
            raise InvalidToken("the token is too long, or not ASCII")
        key = digest(token)
        known = self._answers.find(key)
        if known is not None:
            return known.result()
        found = self._identity(self._verify_signature(token))
        self._answers.store(key, Answer(found))
        return found

    def _verify_signature(self, token: str) -> SignedClaims:
        try:
            return self._keys.verify(token, self._algorithms, self._types)
        except KeysError as error:
            raise InvalidToken(str(error)) from error

    def _identity(self, claims: Mapping[str, Any]) -> TokenIdentity:
        if claims.get("iss") != self.issuer:
            raise InvalidToken("the token is of another issuer")
        expires_at = check_times(claims, self._leeway)
        if expires_at is None:
            raise InvalidToken("the token has no exp")
        audience = check_audience(claims, self.audience)
        self._check_profile(claims)
        confirmation = claims.get("cnf")
        is_dpop = isinstance(confirmation, Mapping) and "jkt" in confirmation
        return identity(
            claims,
            issuer=self.issuer,
            subject=self._subject,
            audience=audience,
            expires_at=expires_at,
            token_type="DPoP" if is_dpop else "Bearer",
        )

    def _check_profile(self, claims: Mapping[str, Any]) -> None:
        """Check the required claims of RFC 9068; in the weaker mode, what it is not."""
        if not self._is_strict:
            if not _OF_AN_ID_TOKEN.isdisjoint(claims):
                raise InvalidToken("the token is an ID Token")
            return
        for name in ("sub", "client_id"):
            text(claims.get(name), name)
        if moment(claims, "iat") is None:
            raise InvalidToken("the token has no iat")
