"""The worker: claims what is due and delivers it, a handful at a time.

Any number of workers can run; the database decides who gets a message. What failed
before waits in a lane of its own, and no client fills a lane: a receiver that is dead
or slow holds up nobody else's messages.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from threading import Event
from typing import Any

from pyramid_oauth.clock import now
from pyramid_oauth.outbox.delivery import deliver
from pyramid_oauth.outbox.repository import ClaimedMessage
from pyramid_oauth.server import SERVER, Server
from pyramid_oauth.transactions import unit_of_work


@dataclass(frozen=True)
class Lane:
    """First attempts or, `again`, further ones; at most `room` are under way at once.

    One place is kept from each client, for the others.
    """

    again: bool
    room: int


LANES = (Lane(again=False, room=3), Lane(again=True, room=2))

PARALLEL = sum(lane.room for lane in LANES)
"""Deliveries under way at once: half of what the fetcher lets through."""

LONGEST_REST = 60.0

log = logging.getLogger(__name__)


class Worker:
    """Delivers the messages of one application (`registry`), from one thread."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        settings = registry[SERVER].settings
        # Making a message may take a fetch of its own (the client's keys).
        self._lease = timedelta(seconds=2 * settings.outbound_timeout + 5)
        self._under_way: dict[Future[None], tuple[Lane, str]] = {}

    def drain(self) -> int:
        """Deliver until nothing is due; how many attempts that took."""
        attempts = 0
        with ThreadPoolExecutor(PARALLEL, "outbox") as threads:
            while (begun := self._begin(threads)) or self._under_way:
                attempts += begun
                wait(self._under_way, return_when=FIRST_COMPLETED)
        return attempts

    def run(self, stop: Event, wake: Event, interval: float) -> None:
        """Deliver until `stop` is set, which must set `wake` afterwards.

        It looks for messages every `interval` seconds, whenever it is woken, and after
        each delivery; with the database away ever more seldom, once a minute at last.
        What is under way at the end is finished.
        """
        rest = interval
        with ThreadPoolExecutor(PARALLEL, "outbox") as threads:
            while True:
                wake.clear()
                if stop.is_set():
                    break
                try:
                    self._begin(threads, wake.set)
                    rest = interval
                except Exception:
                    log.exception("the outbox cannot be read; again in %.0f s", rest)
                    rest = min(rest * 2, LONGEST_REST)
                wake.wait(rest)

    def _begin(
        self, threads: ThreadPoolExecutor, done: Callable[[], None] | None = None
    ) -> int:
        """Start what there is room for; how many those were. `done` hears of ends."""
        for future in [future for future in self._under_way if future.done()]:
            del self._under_way[future]
        begun = 0
        for lane in LANES:
            while message := self._claimed(lane):
                future = threads.submit(deliver, self._registry, message)
                self._under_way[future] = lane, message.client_id
                if done is not None:
                    future.add_done_callback(lambda _: done())
                begun += 1
        return begun

    def _claimed(self, lane: Lane) -> ClaimedMessage | None:
        busy = Counter(
            client_id for at, client_id in self._under_way.values() if at is lane
        )
        if busy.total() >= lane.room:
            return None
        full = [name for name, count in busy.items() if count >= lane.room - 1]
        with unit_of_work(self._registry) as request:
            server: Server = self._registry[SERVER]
            found = server.repositories.outbox.claim(
                server.session(request),
                server.outbox_kinds,
                1,
                now() + self._lease,
                again=lane.again,
                besides=full,
            )
        return found[0] if found else None
