"""SQL statements and transactions of the ready-made server."""

from __future__ import annotations

from contextlib import contextmanager
from threading import get_ident

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from pyramid_oauth import hashing
from tests.standalone.conftest import CHALLENGE, log_in

WRITING = ("INSERT", "UPDATE", "DELETE")
REQUEST = {
    "response_type": "code",
    "client_id": "demo",
    "redirect_uri": "http://127.0.0.1/callback",
    "scope": "read",
    "state": "s",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@contextmanager
def statements(engine):
    """The statements that this thread runs on an engine inside the block."""
    recorded, thread_id = [], get_ident()

    def record(connection, cursor, statement, *rest):
        if get_ident() == thread_id:  # leave out the outbox thread
            recorded.append(statement)

    event.listen(engine, "before_cursor_execute", record)
    yield recorded
    event.remove(engine, "before_cursor_execute", record)


@pytest.fixture
def authorize(site):
    """Send an authorization request; returns the response and its writes."""
    database = site.app.registry["fast_session.database"]

    def get(**changes):
        with (
            statements(database.reader) as reader_statements,
            statements(database.writer) as writer_statements,
        ):
            answer = site.get("/oauth/authorize", {**REQUEST, **changes}, status=303)
        assert writer_statements == [], "the request has no transaction"
        return answer, [
            statement
            for statement in reader_statements
            if statement.startswith(WRITING)
        ]

    return get


def test_no_transaction_is_open_while_a_client_secret_is_checked(site, monkeypatch):
    """An argon2 hash is slow, and SQLite has one writer at a time."""
    database = site.app.registry["fast_session.database"]
    with Session(database.writer) as session:
        models = site.app.registry["pyramid_oauth.server"].models
        client = models.Application(client_id="chosen")
        client.set_client_secret("correct horse battery staple")
        session.add(client)
        session.commit()
    before, matches = [], hashing.matches
    with statements(database.writer) as executed:

        def record_and_match(*arguments):
            before.append(list(executed))
            return matches(*arguments)

        monkeypatch.setattr(hashing, "matches", record_and_match)
        for secret, status in (("correct horse battery staple", 400), ("guess", 401)):
            executed.clear()
            site.authorization = ("Basic", ("chosen", secret))
            form = {"grant_type": "authorization_code", "code": "x"}
            site.post("/oauth/token", form, status=status)
    assert before == [[], []]
    with Session(database.writer) as session:
        session.query(models.Application).filter_by(client_id="chosen").delete()
        session.commit()


def test_a_request_without_a_transaction_writes_one_row_at_most(site, authorize):
    answer, written = authorize()
    assert "/login" in answer.location
    assert len(written) <= 1
    log_in(site)
    answer, written = authorize()
    assert len(written) == 1
    site.get(answer.location).forms["oauth-consent"].submit("decision", value="allow")
    answer, written = authorize()
    assert "code=" in answer.location
    assert len(written) == 1
    answer, written = authorize(approval_prompt="force")
    assert "code=" not in answer.location
    assert len(written) == 1
    answer, written = authorize(scope="unknown")
    assert "error=invalid_scope" in answer.location
    assert written == []
