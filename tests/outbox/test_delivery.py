"""The outbox: a message of a committed transaction is delivered once."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from pyramid_oauth import clock
from pyramid_oauth.outbox import DELIVERER, Worker
from tests.outbox.conftest import NOTE, stored_messages


def posted_forms(receiver):
    """The forms that the receiver got."""
    bodies = [request.partition(b"\r\n\r\n")[2] for request in receiver.requests]
    return [
        {name: value for name, (value,) in parse_qs(body.decode()).items()}
        for body in bodies
    ]


def posted_texts(receiver):
    return sorted(form["text"] for form in posted_forms(receiver))


def make_due(host):
    """Make every message due now."""
    model = host.models.OutboxMessage
    with Session(host.engine) as session:
        session.execute(
            update(model).where(model.due_at.is_not(None)).values(due_at=clock.now())
        )
        session.commit()


def test_a_message_is_delivered_after_the_commit(
    send_messages, worker, receiver, outbox_host
):
    send_messages("one", "two")
    assert receiver.requests == []
    assert worker.drain() == 2
    assert posted_texts(receiver) == ["one", "two"]
    assert stored_messages(outbox_host) == []


def test_a_message_of_a_rolled_back_transaction_is_not_delivered(
    send_messages, worker, receiver, outbox_host
):
    with pytest.raises(RuntimeError):
        send_messages("one", fail="1")
    assert stored_messages(outbox_host) == []


def test_storing_messages_takes_one_statement(send_messages, outbox_host):
    statements = outbox_host.record_statements()
    send_messages(*"abcdefgh")
    assert len(statements) == 1


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.5")
def test_a_failed_delivery_is_retried(
    send_messages, worker, receiver, set_statuses, outbox_host
):
    set_statuses("503 Service Unavailable", "500 Internal Server Error")
    send_messages("one")
    for _ in range(3):
        worker.drain()
        make_due(outbox_host)
    assert [form["attempt"] for form in posted_forms(receiver)] == ["1", "2", "3"]
    assert stored_messages(outbox_host) == []


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.5")
def test_a_retry_waits_for_its_back_off_time(
    send_messages, worker, receiver, set_statuses, outbox_host
):
    set_statuses("503 Service Unavailable", "503 Service Unavailable")
    send_messages("one")
    before = clock.now()
    worker.drain()
    worker.drain()
    (message,) = stored_messages(outbox_host)
    assert len(receiver.requests) == 1
    assert message.problem == "HTTP status 503"
    assert timedelta(seconds=8) < message.due_at - before < timedelta(seconds=13)
    make_due(outbox_host)
    worker.drain()
    (message,) = stored_messages(outbox_host)
    assert message.due_at - before > timedelta(seconds=17)


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.8")
@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "302 Found"])
def test_a_refused_message_is_not_retried(
    send_messages, worker, receiver, set_statuses, outbox_host, status
):
    set_statuses(status)
    send_messages("one")
    worker.drain()
    (message,) = stored_messages(outbox_host)
    assert message.due_at is None
    assert message.dead_at is not None
    assert message.problem == f"HTTP status {status[:3]}"


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.8")
@pytest.mark.parametrize("status", ["200 OK", "204 No Content"])
def test_a_200_and_a_204_response_complete_the_delivery(
    send_messages, worker, set_statuses, outbox_host, status
):
    set_statuses(status)
    send_messages("one")
    worker.drain()
    assert stored_messages(outbox_host) == []


def test_a_message_is_kept_as_dead_after_the_last_attempt(
    new_outbox_host, receiver, set_statuses
):
    set_statuses("503 Service Unavailable", "503 Service Unavailable")
    host = new_outbox_host(outbox_attempts="2")
    host.browser().post("/send", {"text": "one", "url": receiver.url})
    for _ in range(3):
        Worker(host.wsgi.registry).drain()
        make_due(host)
    (message,) = stored_messages(host)
    assert len(receiver.requests) == 2
    assert message.dead_at is not None
    assert message.problem == "HTTP status 503"


def test_a_message_that_cannot_be_prepared_does_not_block_others(
    send_messages, worker, receiver, outbox_host
):
    send_messages("broken", "nobody", "one")
    worker.drain()
    assert posted_texts(receiver) == ["one"]
    (message,) = stored_messages(outbox_host)
    assert message.content == {"text": "broken"}
    assert message.problem == "it could not be prepared: LookupError"


def test_a_private_address_is_not_contacted(new_outbox_host):
    host = new_outbox_host(fetcher=None)
    form = {"text": "one", "url": "https://127.0.0.1:8443/"}
    host.browser().post("/send", form)
    Worker(host.wsgi.registry).drain()
    (message,) = stored_messages(host)
    assert (message.problem, message.due_at) == ("address", None)


def test_a_message_of_an_unknown_kind_is_left_in_the_outbox(
    send_messages, worker, outbox_host
):
    send_messages("one")
    with Session(outbox_host.engine) as session:
        session.execute(update(outbox_host.models.OutboxMessage).values(kind="other"))
        session.commit()
    assert worker.drain() == 0
    (message,) = stored_messages(outbox_host)
    assert (message.attempts, message.problem) == (0, None)


def test_a_leased_message_is_not_taken_before_its_lease_ends(
    send_messages, outbox_host
):
    send_messages("one")
    records = outbox_host.wsgi.registry["pyramid_oauth.server"].repositories.outbox
    until = clock.now() + timedelta(seconds=10)

    def claim(*, again=False):
        with Session(outbox_host.engine) as session:
            claimed = records.claim(session, [NOTE], 5, until, again=again)
            session.commit()
        return claimed

    with clock.frozen() as time:
        (first,) = claim()
        assert claim() == claim(again=True) == []
        time.advance(11)
        assert claim() == []
        (second,) = claim(again=True)
    assert (first.attempts, second.attempts) == (1, 2)
    with Session(outbox_host.engine) as session:
        assert not records.delete_delivered(session, first)
        assert records.delete_delivered(session, second)


def test_stored_messages_are_not_signed(send_messages, outbox_host):
    send_messages("one")
    (message,) = stored_messages(outbox_host)
    assert json.dumps(message.content) == '{"text": "one"}'


def test_a_thread_of_the_server_process_can_deliver(new_outbox_host, receiver):
    host = new_outbox_host(outbox_in_process="true")
    host.browser().post("/send", {"text": "one", "url": receiver.url})
    deadline = time.monotonic() + 60
    while stored_messages(host) and time.monotonic() < deadline:
        time.sleep(0.05)
    host.wsgi.registry[DELIVERER].stop()
    assert posted_texts(receiver) == ["one"]
    assert stored_messages(host) == []
