"""Ports for servers that tests start.

RFC 6335 section 6. A port that the system hands out may be the near end of somebody's
connection by the time the server wants to listen on it, so these lie below that range.
"""

from __future__ import annotations

import secrets
import socket

FIRST, COUNT = 20000, 12000


def free_port() -> int:
    """A port on which nobody listens."""
    while True:
        port = FIRST + secrets.randbelow(COUNT)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def is_listening(port: int) -> bool:
    """Whether somebody accepts connections on a port of this machine."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
