"""The rules of RFC 9101 for every request, and of FAPI 2.0 Message Signing."""

from __future__ import annotations

import time

import pytest

from pyramid_oauth.jose.jwe import direct_key
from pyramid_oauth.jose.jwk import public_jwk
from tests.support.host import parse_redirect
from tests.support.key_material import private_key
from tests.support.pushing import (
    authorize_pushed_request,
    build_client_assertion,
    parse_error_page,
    push,
)
from tests.support.request_objects import (
    ISSUER,
    build_request_object_claims,
    build_unsigned_request_object,
    encrypt_request_object,
    request_by_jar,
    set_client_keys,
    sign_request_object,
)

JAR = "RFC 9101"
MESSAGE_SIGNING = {
    "request_object_rules": "rfc9101",
    "request_object_max_lifetime": "3600",
    "require_signed_request_object": "true",
    "request_object_signing_algorithms": "PS256 ES256",
    "token_endpoint_auth_methods": "private_key_jwt client_secret_basic",
}
OFF_BY = 600
"""Seconds, more than any leeway."""


@pytest.fixture
def signing_host(new_host):
    """An OAuth server without OpenID, which requires signed requests of `web`."""
    host = new_host(**MESSAGE_SIGNING)
    register_signing_client(host)
    return host


def register_signing_client(host, **metadata):
    keys = [public_jwk(private_key(alg)) for alg in ("ES256", "RS256")]
    return host.register_client(
        token_endpoint_auth_method="private_key_jwt",
        client_metadata={"jwks": {"keys": keys}, **metadata},
    )


def sign(alg="ES256", number=0, typ="JWT", **changes):
    now = int(time.time())
    claims = {"scope": "read", "nonce": None, "nbf": now, "exp": now + 300, **changes}
    return sign_request_object(
        build_request_object_claims(**claims), alg, number, typ=typ
    )


def push_object(host, token, **outside):
    """Push only a request object; the assertion names the client."""
    key = private_key("ES256").as_pem(private=True)
    authentication = build_client_assertion(key, "ES256")
    names = "response_type redirect_uri scope state code_challenge"
    nothing = dict.fromkeys([*names.split(), "code_challenge_method"])
    form = {**nothing, "request": token, **outside}
    return push(host, authentication, **form)


def refusal(host, token, **outside):
    answer = push_object(host, token, **outside)
    assert answer.status_int == 400
    return answer.json["error"]


@pytest.mark.spec(JAR, "5")
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"typ": "OautH-auThZ-REQ+jWt"},
        {"aud": [ISSUER, "https://other.example"]},
    ],
    ids=["plain", "typ", "audiences"],
)
def test_an_object_and_an_assertion_are_enough_without_openid(signing_host, change):
    answer = push_object(signing_host, sign(**change))
    assert answer.status_int == 201
    browser = signing_host.browser()
    browser.get("/login?name=alice")
    members = authorize_pushed_request(browser, answer.json["request_uri"])
    assert members["state"] == "of the object"
    assert "code" in members


@pytest.mark.spec(JAR, "6.3")
@pytest.mark.parametrize("name", ["iss", "aud", "client_id", "exp", "nbf"])
def test_a_claim_that_the_rules_require_cannot_be_left_out(signing_host, name):
    assert refusal(signing_host, sign(**{name: None})) == "invalid_request_object"


def test_an_nbf_of_a_clock_that_is_ahead_is_accepted(signing_host):
    token = sign(nbf=int(time.time()) + 8)
    assert push_object(signing_host, token).status_int == 201


@pytest.mark.spec(JAR, "6.3")
def test_times_outside_an_hour_are_refused(signing_host):
    now = int(time.time())
    for begin, end in (
        (now, now + 3600 + OFF_BY),
        (now - 3600 - OFF_BY, now + 60),
        (now - 7200, now - 3600),
        (now + OFF_BY, now + 2 * OFF_BY),
    ):
        token = sign(nbf=begin, exp=end)
        assert refusal(signing_host, token) == "invalid_request_object"


@pytest.mark.spec(JAR, "4")
def test_an_object_must_be_signed_by_a_listed_algorithm_and_the_client(signing_host):
    unsigned = build_unsigned_request_object(build_request_object_claims())
    for token in (unsigned, sign("RS256"), sign(number=1)):
        assert refusal(signing_host, token) == "invalid_request_object"


