"""Deliveries to slow and unreachable receivers."""

from __future__ import annotations

import time
from contextlib import contextmanager
from threading import Event, Thread

from sqlalchemy import update
from sqlalchemy.orm import Session

from tests.outbox.conftest import stored_messages
from tests.support.servers import build_response


@contextmanager
def run_worker(worker):
    """Run the worker in a thread; yields the event that wakes it."""
    stop, wake = Event(), Event()
    thread = Thread(target=worker.run, args=(stop, wake, 0.1))
    thread.start()
    try:
        yield wake
    finally:
        stop.set()
        wake.set()
        thread.join(20)


class BlockingReceiver:
    """A receiver that answers `fine` at once, and all else after `fine` has arrived."""

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


def test_a_slow_receiver_does_not_delay_others(
    send_messages, worker, receiver, outbox_host
):
    slow = BlockingReceiver(receiver)
    send_messages(*"abcdef", client="slow")
    with run_worker(worker) as wake:
        assert slow.began.wait(5)
        send_messages("fine")
        wake.set()
        while len(slow.waited) < 6:
            time.sleep(0.05)
    assert all(slow.waited)
    assert stored_messages(outbox_host) == []


def test_an_unreachable_receiver_does_not_delay_new_messages(
    send_messages, worker, receiver, outbox_host
):
    slow = BlockingReceiver(receiver)
    for number in range(3):
        send_messages("a", "b", client=f"dead{number}")
    model = outbox_host.models.OutboxMessage
    with Session(outbox_host.engine) as session:
        session.execute(update(model).values(attempts=1))
        session.commit()
    send_messages("fine", client="dead0")
    worker.drain()
    assert all(slow.waited)
    assert len(slow.waited) == 6
