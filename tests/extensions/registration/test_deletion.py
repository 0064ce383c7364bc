"""Deletion of a client during requests of the same client."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from pyramid_oauth.cleanup import delete_applications
from tests.support.host import (
    Host,
    build_authorization_request,
    call_api,
    obtain_tokens,
    refresh_tokens,
)

pytestmark = pytest.mark.spec("RFC 7592", "2.3")
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def deletion_host(postgresql_url):
    host = Host(postgresql_url, refresh_token_grace="60")
    yield host
    host.engine.dispose()


@contextmanager
def deletion_in_progress(host, client_id="web"):
    """Delete the client; commit when a request waits for the deletion."""
    with Session(host.engine) as session:
        assert delete_applications(session, host.models, [client_id]) == 1
        yield
        wait_for_blocked_statement(host)
        session.commit()


def wait_for_blocked_statement(host):
    for _ in range(3000):
        with host.engine.connect() as connection:
            if connection.scalar(WAITING):
                return
        time.sleep(0.01)
    raise AssertionError("no request waited for the deletion")


def call_during_deletion(host, call):
    """The result of `call`, which starts before the deletion is committed."""
    with ThreadPoolExecutor(1) as pool:
        with deletion_in_progress(host):
            answer = pool.submit(call)
        return answer.result(60)


@pytest.mark.postgresql
@pytest.mark.parametrize(
    "trusted", [True, False], ids=["with-grant", "with-pending-request"]
)
def test_an_authorization_request_during_a_deletion_is_refused(deletion_host, trusted):
    deletion_host.register_client(skip_authorization=trusted)
    browser = deletion_host.browser()
    browser.get("/login?name=alice")
    answer = call_during_deletion(
        deletion_host,
        lambda: browser.get(
            "/oauth/authorize", build_authorization_request(), expect_errors=True
        ),
    )
    assert answer.status_int == 400
    assert "invalid_request" in answer.text
    assert (
        deletion_host.count("Grant") == deletion_host.count("AuthorizationRequest") == 0
    )


@pytest.mark.postgresql
def test_a_refresh_within_its_grace_during_a_deletion_is_refused(deletion_host):
    client = deletion_host.register_client()
    token = obtain_tokens(deletion_host, client)["refresh_token"]
    assert refresh_tokens(deletion_host, client, token).status_int == 200
    answer = call_during_deletion(
        deletion_host, lambda: refresh_tokens(deletion_host, client, token)
    )
    assert answer.status_int in (400, 401)
    for role in ("AccessToken", "RefreshToken", "Grant", "Consent"):
        assert deletion_host.count(role) == 0


def test_a_deletion_searches_no_token_table_by_client(new_registry):
    registry = new_registry()
    registration = registry.create_client()
    statements = registry.host.record_statements()
    registry.manage("DELETE", registration, status=204)
    deletions = [item for item in statements if item.startswith("DELETE")]
    assert len(deletions) == 7
    for table in ("oauth_access_token", "oauth_refresh_token"):
        for deletion in [item for item in deletions if f"FROM {table}" in item]:
            # By client only among the tokens without a grant, which have an index.
            by_client = f"{table}.client_id" in deletion
            assert by_client == (f"{table}.grant_id IS NULL" in deletion)


def test_a_deletion_scans_no_whole_table(new_registry):
    registry = new_registry()
    engine = registry.host.engine
    if engine.dialect.name != "sqlite":
        pytest.skip("the plans of a small database say nothing")
    registration, statements = registry.create_client(), []
    event.listen(
        engine,
        "before_cursor_execute",
        lambda conn, cursor, statement, parameters, *rest: statements.append(
            (statement, parameters)
        ),
    )
    registry.manage("DELETE", registration, status=204)
    with engine.connect() as connection:
        plans = [
            [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {s}", p)]
            for s, p in [item for item in statements if item[0].startswith("DELETE")]
        ]
    assert len(plans) == 7
    assert [step for plan in plans for step in plan if step.startswith("SCAN")] == []


def test_client_credentials_tokens_of_a_deleted_client_are_refused(new_registry):
    registry = new_registry(
        registration_grant_types="client_credentials",
        grant_types="authorization_code client_credentials",
    )
    registration = registry.create_client(
        grant_types=["client_credentials"],
        response_types=[],
        token_endpoint_auth_method="client_secret_post",
    )
    form = {name: registration[name] for name in ("client_id", "client_secret")}
    token_request = {**form, "grant_type": "client_credentials", "scope": "read"}
    host = registry.host
    token = (
        host.browser()
        .post("/oauth/token", token_request, status=200)
        .json["access_token"]
    )
    resource_server = host.register_client(client_id="api", introspection="any")
    registry.manage("DELETE", registration, status=204)
    assert call_api(host, token) == 401
    answer = host.browser().post(
        "/oauth/introspect", {**resource_server, "token": token}
    )
    assert answer.json == {"active": False}
