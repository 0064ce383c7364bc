"""JWT access tokens with a row: introspection and revocation as of opaque ones."""

from __future__ import annotations

import pytest

from tests.support.host import (
    call_api,
    obtain_tokens,
    refresh_tokens,
    request_client_token,
)


def introspect(provider, token):
    form = {"token": token, **provider.web}
    return provider.browser().post("/oauth/introspect", form, status=200).json


def revoke(provider, token, **options):
    form = {"token": token, **provider.web}
    return provider.browser().post("/oauth/revoke", form, **options)


def test_a_bearer_check_takes_one_statement(jwt_provider):
    token = obtain_tokens(jwt_provider, jwt_provider.web)["access_token"]
    assert call_api(jwt_provider, token) == 200
    statements = jwt_provider.record_statements()
    assert call_api(jwt_provider, token) == 200
    assert len(statements) == 1


@pytest.mark.spec("RFC 7662", "2.2")
def test_introspection_describes_the_token(jwt_provider):
    token = obtain_tokens(jwt_provider, jwt_provider.web)["access_token"]
    members = introspect(jwt_provider, token)
    assert (members["active"], members["sub"]) == (True, "alice")
    assert members["aud"] == "https://api.example"


@pytest.mark.spec("RFC 7009", "2.1")
def test_a_revoked_token_is_invalid_with_its_grant(jwt_provider):
    tokens = obtain_tokens(jwt_provider, jwt_provider.web)
    revoke(jwt_provider, tokens["access_token"], status=200)
    assert call_api(jwt_provider, tokens["access_token"]) == 401
    assert introspect(jwt_provider, tokens["access_token"]) == {"active": False}
    answer = refresh_tokens(jwt_provider, jwt_provider.web, tokens["refresh_token"])
    assert answer.json["error"] == "invalid_grant"


def test_a_clients_own_token_can_be_revoked(jwt_provider):
    token = request_client_token(jwt_provider, jwt_provider.web).json["access_token"]
    assert call_api(jwt_provider, token) == 200
    revoke(jwt_provider, token, status=200)
    assert call_api(jwt_provider, token) == 401


def test_the_issue_takes_no_more_statements_than_that_of_an_opaque_token(jwt_provider):
    request_client_token(jwt_provider, jwt_provider.web)
    statements = jwt_provider.record_statements()
    request_client_token(jwt_provider, jwt_provider.web)
    assert len(statements) == 1
