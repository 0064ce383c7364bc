"""A refused client assertion: the response and the log say what to change."""

from __future__ import annotations

import logging
import time

import jwt
import pytest

from tests.support.client_keys import (
    ISSUER,
    METHODS,
    asks,
    claims,
    form,
    key_set,
    robot,
    signed,
)


@pytest.fixture
def host(new_host):
    made = new_host(token_endpoint_auth_methods=METHODS)
    jwks = key_set("RS256", "ES256")
    robot(made, jwks=jwks, token_endpoint_auth_signing_alg="RS256")
    return made


def description(answer):
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    return answer.json["error_description"]


def later(seconds):
    return int(time.time()) + seconds


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": 'https://other.example/"\n'}, f"not for {ISSUER}"),
        ({"aud": f"{ISSUER}/token"}, f"not for {ISSUER}"),
        ({"exp": later(-60)}, "has expired"),
        ({"exp": later(2 * 3600)}, "lives longer than 3600 seconds"),
        ({"exp": None}, "has no exp"),
        ({"jti": None}, "has no jti"),
        ({"iat": later(600)}, "has an iat in the future"),
        ({"iss": "other"}, "iss and sub that are not both the client_id"),
    ],
    ids=str,
)
def test_invalid_claims_are_named(host, caplog, changes, reason):
    with caplog.at_level(logging.WARNING, "pyramid_oauth"):
        answer = asks(host, signed(claims(**changes), "RS256"))
    told = description(answer)
    assert reason in told
    assert told.isascii()
    assert not set('"\\\n') & set(told)
    assert "client authentication of 'robot' failed: the client assert" in caplog.text
    assert reason in caplog.text


def test_a_replay_is_named(host, caplog):
    token = signed(claims(), "RS256")
    assert asks(host, token).status_int == 200
    assert "was used before" in description(asks(host, token))
    assert "was used before" in caplog.text


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (lambda: signed(claims(), "RS256", kid="unknown"), "no key has its kid"),
        (lambda: signed(claims(), "ES256"), "the signature algorithm is not allowed"),
        (lambda: signed(claims(), "RS256", typ="dpop+jwt"), "of another type"),
        (lambda: "a.b", "not a compact token"),
    ],
    ids=["kid", "alg", "typ", "malformed"],
)
def test_a_wrong_header_is_named(host, caplog, token, reason):
    assert reason in description(asks(host, token()))
    assert reason in caplog.text


def test_a_wrong_assertion_type_is_named(host):
    sent = {**form(signed(claims(), "RS256")), "client_assertion_type": "jwt"}
    answer = host.browser().post("/oauth/token", sent, status=401)
    assert "jwt-bearer" in description(answer)


def test_the_state_of_a_secret_and_of_a_jwks_uri_is_not_disclosed(host):
    machine = {"authorization_grant_type": "client_credentials"}
    host.application(
        client_id="keyed", token_endpoint_auth_method="client_secret_jwt", **machine
    )
    host.change("keyed", sealed_client_secret=None)
    host.application(
        client_id="remote",
        token_endpoint_auth_method="private_key_jwt",
        client_metadata={"jwks_uri": "https://10.0.0.1/keys"},
        **machine,
    )
    unkeyed = asks(host, jwt.encode(claims("keyed"), "x" * 64, "HS256"))
    assert description(unkeyed) == "Client authentication failed."
    unreachable = asks(host, signed(claims("remote"), "RS256"))
    assert "no key has its kid" in description(unreachable)
    unknown = asks(host, signed(claims("nobody"), "RS256"))
    assert description(unknown) == "Client authentication failed."
