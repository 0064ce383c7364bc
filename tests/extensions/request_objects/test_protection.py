"""Signatures and encryption of request objects (OpenID Connect Core section 6.3)."""

from __future__ import annotations

import json

import jwt
import pytest

from pyramid_oauth.jose.jwe import direct_key
from tests.support.authentication import (
    CORE,
    parse_error,
    redeem_id_token,
    request_authentication,
)
from tests.support.host import parse_redirect
from tests.support.pushing import parse_error_page
from tests.support.request_objects import (
    build_request_object_claims,
    build_unsigned_request_object,
    encrypt_request_object,
    request_by_object,
    set_client_keys,
    set_client_secret,
    sign_request_object,
)

JAR = "RFC 9101"


pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


@pytest.mark.spec(CORE, "6.3.2")
def test_a_signature_by_another_key_or_algorithm_is_refused(login_provider):
    set_client_keys(
        login_provider, "ES256", "RS256", request_object_signing_alg="RS256"
    )
    browser = login_provider.open_browser("alice")
    for token in (
        sign_request_object(build_request_object_claims(), "ES256"),
        sign_request_object(build_request_object_claims(), "RS256", number=1),
        sign_request_object(build_request_object_claims(), "RS256")[:-6] + "AAAAAA",
        sign_request_object(build_request_object_claims(), "RS256", typ="at+jwt"),
        build_unsigned_request_object(build_request_object_claims()),
        "no token at all",
        "a.b.c",
    ):
        answer = request_by_object(browser, token)
        assert parse_error_page(answer) == "invalid_request_object"
    assert "code" in parse_redirect(
        request_by_object(
            browser, sign_request_object(build_request_object_claims(), "RS256")
        )
    )


@pytest.mark.spec(CORE, "6.1")
def test_unsigned_objects_need_registration_by_the_client(new_login_provider):
    login_provider = new_login_provider(unsigned_request_objects="true")
    login_provider.web = login_provider.register_client()
    browser = login_provider.open_browser("alice")
    refused = request_by_object(
        browser, build_unsigned_request_object(build_request_object_claims())
    )
    assert parse_error_page(refused) == "request_not_supported"
    set_client_keys(login_provider, request_object_signing_alg="none")
    answer = request_by_object(
        browser, build_unsigned_request_object(build_request_object_claims())
    ).follow()
    assert "oauth-consent" in answer.forms
    broken = request_by_object(
        browser, build_unsigned_request_object(build_request_object_claims()) + "eA"
    )
    assert parse_error_page(broken) == "invalid_request_object"


@pytest.mark.spec(JAR, "10.8")
def test_unsigned_objects_are_off_by_default(login_provider):
    set_client_keys(login_provider, request_object_signing_alg="none")
    answer = request_by_object(
        login_provider.open_browser("alice"),
        build_unsigned_request_object(build_request_object_claims()),
        redirect_uri=build_request_object_claims()["redirect_uri"],
    )
    assert parse_error(answer) == "request_not_supported"


@pytest.mark.spec(JAR, "10.5")
def test_a_client_can_require_signed_objects(login_provider):
    set_client_keys(login_provider, "ES256", require_signed_request_object=True)
    browser = login_provider.open_browser("alice")
    assert parse_error(request_authentication(browser)) == "invalid_request"
    answer = request_by_object(
        browser,
        sign_request_object(build_request_object_claims(state=None)),
        state="outside",
    )
    assert "state" not in parse_redirect(answer), "unsigned parameters are ignored"
    answer = request_by_object(
        browser, sign_request_object(build_request_object_claims(prompt="consent"))
    )
    form = answer.follow().forms["oauth-consent"]
    assert "code" in parse_redirect(form.submit("decision", value="allow"))


@pytest.mark.spec(CORE, "6.3.1")
@pytest.mark.parametrize("alg", ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES"])
def test_an_object_may_be_encrypted_to_the_server(new_login_provider, alg):
    login_provider = new_login_provider(
        keys=("RS256", alg), signing_algorithms=f"RS256 {alg}"
    )
    login_provider.web = login_provider.register_client(skip_authorization=True)
    set_client_keys(login_provider, "ES256")
    (jwk,) = [key for key in login_provider.jwks()["keys"] if key["use"] == "enc"]
    browser = login_provider.open_browser("alice")
    token = encrypt_request_object(
        sign_request_object(build_request_object_claims()), jwk, alg, "A256GCM"
    )
    assert (
        redeem_id_token(
            login_provider, login_provider.web, request_by_object(browser, token)
        )["sub"]
        == "alice"
    )
    unsigned_inside = encrypt_request_object(
        json.dumps(build_request_object_claims()), jwk, alg
    )
    answer = request_by_object(browser, unsigned_inside)
    assert parse_error_page(answer) == "request_not_supported"
    answer = request_by_object(browser, encrypt_request_object("nonsense", jwk, alg))
    assert parse_error_page(answer) == "invalid_request_object"


@pytest.mark.spec(CORE, "6.3.1")
def test_an_object_may_be_encrypted_with_the_client_secret(login_provider):
    secret = set_client_secret(
        login_provider,
        request_object_signing_alg="HS256",
        request_object_encryption_alg="dir",
    )
    key = direct_key(secret, "A128CBC-HS256")
    token = encrypt_request_object(
        jwt.encode(build_request_object_claims(), secret, "HS256"), key, "dir"
    )
    assert "code" in parse_redirect(
        request_by_object(login_provider.open_browser("alice"), token)
    )
