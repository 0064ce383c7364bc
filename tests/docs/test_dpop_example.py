"""The client and the API of docs/how_to/dpop.rst, executed."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.support.documented import example
from tests.support.secret import SECRET

URL = "https://api.example.com/notes"
SETTINGS = {"pyramid_oauth.dpop_base_urls": "https://api.example.com"}


@pytest.fixture(scope="module")
def dpop_example():
    return example("dpop")


def test_the_documented_client_calls_the_documented_api(dpop_example):
    api = TestApp(dpop_example.main({}, **SETTINGS))
    proof = dpop_example.sign_proof("GET", URL, "t1")
    headers = {"Authorization": "DPoP t1", "DPoP": proof}
    api.get("/notes", headers=headers, status=200)
    api.get("/notes", headers=headers, status=401)
    api.get("/notes", headers={"Authorization": "Bearer t1"}, status=401)
    api.get("/notes", headers={"Authorization": "Bearer t2"}, status=401)


def test_the_documented_api_asks_for_a_nonce(dpop_example):
    more = {"pyramid_oauth.dpop_nonces": "true", "pyramid_oauth.secret": SECRET}
    api = TestApp(dpop_example.main({}, **SETTINGS, **more))
    proof = dpop_example.sign_proof("GET", URL, "t1")
    headers = {"Authorization": "DPoP t1", "DPoP": proof}
    nonce = api.get("/notes", headers=headers, status=401).headers["DPoP-Nonce"]
    headers["DPoP"] = dpop_example.sign_proof("GET", URL, "t1", nonce)
    api.get("/notes", headers=headers, status=200)
