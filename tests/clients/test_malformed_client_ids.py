"""Malformed client IDs are unknown clients on both engines."""

from __future__ import annotations

import base64

import pytest

from tests.support.client_keys import (
    ISSUER,
    METHODS,
    build_assertion_claims,
    key_set,
    post_assertion,
    register_robot,
    sign_claims,
)

NAMES = ["\x00", "a\x00b", "robot\x00", "\x7f", "a\u2028"]
FORM = {"grant_type": "client_credentials", "token": "some token"}
ENDPOINTS = ["token", "introspect", "revoke"]


@pytest.fixture
def mixed_methods_host(new_host):
    host = new_host(token_endpoint_auth_methods=f"client_secret_basic {METHODS}")
    register_robot(host, jwks=key_set("ES256"))
    return host


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("name", [*NAMES, "%00", "a%00"])
def test_a_malformed_client_id_in_a_basic_header_is_refused(
    mixed_methods_host, name, endpoint
):
    pair = base64.b64encode(f"{name}:secret".encode()).decode()
    answer = mixed_methods_host.browser().post(
        f"/oauth/{endpoint}", FORM, {"Authorization": f"Basic {pair}"}, status=401
    )
    assert answer.json["error"] == "invalid_client"


@pytest.mark.parametrize("name", NAMES)
def test_a_malformed_client_id_in_an_assertion_is_refused(mixed_methods_host, name):
    answer = post_assertion(
        mixed_methods_host,
        sign_claims(build_assertion_claims(name, aud=ISSUER), "ES256"),
    )
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("name", ["%00", "a%00b", "%7f"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_malformed_client_id_in_a_registration_path_is_refused(
    new_host, name, method
):
    browser = new_host(registration="initial_access_token").browser()
    browser.authorization = ("Bearer", "some-token")
    path = f"/oauth/register/{name}"
    if method == "PUT":
        browser.put_json(path, {}, status=401)
    else:
        browser.request(path, method=method, status=401)
