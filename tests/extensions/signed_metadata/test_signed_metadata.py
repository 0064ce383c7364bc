"""Signed metadata (RFC 8414 section 2.1)."""

from __future__ import annotations

import jwt
import pytest
from sqlalchemy.exc import OperationalError

from pyramid_oauth.jose import jws
from pyramid_oauth.keystore.cached_ring import CachedKeyRing
from tests.support.host import (
    Host,
    build_authorization_request,
    call_api,
    parse_redirect,
)

PATH = "/oauth/.well-known/oauth-authorization-server"


@pytest.fixture
def new_signing_provider(new_provider):
    """Make providers with signed metadata."""

    def make(**settings):
        return new_provider(
            lambda c: c.include("pyramid_oauth.extensions.signed_metadata"), **settings
        )

    return make


@pytest.fixture
def signing_provider(new_signing_provider):
    return new_signing_provider()


def read_document(host, path=PATH):
    return host.browser().get(path, status=200).json


@pytest.mark.spec("RFC 8414", "2.1")
def test_the_signed_metadata_are_those_of_the_document(signing_provider):
    document = read_document(signing_provider)
    token = document.pop("signed_metadata")
    key = jwt.PyJWKSet.from_dict(signing_provider.jwks()).keys[0]
    claims = jwt.decode(token, key, algorithms=["RS256"])
    assert claims.pop("iss") == document["issuer"]
    assert claims == document
    assert jwt.get_unverified_header(token)["kid"] == key.key_id


def test_every_path_has_the_same_document(signing_provider):
    paths = (
        "/.well-known/oauth-authorization-server/oauth",
        "/oauth/.well-known/openid-configuration",
    )
    for path in paths:
        assert read_document(signing_provider, path) == read_document(signing_provider)


def test_a_request_takes_no_statement_and_no_signature(signing_provider, monkeypatch):
    tag = signing_provider.browser().get(PATH).headers["ETag"]
    statements = signing_provider.record_statements()
    monkeypatch.setattr(jws, "encoded_json", None)
    answer = signing_provider.browser().get(PATH, headers={"If-None-Match": tag})
    assert answer.status_int == 304
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert statements == []


def test_a_reload_of_the_same_keys_does_not_change_the_document(signing_provider):
    tag = signing_provider.browser().get(PATH).headers["ETag"]
    signing_provider.server.ring.expire()
    assert signing_provider.browser().get(PATH).headers["ETag"] == tag


def test_a_new_key_signs_the_document(signing_provider):
    first = read_document(signing_provider)["signed_metadata"]
    signing_provider.make_keys("RS256")
    second = read_document(signing_provider)["signed_metadata"]
    assert jwt.get_unverified_header(first) != jwt.get_unverified_header(second)
    kid = jwt.get_unverified_header(second)["kid"]
    assert kid in {key["kid"] for key in signing_provider.jwks()["keys"]}


def test_without_a_key_the_document_is_not_signed_and_not_kept(new_signing_provider):
    provider = new_signing_provider(keys=())
    answer = provider.browser().get(PATH)
    assert "signed_metadata" not in answer.json
    assert answer.headers["Cache-Control"] == "no-store"
    provider.make_keys("RS256")
    assert "signed_metadata" in read_document(provider)


def test_without_a_database_there_is_a_document(signing_provider, monkeypatch):
    def fail(self, alg, session):
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(CachedKeyRing, "signer", fail)
    assert read_document(signing_provider)["issuer"] == "https://as.example/oauth"


@pytest.mark.parametrize("alg", ["ES256", "EdDSA"])
def test_the_algorithm_is_that_of_the_setting(new_signing_provider, alg):
    provider = new_signing_provider(
        keys=("RS256", alg),
        signing_algorithms=f"RS256 {alg}",
        signed_metadata_alg=alg,
    )
    token = read_document(provider)["signed_metadata"]
    assert jwt.get_unverified_header(token)["alg"] == alg


@pytest.mark.parametrize("alg", ["none", "HS256", "ES256"])
def test_an_algorithm_without_a_key_stops_the_start(alg):
    with pytest.raises(Exception, match="signed_metadata_alg"):
        Host("sqlite://", extensions="signed_metadata", signed_metadata_alg=alg)


def test_it_needs_no_openid(new_host):
    host = new_host(extensions="signed_metadata")
    document = read_document(host)
    assert document["jwks_uri"] == "https://as.example/oauth/jwks"
    host.browser().get("/oauth/.well-known/openid-configuration", status=404)


@pytest.mark.spec("RFC 8725", "3.11")
def test_signed_metadata_are_no_other_token(signing_provider):
    token = read_document(signing_provider)["signed_metadata"]
    assert call_api(signing_provider, token) == 401
    signing_provider.register_client()
    answer = signing_provider.browser().get(
        "/oauth/authorize",
        build_authorization_request(scope="openid", id_token_hint=token),
    )
    assert parse_redirect(answer)["error"] == "invalid_request"
