"""Names that end in .example lead to this machine, in this process.

The suite must not be called localhost, which no client of the implicit grant may be.
`python -m tests.oidf.names INI` serves an application in a process that knows them.
"""

from __future__ import annotations

import socket
import sys

from pyramid.scripts.pserve import main


def resolve_examples(resolve=socket.getaddrinfo):
    """The resolver for `socket.getaddrinfo`."""

    def getaddrinfo(host, *arguments, **named):
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and name.endswith(".example"):
            host = "127.0.0.1"
        return resolve(host, *arguments, **named)

    return getaddrinfo


if __name__ == "__main__":
    socket.getaddrinfo = resolve_examples()
    sys.exit(main(["pserve", *sys.argv[1:]]))
