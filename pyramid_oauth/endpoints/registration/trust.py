"""What people allowed a client, taken back when a change makes another of it.

RFC 9700 section 4.11.2 (which redirect URIs are trusted), OpenID Connect Core sections
8.1 and 12.2 (a client keeps the `sub` by which it knows somebody).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.protocol.subject import sector
from pyramid_oauth.server import Server

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """What a client was when people allowed it something.

    `sector` is within what its subjects are the same; None where they are public.
    """

    redirect_uris: frozenset[str]
    sector: str | None

    @classmethod
    def of(cls, application: Any) -> Known:
        """The client as it is now."""
        pairwise = application.declared("subject_type") == "pairwise"
        return cls(
            redirect_uris=frozenset(application.redirect_uris.split()),
            sector=sector(application) if pairwise else None,
        )


def take_back(server: Server, session: Any, application: Any, before: Known) -> None:
    """Undo what was allowed to the client that `application` was `before`.

    Who holds a registration access token may name a redirect URI of his own: whatever
    goes there, people are asked anew. And under another sector the old grants would
    tell a client what its users are called elsewhere.
    """
    after, client_id = Known.of(application), application.client_id
    if after.redirect_uris - before.redirect_uris:
        forgotten = server.records.consents.forget(session, client_id)
        if forgotten:
            log.warning(
                "client %r has new redirect URIs: %s consents are forgotten",
                client_id,
                forgotten,
            )
    if after.sector != before.sector:
        ended = server.records.grants.end_all(session, client_id)
        log.warning(
            "client %r has other subjects now: %s grants are over", client_id, ended
        )
