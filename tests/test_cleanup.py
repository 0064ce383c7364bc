"""Client credentials tokens are deleted with their client."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from pyramid_oauth.cleanup import delete_applications
from pyramid_oauth.clock import now
from tests.support.host import Host, call_api


def obtain_token(browser, client):
    form = {"grant_type": "client_credentials", "scope": "read", **client}
    return browser.post("/oauth/token", form, status=200).json["access_token"]


def test_a_token_is_not_valid_for_a_new_client_with_the_same_id(host, browser):
    token = obtain_token(browser, host.register_client(client_id="robot"))
    assert call_api(host, token) == 200
    with Session(host.engine) as session:
        delete_applications(session, host.models, ["robot"])
        session.commit()
    host.register_client(client_id="robot")
    assert call_api(host, token) == 401


@pytest.mark.slow
@pytest.mark.postgresql
def test_the_deletion_of_a_client_reads_no_tokens_of_others(postgresql_url):
    """PostgreSQL reports the rows that each node of the plan reads."""
    host = Host(postgresql_url)
    with Session(host.engine) as session:
        session.add_all(
            host.models.AccessToken(
                digest=f"{number:043}",
                client_id=f"robot {number % 200}",
                expires_at=now() + timedelta(hours=1),
            )
            for number in range(4000)
        )
        session.commit()
        session.execute(text("ANALYZE"))
        recorded_plans = record_plans(host.engine)
        delete_applications(session, host.models, ["robot 7"])
        session.rollback()
    (plan,) = [
        text_ for text_ in recorded_plans if "Delete on oauth_access_token" in text_
    ]
    assert "ix_oauth_access_token_own" in plan
    assert "Seq Scan" not in plan
    assert "Rows Removed" not in plan
    host.engine.dispose()


def record_plans(engine):
    """Return a list that gets the plan of each DELETE of tokens without a grant."""
    recorded = []

    @event.listens_for(engine, "before_cursor_execute")
    def explain(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("DELETE") and "grant_id IS NULL" in statement:
            cursor.execute(f"EXPLAIN (ANALYZE) {statement}", parameters)
            recorded.append("\n".join(line for (line,) in cursor.fetchall()))

    return recorded
