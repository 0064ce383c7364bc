"""Message Signing modules about signed requests, at the FAPI 2.0 server."""

from __future__ import annotations

import time

import pytest

from tests.oidf.fapi2_suite import FapiSuite, Variant, read_error
from tests.oidf.suite import ALIAS

SIGNED = "fapi2-signing-private_key_jwt-dpop-openid_connect"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.spec("FAPI 2.0 Message Signing", "5.3.1"),
]
REFUSED = {
    "no exp": lambda now: {"exp": None},
    "no nbf": lambda now: {"nbf": None},
    "expired": lambda now: {"nbf": now - 3900, "exp": now - 3600},
    "bad aud": lambda now: {"aud": "https://other.example"},
    "exp in 70 minutes": lambda now: {"exp": now + 4200},
    "nbf 70 minutes ago": lambda now: {"nbf": now - 4200},
    "request_uri": lambda now: {"request_uri": "https://client.example/request"},
}


@pytest.fixture
def signing_run(fapi2_files, ca_file, listener):
    """Clients that must sign their requests."""
    callbacks = f"{listener.origin}/test/a/{ALIAS}/"
    return FapiSuite(Variant(SIGNED), fapi2_files[SIGNED], ca_file, callbacks)


def push_request(run, token):
    return run.post(run.par_url, {"request": token}, "client", headers={})


def push_object(run, **changes):
    request = run.build_request("client")
    return push_request(run, run.build_request_object("client", request, **changes))


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_object_against_the_rules_is_refused_at_par(signing_run, name):
    changes = REFUSED[name](int(time.time()))
    answer = push_object(signing_run, **changes)
    assert read_error(answer) == "invalid_request_object"


def test_several_audiences_and_a_clock_ahead_are_accepted(signing_run):
    audiences = [signing_run.issuer, "https://other.example"]
    assert push_object(signing_run, aud=audiences).status_code == 201
    assert push_object(signing_run, nbf=int(time.time()) + 8).status_code == 201


def test_the_key_of_another_client_is_refused(signing_run):
    request, issuer = signing_run.build_request("client"), signing_run.id("client")
    token = signing_run.build_request_object("client2", request, iss=issuer)
    refused = read_error(push_request(signing_run, token))
    assert refused in {"invalid_request_object", "invalid_request"}


def test_unsigned_parameters_of_a_client_that_must_sign_are_refused(signing_run):
    form = signing_run.build_request("client")
    answer = signing_run.post(signing_run.par_url, form, "client", headers={})
    assert read_error(answer) == "invalid_request"
