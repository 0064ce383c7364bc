"""`pyramid-oauth outbox`: deliver, list, retry, drop; `check` and `purge` know it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from pyramid_oauth.clock import now
from pyramid_oauth.config.build import declared
from pyramid_oauth.scripts.main import commands
from tests.support.command_line import STANDALONE, escape_percent

MODELS = declared({}).models


@pytest.fixture
def ini(tmp_path, database_url):
    path = tmp_path / "app.ini"
    path.write_text(STANDALONE.format(url=escape_percent(database_url), more=""))
    return path


@pytest.fixture
def run(ini):
    def run(*arguments, code=0):
        command, *rest = arguments
        room = [] if command in ("check", "purge", "upgrade") else ["outbox"]
        result = CliRunner().invoke(commands, [*room, command, str(ini), *rest])
        assert result.exit_code == code, result.output
        return result.output

    run("upgrade")
    return run


@pytest.fixture
def session(run, database_url):
    engine = create_engine(database_url, poolclass=NullPool)
    with Session(engine) as session:
        yield session


@pytest.fixture
def waiting(session):
    """Two messages of a kind that nothing delivers any more."""
    for client in ("web", "other"):
        message = MODELS.OutboxMessage(
            kind="note",
            client_id=client,
            destination="https://rp.example/",
            content={},
            due_at=now(),
        )
        session.add(message)
    session.commit()


@pytest.fixture
def dead(waiting, session):
    """The same, given up just now."""
    session.execute(update(MODELS.OutboxMessage).values(due_at=None, dead_at=now()))
    session.commit()


def count(session):
    session.rollback()
    return session.scalar(select(func.count()).select_from(MODELS.OutboxMessage))


def test_pending_messages_are_listed(run, waiting):
    listed = json.loads(run("list", "--json"))
    assert {message["client_id"] for message in listed} == {"web", "other"}
    assert {message["attempts"] for message in listed} == {0}
    assert run("list").endswith("2 messages\n")
    assert run("list", "--dead") == "0 messages\n"


def test_dead_messages_can_be_retried_or_dropped(run, dead, session):
    listed = json.loads(run("list", "--dead", "--json"))
    assert len(listed) == 2
    assert "2 put back" in run("retry", "--dead")
    assert run("list", "--dead") == "0 messages\n"
    assert "1 deleted" in run("drop", str(listed[0]["id"]))
    assert "1 deleted" in run("drop", str(listed[1]["id"]))
    assert count(session) == 0


def test_an_unknown_message_is_reported(run):
    assert "no such message" in run("retry", "7", code=1)
    assert "or give --dead" in run("drop", code=2)
    assert "or give --dead" in run("retry", "7", "--dead", code=2)


def test_check_reports_overdue_messages(run, waiting, session):
    assert "W401" not in run("check")
    session.execute(
        update(MODELS.OutboxMessage).values(due_at=now() - timedelta(minutes=6))
    )
    session.commit()
    assert "W401 2 outbound messages are overdue" in run("check")


def test_check_reports_dead_messages(run, dead):
    assert "W402 2 outbound messages were given up" in run("check")


def test_all_dead_messages_can_be_dropped_at_once(run, dead, session):
    assert "2 deleted" in run("drop", "--dead")
    assert count(session) == 0


def test_a_worker_leaves_messages_of_unknown_kinds(run, waiting, session):
    assert run("run", "--once") == "0 attempts made\n"
    assert count(session) == 2


def test_purge_keeps_recent_dead_messages(run, dead, session):
    run("purge")
    assert count(session) == 2
    session.execute(
        update(MODELS.OutboxMessage).values(dead_at=now() - timedelta(days=31))
    )
    session.commit()
    assert "2 dead messages deleted" in run("purge")
    assert count(session) == 0
