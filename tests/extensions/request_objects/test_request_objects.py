"""Request objects by value: who may vouch for what, and which rules count."""

from __future__ import annotations

import json
import time as real

import jwt
import pytest

from pyramid_oauth.jose.jwe import direct_key
from tests.support.authentication import (
    CORE,
    parse_error,
    parse_login_redirect,
    redeem_id_token,
    request_authentication,
    return_from_login,
)
from tests.support.host import CALLBACK, build_authorization_request, parse_redirect
from tests.support.provider import log_in_with
from tests.support.request_objects import (
    build_request_object_claims,
    build_unsigned_request_object,
    encrypt_request_object,
    request_by_jar,
    request_by_object,
    set_client_keys,
    set_client_secret,
    sign_request_object,
)

JAR = "RFC 9101"
pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


def page_error(answer):
    assert answer.status_int == 400
    return answer.html.find(id="oauth-error-code").string


@pytest.mark.spec(CORE, "6.1")
@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_signed_request_object_is_accepted(login_provider, alg):
    set_client_keys(login_provider, alg)
    answer = request_by_object(
        login_provider.open_browser("alice"),
        sign_request_object(build_request_object_claims(), alg),
    )
    assert parse_redirect(answer)["state"] == "of the object"
    assert (
        redeem_id_token(login_provider, login_provider.web, answer)["nonce"]
        == "of the object"
    )


@pytest.mark.spec(CORE, "6.1")
def test_a_client_secret_may_sign_a_request_object(login_provider):
    secret = set_client_secret(login_provider, request_object_signing_alg="HS256")
    token = jwt.encode(build_request_object_claims(), secret, "HS256")
    assert "code" in parse_redirect(
        request_by_object(login_provider.open_browser("alice"), token)
    )
    wrong = jwt.encode(build_request_object_claims(), "x" * 64, "HS256")
    answer = request_by_object(login_provider.open_browser("alice"), wrong)
    assert page_error(answer) == "invalid_request_object"


@pytest.mark.spec(CORE, "6.3.3")
def test_by_core_the_request_object_overrides_query_parameters(login_provider):
    set_client_keys(login_provider, "ES256")
    token = sign_request_object(
        build_request_object_claims(nonce=None, scope="openid read")
    )
    answer = request_by_object(
        login_provider.open_browser("alice"),
        token,
        state="of the query",
        nonce="of the query",
    )
    assert parse_redirect(answer)["state"] == "of the object"
    assert (
        redeem_id_token(login_provider, login_provider.web, answer)["nonce"]
        == "of the query"
    )


@pytest.mark.spec(CORE, "6.1")
def test_by_core_the_redirect_uri_of_the_object_replaces_an_invalid_one(login_provider):
    set_client_keys(login_provider, "ES256")
    answer = request_by_object(
        login_provider.open_browser("alice"),
        sign_request_object(build_request_object_claims()),
        redirect_uri="https://evil.example/",
    )
    assert answer.location.startswith("https://client.example/cb?code=")


@pytest.mark.spec(CORE, "6.1")
@pytest.mark.parametrize(
    "changes", [{"client_id": "other"}, {"response_type": "token"}]
)
def test_by_core_client_id_and_response_type_must_match(login_provider, changes):
    set_client_keys(login_provider, "ES256")
    answer = request_by_object(
        login_provider.open_browser("alice"),
        sign_request_object(build_request_object_claims(**changes)),
    )
    assert parse_error(answer) == "invalid_request_object"


@pytest.mark.spec(CORE, "6.1")
def test_by_core_response_type_is_required_outside_the_object(login_provider):
    set_client_keys(login_provider, "ES256")
    answer = request_by_object(
        login_provider.open_browser("alice"),
        sign_request_object(build_request_object_claims()),
        response_type=None,
    )
    assert parse_error(answer) == "invalid_request"


@pytest.mark.spec(JAR, "6.3")
def test_by_rfc_9101_query_parameters_are_ignored(login_provider):
    set_client_keys(login_provider, "ES256")
    token = sign_request_object(
        build_request_object_claims(nonce=None, state=None), typ="oauth-authz-req+jwt"
    )
    answer = request_by_object(
        login_provider.open_browser("alice"),
        token,
        state="of the query",
        nonce="of the query",
    )
    assert "state" not in parse_redirect(answer)
    assert "nonce" not in redeem_id_token(login_provider, login_provider.web, answer)


