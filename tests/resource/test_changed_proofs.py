"""No changed proof is accepted by an API (property-based).

RFC 9449 sections 4.3 and 7.1.
"""

from __future__ import annotations

import time
import uuid
from hashlib import sha256

import pytest
from hypothesis import assume, given, settings
from joserfc.jwk import ECKey

from tests.resource.test_dpop import TOKEN, URL, call, make_api
from tests.support.dpop import DPOP, ProofSigner, base64url
from tests.support.examples import at_most
from tests.support.jose_inputs import Sender
from tests.support.jwt_readers import MUTATIONS, judge, show

LONGEST = 8000
"""Common servers refuse longer header fields before us."""


@pytest.fixture(scope="module")
def proven_api():
    return make_api()


def make_sender():
    signer = ProofSigner()
    assert isinstance(signer.key, ECKey)
    claims = {
        "jti": uuid.uuid4().hex,
        "htm": "GET",
        "htu": URL,
        "iat": int(time.time()),
        "ath": base64url(sha256(TOKEN.encode()).digest()),
    }
    return Sender(signer.key, claims, {"typ": "dpop+jwt", "jwk": signer.jwk})


def accepts_proof(api, proof):
    answer = call(api, proof.encode().decode("latin-1"))
    assert answer.status_int in (200, 401), answer.text
    if answer.status_int == 401:
        assert answer.json["error"] == "invalid_dpop_proof"
        return False
    assert call(api, proof).status_int == 401, "the proof is accepted twice"
    return True


@pytest.mark.spec(DPOP, "4.3")
@pytest.mark.spec(DPOP, "7.1")
@pytest.mark.spec("RFC 8725", "3")
@settings(max_examples=at_most(300), deadline=None)
@given(mutation=MUTATIONS)
def test_a_changed_proof_opens_nothing(proven_api, mutation):
    sender = make_sender()
    same = judge(sender, "htm", "htu", "ath", has_audience=False)

    def accepts(claims):
        age = time.time() - claims["iat"]
        return same(claims) and -120 < age < 120 and claims["jti"]

    proof = mutation.apply(sender)
    # What is no field value never arrives here (RFC 9110 section 5.5).
    assume(proof.isprintable() and len(proof) < LONGEST and proof == proof.strip())
    show(
        mutation,
        sender,
        lambda token: accepts_proof(proven_api, token),
        accepts,
        types=("dpop+jwt",),
    )
