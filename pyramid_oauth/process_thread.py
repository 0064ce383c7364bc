"""Background thread inside a serving process.

No specification. It starts with the first request, so that each process of a forking
server has one.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from functools import partial
from threading import Event, Lock, Thread
from typing import Any
from weakref import WeakKeyDictionary

from pyramid.interfaces import IExecutionPolicy
from pyramid.response import Response
from pyramid.router import Router, default_execution_policy

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry

EXIT_TIMEOUT = 10.0
"""Seconds that the exit of the process waits for the work in progress."""

Run = Callable[[Event, Event], None]
"""Works until the first event, `stop`, is set; the second one, `wake`, ends a wait.
`stop` sets both."""


LATE = 200
"""After every action that sets an execution policy."""

THREADS = "pyramid_oauth.process_threads"
"""The key of the threads in the registry."""

_STARTED: WeakKeyDictionary[Router, Callable[[dict[str, Any], Router], Response]] = (
    WeakKeyDictionary()
)
"""The routers whose process has its threads, with the policy that starts them."""


class ProcessThread:
    """One thread per process, which calls `run`."""

    def __init__(self, name: str, run: Run) -> None:
        self._name, self._run = name, run
        self._lock = Lock()
        self._process: int | None = None
        self._stop, self._wake = Event(), Event()
        self._thread: Thread | None = None

    def start_with_requests(self, config: Configurator) -> None:
        """Start with the first request that each process serves."""
        registry = config.registry
        if THREADS not in registry:
            registry[THREADS] = []
            config.action(
                "oauth process threads", partial(_start_first, registry), order=LATE
            )
        registry[THREADS].append(self)

    def ensure(self) -> None:
        """Start the thread if this process has none."""
        if self._process == os.getpid():
            return
        with self._lock:
            if self._process != os.getpid():
                self._start()

    def _start(self) -> None:
        # Events of a parent process may be held by a thread that did not survive.
        self._stop, self._wake = Event(), Event()
        self._thread = Thread(
            target=self._run,
            args=(self._stop, self._wake),
            name=self._name,
            daemon=True,
        )
        self._thread.start()
        self._process = os.getpid()
        atexit.register(self.stop)

    def wake(self) -> None:
        """End a wait of the thread."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the work in progress and stop."""
        self._stop.set()
        self._wake.set()
        thread = self._thread
        if thread is not None and self._process == os.getpid():
            thread.join(EXIT_TIMEOUT)


def _start_first(registry: Registry) -> None:
    """Register an execution policy for the first request of each process.

    It gives the router the policy that was there before. A tween would cost each
    request a call; with a subscriber Pyramid would make and send four events for each.
    """
    threads: list[ProcessThread] = registry[THREADS]
    policy = registry.queryUtility(IExecutionPolicy, default=default_execution_policy)

    def start(environ: dict[str, Any], router: Router) -> Response:
        for thread in threads:
            thread.ensure()
        _STARTED[router] = start
        router.execution_policy = policy
        return policy(environ, router)

    registry.registerUtility(start, IExecutionPolicy)


def _start_again() -> None:
    """Let the next request of a forked process start the threads."""
    for router, start in _STARTED.items():
        router.execution_policy = start


os.register_at_fork(after_in_child=_start_again)