@pytest.mark.spec(JAR, "5")
def test_by_rfc_9101_client_id_and_object_are_enough(login_provider):
    set_client_keys(login_provider, "ES256")
    answer = request_by_jar(
        login_provider.open_browser("alice"),
        sign_request_object(build_request_object_claims()),
        scope="write",
    )
    assert (
        redeem_id_token(login_provider, login_provider.web, answer)["nonce"]
        == "of the object"
    )
    plain = request_by_jar(
        login_provider.open_browser("alice"),
        sign_request_object(build_request_object_claims(scope="read")),
    )
    assert "code" in parse_redirect(plain)


@pytest.mark.spec(JAR, "5")
@pytest.mark.parametrize("client_id", [None, "other"])
def test_by_rfc_9101_client_id_is_required_in_the_object(login_provider, client_id):
    set_client_keys(login_provider, "ES256")
    answer = request_by_jar(
        login_provider.open_browser("alice"),
        sign_request_object(build_request_object_claims(client_id=client_id)),
    )
    assert answer.location.startswith(f"{CALLBACK}?")
    assert parse_error(answer) == "invalid_request_object"


@pytest.mark.spec(JAR, "6.3")
def test_by_rfc_9101_a_parameter_missing_in_the_object_is_missing(login_provider):
    set_client_keys(login_provider, "ES256")
    answer = request_by_jar(
        login_provider.open_browser("alice"),
        sign_request_object(
            build_request_object_claims(
                code_challenge=None, code_challenge_method=None, nonce=None
            )
        ),
        code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        code_challenge_method="S256",
    )
    assert parse_error(answer) == "invalid_request"


WRONG = {
    "of another issuer": {"iss": "other"},
    "for another audience": {"aud": "https://other.example"},
    "for several others": {"aud": ["https://other.example", 7]},
    "expired": {"exp": int(real.time()) - 60},
    "expiring by text": {"exp": "tomorrow"},
    "not valid yet": {"nbf": int(real.time()) + 86400},
    "like a client assertion": {"sub": "web"},
    "in another object": {"request": "x"},
    "elsewhere": {"request_uri": "https://client.example/x"},
    "with a scope that is a list": {"scope": ["openid"]},
    "with a max_age that is a truth value": {"max_age": True},
    "with a state that is a number": {"state": 7},
    "with a control character": {"state": "a\x00b"},
}


@pytest.mark.spec(JAR, "6.3")
@pytest.mark.parametrize("changes", WRONG.values(), ids=list(WRONG))
def test_an_invalid_request_object_is_refused(login_provider, changes):
    set_client_keys(login_provider, "ES256")
    answer = request_by_object(
        login_provider.open_browser("alice"),
        sign_request_object(build_request_object_claims(**changes)),
    )
    assert answer.location.startswith(f"{CALLBACK}?")
    told = parse_redirect(answer)
    assert told["error"] == "invalid_request_object"
    assert told.get("state") == (None if "state" in changes else "of the object")


@pytest.mark.spec(JAR, "6.3")
def test_an_error_is_sent_to_the_redirect_uri_of_a_signed_object_only(
    new_login_provider,
):
    login_provider = new_login_provider(unsigned_request_objects="true")
    login_provider.web = login_provider.register_client()
    browser = login_provider.open_browser("alice")
    set_client_keys(login_provider, request_object_signing_alg="none")
    wrong = {"aud": "https://other.example"}
    answer = request_by_object(
        browser, build_unsigned_request_object(build_request_object_claims(**wrong))
    )
    assert page_error(answer) == "invalid_request_object"
    set_client_keys(login_provider, "ES256")
    for changes in (
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": ["https://client.example/cb"]},
        {"response_mode": "web_message"},
    ):
        answer = request_by_object(
            browser,
            sign_request_object(build_request_object_claims(**wrong, **changes)),
        )
        assert page_error(answer) == "invalid_request_object"
    fragment = sign_request_object(
        build_request_object_claims(**wrong, response_mode="fragment")
    )
    answer = request_by_object(browser, fragment)
    assert answer.location.startswith(f"{CALLBACK}#error=invalid_request_object")


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
        assert page_error(answer) == "invalid_request_object"
    assert "code" in parse_redirect(
        request_by_object(
            browser, sign_request_object(build_request_object_claims(), "RS256")
        )
    )


