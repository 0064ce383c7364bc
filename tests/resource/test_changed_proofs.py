"""No changed proof is accepted by an API (property-based).

RFC 9449 sections 4.3 and 7.1.
"""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings

from tests.resource.test_dpop import TOKEN, URL, call, make_api
from tests.support.changed_proofs import show_changed_proof
from tests.support.dpop import DPOP, base64url
from tests.support.examples import at_most
from tests.support.jwt_readers import MUTATIONS


@pytest.fixture(scope="module")
def proven_api():
    return make_api()


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
    show_changed_proof(
        mutation,
        lambda proof: accepts_proof(proven_api, proof),
        htm="GET",
        htu=URL,
        ath=base64url(sha256(TOKEN.encode()).digest()),
    )
