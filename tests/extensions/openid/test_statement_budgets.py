"""How often the database is asked with OpenID on, statement by statement."""

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
    """Asks the database for the claims, as a host does."""

    def claims(self, request, subject):
        request.dbsession.connection().exec_driver_sql("SELECT 1")
        return super().claims(request, subject)


def prepare_code(provider, **changes):
    """A code, and a browser, after everything has been met once."""
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
def ready(new_provider):
    """A provider whose keys are known, as after the first call."""
    provider = new_provider(people=DatabaseClaims())
    provider.secret = provider.register_client()["client_secret"]
    provider.jwks()
    return provider


def storing(provider):
    """How a code is used up and its tokens stored."""
    if provider.engine.dialect.name == "postgresql":
        return ["WITH"]
    return ["UPDATE", "INSERT", "INSERT"]


def test_redeeming_a_code_takes_five_statements_claims_included(ready):
    browser, form = prepare_code(ready)
    answer, statements = count_statements(
        ready, lambda: browser.post("/oauth/token", form)
    )
    assert (
        ready.verify_id_token(answer.json["id_token"])["email"] == "alice@example.org"
    )
    assert statements == ["SELECT", "SELECT", *storing(ready)]


def test_redeeming_a_code_without_claims_takes_four_statements(ready):
    browser, form = prepare_code(ready, claims=None)
    answer, statements = count_statements(
        ready, lambda: browser.post("/oauth/token", form)
    )
    assert "id_token" in answer.json
    assert statements == ["SELECT", *storing(ready)]


def test_a_refresh_takes_one_more_statement_with_claims(ready):
    browser, form = prepare_code(ready)
    issued = browser.post("/oauth/token", form).json
    form = {
        "grant_type": "refresh_token",
        "refresh_token": issued["refresh_token"],
        "client_id": "web",
        "client_secret": ready.secret,
    }
    answer, statements = count_statements(
        ready, lambda: browser.post("/oauth/token", form)
    )
    assert "id_token" in answer.json
    assert len(statements) <= 4 + 1


def test_userinfo_takes_two_statements(ready):
    browser, form = prepare_code(ready)
    token = browser.post("/oauth/token", form).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer, statements = count_statements(
        ready, lambda: browser.get("/oauth/userinfo", headers=headers)
    )
    assert answer.json["name"] == "Alice Liddell"
    assert statements == ["SELECT", "SELECT"]


def test_bearer_check_and_introspection_take_no_more_statements(ready):
    browser, form = prepare_code(ready, scope="openid read")
    token = browser.post("/oauth/token", form).json["access_token"]
    status, statements = count_statements(ready, lambda: call_api(ready, token))
    assert (status, len(statements)) == (200, 1)
    asking = {"token": token, "client_id": "web", "client_secret": ready.secret}
    answer, statements = count_statements(
        ready, lambda: browser.post("/oauth/introspect", asking)
    )
    assert answer.json["active"] is True
    assert len(statements) == 1


def test_metadata_and_keys_take_no_statement(ready):
    browser = ready.browser()
    for path in ("jwks", ".well-known/openid-configuration"):
        _, statements = count_statements(
            ready, lambda path=path: browser.get(f"/oauth/{path}")
        )
        assert statements == []
