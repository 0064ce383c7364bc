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
ASKED = {
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
    seen, here = [], get_ident()

    def note(connection, cursor, statement, *rest):
        if get_ident() == here:  # and not what delivers messages in the background
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def authorize(site):
    """Ask for a code; returns the answer and what was written for it."""
    database = site.app.registry["fast_session.database"]

    def get(**changes):
        with statements(database.reader) as alone, statements(database.writer) as held:
            answer = site.get("/oauth/authorize", {**ASKED, **changes}, status=303)
        assert held == [], "it has no transaction"
        return answer, [each for each in alone if each.startswith(WRITING)]

    return get


def test_no_transaction_is_open_while_a_client_secret_is_checked(site, monkeypatch):
    """An argon2 hash takes long, and SQLite has one writer at a time."""
    database = site.app.registry["fast_session.database"]
    with Session(database.writer) as session:
        models = site.app.registry["pyramid_oauth.server"].models
        client = models.Application(client_id="chosen")
        client.set_client_secret("correct horse battery staple")
        session.add(client)
        session.commit()
    before, matches = [], hashing.matches
    with statements(database.writer) as seen:

        def recorded(*given):
            before.append(list(seen))
            return matches(*given)

        monkeypatch.setattr(hashing, "matches", recorded)
        for secret, status in (("correct horse battery staple", 400), ("guess", 401)):
            seen.clear()
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
