"""Client authentication by signed assertions (RFC 7523, OpenID Core section 9)."""

from __future__ import annotations

import jwt
import pytest

from pyramid_oauth.errors import ConfigurationError
from tests.support.client_keys import (
    ISSUER,
    METHODS,
    build_assertion_claims,
    build_assertion_form,
    is_refused,
    key_set,
    post_assertion,
    register_robot,
    sign_claims,
)
from tests.support.key_material import SIGNATURES

# The client's site of these tests is on this machine.
pytestmark = pytest.mark.filterwarnings(
    "ignore:pyramid_oauth.outbound_allow_private:"
    "pyramid_oauth.errors.InsecureSettingWarning"
)
WELL_KNOWN = "/oauth/.well-known/oauth-authorization-server"


@pytest.mark.spec("RFC 7523", "2.2")
@pytest.mark.parametrize("alg", SIGNATURES)
def test_a_signed_assertion_authenticates_the_client(new_host, alg):
    host = new_host()
    register_robot(host, jwks=key_set(alg))
    assert post_assertion(host, sign_claims(build_assertion_claims(), alg)).json[
        "access_token"
    ]


@pytest.mark.spec("OpenID Connect Core", "9")
@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_a_client_secret_may_sign_the_assertion(new_host, alg):
    host = new_host(token_endpoint_auth_methods=METHODS)
    secret = register_robot(host, method="client_secret_jwt")
    assert post_assertion(host, jwt.encode(build_assertion_claims(), secret, alg)).json[
        "access_token"
    ]
    assert is_refused(
        post_assertion(host, jwt.encode(build_assertion_claims(), "x" * 64, alg))
    )


@pytest.mark.spec("RFC 7523", "3")
def test_a_wrong_signature_is_refused(assertion_host):
    assert is_refused(
        post_assertion(
            assertion_host, sign_claims(build_assertion_claims(), "RS256", number=1)
        )
    )
    forged = sign_claims(
        build_assertion_claims(),
        "RS256",
        number=1,
        kid=key_set("RS256")["keys"][0]["kid"],
    )
    assert is_refused(post_assertion(assertion_host, forged))
    assert is_refused(
        post_assertion(
            assertion_host, jwt.encode(build_assertion_claims(), None, "none")
        )
    )


@pytest.mark.spec("RFC 8725", "2.1")
def test_a_public_key_used_as_hmac_secret_is_refused(assertion_host):
    """Algorithm confusion: HMAC with the public modulus as its secret."""
    public = key_set("RS256")["keys"][0]["n"]
    assert is_refused(
        post_assertion(
            assertion_host, jwt.encode(build_assertion_claims(), public, "HS256")
        )
    )


@pytest.mark.spec("RFC 8725", "3.11")
@pytest.mark.parametrize(
    "name", ["oauth-authz-req+jwt", "application/oauth-authz-req+jwt", "dpop+jwt"]
)
def test_a_jwt_of_another_type_is_refused(assertion_host, name):
    assert is_refused(
        post_assertion(
            assertion_host, sign_claims(build_assertion_claims(), "RS256", typ=name)
        )
    )


@pytest.mark.parametrize("name", ["JWT", "client-authentication+jwt", None])
def test_a_jwt_of_an_assertion_type_or_without_type_is_accepted(assertion_host, name):
    assert (
        post_assertion(
            assertion_host, sign_claims(build_assertion_claims(), "RS256", typ=name)
        ).status_int
        == 200
    )


@pytest.mark.spec("RFC 7591", "2")
def test_only_the_registered_algorithm_is_accepted(new_host):
    host = new_host()
    jwks = key_set("RS256", "ES256")
    register_robot(host, jwks=jwks, token_endpoint_auth_signing_alg="ES256")
    assert (
        post_assertion(host, sign_claims(build_assertion_claims(), "ES256")).status_int
        == 200
    )
    assert is_refused(
        post_assertion(host, sign_claims(build_assertion_claims(), "RS256"))
    )
    assert is_refused(
        post_assertion(host, sign_claims(build_assertion_claims(), "PS256"))
    )


