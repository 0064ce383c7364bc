"""Client authentication of pushed authorization requests (RFC 9126 section 2.1)."""

from __future__ import annotations

import pytest

from tests.support.client_keys import is_refused, key_set
from tests.support.key_material import private_key
from tests.support.pushing import (
    ISSUER,
    PAR,
    authorize_pushed_request,
    build_basic_headers,
    build_client_assertion,
    open_request_uri,
    push,
    push_error,
    push_request_uri,
    redeem_code,
    register_public,
)

METHODS = (
    "none client_secret_basic client_secret_post client_secret_jwt private_key_jwt"
)


@pytest.fixture
def all_methods_host(new_host):
    return new_host(token_endpoint_auth_methods=METHODS)


def register_with_method(host, method, **fields):
    """Register the client `web` with an authentication method; returns its secret."""
    credentials = host.register_client(token_endpoint_auth_method=method, **fields)
    return credentials.get("client_secret")


def signing_key(alg="ES256", number=0):
    return private_key(alg, number).private_key


@pytest.mark.spec(PAR, "2.1")
def test_client_secret_basic_authenticates_a_push(all_methods_host):
    secret = register_with_method(all_methods_host, "client_secret_basic")
    assert (
        push(
            all_methods_host, {}, headers=build_basic_headers("web", secret)
        ).status_int
        == 201
    )
    with_client_id = push(
        all_methods_host,
        {"client_id": "web"},
        headers=build_basic_headers("web", secret),
    )
    assert with_client_id.status_int == 201
    refused = push(all_methods_host, {}, headers=build_basic_headers("web", "wrong"))
    assert is_refused(refused)
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.spec(PAR, "2.1")
def test_client_secret_post_authenticates_a_push(all_methods_host):
    secret = register_with_method(all_methods_host, "client_secret_post")
    assert (
        push(all_methods_host, {"client_id": "web", "client_secret": secret}).status_int
        == 201
    )
    assert is_refused(
        push(all_methods_host, {"client_id": "web", "client_secret": "wrong"})
    )
    assert is_refused(push(all_methods_host, {"client_id": "web"}))


@pytest.mark.spec(PAR, "2.1")
def test_client_secret_jwt_authenticates_a_push(all_methods_host):
    secret = register_with_method(all_methods_host, "client_secret_jwt")
    assert (
        push(all_methods_host, build_client_assertion(secret, "HS256")).status_int
        == 201
    )
    assert is_refused(push(all_methods_host, build_client_assertion("x" * 64, "HS256")))


@pytest.mark.spec(PAR, "2.1")
def test_private_key_jwt_authenticates_a_push_without_client_id(all_methods_host):
    keys = {"jwks": key_set("ES256")}
    register_with_method(all_methods_host, "private_key_jwt", client_metadata=keys)
    assert (
        push(
            all_methods_host, build_client_assertion(signing_key(), "ES256")
        ).status_int
        == 201
    )
    both = {"client_id": "web", **build_client_assertion(signing_key(), "ES256")}
    assert push(all_methods_host, both).status_int == 201
    assert is_refused(
        push(all_methods_host, build_client_assertion(signing_key(number=1), "ES256"))
    )


@pytest.mark.spec(PAR, "2")
@pytest.mark.parametrize("audience", [ISSUER, f"{ISSUER}/token", f"{ISSUER}/par"])
def test_issuer_token_endpoint_and_this_endpoint_are_audiences(new_host, audience):
    host = new_host(assertion_audience="endpoint")
    keys = {"jwks": key_set("ES256")}
    register_with_method(host, "private_key_jwt", client_metadata=keys)
    assert (
        push(
            host, build_client_assertion(signing_key(), "ES256", aud=audience)
        ).status_int
        == 201
    )


@pytest.mark.spec(PAR, "2")
@pytest.mark.parametrize(
    "audience", ["https://elsewhere.example", f"{ISSUER}/revoke", None]
)
def test_another_audience_is_refused(all_methods_host, audience):
    keys = {"jwks": key_set("ES256")}
    register_with_method(all_methods_host, "private_key_jwt", client_metadata=keys)
    assert is_refused(
        push(
            all_methods_host,
            build_client_assertion(signing_key(), "ES256", aud=audience),
        )
    )


