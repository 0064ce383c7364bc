"""Request objects inside the push (RFC 9126 section 3, RFC 9101)."""

from __future__ import annotations

import jwt
import pytest

from pyramid_oauth import clock
from tests.support.authentication import parse_login_redirect, return_from_login
from tests.support.host import parse_redirect
from tests.support.provider import log_in_with
from tests.support.pushing import (
    PAR,
    authorize_pushed_request,
    open_request_uri,
    push,
    push_error,
    push_request_uri,
    redeem_code,
    submit_decision,
)
from tests.support.request_objects import (
    build_request_object_claims,
    build_unsigned_request_object,
    set_client_keys,
    set_client_secret,
    sign_request_object,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore::pyramid_oauth.errors.InsecureSettingWarning"
)
NOTHING = dict.fromkeys(
    (
        "response_type",
        "redirect_uri",
        "scope",
        "state",
        "code_challenge",
        "code_challenge_method",
    )
)


def by_object(token, **outside):
    """The form of a push that has only a request object and authentication."""
    return {**NOTHING, "request": token, **outside}


@pytest.mark.spec(PAR, "3")
@pytest.mark.parametrize("typ", ["JWT", "oauth-authz-req+jwt", "OautH-auThZ-REQ+jWt"])
def test_a_signed_request_object_replaces_all_parameters(login_provider, typ):
    set_client_keys(login_provider, "ES256")
    token = sign_request_object(build_request_object_claims(), typ=typ)
    answer = authorize_pushed_request(
        login_provider.open_browser("alice"),
        push_request_uri(login_provider, login_provider.web, **by_object(token)),
    )
    assert answer["state"] == "of the object"
    tokens = redeem_code(login_provider, login_provider.web, answer["code"])
    assert (
        login_provider.verify_id_token(tokens["id_token"])["nonce"] == "of the object"
    )


@pytest.mark.spec(PAR, "3")
def test_parameters_beside_the_request_object_are_ignored(login_provider):
    set_client_keys(login_provider, "ES256")
    token = sign_request_object(
        build_request_object_claims(nonce=None, state=None, scope="openid read")
    )
    outside = {"scope": "openid", "state": "outside", "nonce": "outside"}
    uri = push_request_uri(
        login_provider,
        login_provider.web,
        **by_object(token, **outside),
    )
    answer = authorize_pushed_request(login_provider.open_browser("alice"), uri)
    assert "state" not in answer
    tokens = redeem_code(login_provider, login_provider.web, answer["code"])
    assert tokens["scope"] == "openid read"
    assert "nonce" not in login_provider.verify_id_token(tokens["id_token"])


@pytest.mark.spec(PAR, "3")
def test_a_redirect_uri_beside_the_request_object_is_ignored(login_provider):
    set_client_keys(login_provider, "ES256")
    token = sign_request_object(build_request_object_claims(redirect_uri=None))
    outside = {"redirect_uri": "https://client.example/cb"}
    error = push_error(
        login_provider,
        login_provider.web,
        **by_object(token, **outside),
    )
    assert error == "invalid_request"


@pytest.mark.spec(PAR, "3")
def test_the_pushed_request_object_is_used_without_being_sent_again(login_provider):
    set_client_keys(login_provider, "ES256")
    uri = push_request_uri(
        login_provider,
        login_provider.web,
        **by_object(sign_request_object(build_request_object_claims())),
    )
    answer = open_request_uri(
        login_provider.open_browser("alice"), uri, request="a.b.c", state="of the URL"
    )
    assert parse_redirect(submit_decision(answer))["state"] == "of the object"


@pytest.mark.spec(PAR, "2.3")
@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://elsewhere.example"},
        {"iss": "somebody"},
        {"exp": 1},
        {"nbf": 99999999999},
        {"client_id": "other"},
        {"client_id": None},
        {"request_uri": "https://client.example/x"},
        {"request": "a.b.c"},
        {"scope": 7},
    ],
    ids=str,
)
def test_an_invalid_request_object_is_refused_at_the_push(login_provider, changes):
    set_client_keys(login_provider, "ES256")
    token = sign_request_object(build_request_object_claims(**changes))
    error = push_error(login_provider, login_provider.web, **by_object(token))
    assert error == "invalid_request_object"


