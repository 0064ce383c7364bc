"""Request objects by value (OpenID Connect Core section 6.1, RFC 9101)."""

from __future__ import annotations

import time as real

import jwt
import pytest

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
from tests.support.pushing import parse_error_page
from tests.support.request_objects import (
    build_request_object_claims,
    build_unsigned_request_object,
    request_by_object,
    set_client_keys,
    set_client_secret,
    sign_request_object,
)

JAR = "RFC 9101"
pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


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
    assert parse_error_page(answer) == "invalid_request_object"


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


INVALID_CHANGES = {
    "other-issuer": {"iss": "other"},
    "other-audience": {"aud": "https://other.example"},
    "other-audiences": {"aud": ["https://other.example", 7]},
    "expired": {"exp": int(real.time()) - 60},
    "exp-is-text": {"exp": "tomorrow"},
    "not-valid-yet": {"nbf": int(real.time()) + 86400},
    "issued-in-the-future": {"iat": int(real.time()) + 86400},
    "iat-is-text": {"iat": "today"},
    "has-sub": {"sub": "web"},
    "nested-request": {"request": "x"},
    "nested-request_uri": {"request_uri": "https://client.example/x"},
    "scope-is-a-list": {"scope": ["openid"]},
    "max_age-is-a-boolean": {"max_age": True},
    "state-is-a-number": {"state": 7},
    "control-character": {"state": "a\x00b"},
}


@pytest.mark.spec(JAR, "6.3")
@pytest.mark.parametrize("changes", INVALID_CHANGES.values(), ids=list(INVALID_CHANGES))
def test_an_invalid_request_object_is_refused(login_provider, changes):
    set_client_keys(login_provider, "ES256")
    answer = request_by_object(
        login_provider.open_browser("alice"),
        sign_request_object(build_request_object_claims(**changes)),
    )
    assert answer.location.startswith(f"{CALLBACK}?")
    parameters = parse_redirect(answer)
    assert parameters["error"] == "invalid_request_object"
    assert parameters.get("state") == (None if "state" in changes else "of the object")


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
    assert parse_error_page(answer) == "invalid_request_object"
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
        assert parse_error_page(answer) == "invalid_request_object"
    fragment = sign_request_object(
        build_request_object_claims(**wrong, response_mode="fragment")
    )
    answer = request_by_object(browser, fragment)
    assert answer.location.startswith(f"{CALLBACK}#error=invalid_request_object")


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
    assert parse_error_page(answer) == "invalid_request_object"


@pytest.mark.spec(CORE, "3.1.2.6")
def test_a_redirect_uri_in_an_object_must_be_registered(login_provider):
    set_client_keys(login_provider, "ES256")
    token = sign_request_object(
        build_request_object_claims(redirect_uri="https://evil.example/")
    )
    answer = request_by_object(login_provider.open_browser("alice"), token)
    assert parse_error_page(answer) == "invalid_request"


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
    expiry = int(real.time()) - 3600 + 30
    answer = request_by_object(
        browser, sign_request_object(build_request_object_claims(exp=expiry))
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
    metadata = (
        login_provider.browser().get("/oauth/.well-known/openid-configuration").json
    )
    assert metadata["request_parameter_supported"] is True
    assert metadata["request_uri_parameter_supported"] is True
    assert metadata["require_request_uri_registration"] is True
    signing = metadata["request_object_signing_alg_values_supported"]
    assert {"none", "RS256", "ES256", "HS256"} <= set(signing)
    management = metadata["request_object_encryption_alg_values_supported"]
    assert management == ["RSA-OAEP", "dir"]
    assert metadata["claims_parameter_supported"] is True
    assert "create" in metadata["prompt_values_supported"]
