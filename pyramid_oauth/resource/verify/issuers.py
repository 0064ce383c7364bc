"""Several verifiers at once: by the issuer of a JWT, else in order.

RFC 9068 section 4, RFC 7662 section 4. The `iss` of a JWT is not verified when it
selects the verifier; that verifier then verifies it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.jose.jws import unverified_claims
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verify.errors import InvalidToken, VerifierUnavailable
from pyramid_oauth.resource.verify.offline_jwt import MAX_TOKEN


class Verifier(Protocol):
    """A verifier of access tokens: `OfflineJWT`, `Introspection`, or your own.

    Attributes:
        issuer: The issuer whose JWTs it verifies; None if it verifies no JWTs.
        reads_opaque_tokens: Whether it verifies tokens that are not JWTs.
    """

    issuer: str | None
    reads_opaque_tokens: bool

    def verify(self, token: str) -> TokenIdentity:
        """Return the identity; raise InvalidToken or VerifierUnavailable."""


class Issuers:
    """Verifies tokens of several issuers, or of one in several formats. Thread-safe.

    A JWT goes to the verifiers of its issuer only; one of an unknown issuer is refused.
    Any other token goes to the verifiers that read such tokens. They are asked in
    order: an outage goes on to the next, as does the refusal of a token that is no JWT.
    The refusal of a JWT by a verifier of its issuer is final.

    An opaque token is shown to each of these servers until one knows it. Name only
    servers that may see each other's tokens. A user id is unique only together with
    `TokenIdentity.issuer`: give each verifier a `subject` of its own, or compare both.

    Args:
        verifiers: In the order in which they are asked.
    """

    issuer: str | None = None
    reads_opaque_tokens = True

    def __init__(self, verifiers: Iterable[Verifier]) -> None:
        self._verifiers = tuple(verifiers)
        if not self._verifiers:
            raise ValueError("there must be at least one verifier")
        self._opaque = tuple(v for v in self._verifiers if v.reads_opaque_tokens)
        by_issuer = defaultdict(list)
        for verifier in self._verifiers:
            if verifier.issuer is not None:
                by_issuer[verifier.issuer].append(verifier)
        self._by_issuer = {name: tuple(them) for name, them in by_issuer.items()}

    def verify(self, token: str) -> TokenIdentity:
        """Return the identity of `token`.

        Raises:
            InvalidToken: No verifier accepts it.
            VerifierUnavailable: One that might accept it cannot decide now.
        """
        issuer = unverified_issuer(token)
        if issuer is None:
            return self._ask(token, self._opaque, is_refusal_final=False)
        if issuer not in self._by_issuer:
            raise InvalidToken("the token is of an issuer that is not listed")
        return self._ask(token, self._by_issuer[issuer], is_refusal_final=True)

    def knows(self, token: str) -> bool:
        """Whether `token` is a JWT that names one of the issuers."""
        return unverified_issuer(token) in self._by_issuer

    def _ask(
        self, token: str, verifiers: tuple[Verifier, ...], *, is_refusal_final: bool
    ) -> TokenIdentity:
        outage: VerifierUnavailable | None = None
        refusal: InvalidToken | None = None
        for verifier in verifiers:
            try:
                return verifier.verify(token)
            except VerifierUnavailable as error:
                outage = error
            except InvalidToken as error:
                if is_refusal_final:
                    raise
                refusal = error
        raise outage or refusal or InvalidToken("no verifier reads such a token")


def unverified_issuer(token: str) -> str | None:
    """Return the `iss` of a token that looks like a JWT, without verification."""
    if len(token) > MAX_TOKEN or token.count(".") != 2:
        return None
    try:
        issuer = unverified_claims(token).get("iss")
    except KeysError:
        return None
    return issuer if isinstance(issuer, str) else None
