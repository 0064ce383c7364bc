"""Worker that claims due messages and delivers them in parallel.

RFC 8935 section 2.4 (retries). Any number of workers can run; the database assigns the
messages. Retries have a lane of their own, and no client can fill a lane, so that a
slow or dead receiver does not delay the messages of other clients.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from threading import Event

from pyramid_oauth.clock import now
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.outbox.delivery import deliver
from pyramid_oauth.outbox.repository import ClaimedMessage
from pyramid_oauth.server import SERVER
from pyramid_oauth.transactions import unit_of_work


@dataclass(frozen=True)
class Lane:
    """A limit of parallel deliveries: first attempts or, with `again`, retries.

    One of its `room` places stays free for other clients than the busiest.
    """

    again: bool
    room: int


LANES = (Lane(again=False, room=3), Lane(again=True, room=2))

PARALLEL = sum(lane.room for lane in LANES)
"""Parallel deliveries: half of the limit of the fetcher."""

MAX_POLL_INTERVAL = 60.0

log = logging.getLogger(__name__)


class Worker:
    """Delivers the messages of one application (`registry`), from one thread."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        settings = registry[SERVER].settings
        # Preparing a message may fetch the client's keys.
        self._lease = timedelta(seconds=2 * settings.outbound_timeout + 5)
        self._running: dict[Future[None], tuple[Lane, str]] = {}

    def drain(self) -> int:
        """Deliver until no message is due; return the number of attempts."""
        attempts = 0
        with ThreadPoolExecutor(PARALLEL, "outbox") as threads:
            while (started := self._start_deliveries(threads)) or self._running:
                attempts += started
                wait(self._running, return_when=FIRST_COMPLETED)
        return attempts

    def run(self, stop: Event, wake: Event, interval: float) -> None:
        """Deliver until `stop` is set, which must set `wake` afterwards.

        It polls every `interval` seconds, when woken, and after each delivery. While
        the database is unavailable the interval grows to one minute. Running deliveries
        are finished at the end.
        """
        poll_interval = interval
        with ThreadPoolExecutor(PARALLEL, "outbox") as threads:
            while True:
                wake.clear()
                if stop.is_set():
                    break
                try:
                    self._start_deliveries(threads, wake.set)
                    poll_interval = interval
                except Exception:
                    log.exception(
                        "cannot read the outbox; next attempt in %.0f s", poll_interval
                    )
                    poll_interval = min(poll_interval * 2, MAX_POLL_INTERVAL)
                wake.wait(poll_interval)

    def _start_deliveries(
        self, threads: ThreadPoolExecutor, done: Callable[[], None] | None = None
    ) -> int:
        """Start deliveries up to the limit; return how many. `done` follows each."""
        for future in [future for future in self._running if future.done()]:
            del self._running[future]
        started = 0
        for lane in LANES:
            while message := self._claim(lane):
                future = threads.submit(deliver, self._registry, message)
                self._running[future] = lane, message.client_id
                if done is not None:
                    future.add_done_callback(lambda _: done())
                started += 1
        return started

    def _claim(self, lane: Lane) -> ClaimedMessage | None:
        busy = Counter(
            client_id for at, client_id in self._running.values() if at is lane
        )
        if busy.total() >= lane.room:
            return None
        full = [name for name, count in busy.items() if count >= lane.room - 1]
        with unit_of_work(self._registry) as request:
            server = request.oauth.server
            messages = server.repositories.outbox.claim(
                server.session(request),
                server.outbox_kinds,
                1,
                now() + self._lease,
                again=lane.again,
                besides=full,
            )
        return messages[0] if messages else None