@pytest.mark.spec("RFC 6749", "2.3")
def test_two_authentication_methods_at_once_are_refused(assertion_host):
    token = sign_claims(build_assertion_claims(), "RS256")
    both = post_assertion(assertion_host, token, client_id="robot", client_secret="x")
    assert (both.status_int, both.json["error"]) == (400, "invalid_request")
    assert is_refused(post_assertion(assertion_host, token, client_id="other"))
    assert post_assertion(assertion_host, token, client_id="robot").status_int == 200


def test_a_client_with_a_secret_cannot_use_an_assertion(new_host):
    host = new_host()
    register_robot(host, method="client_secret_post", jwks=key_set("RS256"))
    assert is_refused(
        post_assertion(host, sign_claims(build_assertion_claims(), "RS256"))
    )


@pytest.mark.spec("RFC 7521", "4.2")
@pytest.mark.parametrize(
    "changes",
    [
        {"client_assertion_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"},
        {"client_assertion_type": None},
        {"client_assertion": "a.b.c"},
        {"client_assertion": "x"},
        {"client_assertion": "a.b.c.d.e"},
        {"client_assertion": None},
    ],
    ids=str,
)
def test_a_malformed_assertion_is_refused(assertion_host, changes):
    form = {
        **build_assertion_form(sign_claims(build_assertion_claims(), "RS256")),
        **changes,
    }
    form = {name: value for name, value in form.items() if value is not None}
    assert is_refused(
        assertion_host.browser().post("/oauth/token", form, expect_errors=True)
    )


@pytest.mark.parametrize("endpoint", ["revoke", "introspect"])
def test_an_assertion_is_accepted_at_every_endpoint_with_client_authentication(
    new_host, endpoint
):
    host = new_host(assertion_audience="endpoint")
    register_robot(host, jwks=key_set("RS256"))
    claims = build_assertion_claims(aud=f"{ISSUER}/{endpoint}")
    answer = post_assertion(
        host, sign_claims(claims, "RS256"), endpoint, token="unknown"
    )
    assert answer.status_int == 200
    second = post_assertion(
        host, sign_claims(claims, "RS256"), endpoint, token="unknown"
    )
    assert is_refused(second)
    assert is_refused(
        post_assertion(
            host,
            sign_claims(build_assertion_claims(aud=f"{ISSUER}/authorize"), "RS256"),
        )
    )


@pytest.mark.spec("RFC 8414", "2")
def test_the_metadata_lists_methods_and_algorithms(assertion_host, new_host):
    document = assertion_host.browser().get(WELL_KNOWN).json
    assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]
    assert set(document["token_endpoint_auth_signing_alg_values_supported"]) == {
        *SIGNATURES,
        *("Ed25519", "HS256", "HS384", "HS512"),
    }
    secrets_only = new_host(token_endpoint_auth_methods="client_secret_basic")
    document = secrets_only.browser().get(WELL_KNOWN).json
    assert "token_endpoint_auth_signing_alg_values_supported" not in document


def test_client_secret_jwt_without_a_key_encryption_key_stops_the_start(new_host):
    with pytest.raises(ConfigurationError, match="key_encryption_keys is missing"):
        new_host(
            secret="",
            token_endpoint_auth_methods=METHODS,
            grant_types="client_credentials",
        )


def test_an_assertion_takes_one_more_statement(assertion_host):
    assert (
        post_assertion(
            assertion_host, sign_claims(build_assertion_claims(), "RS256")
        ).status_int
        == 200
    )
    token, statements = (
        sign_claims(build_assertion_claims(), "RS256"),
        assertion_host.record_statements(),
    )
    assert post_assertion(assertion_host, token).status_int == 200
    assert len([text for text in statements if "used_assertion" in text]) == 1
    assert len(statements) == 2
