"""Request objects by value: who may vouch for what, and which rules count."""

from __future__ import annotations

import json
import time as real

import jwt
import pytest

from pyramid_oauth.jose.jwe import direct_key
from tests.support.authentication import (
    CORE,
    asks,
    claims_of,
    comes_back,
    enters,
    error_of,
    query_of,
    sent_to_login,
)
from tests.support.host import CALLBACK, asked
from tests.support.request_objects import (
    asks_by_jar,
    asks_by_object,
    encrypted,
    inside,
    signed,
    unsigned,
    with_keys,
    with_secret,
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
    with_keys(login_provider, alg)
    answer = asks_by_object(login_provider.visitor("alice"), signed(inside(), alg))
    assert query_of(answer)["state"] == "of the object"
    assert (
        claims_of(login_provider, login_provider.web, answer)["nonce"]
        == "of the object"
    )


@pytest.mark.spec(CORE, "6.1")
def test_a_client_secret_may_sign_a_request_object(login_provider):
    secret = with_secret(login_provider, request_object_signing_alg="HS256")
    token = jwt.encode(inside(), secret, "HS256")
    assert "code" in query_of(asks_by_object(login_provider.visitor("alice"), token))
    wrong = jwt.encode(inside(), "x" * 64, "HS256")
    answer = asks_by_object(login_provider.visitor("alice"), wrong)
    assert page_error(answer) == "invalid_request_object"


@pytest.mark.spec(CORE, "6.3.3")
def test_by_core_the_request_object_overrides_query_parameters(login_provider):
    with_keys(login_provider, "ES256")
    token = signed(inside(nonce=None, scope="openid read"))
    answer = asks_by_object(
        login_provider.visitor("alice"),
        token,
        state="of the query",
        nonce="of the query",
    )
    assert query_of(answer)["state"] == "of the object"
    assert (
        claims_of(login_provider, login_provider.web, answer)["nonce"] == "of the query"
    )


@pytest.mark.spec(CORE, "6.1")
def test_by_core_the_redirect_uri_of_the_object_replaces_an_invalid_one(login_provider):
    with_keys(login_provider, "ES256")
    answer = asks_by_object(
        login_provider.visitor("alice"),
        signed(inside()),
        redirect_uri="https://evil.example/",
    )
    assert answer.location.startswith("https://client.example/cb?code=")


@pytest.mark.spec(CORE, "6.1")
@pytest.mark.parametrize(
    "changes", [{"client_id": "other"}, {"response_type": "token"}]
)
def test_by_core_client_id_and_response_type_must_match(login_provider, changes):
    with_keys(login_provider, "ES256")
    answer = asks_by_object(login_provider.visitor("alice"), signed(inside(**changes)))
    assert error_of(answer) == "invalid_request_object"


@pytest.mark.spec(CORE, "6.1")
def test_by_core_response_type_is_required_outside_the_object(login_provider):
    with_keys(login_provider, "ES256")
    answer = asks_by_object(
        login_provider.visitor("alice"), signed(inside()), response_type=None
    )
    assert error_of(answer) == "invalid_request"


@pytest.mark.spec(JAR, "6.3")
def test_by_rfc_9101_query_parameters_are_ignored(login_provider):
    with_keys(login_provider, "ES256")
    token = signed(inside(nonce=None, state=None), typ="oauth-authz-req+jwt")
    answer = asks_by_object(
        login_provider.visitor("alice"),
        token,
        state="of the query",
        nonce="of the query",
    )
    assert "state" not in query_of(answer)
    assert "nonce" not in claims_of(login_provider, login_provider.web, answer)


@pytest.mark.spec(JAR, "5")
def test_by_rfc_9101_client_id_and_object_are_enough(login_provider):
    with_keys(login_provider, "ES256")
    answer = asks_by_jar(
        login_provider.visitor("alice"), signed(inside()), scope="write"
    )
    assert (
        claims_of(login_provider, login_provider.web, answer)["nonce"]
        == "of the object"
    )
    plain = asks_by_jar(login_provider.visitor("alice"), signed(inside(scope="read")))
    assert "code" in query_of(plain)


@pytest.mark.spec(JAR, "5")
@pytest.mark.parametrize("client_id", [None, "other"])
def test_by_rfc_9101_client_id_is_required_in_the_object(login_provider, client_id):
    with_keys(login_provider, "ES256")
    answer = asks_by_jar(
        login_provider.visitor("alice"), signed(inside(client_id=client_id))
    )
    assert answer.location.startswith(f"{CALLBACK}?")
    assert error_of(answer) == "invalid_request_object"


@pytest.mark.spec(JAR, "6.3")
def test_by_rfc_9101_a_parameter_missing_in_the_object_is_missing(login_provider):
    with_keys(login_provider, "ES256")
    answer = asks_by_jar(
        login_provider.visitor("alice"),
        signed(inside(code_challenge=None, code_challenge_method=None, nonce=None)),
        code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        code_challenge_method="S256",
    )
    assert error_of(answer) == "invalid_request"


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
    with_keys(login_provider, "ES256")
    answer = asks_by_object(login_provider.visitor("alice"), signed(inside(**changes)))
    assert answer.location.startswith(f"{CALLBACK}?")
    told = query_of(answer)
    assert told["error"] == "invalid_request_object"
    assert told.get("state") == (None if "state" in changes else "of the object")


@pytest.mark.spec(JAR, "6.3")
def test_an_error_is_sent_to_the_redirect_uri_of_a_signed_object_only(
    new_login_provider,
):
    login_provider = new_login_provider(unsigned_request_objects="true")
    login_provider.web = login_provider.application()
    browser = login_provider.visitor("alice")
    with_keys(login_provider, request_object_signing_alg="none")
    wrong = {"aud": "https://other.example"}
    answer = asks_by_object(browser, unsigned(inside(**wrong)))
    assert page_error(answer) == "invalid_request_object"
    with_keys(login_provider, "ES256")
    for changes in (
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": ["https://client.example/cb"]},
        {"response_mode": "web_message"},
    ):
        answer = asks_by_object(browser, signed(inside(**wrong, **changes)))
        assert page_error(answer) == "invalid_request_object"
    fragment = signed(inside(**wrong, response_mode="fragment"))
    answer = asks_by_object(browser, fragment)
    assert answer.location.startswith(f"{CALLBACK}#error=invalid_request_object")


@pytest.mark.spec(CORE, "6.3.2")
def test_a_signature_by_another_key_or_algorithm_is_refused(login_provider):
    with_keys(login_provider, "ES256", "RS256", request_object_signing_alg="RS256")
    browser = login_provider.visitor("alice")
    for token in (
        signed(inside(), "ES256"),
        signed(inside(), "RS256", number=1),
        signed(inside(), "RS256")[:-6] + "AAAAAA",
        signed(inside(), "RS256", typ="at+jwt"),
        unsigned(inside()),
        "no token at all",
        "a.b.c",
    ):
        answer = asks_by_object(browser, token)
        assert page_error(answer) == "invalid_request_object"
    assert "code" in query_of(asks_by_object(browser, signed(inside(), "RS256")))


@pytest.mark.spec(CORE, "3.1.2.6")
def test_an_error_of_an_object_is_sent_to_a_registered_outer_redirect_uri(
    login_provider,
):
    with_keys(login_provider, "ES256")
    answer = asks_by_object(
        login_provider.visitor("alice"),
        "x",
        redirect_uri="https://client.example/cb",
        state="s",
    )
    assert (error_of(answer), query_of(answer)["state"]) == (
        "invalid_request_object",
        "s",
    )
    answer = asks_by_object(
        login_provider.visitor("alice"), "x", redirect_uri="https://evil.example/"
    )
    assert page_error(answer) == "invalid_request_object"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_a_redirect_uri_in_an_object_must_be_registered(login_provider):
    with_keys(login_provider, "ES256")
    token = signed(inside(redirect_uri="https://evil.example/"))
    answer = asks_by_object(login_provider.visitor("alice"), token)
    assert page_error(answer) == "invalid_request"


@pytest.mark.spec(CORE, "6.1")
def test_unsigned_objects_need_registration_by_the_client(new_login_provider):
    login_provider = new_login_provider(unsigned_request_objects="true")
    login_provider.web = login_provider.application()
    browser = login_provider.visitor("alice")
    refused = asks_by_object(browser, unsigned(inside()))
    assert page_error(refused) == "request_not_supported"
    with_keys(login_provider, request_object_signing_alg="none")
    answer = asks_by_object(browser, unsigned(inside())).follow()
    assert "oauth-consent" in answer.forms
    broken = asks_by_object(browser, unsigned(inside()) + "eA")
    assert page_error(broken) == "invalid_request_object"


@pytest.mark.spec(JAR, "10.8")
def test_unsigned_objects_are_off_by_default(login_provider):
    with_keys(login_provider, request_object_signing_alg="none")
    answer = asks_by_object(
        login_provider.visitor("alice"),
        unsigned(inside()),
        redirect_uri=inside()["redirect_uri"],
    )
    assert error_of(answer) == "request_not_supported"


@pytest.mark.spec(JAR, "10.5")
def test_a_client_can_require_signed_objects(login_provider):
    with_keys(login_provider, "ES256", require_signed_request_object=True)
    browser = login_provider.visitor("alice")
    assert error_of(asks(browser)) == "invalid_request"
    answer = asks_by_object(browser, signed(inside(state=None)), state="outside")
    assert "state" not in query_of(answer), "nothing unsigned counts"
    answer = asks_by_object(browser, signed(inside(prompt="consent")))
    form = answer.follow().forms["oauth-consent"]
    assert "code" in query_of(form.submit("decision", value="allow"))


@pytest.mark.spec(CORE, "6.3.1")
@pytest.mark.parametrize("alg", ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES"])
def test_an_object_may_be_encrypted_to_the_server(new_login_provider, alg):
    login_provider = new_login_provider(
        keys=("RS256", alg), signing_algorithms=f"RS256 {alg}"
    )
    login_provider.web = login_provider.application(skip_authorization=True)
    with_keys(login_provider, "ES256")
    (jwk,) = [key for key in login_provider.jwks()["keys"] if key["use"] == "enc"]
    browser = login_provider.visitor("alice")
    token = encrypted(signed(inside()), jwk, alg, "A256GCM")
    assert (
        claims_of(login_provider, login_provider.web, asks_by_object(browser, token))[
            "sub"
        ]
        == "alice"
    )
    unsigned_inside = encrypted(json.dumps(inside()), jwk, alg)
    answer = asks_by_object(browser, unsigned_inside)
    assert page_error(answer) == "request_not_supported"
    answer = asks_by_object(browser, encrypted("nonsense", jwk, alg))
    assert page_error(answer) == "invalid_request_object"


@pytest.mark.spec(CORE, "6.3.1")
def test_an_object_may_be_encrypted_with_the_client_secret(login_provider):
    secret = with_secret(
        login_provider,
        request_object_signing_alg="HS256",
        request_object_encryption_alg="dir",
    )
    key = direct_key(secret, "A128CBC-HS256")
    token = encrypted(jwt.encode(inside(), secret, "HS256"), key, "dir")
    assert "code" in query_of(asks_by_object(login_provider.visitor("alice"), token))


@pytest.mark.spec(CORE, "6.1")
def test_claims_and_max_age_keep_their_json_types(login_provider, time):
    with_keys(login_provider, "ES256")
    browser = login_provider.visitor("alice")
    claims = {"id_token": {"name": None}}
    token = signed(inside(claims=claims, max_age=10_000, exp=None))
    answer = asks_by_object(browser, token)
    assert (
        claims_of(login_provider, login_provider.web, answer)["name"] == "Alice Liddell"
    )
    time.advance(20_000)
    assert sent_to_login(asks_by_object(browser, token))[0] == "reauthenticate"


def test_a_request_completes_when_the_object_expires_during_the_login(
    login_provider, time
):
    with_keys(login_provider, "ES256")
    browser = login_provider.visitor()
    soon = int(real.time()) - 3600 + 30
    answer = asks_by_object(browser, signed(inside(exp=soon)))
    time.advance(300)
    enters(browser)
    assert query_of(comes_back(browser, answer))["state"] == "of the object"


@pytest.mark.spec(CORE, "6.1")
def test_disabled_request_objects_are_request_not_supported(new_login_provider):
    login_provider = new_login_provider(request_objects="false")
    login_provider.application()
    with_keys(login_provider, "ES256")
    answer = asks(login_provider.visitor("alice"), request=signed(inside()))
    assert error_of(answer) == "request_not_supported"
    answer = asks(
        login_provider.visitor("alice"), request_uri="https://client.example/x"
    )
    assert error_of(answer) == "request_uri_not_supported"


def test_without_openid_request_objects_are_request_not_supported(
    host, browser, client
):
    answer = browser.get("/oauth/authorize", asked(request="x"))
    assert error_of(answer) == "request_not_supported"


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