@pytest.mark.spec(JAR, "4")
@pytest.mark.parametrize(
    "claim", [{"request": "a.b.c"}, {"request_uri": "https://client.example/x"}]
)
def test_an_object_inside_an_object_is_refused(signing_host, claim):
    assert refusal(signing_host, sign(**claim)) == "invalid_request_object"


@pytest.mark.spec(JAR, "10.5")
def test_the_server_requires_signed_requests_and_says_so(signing_host):
    plain = {"response_type": "code", "redirect_uri": "https://client.example/cb"}
    assert refusal(signing_host, None, **plain) == "invalid_request"
    path = "/.well-known/oauth-authorization-server/oauth"
    metadata = signing_host.browser().get(path).json
    assert metadata["require_signed_request_object"] is True
    assert metadata["request_parameter_supported"] is True
    assert metadata["request_object_signing_alg_values_supported"] == ["PS256", "ES256"]


@pytest.mark.spec(JAR, "10.8")
def test_the_type_of_the_object_can_be_required(new_host):
    host = new_host(**MESSAGE_SIGNING, require_typed_request_object="true")
    register_signing_client(host)
    assert refusal(host, sign()) == "invalid_request_object"
    assert push_object(host, sign(typ="oauth-authz-req+jwt")).status_int == 201


@pytest.mark.spec(JAR, "6.3")
def test_parameters_beside_the_object_never_count_by_rfc9101(new_login_provider):
    provider = new_login_provider(request_object_rules="rfc9101")
    provider.register_client()
    set_client_keys(provider, "ES256")
    browser = provider.open_browser("alice")
    outside = {"scope": "openid", "response_type": "code"}
    token = sign_request_object(build_request_object_claims(scope=None, state=None))
    answer = request_by_jar(browser, token, **outside, state="outside")
    assert "state" not in parse_redirect(answer)
    token = sign_request_object(build_request_object_claims(response_type=None))
    answer = request_by_jar(browser, token, **outside)
    assert parse_redirect(answer)["error"] == "invalid_request"


@pytest.mark.spec(JAR, "6.1")
@pytest.mark.parametrize(
    ("alg", "enc"), [("RSA-OAEP-256", "A256GCM"), ("ECDH-ES", "A256GCM")]
)
def test_only_a_signed_object_may_be_encrypted(new_login_provider, alg, enc):
    provider = new_login_provider(
        keys=("RS256", alg),
        signing_algorithms=f"RS256 {alg}",
        request_object_rules="rfc9101",
    )
    provider.register_client()
    set_client_keys(provider, "ES256")
    browser = provider.open_browser("alice")
    keys = browser.get("/oauth/jwks").json["keys"]
    key = next(key for key in keys if key.get("use") == "enc")
    claims = build_request_object_claims()
    unsigned = build_unsigned_request_object(claims)
    for content in (unsigned, encrypt_request_object(unsigned, key, alg, enc)):
        token = encrypt_request_object(content, key, alg, enc)
        answer = request_by_jar(browser, token)
        assert parse_error_page(answer) == "invalid_request_object"
    token = encrypt_request_object(sign_request_object(claims), key, alg, enc)
    answer = request_by_jar(browser, token)
    assert answer.status_int in (200, 303)
    assert "error" not in (answer.location or "")


@pytest.mark.spec(JAR, "6.1")
def test_without_openid_the_client_secret_encrypts_and_no_key_of_the_server(
    new_host, caplog
):
    host = new_host(**MESSAGE_SIGNING)
    client = register_signing_client(host, request_object_encryption_alg="dir")
    shared = direct_key(client["client_secret"], "A128CBC-HS256")
    token = encrypt_request_object(sign(), shared, "dir")
    assert push_object(host, token).status_int == 201
    unknown = public_jwk(private_key("RSA-OAEP-256"), kid="unknown")
    token = encrypt_request_object(sign(), unknown, "RSA-OAEP-256")
    assert refusal(host, token) == "invalid_request_object"
    assert [each for each in caplog.records if each.levelname == "CRITICAL"] == []
