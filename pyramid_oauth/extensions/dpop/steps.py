"""The key of an authorization request, to which its code is bound (RFC 9449 10)."""

from __future__ import annotations

import re

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.extensions.dpop.token_requests import (
    MEMBER,
    InvalidDPoPProof,
    consume_proof,
    proof_of,
)

PARAMETER = "dpop_jkt"

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def read_thumbprint(text: str) -> str:
    """Return the value of `dpop_jkt`; raise ValueError if it is no thumbprint."""
    if not _THUMBPRINT.fullmatch(text):
        raise ValueError("not a SHA-256 thumbprint of a JWK (RFC 7638)")
    return text


def read_dpop_key(authorization: Authorization) -> None:
    """Keep the key that the code is to be bound to.

    A client that pushes its request names the key by `dpop_jkt`, or by a proof in the
    `DPoP` header (section 10.1); both must then be of the same key.
    """
    thumbprint = authorization.oauth.parameter(PARAMETER)
    proof = proof_of(authorization.request)
    if proof is not None:
        if thumbprint not in (None, proof.thumbprint):
            raise InvalidDPoPProof("dpop_jkt is not the key of the proof.")
        consume_proof(authorization.oauth, proof)
        thumbprint = proof.thumbprint
    if thumbprint is not None:
        authorization.state[MEMBER] = {"jkt": thumbprint}


def bind_code(authorization: Authorization) -> None:
    """Store the key with the grant."""
    if MEMBER in authorization.state:
        authorization.details[MEMBER] = authorization.state[MEMBER]
