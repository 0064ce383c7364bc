"""Remote introspection of access tokens (RFC 7662), also by JWTs (RFC 9701)."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verify.answers import Answer, Answers, digest
from pyramid_oauth.resource.verify.claims import (
    Subject,
    check_audience,
    check_times,
    identity,
    user_of,
)
from pyramid_oauth.resource.verify.client_credentials import ClientCredentials
from pyramid_oauth.resource.verify.errors import InvalidToken, VerifierUnavailable
from pyramid_oauth.resource.verify.introspection_answers import answer_format
from pyramid_oauth.resource.verify.introspection_endpoint import IntrospectionEndpoint
from pyramid_oauth.resource.verify.offline_jwt import MAX_TOKEN
from pyramid_oauth.resource.verify.single_flight import SingleFlight

_SCHEMES = frozenset(("bearer", "dpop"))


class Introspection:
    """Asks the issuer for each token, within a time limit. Thread-safe.

    Args:
        credentials: Those of this API, which is a client of the issuer.
        issuer: The issuer identifier. The answer may name no other. Give it in the
            process of another authorization server, which takes a token without an
            issuer for its own.
        endpoint: The URL of the endpoint. Default: that of the issuer's metadata, which
            must be on the origin of the issuer.
        audience: The identifier of this API, or several, of which a token needs one.
            Default: any token that the issuer calls active for this API.
        signed_for: The client identifier of this API. With it, answers must be JWTs
            that the issuer signed for this client (RFC 9701). Default: JSON.
        algorithms: Accepted signature algorithms of such answers.
        decryption_keys: Private keys as PEM or JWK, whose public halves the issuer has:
            it may encrypt such answers. They need `signed_for`.
        jwks_uri: The URL of the keys. Default: that of the issuer's metadata.
        requires_token_type: Whether an answer must have `token_type`. A server that
            leaves it out does not tell a refresh token from an access token.
        leeway: Seconds by which clocks may differ.
        subject: Returns the user for the members of the answer, None for a client that
            acts for itself. Default: `sub`, unless it is the client.
        timeout: Seconds of a request as a whole.
        cache_seconds: How long an active token is remembered at most, never beyond its
            `exp`: a revocation takes effect so much later. 0 asks each time.
        refusal_cache_seconds: How long an inactive token is remembered; 0 does not.
        cache_entries: Limit of remembered tokens.
        max_connections: Limit of concurrent requests.
        allow_http: Accept plain http, in development.
        ssl_context: Default: one with the trusted roots of the system.

    Raises:
        ValueError: An argument is not acceptable.
    """

    reads_opaque_tokens = True

    def __init__(
        self,
        credentials: ClientCredentials,
        *,
        issuer: str | None = None,
        endpoint: str | None = None,
        audience: str | Iterable[str] = (),
        signed_for: str | None = None,
        algorithms: Iterable[str] = ASYMMETRIC_SIGNING,
        decryption_keys: Iterable[str] = (),
        jwks_uri: str | None = None,
        requires_token_type: bool = True,
        leeway: float = 0,
        subject: Subject = user_of,
        timeout: float = 5,
        cache_seconds: float = 10,
        refusal_cache_seconds: float = 0,
        cache_entries: int = 1000,
        max_connections: int = 10,
        allow_http: bool = False,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.issuer, self._subject = issuer, subject
        self.audience = frozenset([audience] if isinstance(audience, str) else audience)
        self._requires_token_type = requires_token_type
        self._leeway = timedelta(seconds=leeway)
        self._answers = Answers(cache_seconds, refusal_cache_seconds, cache_entries)
        self._flights: SingleFlight[Answer] = SingleFlight(timeout)
        self._endpoint = IntrospectionEndpoint(
            credentials,
            issuer,
            endpoint,
            answers=answer_format(
                signed_for, issuer, tuple(algorithms), jwks_uri, decryption_keys
            ),
            timeout=timeout,
            max_connections=max_connections,
            allow_http=allow_http,
            ssl_context=ssl_context,
        )

    def verify(self, token: str) -> TokenIdentity:
        """Return the identity of `token`.

        Raises:
            InvalidToken: The issuer says that it is not active, or it is not for here.
            VerifierUnavailable: The issuer does not answer, or not as specified.
        """
        if len(token) > MAX_TOKEN or not token.isascii():
            raise InvalidToken("the token is too long, or not ASCII")
        key = digest(token)
        known = self._answers.find(key)
        if known is None:
            known = self._flights.run(key, lambda: self._ask(key, token))
        return known.result()

    def _ask(self, key: bytes, token: str) -> Answer:
        members = self._endpoint.ask(token)
        try:
            answer = Answer(self._identity(members))
        except InvalidToken as refused:
            answer = Answer(None, refused.reason)
        self._answers.store(key, answer)
        return answer

    def _identity(self, members: Mapping[str, Any]) -> TokenIdentity:
        active = members.get("active")
        if active is False:
            raise InvalidToken("the issuer says that the token is not active")
        if active is not True:
            raise VerifierUnavailable("the introspection answer has no boolean active")
        issuer = members.get("iss", self.issuer)
        if self.issuer not in (None, issuer) or not isinstance(issuer, str | None):
            raise InvalidToken("the token is of another issuer")
        return identity(
            members,
            issuer=issuer,
            subject=self._subject,
            audience=check_audience(members, self.audience),
            expires_at=check_times(members, self._leeway),
            token_type=self._token_type(members),
        )

    def _token_type(self, members: Mapping[str, Any]) -> str:
        """Return the type; refuse what is not an access token."""
        kind = members.get("token_type")
        if kind is None and not self._requires_token_type:
            kind = "Bearer"
        if not isinstance(kind, str) or kind.lower() not in _SCHEMES:
            raise InvalidToken("the answer does not describe an access token")
        if members.get("token_use", "access_token") != "access_token":
            raise InvalidToken("the answer does not describe an access token")
        return kind