@pytest.mark.spec("RFC 9101", "10.8")
def test_an_unsigned_or_wrongly_signed_request_object_is_refused(login_provider):
    set_client_keys(login_provider, "ES256")
    other = sign_request_object(build_request_object_claims(), number=1)
    assert (
        push_error(login_provider, login_provider.web, **by_object(other))
        == "invalid_request_object"
    )
    none = build_unsigned_request_object(build_request_object_claims())
    error = push_error(login_provider, login_provider.web, **by_object(none))
    assert error == "request_not_supported"
    for text in ("x", "a.b.c", "e30.e30."):
        error = push_error(login_provider, login_provider.web, **by_object(text))
        assert error == "invalid_request_object"


@pytest.mark.spec(PAR, "3")
def test_parameters_in_a_request_object_are_validated(login_provider):
    set_client_keys(login_provider, "ES256")
    bad = sign_request_object(
        build_request_object_claims(redirect_uri="https://evil.example/cb")
    )
    assert (
        push_error(login_provider, login_provider.web, **by_object(bad))
        == "invalid_request"
    )
    bad = sign_request_object(
        build_request_object_claims(
            code_challenge=None, code_challenge_method=None, nonce=None
        )
    )
    assert (
        push_error(login_provider, login_provider.web, **by_object(bad))
        == "invalid_request"
    )


@pytest.mark.spec(PAR, "2.3")
def test_a_client_with_required_signatures_cannot_push_plain_parameters(login_provider):
    set_client_keys(login_provider, "ES256", require_signed_request_object=True)
    plain = {"scope": "openid", "nonce": "n"}
    assert push_error(login_provider, login_provider.web, **plain) == "invalid_request"
    uri = push_request_uri(
        login_provider,
        login_provider.web,
        **by_object(sign_request_object(build_request_object_claims())),
    )
    assert "code" in authorize_pushed_request(login_provider.open_browser("alice"), uri)


@pytest.mark.spec(PAR, "4")
def test_a_signature_checked_at_the_push_stays_valid_when_the_client_changes(
    login_provider,
):
    set_client_keys(login_provider, "ES256", require_signed_request_object=True)
    uri = push_request_uri(
        login_provider,
        login_provider.web,
        **by_object(sign_request_object(build_request_object_claims())),
    )
    login_provider.update_application(name="Another name")
    assert "code" in authorize_pushed_request(login_provider.open_browser("alice"), uri)


def test_a_signature_requirement_added_after_the_push_is_enforced(login_provider):
    uri = push_request_uri(
        login_provider, login_provider.web, scope="openid", nonce="n"
    )
    set_client_keys(login_provider, "ES256", require_signed_request_object=True)
    answer = open_request_uri(login_provider.open_browser("alice"), uri)
    assert parse_redirect(answer)["error"] == "invalid_request"


def test_the_expiry_of_a_request_object_is_checked_at_the_push(
    login_provider, frozen_clock
):
    set_client_keys(login_provider, "ES256")
    token = sign_request_object(
        build_request_object_claims(exp=int(clock.timestamp()) + 5)
    )
    uri = push_request_uri(login_provider, login_provider.web, **by_object(token))
    frozen_clock.advance(50)
    assert "code" in authorize_pushed_request(login_provider.open_browser("alice"), uri)


def test_a_request_object_may_be_signed_by_the_client_secret(login_provider):
    secret = set_client_secret(login_provider, request_object_signing_alg="HS256")
    token = jwt.encode(build_request_object_claims(), secret, "HS256")
    uri = push_request_uri(login_provider, login_provider.web, **by_object(token))
    assert "code" in authorize_pushed_request(login_provider.open_browser("alice"), uri)


def test_request_objects_are_refused_without_their_extension(host, client):
    assert push(host, client).status_int == 201
    assert push_error(host, client, request="a.b.c") == "invalid_request"


def test_prompt_and_max_age_of_an_object_survive_the_login(
    login_provider, frozen_clock
):
    set_client_keys(login_provider, "ES256")
    for changes in ({"prompt": "login"}, {"max_age": 1}):
        browser = login_provider.open_browser("alice")
        frozen_clock.advance(5)
        token = sign_request_object(build_request_object_claims(exp=None, **changes))
        answer = open_request_uri(
            browser,
            push_request_uri(login_provider, login_provider.web, **by_object(token)),
        )
        assert parse_login_redirect(answer)[0] == "reauthenticate"
        frozen_clock.advance(5)
        log_in_with(browser)
        assert "code" in parse_redirect(return_from_login(browser, answer))
