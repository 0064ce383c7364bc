"""Shows changed DPoP proofs to their readers (RFC 9449 section 4.3)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from hypothesis import assume
from joserfc.jwk import ECKey

from tests.support.dpop import ProofSigner
from tests.support.jose_inputs import Sender
from tests.support.jwt_mutations import Mutation
from tests.support.jwt_readers import judge, show
from tests.support.types import Claims

LONGEST = 8000
"""Common servers refuse longer header fields before us."""


def show_changed_proof(
    mutation: Mutation, read: Callable[[str], bool], **claims: str
) -> None:
    """Change a proof with these claims, show it to a recipient and judge the answer."""
    signer = ProofSigner()
    assert isinstance(signer.key, ECKey)
    claims_of_proof = {"jti": uuid.uuid4().hex, "iat": int(time.time()), **claims}
    header = {"typ": "dpop+jwt", "jwk": signer.jwk}
    sender = Sender(signer.key, claims_of_proof, header)
    same = judge(sender, *claims, has_audience=False)

    def accepts(found: Claims) -> bool:
        age = time.time() - found["iat"]
        return same(found) and -120 < age < 120 and bool(found["jti"])

    proof = mutation.apply(sender)
    # What is no field value never arrives here (RFC 9110 section 5.5).
    assume(proof.isprintable() and len(proof) < LONGEST and proof == proof.strip())
    show(mutation, sender, read, accepts, types=("dpop+jwt",))
