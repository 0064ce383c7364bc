"""Client authentication by a signed assertion: private_key_jwt, client_secret_jwt.

RFC 7521 section 4.2, RFC 7523 sections 2.2 and 3, OpenID Connect Core section 9.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pyramid.request import RequestLocalCache

from pyramid_oauth.clients import jwt_verification
from pyramid_oauth.clients.methods import Claim, MalformedClaim, Presentation
from pyramid_oauth.extensions.client_assertions.claims import (
    Terms,
    lives_until,
    problem,
)
from pyramid_oauth.extensions.client_assertions.settings import ClientAssertionSettings
from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING, SIGNING
from pyramid_oauth.jose.errors import InvalidToken, UnusableKey
from pyramid_oauth.jose.jws import unverified_claims, unverified_header

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

TYPES = ("JWT", "client-authentication+jwt", None)
"""What an assertion may call itself: no other token of the client passes for one."""

HMAC = tuple(name for name, known in SIGNING.items() if known.symmetric)

# A request that starts again with a fresh copy of the client meets its own assertion:
# that is no replay. A second request, or a second attempt at this one after a rollback,
# has another request object.
_spent: RequestLocalCache = RequestLocalCache()


class _Assertion(ABC):
    """What both methods share; they differ in whose key signs."""

    name: str
    credential = "client_assertion"
    algorithms: Sequence[str]

    def claim(self, presented: Presentation) -> Claim | None:
        """The client that the assertion names, where its algorithm is one of ours."""
        token = presented.parameters.get("client_assertion")
        if token is None:
            return None
        if presented.parameters.get("client_assertion_type") != JWT_BEARER:
            raise MalformedClaim(f"client_assertion_type is not {JWT_BEARER}")
        try:
            if unverified_header(token)["alg"] not in self.algorithms:
                return None
            subject = unverified_claims(token).get("sub")
        except InvalidToken as error:
            raise MalformedClaim(f"the client assertion: {error}") from error
        if not isinstance(subject, str):
            raise MalformedClaim("the client assertion has no sub")
        return Claim(self.name, subject, token)

    def failure(
        self, application: Any, claim: Claim, presented: Presentation
    ) -> str | None:
        """Check signature, then claims; the use of the `jti` comes last of all."""
        server = presented.server
        try:
            claims = self._verified(application, claim.proof or "", server)
        except (InvalidToken, UnusableKey) as error:
            return f"the client assertion: {error}"
        terms = _terms(server, presented.request, claim.client_id)
        return problem(claims, terms) or _replay(claims, claim, terms, presented)

    def _verified(self, application: Any, token: str, server: Any) -> Mapping[str, Any]:
        registered = application.declared("token_endpoint_auth_signing_alg")
        allowed = [registered] if registered else self.algorithms
        if registered not in (None, *self.algorithms):
            raise InvalidToken(f"{registered} is registered, of another method")
        return self.verified(application, token, server, allowed)

    @abstractmethod
    def verified(
        self, application: Any, token: str, server: Any, allowed: Sequence[str]
    ) -> Mapping[str, Any]:
        """The signed claims; raises InvalidToken or UnusableKey."""


class PrivateKeyJwt(_Assertion):
    """Signed with a private key whose public half the client registered."""

    name = "private_key_jwt"
    algorithms = ASYMMETRIC_SIGNING

    def verified(
        self, application: Any, token: str, server: Any, allowed: Sequence[str]
    ) -> Mapping[str, Any]:
        """By one of the keys that the client publishes now."""
        return jwt_verification.by_key(application, token, server, allowed, TYPES)


class ClientSecretJwt(_Assertion):
    """Authenticated by HMAC under the client's secret."""

    name = "client_secret_jwt"
    algorithms = HMAC

    def verified(
        self, application: Any, token: str, server: Any, allowed: Sequence[str]
    ) -> Mapping[str, Any]:
        """By the client's sealed secret."""
        return jwt_verification.by_secret(application, token, server, allowed, TYPES)


def _terms(server: Any, request: Any, client_id: str) -> Terms:
    settings = server.settings
    audience = {server.issuer}
    if settings[ClientAssertionSettings].assertion_audience == "endpoint":
        # The endpoint that was called, and the token endpoint wherever it was (RFC
        # 7523 section 3, item 3; OpenID Connect Core section 9).
        here = getattr(request.context, "__name__", None) or "token"
        audience |= {server.url("token"), server.url(here)}
    return Terms(
        client_id=client_id,
        audience=frozenset(audience),
        lifetime=settings[ClientAssertionSettings].assertion_lifetime,
        leeway=settings.assertion_leeway,
        # Who else may be meant could bring it here (draft-ietf-oauth-rfc7523bis).
        sole=settings[ClientAssertionSettings].assertion_audience == "issuer",
    )


def _replay(
    claims: Mapping[str, Any], claim: Claim, terms: Terms, presented: Presentation
) -> str | None:
    request, token = presented.request, claim.proof
    if _spent.get(request, None) == token:
        return None
    server = presented.server
    until = lives_until(claims) + timedelta(seconds=terms.leeway)
    cache, session = server.repositories.replay_cache, server.session(request)
    if not cache.consume(session, claim.client_id, claims["jti"], until):
        return "the client assertion was used before"
    _spent.set(request, token)
    return None
