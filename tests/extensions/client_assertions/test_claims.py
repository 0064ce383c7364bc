"""The claims of client assertions (RFC 7523 section 3)."""

from __future__ import annotations

import json
import time

import jwt
import pytest

from tests.support.client_keys import (
    ISSUER,
    build_assertion_claims,
    is_refused,
    key_set,
    post_assertion,
    register_robot,
    sign_claims,
)
from tests.support.key_material import private_key


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize(
    "audience",
    [
        ISSUER,
        f"{ISSUER}/token",
        [ISSUER],
        ["https://elsewhere.example", f"{ISSUER}/token"],
    ],
    ids=["issuer", "endpoint", "list-of-issuer", "list-with-endpoint"],
)
def test_the_endpoint_url_is_accepted_as_audience_with_the_setting(new_host, audience):
    host = new_host(assertion_audience="endpoint")
    register_robot(host, jwks=key_set("RS256"))
    assert (
        post_assertion(
            host, sign_claims(build_assertion_claims(aud=audience), "RS256")
        ).status_int
        == 200
    )


@pytest.mark.parametrize(
    ("audience", "status"), [(ISSUER, 200), ([ISSUER], 401), (f"{ISSUER}/token", 401)]
)
def test_an_array_is_no_audience_with_the_setting_for_a_string(
    new_host, audience, status
):
    host = new_host(assertion_audience="issuer_string")
    register_robot(host, jwks=key_set("ES256"))
    claims = build_assertion_claims(aud=audience)
    answer = post_assertion(host, sign_claims(claims, "ES256"))
    assert answer.status_int == status
    if isinstance(audience, list):
        description = answer.json["error_description"]
        assert "has an aud that is not a string" in description


@pytest.mark.spec("RFC 7523", "3")
def test_only_the_issuer_is_accepted_as_audience(new_host):
    host = new_host()
    register_robot(host, jwks=key_set("ES256"))
    assert (
        post_assertion(host, sign_claims(build_assertion_claims(), "ES256")).status_int
        == 200
    )
    assert (
        post_assertion(
            host, sign_claims(build_assertion_claims(aud=[ISSUER]), "ES256")
        ).status_int
        == 200
    )
    assert is_refused(
        post_assertion(
            host, sign_claims(build_assertion_claims(aud=f"{ISSUER}/token"), "ES256")
        )
    )
    # The other audience could replay it here.
    both = [ISSUER, "https://elsewhere.example"]
    assert is_refused(
        post_assertion(host, sign_claims(build_assertion_claims(aud=both), "ES256"))
    )


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize(
    "offsets",
    [
        {"exp": -31},
        {"exp": 2 * 3600},
        {"nbf": 120},
        {"iat": 120},
    ],
    ids=str,
)
def test_an_assertion_outside_its_validity_time_is_refused(assertion_host, offsets):
    times = {name: int(time.time()) + seconds for name, seconds in offsets.items()}
    assert is_refused(
        post_assertion(
            assertion_host, sign_unchecked_claims(build_assertion_claims(**times))
        )
    )


@pytest.mark.spec("RFC 7523", "3")
@pytest.mark.parametrize(
    "changes",
    [
        {"iss": None},
        {"iss": "somebody"},
        {"sub": None},
        {"sub": 7},
        {"aud": None},
        {"aud": "https://elsewhere.example"},
        {"aud": []},
        {"aud": [7]},
        {"aud": f"{ISSUER}/"},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e300},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 256},
    ],
    ids=str,
)
def test_an_assertion_with_invalid_claims_is_refused(assertion_host, changes):
    assert is_refused(
        post_assertion(
            assertion_host, sign_unchecked_claims(build_assertion_claims(**changes))
        )
    )


def sign_unchecked_claims(claims):
    """Sign claims that PyJWT would refuse to sign."""
    key = private_key("RS256").private_key
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, "RS256")


def test_a_small_clock_difference_is_accepted(assertion_host):
    early = build_assertion_claims(iat=int(time.time()) + 10, nbf=int(time.time()) + 10)
    late = build_assertion_claims(exp=int(time.time()) - 10)
    assert post_assertion(assertion_host, sign_claims(early, "RS256")).status_int == 200
    assert post_assertion(assertion_host, sign_unchecked_claims(late)).status_int == 200


@pytest.mark.spec("RFC 7523", "3")
def test_an_assertion_is_accepted_once(assertion_host):
    token = sign_claims(build_assertion_claims(), "RS256")
    assert post_assertion(assertion_host, token).status_int == 200
    assert is_refused(post_assertion(assertion_host, token))
    assert is_refused(post_assertion(assertion_host, token, "revoke", token="x"))


def test_an_assertion_is_used_up_even_by_a_failing_request(assertion_host):
    token = sign_claims(build_assertion_claims(), "RS256")
    assert (
        post_assertion(assertion_host, token, scope="nothing").json["error"]
        == "invalid_scope"
    )
    assert is_refused(post_assertion(assertion_host, token))
