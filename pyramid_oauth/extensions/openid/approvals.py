"""Approvals that a change of a client's metadata ends.

RFC 7591 section 5, OpenID Connect Core section 8.1. It is for changes by those who are
not administrators.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy.orm import Session

from pyramid_oauth.clock import now
from pyramid_oauth.extensions.openid.subject_identifiers import sector
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import Server

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ApprovedState:
    """The metadata of a client on which consents and grants depend.

    Attributes:
        redirect_uris: The registered redirect URIs.
        sector: The sector of its pairwise subjects; None if they are public.
        is_public: Whether it does not authenticate.
    """

    redirect_uris: frozenset[str]
    sector: str | None
    is_public: bool

    @classmethod
    def of(cls, application: AbstractApplication) -> ApprovedState:
        """Return the present state of `application`."""
        pairwise = application.declared("subject_type") == "pairwise"
        return cls(
            redirect_uris=frozenset(application.redirect_uris.split()),
            sector=sector(application) if pairwise else None,
            is_public=application.is_public,
        )


def revoke_approvals(
    server: Server,
    session: Session,
    application: AbstractApplication,
    before: ApprovedState,
) -> None:
    """Delete consents or end grants that an update of the client invalidates.

    Who may change the client may add a redirect URI of his own, so
    consents do not extend to new ones. Under another sector, old grants would disclose
    subjects of the old sector. Refresh tokens of a client that has become public were
    issued to somebody with a key or secret; now anybody who has seen one could use it.
    """
    after, client_id = ApprovedState.of(application), application.client_id
    if after.redirect_uris - before.redirect_uris:
        deleted = server.repositories.consents.delete_of_client(session, client_id)
        if deleted:
            log.warning(
                "client %r has new redirect URIs: %s consents are deleted",
                client_id,
                deleted,
            )
    has_another_sector = after.sector != before.sector
    if has_another_sector or (after.is_public and not before.is_public):
        ended = server.repositories.grants.end_all(session, client_id, now())
        reason = "has another sector" if has_another_sector else "has become public"
        log.warning("client %r %s: %s grants are ended", client_id, reason, ended)
