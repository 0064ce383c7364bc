"""Request objects by the rules of RFC 9101."""

from __future__ import annotations

import pytest

from tests.support.authentication import (
    parse_error,
    redeem_id_token,
)
from tests.support.host import CALLBACK, parse_redirect
from tests.support.request_objects import (
    build_request_object_claims,
    request_by_jar,
    request_by_object,
    set_client_keys,
    sign_request_object,
)

JAR = "RFC 9101"


pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)


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


@pytest.mark.spec(JAR, "10.5")
@pytest.mark.parametrize("missing", ["iss", "aud"])
def test_a_client_that_requires_signed_objects_chooses_rfc_9101(
    login_provider, missing
):
    browser = login_provider.open_browser("alice")
    token = sign_request_object(build_request_object_claims(**{missing: None}))
    set_client_keys(login_provider, "ES256")
    assert "code" in parse_redirect(request_by_object(browser, token))
    set_client_keys(login_provider, "ES256", require_signed_request_object=True)
    answer = request_by_object(browser, token)
    assert parse_error(answer) == "invalid_request_object"
    whole = sign_request_object(build_request_object_claims())
    assert "code" in parse_redirect(request_by_object(browser, whole))
