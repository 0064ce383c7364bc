"""Hostile JWTs in place of a proof (RFC 9449 section 4.3, RFC 8725 section 3)."""

from __future__ import annotations

import time
import uuid

import pytest

from tests.support.dpop import DPOP, TOKEN_URL, ProofSigner
from tests.support.host import build_code_exchange
from tests.support.jose_inputs import Sender, make_refused_tokens

UNKNOWN_CLAIMS = ("claims {'iss'", "claims {'aud'", "repeated claim")
"""A proof may have claims that RFC 9449 does not know."""


@pytest.mark.spec(DPOP, "4.3")
@pytest.mark.spec("RFC 8725", "3")
def test_hostile_proofs_are_refused(new_dpop_host):
    host = new_dpop_host()
    client = host.register_client()
    signer = ProofSigner()
    claims = {
        "jti": uuid.uuid4().hex,
        "htm": "POST",
        "htu": TOKEN_URL,
        "iat": int(time.time()),
    }
    sender = Sender(signer.key, claims, {"typ": "dpop+jwt", "jwk": signer.jwk})
    for label, proof in make_refused_tokens(sender):
        if label.startswith(UNKNOWN_CLAIMS) or not proof.isprintable():
            continue
        form = build_code_exchange("a code", client)
        answer = host.browser().post(
            "/oauth/token",
            form,
            headers={"DPoP": proof.encode().decode("latin-1")},
            expect_errors=True,
        )
        assert answer.status_int == 400, (label, answer.text)
        assert answer.json["error"] == "invalid_dpop_proof", (label, answer.text)
    sent = {"DPoP": sender.sign()}
    form = build_code_exchange("a code", client)
    answer = host.browser().post("/oauth/token", form, headers=sent, expect_errors=True)
    assert answer.json["error"] == "invalid_grant", "this proof is valid"
