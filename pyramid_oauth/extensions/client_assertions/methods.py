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
from pyramid_oauth.clients.methods import (
    Claim,
    DisclosedReason,
    MalformedClaim,
    Presentation,
)
from pyramid_oauth.extensions.client_assertions.claims import (
    Expectations,
    claims_error,
    expires_at,
)
from pyramid_oauth.extensions.client_assertions.settings import ClientAssertionSettings
from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING, SIGNING
from pyramid_oauth.jose.errors import InvalidToken, UnusableKey
from pyramid_oauth.jose.jws import unverified_claims, unverified_header
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import Server

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

TYPES = ("JWT", "client-authentication+jwt", None)
"""The accepted `typ` of an assertion, so that no other JWT of the client is one."""

HMAC = tuple(name for name, known in SIGNING.items() if known.symmetric)

# A request that is restarted with a fresh copy of the client sees its own assertion
# again: that is not a replay. Another request, and a retry after a rollback, has
# another request object.
_consumed: RequestLocalCache = RequestLocalCache()


class _Assertion(ABC):
    """Base of both methods, which differ in the key of the signature."""

    name: str
    credential = "client_assertion"
    algorithms: Sequence[str]

    def claim(self, presented: Presentation) -> Claim | None:
        """Return the client in `sub` if the algorithm belongs to this method."""
        token = presented.parameters.get("client_assertion")
        if token is None:
            return None
        if presented.parameters.get("client_assertion_type") != JWT_BEARER:
            raise MalformedClaim(
                DisclosedReason(f"client_assertion_type is not {JWT_BEARER}")
            )
        try:
            if unverified_header(token)["alg"] not in self.algorithms:
                return None
            subject = unverified_claims(token).get("sub")
        except InvalidToken as error:
            raise MalformedClaim(_disclose_reason(error)) from error
        if not isinstance(subject, str):
            raise MalformedClaim(DisclosedReason("the client assertion has no sub"))
        return Claim(self.name, subject, token)

    def failure(
        self, application: AbstractApplication, claim: Claim, presented: Presentation
    ) -> str | None:
        """Check the signature, then the claims; consume the `jti` last."""
        server = presented.server
        try:
            claims = self._verify_registered(application, claim.proof or "", server)
        except InvalidToken as error:
            return _disclose_reason(error)
        except UnusableKey as error:
            return f"the client assertion: {error}"
        expected = _expectations(presented, claim.client_id)
        return claims_error(claims, expected) or _replay_error(
            claims, claim, expected, presented
        )

    def _verify_registered(
        self, application: AbstractApplication, token: str, server: Server
    ) -> Mapping[str, Any]:
        registered = application.declared("token_endpoint_auth_signing_alg")
        if registered not in (None, *self.algorithms):
            raise UnusableKey(f"the registered {registered} belongs to another method")
        accepted = accepted_algorithms(self, server)
        if registered:
            accepted = [name for name in accepted if name == registered]
        return self.verify(application, token, server, accepted)

    @abstractmethod
    def verify(
        self,
        application: AbstractApplication,
        token: str,
        server: Server,
        allowed: Sequence[str],
    ) -> Mapping[str, Any]:
        """Return the signed claims; raise InvalidToken or UnusableKey."""


def accepted_algorithms(
    method: _Assertion | type[_Assertion], server: Server
) -> list[str]:
    """Return the algorithms of `method` that the server accepts, in their order."""
    names = server.settings[ClientAssertionSettings].assertion_signing_algorithms
    return [name for name in names if name in method.algorithms]


class PrivateKeyJwt(_Assertion):
    """Signed with a private key whose public half the client registered."""

    name = "private_key_jwt"
    algorithms = ASYMMETRIC_SIGNING

    def verify(
        self,
        application: AbstractApplication,
        token: str,
        server: Server,
        allowed: Sequence[str],
    ) -> Mapping[str, Any]:
        """Verify with the current public keys of the client."""
        return jwt_verification.by_key(application, token, server, allowed, TYPES)


class ClientSecretJwt(_Assertion):
    """Signed by HMAC with the client's secret."""

    name = "client_secret_jwt"
    algorithms = HMAC

    def verify(
        self,
        application: AbstractApplication,
        token: str,
        server: Server,
        allowed: Sequence[str],
    ) -> Mapping[str, Any]:
        """Verify with the encrypted secret of the client."""
        return jwt_verification.by_secret(application, token, server, allowed, TYPES)


def _expectations(presented: Presentation, client_id: str) -> Expectations:
    server, request = presented.server, presented.request
    settings = server.settings
    audience = {server.issuer}
    rule = settings[ClientAssertionSettings].assertion_audience
    if rule == "endpoint":
        # The URL of this endpoint, and at every endpoint that of the token endpoint
        # (RFC 7523 section 3, item 3; OpenID Connect Core section 9).
        endpoint = getattr(request.context, "__name__", None) or "token"
        audience |= {server.url("token"), server.url(endpoint)}
    return Expectations(
        client_id=client_id,
        audience=frozenset(audience),
        lifetime=settings[ClientAssertionSettings].assertion_lifetime,
        leeway=settings.assertion_leeway,
        now=int(presented.now.timestamp()),
        # Another audience could replay it here (draft-ietf-oauth-rfc7523bis).
        sole=rule == "issuer",
        text=rule == "issuer_string",
    )


def _disclose_reason(error: InvalidToken) -> DisclosedReason:
    """Return the reason for the response: it follows from public keys and metadata."""
    return DisclosedReason(f"the client assertion: {error}")


def _replay_error(
    claims: Mapping[str, Any],
    claim: Claim,
    expected: Expectations,
    presented: Presentation,
) -> str | None:
    request, token = presented.request, claim.proof
    if _consumed.get(request, None) == token:
        return None
    server = presented.server
    until = expires_at(claims) + timedelta(seconds=expected.leeway)
    cache, session = server.repositories.replay_cache, server.session(request)
    if not cache.consume(session, claim.client_id, claims["jti"], until):
        return DisclosedReason("the client assertion was used before")
    _consumed.set(request, token)
    return None
