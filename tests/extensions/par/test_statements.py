"""Statement budgets of pushed authorization requests."""

from __future__ import annotations

import pytest

from tests.support.client_keys import key_set
from tests.support.host import build_authorization_request
from tests.support.key_material import private_key
from tests.support.pushing import (
    authorize_pushed_request,
    build_client_assertion,
    open_request_uri,
    push,
    push_request_uri,
)


def count_statements(host, call):
    statements = host.record_statements()
    answer = call()
    return answer, [text.split()[0] for text in statements]


@pytest.fixture
def warm_host(host, client, browser):
    """A host that has cached the client, with a remembered consent."""
    assert "code" in authorize_pushed_request(browser, push_request_uri(host, client))
    return host


def test_a_push_takes_one_statement(warm_host, client):
    """One in sixteen deletes expired rows besides."""
    for _ in range(15):
        answer, statements = count_statements(
            warm_host, lambda: push(warm_host, client)
        )
        assert answer.status_int == 201
        assert statements == ["INSERT"]
    answer, statements = count_statements(warm_host, lambda: push(warm_host, client))
    assert statements == ["INSERT", "DELETE"]


def test_a_push_with_an_assertion_takes_one_more_statement(new_host):
    host = new_host()
    host.register_client(
        token_endpoint_auth_method="private_key_jwt",
        client_metadata={"jwks": key_set("ES256")},
    )
    key = private_key("ES256", 0).as_pem(private=True)
    assert push(host, build_client_assertion(key, "ES256")).status_int == 201
    answer, statements = count_statements(
        host, lambda: push(host, build_client_assertion(key, "ES256"))
    )
    assert answer.status_int == 201
    assert statements == ["INSERT", "INSERT"]


@pytest.mark.parametrize(("limit", "expected"), [("0", []), ("10", ["INSERT"])])
def test_a_limit_of_pushes_takes_one_more_statement(
    new_host, recorded_statements, limit, expected
):
    host = new_host(pushed_request_limit=limit)
    client = host.register_client()
    push(host, client)
    recorded_statements.clear()
    assert push(host, client).status_int == 201
    statements = [text.split()[0] for text in recorded_statements]
    assert statements == [*expected, "INSERT"]


def test_a_refused_push_takes_no_statement(warm_host, client):
    answer, statements = count_statements(
        warm_host, lambda: push(warm_host, client, scope="unknown")
    )
    assert answer.status_int == 400
    assert len(statements) <= 1, "a refusal reads the client again"


def test_a_pushed_request_with_remembered_consent_takes_two_more_statements(
    warm_host, client, browser
):
    """One to find the request and one to consume it."""
    uri = push_request_uri(warm_host, client)
    answer, statements = count_statements(
        warm_host, lambda: open_request_uri(browser, uri)
    )
    assert "code=" in answer.location
    assert statements == ["SELECT", "SELECT", "UPDATE", "INSERT"]


def test_a_request_that_was_not_pushed_takes_no_more_statements(warm_host, browser):
    answer, statements = count_statements(
        warm_host,
        lambda: browser.get("/oauth/authorize", build_authorization_request()),
    )
    assert "code=" in answer.location
    assert statements == ["SELECT", "INSERT"]
