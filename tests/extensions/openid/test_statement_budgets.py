"""Statement budgets of an OpenID Provider."""

from __future__ import annotations

import json

import pytest

from tests.support.host import (
    authorize_client,
    build_code_exchange,
    call_api,
    parse_redirect,
)
from tests.support.people import People
from tests.support.provider import log_in_browser

CLAIMS = json.dumps({"id_token": {"email": None}, "userinfo": {"name": None}})


class DatabaseClaims(People):
    """Reads the claims from the database, as a host does."""

    def claims(self, request, subject):
        request.dbsession.connection().exec_driver_sql("SELECT 1")
        return super().claims(request, subject)


def prepare_code(provider, **changes):
    """A browser and the form that redeems a code, after a first redemption."""
    client = {"client_id": "web", "client_secret": provider.secret}
    browser = log_in_browser(provider)
    changes = {"scope": "openid email", "claims": CLAIMS, **changes}
    first = parse_redirect(authorize_client(browser, **changes))["code"]
    browser.post("/oauth/token", build_code_exchange(first, client))
    code = parse_redirect(authorize_client(browser, **changes))["code"]
    return browser, build_code_exchange(code, client)


def count_statements(provider, call):
    statements = provider.record_statements()
    answer = call()
    return answer, [text.split()[0] for text in statements]


@pytest.fixture
def warm_provider(new_provider):
    """A provider that has loaded its keys."""
    provider = new_provider(people=DatabaseClaims())
    provider.secret = provider.register_client()["client_secret"]
    provider.jwks()
    return provider


def storing_statements(provider):
    """The statements that consume a code and store its tokens."""
    if provider.engine.dialect.name == "postgresql":
        return ["WITH"]
    return ["UPDATE", "INSERT", "INSERT"]


def test_redeeming_a_code_takes_five_statements_claims_included(warm_provider):
    browser, form = prepare_code(warm_provider)
    answer, statements = count_statements(
        warm_provider, lambda: browser.post("/oauth/token", form)
    )
    assert (
        warm_provider.verify_id_token(answer.json["id_token"])["email"]
        == "alice@example.org"
    )
    assert statements == ["SELECT", "SELECT", *storing_statements(warm_provider)]


def test_redeeming_a_code_without_claims_takes_four_statements(warm_provider):
    browser, form = prepare_code(warm_provider, claims=None)
    answer, statements = count_statements(
        warm_provider, lambda: browser.post("/oauth/token", form)
    )
    assert "id_token" in answer.json
    assert statements == ["SELECT", *storing_statements(warm_provider)]


def test_a_refresh_takes_one_more_statement_with_claims(warm_provider):
    browser, form = prepare_code(warm_provider)
    tokens = browser.post("/oauth/token", form).json
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens["refresh_token"],
        "client_id": "web",
        "client_secret": warm_provider.secret,
    }
    answer, statements = count_statements(
        warm_provider, lambda: browser.post("/oauth/token", form)
    )
    assert "id_token" in answer.json
    assert len(statements) <= 4 + 1


def test_userinfo_takes_two_statements(warm_provider):
    browser, form = prepare_code(warm_provider)
    token = browser.post("/oauth/token", form).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer, statements = count_statements(
        warm_provider, lambda: browser.get("/oauth/userinfo", headers=headers)
    )
    assert answer.json["name"] == "Alice Liddell"
    assert statements == ["SELECT", "SELECT"]


def test_bearer_check_and_introspection_take_no_more_statements(warm_provider):
    browser, form = prepare_code(warm_provider, scope="openid read")
    token = browser.post("/oauth/token", form).json["access_token"]
    status, statements = count_statements(
        warm_provider, lambda: call_api(warm_provider, token)
    )
    assert (status, len(statements)) == (200, 1)
    form = {"token": token, "client_id": "web", "client_secret": warm_provider.secret}
    answer, statements = count_statements(
        warm_provider, lambda: browser.post("/oauth/introspect", form)
    )
    assert answer.json["active"] is True
    assert len(statements) == 1


def test_metadata_and_keys_take_no_statement(warm_provider):
    browser = warm_provider.browser()
    for path in ("jwks", ".well-known/openid-configuration"):
        _, statements = count_statements(
            warm_provider, lambda path=path: browser.get(f"/oauth/{path}")
        )
        assert statements == []
