"""The authentication scheme `DPoP` and the confirmation `jkt` (RFC 9449 section 7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyramid_oauth.interfaces.request import AnyRequest, Request
from pyramid_oauth.jose.dpop import InvalidProof, NonceNeeded, Proof, Url
from pyramid_oauth.resource.authentication import moment
from pyramid_oauth.resource.dpop.proofs import (
    CHECKER,
    INVALID_PROOF,
    USE_NONCE,
    ProofChecker,
    requested_urls,
)
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.resource.verify import InvalidToken

_PROVEN = "_pyramid_oauth_dpop_thumbprint"
"""The attribute of a request with the key that it has proven."""


class DPoP:
    """The DPoP scheme: the sender proves possession of the key of the token.

    Args:
        bases: URLs at which clients reach the application, without its paths.
    """

    name = "DPoP"

    def __init__(self, bases: Collection[Url]) -> None:
        self.bases = tuple(bases)

    def add_base(self, base: Url) -> None:
        """Add a URL at which clients reach the application, at start-up."""
        if base not in self.bases:
            self.bases = (*self.bases, base)

    def urls(self, request: AnyRequest) -> Collection[Url]:
        """Return the URLs that the request may be meant for."""
        return requested_urls(request, self.bases)

    def confirm(self, request: AnyRequest, identity: TokenIdentity, token: str) -> None:
        """Check that the token is bound to the key of a valid proof, used once."""
        thumbprint = identity.confirmation.get("jkt")
        if thumbprint is None:
            raise InvalidToken(
                "a token that is bound to no key presented as DPoP",
                description="The access token is not bound to a DPoP key.",
            )
        checker: ProofChecker = request.registry[CHECKER]
        now = moment(request)
        try:
            proof = checker.check(request, self.urls(request), now, token)
            _require_key(proof, thumbprint)
            checker.consume(request, proof, now)
        except NonceNeeded as error:
            nonce = checker.new_nonce(now)
            raise _refuse(error, USE_NONCE, nonce) from error
        except InvalidProof as error:
            raise _refuse(error, INVALID_PROOF) from error
        request.__dict__[_PROVEN] = thumbprint

    def challenge(self, request: AnyRequest, error: str | None) -> Mapping[str, str]:
        """Return the algorithms of proofs (section 7.1)."""
        checker: ProofChecker = request.registry[CHECKER]
        return {"algs": " ".join(checker.algorithms)}


def _require_key(proof: Proof, thumbprint: object) -> None:
    if proof.thumbprint != thumbprint:
        raise InvalidToken(
            "the token is bound to another key than that of the proof",
            description="The access token is bound to another DPoP key.",
        )


def _refuse(
    error: InvalidProof, code: str, headers: Mapping[str, str] | None = None
) -> InvalidToken:
    """Return the refusal; its reason follows from what the sender has signed."""
    reason = str(error)
    description = f"{reason[0].upper()}{reason[1:]}."
    return InvalidToken(reason, error=code, description=description, headers=headers)


def is_key_proven(request: Request, thumbprint: object) -> bool:
    """Whether the request has proven the key, and by this scheme (section 7.2)."""
    proven: str | None = request.__dict__.get(_PROVEN)
    return proven is not None and proven == thumbprint
