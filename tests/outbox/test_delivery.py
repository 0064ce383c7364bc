"""The outbox: what a transaction put in arrives, once, however often it is tried."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from urllib.parse import parse_qs

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from pyramid_oauth import clock
from pyramid_oauth.outbox import DELIVERER, Worker, enqueue
from tests.support.host import Host
from tests.support.servers import build_response

NOTE = "note"


def prepare(request, message):
    if message.content["text"] == "nobody":
        return None
    if message.content["text"] == "broken":
        raise LookupError("broken")
    fields = {"text": message.content["text"], "attempt": str(message.attempts)}
    return lambda fetcher: fetcher.post_form(message.destination, fields)


def send(request):
    """POST /send: put messages into the outbox, and fail afterwards if told to."""
    texts = request.params.getall("text")
    url = request.params["url"]
    client = request.params.get("client", "web")
    enqueue(request, NOTE, [(client, url, {"text": text}) for text in texts])
    if "fail" in request.params:
        raise RuntimeError("after the message was put in")
    return request.response


@pytest.fixture
def new_outbox_host(tables_url, fetcher):
    """Make the host, with further settings."""
    made = []

    def configure(config):
        config.add_oauth_outbox_kind(NOTE, prepare)
        config.add_route("send", "/send")
        config.add_view(send, route_name="send", require_csrf=False)

    def new(**settings):
        given = {"fetcher": fetcher, **settings}
        made.append(Host(tables_url, configure, **given))
        return made[-1]

    yield new
    for host in made:
        host.engine.dispose()


@pytest.fixture
def outbox_host(new_outbox_host):
    return new_outbox_host()


@pytest.fixture
def put(outbox_host, receiver):
    """Put messages in, by a request of the host."""

    def put(*texts, url=receiver.url, **more):
        pairs = [("text", text) for text in texts]
        outbox_host.browser().post("/send", [*pairs, ("url", url), *more.items()])

    return put


@pytest.fixture
def worker(outbox_host):
    return Worker(outbox_host.wsgi.registry)


def posted_forms(receiver):
    """The forms that arrived."""
    bodies = [request.partition(b"\r\n\r\n")[2] for request in receiver.requests]
    return [
        {name: value for name, (value,) in parse_qs(body.decode()).items()}
        for body in bodies
    ]


def posted_texts(receiver):
    return sorted(form["text"] for form in posted_forms(receiver))


def messages(host):
    """What is in the outbox."""
    with Session(host.engine) as session:
        return session.query(host.models.OutboxMessage).all()


def make_due(host):
    """Let the waiting time of every message be over."""
    model = host.models.OutboxMessage
    with Session(host.engine) as session:
        session.execute(
            update(model).where(model.due_at.is_not(None)).values(due_at=clock.now())
        )
        session.commit()


def test_a_message_is_delivered_after_the_commit(put, worker, receiver, outbox_host):
    put("one", "two")
    assert receiver.requests == []
    assert worker.drain() == 2
    assert posted_texts(receiver) == ["one", "two"]
    assert messages(outbox_host) == []


def test_a_message_of_a_rolled_back_transaction_is_not_delivered(
    put, worker, receiver, outbox_host
):
    with pytest.raises(RuntimeError):
        put("one", fail="1")
    assert messages(outbox_host) == []


def test_storing_messages_takes_one_statement(put, outbox_host):
    statements = outbox_host.record_statements()
    put(*"abcdefgh")
    assert len(statements) == 1


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.5")
def test_a_failed_delivery_is_retried(put, worker, receiver, set_statuses, outbox_host):
    set_statuses("503 Service Unavailable", "500 Internal Server Error")
    put("one")
    for _ in range(3):
        worker.drain()
        make_due(outbox_host)
    assert [form["attempt"] for form in posted_forms(receiver)] == ["1", "2", "3"]
    assert messages(outbox_host) == []


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.5")
def test_a_retry_waits_for_its_back_off_time(
    put, worker, receiver, set_statuses, outbox_host
):
    set_statuses("503 Service Unavailable", "503 Service Unavailable")
    put("one")
    before = clock.now()
    worker.drain()
    worker.drain()
    (message,) = messages(outbox_host)
    assert len(receiver.requests) == 1
    assert message.problem == "HTTP status 503"
    assert timedelta(seconds=8) < message.due_at - before < timedelta(seconds=13)
    make_due(outbox_host)
    worker.drain()
    (message,) = messages(outbox_host)
    assert message.due_at - before > timedelta(seconds=17)


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.8")
@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "302 Found"])
def test_a_refused_message_is_not_retried(
    put, worker, receiver, set_statuses, outbox_host, status
):
    set_statuses(status)
    put("one")
    worker.drain()
    (message,) = messages(outbox_host)
    assert message.due_at is None
    assert message.dead_at is not None
    assert message.problem == f"HTTP status {status[:3]}"


@pytest.mark.spec("OpenID Connect Back-Channel Logout", "2.8")
@pytest.mark.parametrize("status", ["200 OK", "204 No Content"])
def test_a_200_and_a_204_response_complete_the_delivery(
    put, worker, set_statuses, outbox_host, status
):
    set_statuses(status)
    put("one")
    worker.drain()
    assert messages(outbox_host) == []


def test_a_message_is_kept_as_dead_after_the_last_attempt(
    new_outbox_host, receiver, set_statuses
):
    set_statuses("503 Service Unavailable", "503 Service Unavailable")
    host = new_outbox_host(outbox_attempts="2")
    host.browser().post("/send", {"text": "one", "url": receiver.url})
    for _ in range(3):
        Worker(host.wsgi.registry).drain()
        make_due(host)
    (message,) = messages(host)
    assert len(receiver.requests) == 2
    assert message.dead_at is not None
    assert message.problem == "HTTP status 503"


def test_a_message_that_cannot_be_prepared_does_not_block_others(
    put, worker, receiver, outbox_host
):
    put("broken", "nobody", "one")
    worker.drain()
    assert posted_texts(receiver) == ["one"]
    (message,) = messages(outbox_host)
    assert message.content == {"text": "broken"}
    assert message.problem == "it could not be prepared: LookupError"


def test_a_private_address_is_not_contacted(new_outbox_host):
    host = new_outbox_host(fetcher=None)
    form = {"text": "one", "url": "https://127.0.0.1:8443/"}
    host.browser().post("/send", form)
    Worker(host.wsgi.registry).drain()
    (message,) = messages(host)
    assert (message.problem, message.due_at) == ("address", None)


def test_a_message_of_an_unknown_kind_is_left_in_the_outbox(put, worker, outbox_host):
    put("one")
    with Session(outbox_host.engine) as session:
        session.execute(update(outbox_host.models.OutboxMessage).values(kind="other"))
        session.commit()
    assert worker.drain() == 0
    (message,) = messages(outbox_host)
    assert (message.attempts, message.problem) == (0, None)


def test_a_leased_message_is_not_taken_before_its_lease_ends(put, outbox_host):
    put("one")
    records = outbox_host.wsgi.registry["pyramid_oauth.server"].repositories.outbox
    until = clock.now() + timedelta(seconds=10)

    def claim(*, again=False):
        with Session(outbox_host.engine) as session:
            found = records.claim(session, [NOTE], 5, until, again=again)
            session.commit()
        return found

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


@contextmanager
def run_worker(worker):
    """The worker at work in a thread; yields what wakes it."""
    stop, wake = Event(), Event()
    thread = Thread(target=worker.run, args=(stop, wake, 0.1))
    thread.start()
    try:
        yield wake
    finally:
        stop.set()
        wake.set()
        thread.join(20)


class Slow:
    """A receiver that answers `fine` at once and holds all else until that came."""

    def __init__(self, receiver):
        self.began, self._came = Event(), Event()
        self.waited = []
        receiver.handler = self._handle

    def _handle(self, peer, request):
        if b"text=fine" in request:
            self._came.set()
        else:
            self.began.set()
            self.waited.append(self._came.wait(1.5))
        peer.sendall(build_response())


def test_a_slow_receiver_does_not_delay_others(put, worker, receiver, outbox_host):
    slow = Slow(receiver)
    put(*"abcdef", client="slow")
    with run_worker(worker) as wake:
        assert slow.began.wait(5)
        put("fine")
        wake.set()
        while len(slow.waited) < 6:
            time.sleep(0.05)
    assert all(slow.waited)
    assert messages(outbox_host) == []


def test_an_unreachable_receiver_does_not_delay_new_messages(
    put, worker, receiver, outbox_host
):
    slow = Slow(receiver)
    for number in range(3):
        put("a", "b", client=f"dead{number}")
    model = outbox_host.models.OutboxMessage
    with Session(outbox_host.engine) as session:
        session.execute(update(model).values(attempts=1))
        session.commit()
    put("fine", client="dead0")
    worker.drain()
    assert all(slow.waited)
    assert len(slow.waited) == 6


def test_stored_messages_are_not_signed(put, outbox_host):
    put("one")
    (message,) = messages(outbox_host)
    assert json.dumps(message.content) == '{"text": "one"}'


def test_a_thread_of_the_server_process_can_deliver(new_outbox_host, receiver):
    host = new_outbox_host(outbox_in_process="true")
    host.browser().post("/send", {"text": "one", "url": receiver.url})
    until = time.monotonic() + 60
    while messages(host) and time.monotonic() < until:
        time.sleep(0.05)
    host.wsgi.registry[DELIVERER].stop()
    assert posted_texts(receiver) == ["one"]
    assert messages(host) == []
