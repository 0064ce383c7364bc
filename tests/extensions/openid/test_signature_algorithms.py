"""Which algorithms sign, by use: RFC 7518 section 3.1, RFC 9864, RFC 8414 section 2."""

from __future__ import annotations

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from pyramid_oauth.errors import ConfigurationError
from tests.support.authentication import CORE
from tests.support.client_keys import (
    build_assertion_claims,
    is_refused,
    key_set,
    post_assertion,
    register_robot,
    sign_claims,
)
from tests.support.key_material import private_key
from tests.support.provider import log_in_to_client
from tests.support.pushing import parse_error_page
from tests.support.request_objects import (
    build_request_object_claims,
    request_by_object,
    set_client_keys,
    sign_request_object,
)

STRONG = "PS256 ES256 Ed25519"
MANAGEMENT = (
    "RSA-OAEP",
    "RSA-OAEP-256",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
)
CONTENT = {"A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"}


def read_offered(host, member):
    url = "/oauth/.well-known/oauth-authorization-server"
    return host.browser().get(url).json[member]


@pytest.mark.spec("RFC 9864", "2.2")
@pytest.mark.parametrize("named", [None, "EdDSA", "Ed25519"])
def test_a_client_signs_with_ed25519_whichever_of_its_names_the_key_has(
    new_host, named
):
    host = new_host()
    jwks = key_set("Ed25519")
    for jwk in jwks["keys"]:
        jwk.pop("alg", None)
        jwk.update({"alg": named} if named else {})
    register_robot(host, jwks=jwks)
    key = private_key("Ed25519")
    header = {"alg": "Ed25519", "kid": key.thumbprint()}
    assertion = jwt.encode(
        header, build_assertion_claims(), key, algorithms=["Ed25519"]
    )
    assert post_assertion(host, assertion).json["access_token"]


@pytest.mark.spec("RFC 9864", "2.2")
def test_an_id_token_is_signed_with_ed25519_for_a_client_that_registered_it(
    new_provider,
):
    provider = new_provider(
        keys=("RS256", "Ed25519"), signing_algorithms="RS256 Ed25519"
    )
    client = provider.register_client(
        client_metadata={"id_token_signed_response_alg": "Ed25519"}
    )
    id_token = log_in_to_client(provider, client)["id_token"]
    published = KeySet.import_key_set(provider.browser().get("/oauth/jwks").json)
    token = jwt.decode(id_token, published, algorithms=["Ed25519"])
    assert token.header["alg"] == "Ed25519"
    assert token.claims["sub"] == "alice"


@pytest.mark.spec("RFC 8414", "2")
def test_assertions_are_accepted_with_the_listed_algorithms_only(new_host):
    host = new_host(assertion_signing_algorithms=STRONG)
    register_robot(host, jwks=key_set("RS256"))
    refusal = post_assertion(host, sign_claims(build_assertion_claims(), "RS256"))
    assert is_refused(refusal)
    assert "algorithm" in refusal.json["error_description"]
    assert post_assertion(host, sign_claims(build_assertion_claims(), "PS256")).json[
        "access_token"
    ]
    offered = read_offered(host, "token_endpoint_auth_signing_alg_values_supported")
    assert offered == STRONG.split()


@pytest.mark.spec("RFC 9101", "10.5")
def test_request_objects_are_accepted_with_the_listed_algorithms_only(
    new_login_provider,
):
    provider = new_login_provider(request_object_signing_algorithms=STRONG)
    browser = provider.open_browser("alice")
    provider.register_client()
    set_client_keys(provider, "RS256")
    weak = sign_request_object(build_request_object_claims(), "RS256")
    assert parse_error_page(request_by_object(browser, weak)) == (
        "invalid_request_object"
    )
    strong = sign_request_object(build_request_object_claims(), "PS256")
    assert request_by_object(browser, strong).status_int == 303
    offered = read_offered(provider, "request_object_signing_alg_values_supported")
    assert offered == STRONG.split()


def test_without_rs256_the_first_algorithm_signs_for_clients_that_name_none(
    new_provider,
):
    provider = new_provider(
        keys=("ES256", "Ed25519"), signing_algorithms="RSA-OAEP ES256 Ed25519"
    )
    client = provider.register_client()
    id_token = log_in_to_client(provider, client)["id_token"]
    published = KeySet.import_key_set(provider.browser().get("/oauth/jwks").json)
    token = jwt.decode(id_token, published, algorithms=["ES256"])
    assert token.claims["sub"] == "alice"


@pytest.mark.spec(CORE, "10.1")
@pytest.mark.parametrize("shared", ["true", "false"])
def test_what_signs_and_encrypts_tokens_is_offered(new_provider, shared):
    provider = new_provider(
        keys=(),
        signing_algorithms="RSA-OAEP ES256 Ed25519",
        shared_secret_signatures=shared,
    )
    hmac = ["HS256", "HS384", "HS512"] if shared == "true" else []
    for kind in ("id_token", "userinfo"):
        signing = read_offered(provider, f"{kind}_signing_alg_values_supported")
        assert signing == ["ES256", "Ed25519", *hmac]
        management = read_offered(provider, f"{kind}_encryption_alg_values_supported")
        assert management == [*MANAGEMENT, "dir"]
        content = read_offered(provider, f"{kind}_encryption_enc_values_supported")
        assert set(content) == CONTENT


@pytest.mark.parametrize(
    "setting", ["assertion_signing_algorithms", "request_object_signing_algorithms"]
)
def test_an_unknown_algorithm_stops_the_start(new_provider, setting):
    with pytest.raises(ConfigurationError, match=f"{setting}.*'RS265' is unknown"):
        new_provider(**{setting: "RS265"})
