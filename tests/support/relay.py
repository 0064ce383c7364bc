"""A TCP relay that can stall, cut, refuse, and lose the answers of what it relays.

It stands between the server and PostgreSQL, or between the client and the server.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress

from tests.support.ports import free_port

Link = tuple[socket.socket, socket.socket]

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes `close` send RST."""


class Relay:
    """Listens on `port` and connects each caller with `target`."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self._flows = threading.Event()
        self._flows.set()
        self._lock = threading.Lock()
        self._links: set[Link] = set()
        self._lose_every = 0
        self._answers = 0
        self._listener = self._listen()

    def accept(self) -> None:
        """Listen again, after `refuse`."""
        self._listener = self._listen()

    def refuse(self) -> None:
        """Cut all connections and refuse new ones."""
        # A blocked accept() would keep the socket alive.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def stall(self) -> None:
        """Keep all connections, and pass nothing on until `resume`."""
        self._flows.clear()

    def resume(self) -> None:
        """Pass on again what waits."""
        self._flows.set()

    def cut(self) -> None:
        """Reset all connections."""
        with self._lock:
            links = list(self._links)
        for link in links:
            _reset(*link)

    def lose_answers(self, every: int) -> None:
        """Reset the connection in the place of each `every`th answer; 0 for none.

        What was asked for has been done by then.
        """
        self._lose_every = every

    def close(self) -> None:
        """Stop listening, and cut all connections."""
        self.resume()
        self.refuse()

    def _listen(self) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", self.port), backlog=256)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(caller,), daemon=True).start()

    def _connect(self, caller: socket.socket) -> None:
        self._flows.wait()
        try:
            callee = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            _reset(caller)
            return
        for end in (caller, callee):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = (caller, callee)
        with self._lock:
            self._links.add(link)
        for way in ((caller, callee, False), (callee, caller, True)):
            threading.Thread(target=self._pump, args=(link, *way), daemon=True).start()

    def _pump(
        self, link: Link, source: socket.socket, sink: socket.socket, answers: bool
    ) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                if answers and self._is_lost():
                    _reset(*link)
                    break
                sink.sendall(data)
        for end in link:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        # The other thread closes the other end.
        source.close()
        with self._lock:
            self._links.discard(link)

    def _is_lost(self) -> bool:
        if not self._lose_every:
            return False
        with self._lock:
            self._answers += 1
            return self._answers % self._lose_every == 0


def _reset(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
