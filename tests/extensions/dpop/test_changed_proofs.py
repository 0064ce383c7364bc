"""No changed proof is accepted at the token endpoint (property-based).

RFC 9449 section 4.3.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.support.changed_proofs import show_changed_proof
from tests.support.dpop import DPOP, TOKEN_URL, include_dpop
from tests.support.examples import at_most
from tests.support.host import Host, build_code_exchange
from tests.support.jwt_readers import MUTATIONS


@pytest.fixture(scope="module")
def proof_host(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proofs")
    host = Host(f"sqlite:///{folder}/test.sqlite", include_dpop)
    host.web = host.register_client()
    yield host
    host.engine.dispose()


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
    show_changed_proof(
        mutation,
        lambda proof: accepts_proof(proof_host, proof),
        htm="POST",
        htu=TOKEN_URL,
    )
