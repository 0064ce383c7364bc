"""Replay detection for DPoP proofs by the database, for all processes.

RFC 9449 section 11.1. One conditional INSERT decides; `purge` deletes expired rows.
"""

from __future__ import annotations

from datetime import datetime

from pyramid_oauth.server import Server, ServerRequest

_OWNER = "dpop"


class DatabaseReplayStore:
    """The replay cache of the server.

    A proof stays used if the view of a host rolls its request back.
    """

    def consume(
        self, request: ServerRequest, identifier: str, expires_at: datetime
    ) -> bool:
        """Mark a proof as used; return False if it was used before."""
        server: Server = request.oauth.server
        cache, session = server.repositories.replay_cache, server.session(request)
        is_first: bool = cache.consume_at_once(session, _OWNER, identifier, expires_at)
        return is_first