@pytest.mark.parametrize("audience", [f"{ISSUER}/token", f"{ISSUER}/par"])
def test_only_the_issuer_is_accepted_as_audience_with_the_setting(new_host, audience):
    host = new_host(token_endpoint_auth_methods=METHODS, assertion_audience="issuer")
    keys = {"jwks": key_set("ES256")}
    register_with_method(host, "private_key_jwt", client_metadata=keys)
    assert push(host, build_client_assertion(signing_key(), "ES256")).status_int == 201
    assert is_refused(
        push(host, build_client_assertion(signing_key(), "ES256", aud=audience))
    )
    other = [ISSUER, "https://elsewhere.example"]
    assert is_refused(
        push(host, build_client_assertion(signing_key(), "ES256", aud=other))
    )


def test_an_assertion_is_accepted_for_one_push(all_methods_host):
    keys = {"jwks": key_set("ES256")}
    register_with_method(all_methods_host, "private_key_jwt", client_metadata=keys)
    once = build_client_assertion(signing_key(), "ES256")
    assert push(all_methods_host, once).status_int == 201
    assert is_refused(push(all_methods_host, once))
    all_methods_host.browser().post(
        "/oauth/token", {"grant_type": "x", **once}, status=400
    )


@pytest.mark.spec(PAR, "2.1")
def test_a_public_client_pushes_with_its_client_id(all_methods_host):
    client = register_public(all_methods_host)
    assert push(all_methods_host, client).status_int == 201
    assert is_refused(push(all_methods_host, {}))
    assert is_refused(push(all_methods_host, {**client, "client_secret": "x"}))


def test_a_code_of_a_public_client_is_redeemed(all_methods_host):
    client = register_public(all_methods_host)
    browser = all_methods_host.browser()
    browser.get("/login?name=alice")
    answer = authorize_pushed_request(
        browser, push_request_uri(all_methods_host, client)
    )
    assert redeem_code(all_methods_host, client, answer["code"])["access_token"]


@pytest.mark.spec("RFC 6749", "2.3")
def test_two_authentication_methods_in_one_push_are_refused(all_methods_host):
    secret = register_with_method(all_methods_host, "client_secret_basic")
    both = {"client_id": "web", "client_secret": secret}
    answer = push(all_methods_host, both, headers=build_basic_headers("web", secret))
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.spec(PAR, "2.1")
def test_the_client_id_must_be_that_of_the_authenticated_client(all_methods_host):
    secret = register_with_method(all_methods_host, "client_secret_basic")
    all_methods_host.register_client(client_id="other")
    answer = push(
        all_methods_host,
        {"client_id": "other"},
        headers=build_basic_headers("web", secret),
    )
    assert is_refused(answer)
    assert all_methods_host.count("AuthorizationRequest") == 0


def test_only_the_registered_method_is_accepted(all_methods_host):
    secret = register_with_method(all_methods_host, "client_secret_post")
    assert is_refused(
        push(all_methods_host, {}, headers=build_basic_headers("web", secret))
    )


@pytest.mark.parametrize(
    "client", [{}, {"client_id": "nobody"}, {"client_id": ""}, {"client_id": "a b\xe9"}]
)
def test_an_unknown_client_is_refused(all_methods_host, client):
    assert push_error(all_methods_host, client, 401) == "invalid_client"


def test_credentials_of_the_push_are_not_passed_on(all_methods_host):
    keys = {"jwks": key_set("ES256")}
    register_with_method(all_methods_host, "private_key_jwt", client_metadata=keys)
    browser = all_methods_host.browser()
    answer = open_request_uri(
        browser,
        push_request_uri(
            all_methods_host, build_client_assertion(signing_key(), "ES256")
        ),
    )
    assert answer.status_int == 303
    assert "client_assertion" not in answer.location
    with all_methods_host.engine.connect() as connection:
        table = all_methods_host.models.AuthorizationRequest.__table__
        assert "client_assertion" not in str(connection.execute(table.select()).all())
