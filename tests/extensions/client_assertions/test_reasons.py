"""A refused client assertion: the response and the log say what to change."""

from __future__ import annotations

import logging
import time

import jwt
import pytest

from tests.support.client_keys import (
    ISSUER,
    METHODS,
    build_assertion_claims,
    build_assertion_form,
    key_set,
    post_assertion,
    register_robot,
    sign_claims,
)


@pytest.fixture
def signing_alg_host(new_host):
    host = new_host(token_endpoint_auth_methods=METHODS)
    jwks = key_set("RS256", "ES256")
    register_robot(host, jwks=jwks, token_endpoint_auth_signing_alg="RS256")
    return host


def sign_assertion(client_id="robot", headers=None, **changes):
    """An assertion of the client, signed with its registered algorithm."""
    claims = build_assertion_claims(client_id, **changes)
    return sign_claims(claims, "RS256", **(headers or {}))


def refusal_description(answer):
    assert (answer.status_int, answer.json["error"]) == (401, "invalid_client")
    return answer.json["error_description"]


@pytest.mark.spec("RFC 6749", "5.2")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"aud": 'https://other.example/"\n'}, f"not for {ISSUER}"),
        ({"aud": f"{ISSUER}/token"}, f"not for {ISSUER}"),
        ({"exp": -60}, "has expired"),
        ({"exp": 7200}, "lives longer than 3600 seconds"),
        ({"exp": None}, "has no exp"),
        ({"jti": None}, "has no jti"),
        ({"iat": 600}, "has an iat in the future"),
        ({"iss": "other"}, "iss and sub that are not both the client_id"),
    ],
    ids=str,
)
def test_response_and_log_name_an_invalid_claim(
    signing_alg_host, caplog, changes, reason
):
    changes = {
        name: int(time.time()) + value if isinstance(value, int) else value
        for name, value in changes.items()
    }
    with caplog.at_level(logging.WARNING, "pyramid_oauth"):
        answer = post_assertion(signing_alg_host, sign_assertion(**changes))
    text = refusal_description(answer)
    assert reason in text
    assert text.isascii()
    assert not set('"\\\n') & set(text)
    assert "client authentication of 'robot' failed: the client assert" in caplog.text
    assert reason in caplog.text


def test_response_and_log_name_a_replay(signing_alg_host, caplog):
    token = sign_assertion()
    assert post_assertion(signing_alg_host, token).status_int == 200
    assert "was used before" in refusal_description(
        post_assertion(signing_alg_host, token)
    )
    assert "was used before" in caplog.text


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (
            lambda: sign_assertion(headers={"kid": "unknown"}),
            "no key has its kid",
        ),
        (
            lambda: sign_claims(build_assertion_claims(), "ES256"),
            "the signature algorithm is not allowed",
        ),
        (
            lambda: sign_assertion(headers={"typ": "dpop+jwt"}),
            "of another type",
        ),
        (lambda: "a.b", "not a compact token"),
    ],
    ids=["kid", "alg", "typ", "malformed"],
)
def test_response_and_log_name_an_invalid_header(
    signing_alg_host, caplog, token, reason
):
    assert reason in refusal_description(post_assertion(signing_alg_host, token()))
    assert reason in caplog.text


def test_the_response_names_the_expected_assertion_type(signing_alg_host):
    form = {
        **build_assertion_form(sign_assertion()),
        "client_assertion_type": "jwt",
    }
    answer = signing_alg_host.browser().post("/oauth/token", form, status=401)
    assert "jwt-bearer" in refusal_description(answer)


def test_the_state_of_a_secret_and_of_a_jwks_uri_is_not_disclosed(signing_alg_host):
    machine = {"authorization_grant_type": "client_credentials"}
    signing_alg_host.register_client(
        client_id="keyed", token_endpoint_auth_method="client_secret_jwt", **machine
    )
    signing_alg_host.update_application("keyed", sealed_client_secret=None)
    signing_alg_host.register_client(
        client_id="remote",
        token_endpoint_auth_method="private_key_jwt",
        client_metadata={"jwks_uri": "https://10.0.0.1/keys"},
        **machine,
    )
    unkeyed = post_assertion(
        signing_alg_host, jwt.encode(build_assertion_claims("keyed"), "x" * 64, "HS256")
    )
    assert refusal_description(unkeyed) == "Client authentication failed."
    unreachable = post_assertion(signing_alg_host, sign_assertion("remote"))
    assert "no key has its kid" in refusal_description(unreachable)
    unknown = post_assertion(signing_alg_host, sign_assertion("nobody"))
    assert refusal_description(unknown) == "Client authentication failed."
