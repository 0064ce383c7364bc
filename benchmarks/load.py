"""The load: one process, a few keep-alive connections, one flow at a time.

A selector loop over plain sockets; bounded in time and in units.
"""

from __future__ import annotations

import multiprocessing
import selectors
import socket
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe

from benchmarks.message import Flow, Unexpected, Unit
from benchmarks.wire import Address, closes, complete, connect, decode, encode

#: No sample runs longer than this, whatever it was asked for.
LONGEST_SAMPLE = 60.0
#: No sample counts more units than this.
MOST_UNITS = 500_000


@dataclass(frozen=True)
class Order:
    """What to run: a flow against an address, for seconds, on connections."""

    flow: Flow
    address: Address
    seconds: float
    connections: int


@dataclass(frozen=True)
class Outcome:
    """What a sample did: units of the flow, requests, wall and own CPU seconds."""

    units: int
    requests: int
    elapsed: float
    client_cpu: float


@dataclass
class _Worker:
    """One connection and where it is in its script."""

    number: int
    order: Order
    link: socket.socket = field(init=False)
    stale: bool = False
    script: Unit = field(init=False)
    buffer: bytes = b""
    units: int = 0
    requests: int = 0

    def __post_init__(self) -> None:
        self.link = connect(self.order.address)

    def begin(self) -> None:
        """Send the first request of a new unit."""
        self.script = self.order.flow.unit(self.number)
        self._send(encode(next(self.script), self.order.address))

    def receive(self) -> bool:
        """Read what arrived; say whether it completed a unit."""
        received = self.link.recv(65536)
        if not received:
            raise ConnectionError("the server closed the connection early")
        self.buffer += received
        start = complete(self.buffer)
        return start is not None and self._advance(start)

    def _advance(self, start: int) -> bool:
        data, self.buffer = self.buffer, b""
        self.requests += 1
        # Connecting waits for the next request: an idle connection would occupy a
        # server that handles one connection at a time.
        self.stale = closes(data)
        try:
            following = self.script.send(decode(data, start))
        except StopIteration:
            self.units += 1
            return True
        self._send(encode(following, self.order.address))
        return False

    def reconnect(self) -> None:
        """Replace the connection."""
        self.link.close()
        self.link, self.stale = connect(self.order.address), False

    def _send(self, data: bytes) -> None:
        if self.stale:
            self.reconnect()
        try:
            self.link.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            # An idle keep-alive connection may be closed by the server (RFC 9112,
            # 9.3.1); nothing of this request was answered, so it is sent again.
            self.reconnect()
            self.link.sendall(data)


def run(order: Order) -> Outcome:
    """Drive one flow and return what was done; any wrong answer raises."""
    workers = [_Worker(number, order) for number in range(order.connections)]
    before = time.process_time()
    begun = time.perf_counter()
    deadline = begun + min(order.seconds, LONGEST_SAMPLE)
    for worker in workers:
        worker.begin()
    _drive(workers, deadline)
    elapsed = time.perf_counter() - begun
    units = sum(worker.units for worker in workers)
    requests = sum(worker.requests for worker in workers)
    return Outcome(units, requests, elapsed, time.process_time() - before)


def _drive(workers: list[_Worker], deadline: float) -> None:
    quota = MOST_UNITS // len(workers)
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            selector.register(worker.link, selectors.EVENT_READ, worker)
        while selector.get_map():
            ready = selector.select(timeout=30)
            if not ready:
                raise TimeoutError("no answer within 30 seconds")
            for key, _ in ready:
                _step(selector, key, deadline, quota)


def _step(
    selector: selectors.BaseSelector,
    key: selectors.SelectorKey,
    deadline: float,
    quota: int,
) -> None:
    worker: _Worker = key.data
    done = worker.receive()
    finished = done and (worker.units >= quota or time.perf_counter() >= deadline)
    if done and not finished:
        worker.begin()
    if finished:
        selector.unregister(worker.link)
        worker.link.close()
    elif worker.link is not key.fileobj:
        selector.unregister(key.fileobj)
        selector.register(worker.link, selectors.EVENT_READ, worker)


def _serve(pipe: Pipe) -> None:
    while (order := pipe.recv()) is not None:
        try:
            pipe.send((run(order), order.flow))
        except (Unexpected, OSError, ValueError, RuntimeError) as error:
            pipe.send((error, order.flow))


class Load:
    """The load process; ``sample`` runs one order in it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()

    def sample(self, order: Order) -> tuple[Outcome, Flow]:
        """Run an order; return its outcome and the flow with its new state."""
        self._pipe.send(order)
        outcome, flow = self._pipe.recv()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome, flow

    def close(self) -> None:
        """End the process."""
        self._pipe.send(None)
        self._process.join(10)
