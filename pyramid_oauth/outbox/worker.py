"""The worker: claims what is due and delivers it, a handful at a time.

Any number of workers can run; the database decides who gets a message.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

from pyramid_oauth.background import unit_of_work
from pyramid_oauth.clock import now
from pyramid_oauth.models.records.outbox import ClaimedMessage
from pyramid_oauth.outbox.delivery import deliver
from pyramid_oauth.server import SERVER, Server

PARALLEL = 5
"""Deliveries under way at once: half of what the fetcher lets through."""

LONGEST_REST = 60.0
log = logging.getLogger(__name__)


class Worker:
    """Delivers the messages of one application (`registry`)."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry
        settings = registry[SERVER].settings
        # Making a message may take a fetch of its own (the client's keys).
        self._lease = timedelta(seconds=2 * settings.outbound_timeout + 5)

    def round(self) -> int:
        """Claim what is due and deliver it in parallel; how many there were."""
        claimed = self._claimed()
        if claimed:
            with ThreadPoolExecutor(PARALLEL, "outbox") as threads:
                for message in claimed:
                    threads.submit(deliver, self._registry, message)
        return len(claimed)

    def drain(self) -> int:
        """Make rounds until nothing is due; how many attempts that took."""
        attempts = 0
        while found := self.round():
            attempts += found
        return attempts

    def run(self, stop: Event, wake: Event, interval: float) -> None:
        """Deliver until `stop` is set, which must set `wake` too.

        With nothing due it rests `interval` seconds, or until it is woken; with the
        database away ever longer, up to a minute.
        """
        rest = interval
        while not stop.is_set():
            wake.clear()
            try:
                self.drain_until(stop)
                rest = interval
            except Exception:
                log.exception("the outbox cannot be read; again in %.0f s", rest)
                rest = min(rest * 2, LONGEST_REST)
            wake.wait(rest)

    def drain_until(self, stop: Event) -> None:
        """Like `drain`, but finish with the present round once `stop` is set."""
        while not stop.is_set() and self.round():
            pass

    def _claimed(self) -> list[ClaimedMessage]:
        with unit_of_work(self._registry) as request:
            server: Server = self._registry[SERVER]
            return server.records.outbox.claim(
                server.session(request),
                server.outbox_kinds,
                PARALLEL,
                now() + self._lease,
            )
