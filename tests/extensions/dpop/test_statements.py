"""Statement budgets of DPoP."""

from __future__ import annotations

import pytest

from tests.support.dpop import call_view, post_form, redeem
from tests.support.host import call_api, obtain_tokens, request_client_token


@pytest.fixture
def count_statements(recorded_statements):
    """Count those on the connection of the request, and on one of its own."""

    def count(call):
        recorded_statements.clear()
        answer = call()
        assert answer.status_int == 200
        texts = [text for text in recorded_statements if "SAVEPOINT" not in text]
        return answer, [text.split()[0] for text in texts]

    return count


@pytest.fixture
def warm(request_code):
    """A function that caches the client of a host, and returns a new code."""

    def make(host, client):
        obtain_tokens(host, client)
        return request_code(host, client)

    return make


def is_postgresql(host):
    return host.engine.dialect.name == "postgresql"


def test_a_bound_redemption_takes_one_more_insert(
    host, client, signer, warm, count_statements
):
    """On PostgreSQL one statement consumes the code and stores the tokens."""
    code = warm(host, client)
    answer, statements = count_statements(lambda: redeem(host, client, code, signer))
    assert answer.json["token_type"] == "DPoP"
    assert len(statements) == (3 if is_postgresql(host) else 5), statements


def test_a_bound_bearer_check_takes_two_statements(
    host, client, signer, warm, count_statements
):
    token = redeem(host, client, warm(host, client), signer).json["access_token"]
    call_view(host, token, signer)
    _, statements = count_statements(lambda: call_view(host, token, signer))
    assert statements == ["SELECT", "INSERT"]


def test_with_nonces_only_a_bearer_check_takes_one_statement(
    new_dpop_host, signer, warm, count_statements
):
    host = new_dpop_host(dpop_nonces="true", dpop_single_use="false")
    client = host.register_client()
    code = warm(host, client)
    refused = redeem(host, client, code, signer, 400)
    signer.nonce = refused.headers["DPoP-Nonce"]
    answer, statements = count_statements(lambda: redeem(host, client, code, signer))
    assert len(statements) == (2 if is_postgresql(host) else 4), statements
    token = answer.json["access_token"]
    call_view(host, token, signer)
    _, statements = count_statements(lambda: call_view(host, token, signer))
    assert statements == ["SELECT"]


def test_a_request_for_a_nonce_takes_no_statement(new_dpop_host, signer):
    host = new_dpop_host(dpop_nonces="true")
    client = host.register_client()
    statements = host.record_statements()
    form = {"grant_type": "client_credentials", **client}
    post_form(host, "/oauth/token", form, signer, 400)
    assert statements == []


def test_bearer_tokens_take_no_more_statements(host, client, warm, count_statements):
    warm(host, client)
    token = request_client_token(host, client).json["access_token"]
    _, statements = count_statements(lambda: request_client_token(host, client))
    assert len(statements) == 1
    statements = host.record_statements()
    assert call_api(host, token) == 200
    assert len(statements) == 1
