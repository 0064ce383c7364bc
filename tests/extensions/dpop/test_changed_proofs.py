"""No changed proof is accepted at the token endpoint (property-based).

RFC 9449 section 4.3.
"""

from __future__ import annotations

import time
import uuid

import pytest
from hypothesis import assume, given, settings
from joserfc.jwk import ECKey

from tests.support.dpop import DPOP, TOKEN_URL, ProofSigner, include_dpop
from tests.support.examples import at_most
from tests.support.host import Host, build_code_exchange
from tests.support.jose_inputs import Sender
from tests.support.jwt_readers import MUTATIONS, judge, show

LONGEST = 8000
"""Common servers refuse longer header fields before us."""


@pytest.fixture(scope="module")
def proof_host(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proofs")
    host = Host(f"sqlite:///{folder}/test.sqlite", include_dpop)
    host.web = host.register_client()
    yield host
    host.engine.dispose()


def make_sender():
    signer = ProofSigner()
    assert isinstance(signer.key, ECKey)
    claims = {
        "jti": uuid.uuid4().hex,
        "htm": "POST",
        "htu": TOKEN_URL,
        "iat": int(time.time()),
    }
    return Sender(signer.key, claims, {"typ": "dpop+jwt", "jwk": signer.jwk})


def accepts_proof(host, proof):
    form = build_code_exchange("a code", host.web)
    answer = host.browser().post(
        "/oauth/token",
        form,
        headers={"DPoP": proof.encode().decode("latin-1")},
        expect_errors=True,
    )
    assert answer.status_int == 400, answer.text
    # Behind the proof, the code is wrong.
    assert answer.json["error"] in ("invalid_dpop_proof", "invalid_grant")
    return answer.json["error"] == "invalid_grant"


@pytest.mark.spec(DPOP, "4.3")
@pytest.mark.spec("RFC 8725", "3")
@settings(max_examples=at_most(300), deadline=None)
@given(mutation=MUTATIONS)
def test_a_changed_proof_is_refused(proof_host, mutation):
    sender = make_sender()
    same = judge(sender, "htm", "htu", has_audience=False)

    def accepts(claims):
        age = time.time() - claims["iat"]
        return same(claims) and -120 < age < 120 and claims["jti"]

    proof = mutation.apply(sender)
    # What is no field value never arrives here (RFC 9110 section 5.5).
    assume(proof.isprintable() and len(proof) < LONGEST and proof == proof.strip())
    show(
        mutation,
        sender,
        lambda token: accepts_proof(proof_host, token),
        accepts,
        types=("dpop+jwt",),
    )
