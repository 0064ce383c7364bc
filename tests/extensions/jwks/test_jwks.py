"""The published keys (RFC 7517 section 5, OpenID Connect Core section 10.1)."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.keystore.encryption import key_seal
from pyramid_oauth.keystore.key_ring import State
from pyramid_oauth.keystore.repository import KeyStore
from tests.support.host import SETTINGS, Host

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@pytest.mark.spec("OpenID Connect Discovery", "3")
def test_the_jwks_uri_of_the_metadata_serves_the_key_set(provider):
    browser = provider.browser()
    metadata = browser.get("/oauth/.well-known/openid-configuration").json
    assert metadata["jwks_uri"] == "https://as.example/oauth/jwks"
    answer = browser.get("/oauth/jwks")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.content_type == "application/json"


@pytest.mark.spec("RFC 7517", "4")
def test_every_key_has_kid_use_and_alg_and_no_private_member(new_provider):
    provider = new_provider(
        signing_algorithms="RS256 ES256 EdDSA RSA-OAEP",
        keys=("RS256", "ES256", "EdDSA", "RSA-OAEP"),
    )
    keys = provider.jwks()["keys"]
    assert {(key["alg"], key["use"]) for key in keys} == {
        ("RS256", "sig"),
        ("ES256", "sig"),
        ("EdDSA", "sig"),
        ("RSA-OAEP", "enc"),
    }
    assert len({key["kid"] for key in keys}) == 4
    assert not any(PRIVATE & set(key) for key in keys)


def test_a_current_etag_is_answered_304(provider):
    browser = provider.browser()
    tag = browser.get("/oauth/jwks").headers["ETag"]
    for value in (tag, f"W/{tag}", f'"other", {tag}'):
        answer = browser.get("/oauth/jwks", headers={"If-None-Match": value})
        assert answer.status_int == 304
        assert answer.body == b""
    with provider.keys() as store:
        store.generate("RS256")
    answer = browser.get("/oauth/jwks", headers={"If-None-Match": tag})
    assert answer.status_int == 200
    assert len(answer.json["keys"]) == 2


def test_reading_the_key_set_takes_no_statement(provider):
    provider.jwks()
    statements = provider.record_statements()
    provider.jwks()
    provider.browser().get("/oauth/.well-known/openid-configuration")
    assert statements == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_key_set_can_only_be_read(provider, method):
    answer = provider.browser().request(
        "/oauth/jwks", method=method, expect_errors=True
    )
    assert answer.status_int == 405
    assert answer.headers["Allow"] == "GET, HEAD"


def test_an_empty_key_set_is_not_cached(new_provider):
    provider = new_provider(keys=())
    answer = provider.browser().get("/oauth/jwks")
    assert answer.json == {"keys": []}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.spec("RFC 8414", "2")
def test_the_key_set_needs_no_openid(new_host):
    browser = new_host(extensions="jwks").browser()

    path = "/.well-known/oauth-authorization-server/oauth"
    assert browser.get(path).json["jwks_uri"] == "https://as.example/oauth/jwks"
    assert browser.get("/oauth/jwks").json == {"keys": []}
    assert browser.get("/oauth/.well-known/openid-configuration", status=404)


def test_a_generated_key_is_published_without_openid(new_host):
    host = new_host(extensions="jwks")
    seal = key_seal((SETTINGS["pyramid_oauth.secret"].encode(),))
    with Session(host.engine) as session:
        KeyStore(session, host.models.SigningKey, seal).generate("ES256", State.ACTIVE)
        session.commit()

    (key,) = host.browser().get("/oauth/jwks").json["keys"]
    assert (key["alg"], key["use"]) == ("ES256", "sig")


def test_two_packages_may_declare_signing_algorithms(new_provider):
    provider = new_provider(lambda config: config.include(signing_receipts))

    assert len(provider.jwks()["keys"]) == 1


def signing_receipts(config):
    config.require_oauth_keys()


def test_a_key_set_without_key_storage_stops_the_start():
    with pytest.raises(ConfigurationError, match="no private key can be kept"):
        Host("sqlite://", extensions="jwks", secret="")


def test_an_unknown_algorithm_stops_the_start():
    with pytest.raises(ConfigurationError, match="'RS255' is unknown"):
        Host("sqlite://", extensions="jwks", signing_algorithms="RS255")


def test_without_a_signing_algorithm_there_is_no_key_set(host):
    browser = host.browser()
    assert browser.get("/oauth/jwks", status=404)
    assert browser.get("/oauth/.well-known/openid-configuration", status=404)
