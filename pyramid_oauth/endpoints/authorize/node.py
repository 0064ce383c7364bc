"""The nodes: the endpoint, and a pending request as its child."""

from __future__ import annotations

import re

from pyramid_oauth.tree import Endpoint, Node

_HANDLE = re.compile(r"[A-Za-z0-9_-]{43}\Z")


class Authorize(Endpoint):
    """`authorize`; a pending request is the child named by its handle."""

    def __getitem__(self, name: str) -> Node:
        # Whether the handle is known is the view's question: no query in traversal.
        if not _HANDLE.match(name):
            raise KeyError(name)
        return Pending(name, self, self.request)


class Pending(Node):
    """An authorization request that waits for its resource owner."""
