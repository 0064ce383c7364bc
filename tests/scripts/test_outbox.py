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

pytestmark = pytest.mark.slow

MODELS = declared({}).models


@pytest.fixture
def outbox_ini(tmp_path, database_url):
    path = tmp_path / "app.ini"
    path.write_text(STANDALONE.format(url=escape_percent(database_url), more=""))
    return path


@pytest.fixture
def run_outbox(outbox_ini):
    def run(*arguments, code=0):
        command, *rest = arguments
        group = [] if command in ("check", "purge", "upgrade") else ["outbox"]
        result = CliRunner().invoke(commands, [*group, command, str(outbox_ini), *rest])
        assert result.exit_code == code, result.output
        return result.output

    run("upgrade")
    return run


@pytest.fixture
def outbox_session(run_outbox, database_url):
    engine = create_engine(database_url, poolclass=NullPool)
    with Session(engine) as session:
        yield session


@pytest.fixture
def pending_messages(outbox_session):
    """Two messages of a kind without a deliverer."""
    for client in ("web", "other"):
        message = MODELS.OutboxMessage(
            kind="note",
            client_id=client,
            destination="https://rp.example/",
            content={},
            due_at=now(),
        )
        outbox_session.add(message)
    outbox_session.commit()


@pytest.fixture
def dead_messages(pending_messages, outbox_session):
    """The same messages, given up just now."""
    outbox_session.execute(
        update(MODELS.OutboxMessage).values(due_at=None, dead_at=now())
    )
    outbox_session.commit()


def count(session):
    session.rollback()
    return session.scalar(select(func.count()).select_from(MODELS.OutboxMessage))


def test_pending_messages_are_listed(run_outbox, pending_messages):
    messages = json.loads(run_outbox("list", "--json"))
    assert {message["client_id"] for message in messages} == {"web", "other"}
    assert {message["attempts"] for message in messages} == {0}
    assert run_outbox("list").endswith("2 messages\n")
    assert run_outbox("list", "--dead") == "0 messages\n"


def test_dead_messages_can_be_retried_or_dropped(
    run_outbox, dead_messages, outbox_session
):
    messages = json.loads(run_outbox("list", "--dead", "--json"))
    assert len(messages) == 2
    assert "2 put back" in run_outbox("retry", "--dead")
    assert run_outbox("list", "--dead") == "0 messages\n"
    assert "1 deleted" in run_outbox("drop", str(messages[0]["id"]))
    assert "1 deleted" in run_outbox("drop", str(messages[1]["id"]))
    assert count(outbox_session) == 0


def test_an_unknown_message_is_reported(run_outbox):
    assert "no such message" in run_outbox("retry", "7", code=1)
    largest = 2**63 - 1
    assert "no such message" in run_outbox("drop", str(largest), code=1)
    assert "not in the range" in run_outbox("drop", str(largest + 1), code=2)
    assert "or give --dead" in run_outbox("drop", code=2)
    assert "or give --dead" in run_outbox("retry", "7", "--dead", code=2)


def test_check_reports_overdue_messages(run_outbox, pending_messages, outbox_session):
    assert "W401" not in run_outbox("check")
    outbox_session.execute(
        update(MODELS.OutboxMessage).values(due_at=now() - timedelta(minutes=6))
    )
    outbox_session.commit()
    assert "W401 2 outbound messages are overdue" in run_outbox("check")


def test_check_reports_dead_messages(run_outbox, dead_messages):
    assert "W402 2 outbound messages were given up" in run_outbox("check")


def test_all_dead_messages_can_be_dropped_at_once(
    run_outbox, dead_messages, outbox_session
):
    assert "2 deleted" in run_outbox("drop", "--dead")
    assert count(outbox_session) == 0


def test_a_worker_leaves_messages_of_unknown_kinds(
    run_outbox, pending_messages, outbox_session
):
    assert run_outbox("run", "--once") == "0 attempts made\n"
    assert count(outbox_session) == 2


def test_purge_keeps_recent_dead_messages(run_outbox, dead_messages, outbox_session):
    run_outbox("purge")
    assert count(outbox_session) == 2
    outbox_session.execute(
        update(MODELS.OutboxMessage).values(dead_at=now() - timedelta(days=31))
    )
    outbox_session.commit()
    assert "2 dead messages deleted" in run_outbox("purge")
    assert count(outbox_session) == 0
