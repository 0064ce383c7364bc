"""Client sources: clients that are described outside of the database.

RFC 6749 section 2.2. A source is asked before a client is looked up, and may add or
renew its row. An extension registers one by `config.add_oauth_client_source`.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from sqlalchemy.orm import Session

from pyramid_oauth.server import Server, ServerRequest


class SourceRefusal(NamedTuple):
    """Why a source refuses a client.

    Attributes:
        reason: For the log.
        description: For the response; None where it would help an attacker.
    """

    reason: str
    description: str | None = None


class ClientSource(Protocol):
    """A source of clients."""

    def prepare(
        self,
        request: ServerRequest,
        session: Session,
        client_id: str,
        *,
        is_authorization: bool,
    ) -> SourceRefusal | None:
        """Add or renew the row of the client, if the identifier is of this source.

        It may take seconds, so it must not keep a transaction open meanwhile, and what
        it writes must not depend on the transaction of the request.

        Args:
            request: The request that names the client.
            session: The session of the request.
            client_id: The identifier, as it was sent.
            is_authorization: Whether a user is about to be asked. Otherwise the client
                authenticates, and may hold tokens already.

        Returns:
            None for identifiers of others, and for a client that may be looked up.

        Raises:
            TooManyRequests: The source of the request has named too many clients.
            ServerBusy: Too many threads wait for others' servers.
        """


def prepare_client(
    server: Server,
    request: ServerRequest,
    session: Session,
    client_id: str,
    *,
    is_authorization: bool,
) -> SourceRefusal | None:
    """Ask every client source about `client_id`; return the first refusal."""
    for source in server.client_sources:
        refusal: SourceRefusal | None = source.prepare(
            request, session, client_id, is_authorization=is_authorization
        )
        if refusal is not None:
            return refusal
    return None