@pytest.mark.spec(CORE, "3.1.2.6")
def test_an_error_of_an_object_is_sent_to_a_registered_outer_redirect_uri(
    login_provider,
):
    set_client_keys(login_provider, "ES256")
    answer = request_by_object(
        login_provider.open_browser("alice"),
        "x",
        redirect_uri="https://client.example/cb",
        state="s",
    )
    assert (parse_error(answer), parse_redirect(answer)["state"]) == (
        "invalid_request_object",
        "s",
    )
    answer = request_by_object(
        login_provider.open_browser("alice"), "x", redirect_uri="https://evil.example/"
    )
    assert page_error(answer) == "invalid_request_object"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_a_redirect_uri_in_an_object_must_be_registered(login_provider):
    set_client_keys(login_provider, "ES256")
    token = sign_request_object(
        build_request_object_claims(redirect_uri="https://evil.example/")
    )
    answer = request_by_object(login_provider.open_browser("alice"), token)
    assert page_error(answer) == "invalid_request"


@pytest.mark.spec(CORE, "6.1")
def test_unsigned_objects_need_registration_by_the_client(new_login_provider):
    login_provider = new_login_provider(unsigned_request_objects="true")
    login_provider.web = login_provider.register_client()
    browser = login_provider.open_browser("alice")
    refused = request_by_object(
        browser, build_unsigned_request_object(build_request_object_claims())
    )
    assert page_error(refused) == "request_not_supported"
    set_client_keys(login_provider, request_object_signing_alg="none")
    answer = request_by_object(
        browser, build_unsigned_request_object(build_request_object_claims())
    ).follow()
    assert "oauth-consent" in answer.forms
    broken = request_by_object(
        browser, build_unsigned_request_object(build_request_object_claims()) + "eA"
    )
    assert page_error(broken) == "invalid_request_object"


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
    assert "state" not in parse_redirect(answer), "nothing unsigned counts"
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
    assert page_error(answer) == "request_not_supported"
    answer = request_by_object(browser, encrypt_request_object("nonsense", jwk, alg))
    assert page_error(answer) == "invalid_request_object"


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


@pytest.mark.spec(CORE, "6.1")
def test_claims_and_max_age_keep_their_json_types(login_provider, frozen_clock):
    set_client_keys(login_provider, "ES256")
    browser = login_provider.open_browser("alice")
    claims = {"id_token": {"name": None}}
    token = sign_request_object(
        build_request_object_claims(claims=claims, max_age=10_000, exp=None)
    )
    answer = request_by_object(browser, token)
    assert (
        redeem_id_token(login_provider, login_provider.web, answer)["name"]
        == "Alice Liddell"
    )
    frozen_clock.advance(20_000)
    assert (
        parse_login_redirect(request_by_object(browser, token))[0] == "reauthenticate"
    )


def test_a_request_completes_when_the_object_expires_during_the_login(
    login_provider, frozen_clock
):
    set_client_keys(login_provider, "ES256")
    browser = login_provider.open_browser()
    soon = int(real.time()) - 3600 + 30
    answer = request_by_object(
        browser, sign_request_object(build_request_object_claims(exp=soon))
    )
    frozen_clock.advance(300)
    log_in_with(browser)
    assert (
        parse_redirect(return_from_login(browser, answer))["state"] == "of the object"
    )


@pytest.mark.spec(CORE, "6.1")
def test_disabled_request_objects_are_request_not_supported(new_login_provider):
    login_provider = new_login_provider(request_objects="false")
    login_provider.register_client()
    set_client_keys(login_provider, "ES256")
    answer = request_authentication(
        login_provider.open_browser("alice"),
        request=sign_request_object(build_request_object_claims()),
    )
    assert parse_error(answer) == "request_not_supported"
    answer = request_authentication(
        login_provider.open_browser("alice"), request_uri="https://client.example/x"
    )
    assert parse_error(answer) == "request_uri_not_supported"


def test_without_openid_request_objects_are_request_not_supported(
    host, browser, client
):
    answer = browser.get("/oauth/authorize", build_authorization_request(request="x"))
    assert parse_error(answer) == "request_not_supported"


@pytest.mark.spec("OpenID Connect Discovery", "3")
def test_the_metadata_lists_the_accepted_request_objects(new_login_provider):
    login_provider = new_login_provider(
        request_uris="true",
        unsigned_request_objects="true",
        signing_algorithms="RS256 RSA-OAEP",
    )
    found = login_provider.browser().get("/oauth/.well-known/openid-configuration").json
    assert found["request_parameter_supported"] is True
    assert found["request_uri_parameter_supported"] is True
    assert found["require_request_uri_registration"] is True
    signing = found["request_object_signing_alg_values_supported"]
    assert {"none", "RS256", "ES256", "HS256"} <= set(signing)
    management = found["request_object_encryption_alg_values_supported"]
    assert management == ["RSA-OAEP", "dir"]
    assert found["claims_parameter_supported"] is True
    assert "create" in found["prompt_values_supported"]
