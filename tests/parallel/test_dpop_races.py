"""Races of DPoP proofs at server processes on one PostgreSQL database."""

from __future__ import annotations

import time

import pytest
import requests

from tests.parallel.conftest import CALLERS, call_at_once
from tests.support.dpop import DPOP, ProofSigner

pytestmark = [pytest.mark.slow, pytest.mark.postgresql, pytest.mark.spec(DPOP, "11.1")]

ISSUER = "http://localhost:6543/oauth"
TOKEN_URL = f"{ISSUER}/token"
API_URL = "http://localhost:6543/api/me"


def request_token(site, number, proof):
    form = {"grant_type": "client_credentials", "scope": "read", **site.client}
    url = f"{site.origin(number)}/oauth/token"
    return requests.post(url, form, headers={"DPoP": proof}, timeout=30)


def call_api(site, number, token, proof):
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    return requests.get(f"{site.origin(number)}/api/me", headers=headers, timeout=30)


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


def test_a_proof_is_accepted_once_by_all_processes(new_site):
    site, signer = new_site(), ProofSigner()
    proof = signer.sign("POST", TOKEN_URL)
    answers = call_at_once(lambda number: request_token(site, number, proof))
    assert statuses(answers) == [200] + [400] * (CALLERS - 1)
    errors = {answer.json().get("error") for answer in answers}
    assert errors == {None, "invalid_dpop_proof"}
    (token,) = (a.json()["access_token"] for a in answers if a.ok)
    proof = signer.sign("GET", API_URL, token)
    answers = call_at_once(lambda number: call_api(site, number, token, proof))
    assert statuses(answers) == [200] + [401] * (CALLERS - 1)
    assert site.count("SELECT count(*) FROM oauth_access_token") == 1
    assert site.count("SELECT count(*) FROM oauth_used_assertion") == 2


def test_proofs_with_nonces_are_accepted_by_all_processes_while_they_rotate(new_site):
    """Clients ask for a nonce only once; then responses bring the next one."""
    site = new_site(dpop_nonces="true", dpop_nonce_lifetime=5)

    def work(number):
        signer, asked = ProofSigner(), 0
        until = time.monotonic() + 12
        while time.monotonic() < until:
            number += 1  # the other process
            answer = request_token(site, number, signer.sign("POST", TOKEN_URL))
            if "DPoP-Nonce" in answer.headers:
                assert answer.headers["DPoP-Nonce"] != signer.nonce
                signer.nonce = answer.headers["DPoP-Nonce"]
            if answer.status_code == 400:
                assert answer.json()["error"] == "use_dpop_nonce"
                asked += 1
            else:
                assert answer.status_code == 200
            time.sleep(0.2)
        return asked

    assert set(call_at_once(work)) == {1}
