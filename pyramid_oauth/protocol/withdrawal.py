"""Withdrawal of what a resource owner has allowed a client: all, scopes, or one item.

RFC 6749 section 1.3; RFC 9700 section 4.14. The consent comes first: a decision of the
user locks both in this order. Each grant with something that is withdrawn ends.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from pyramid_oauth import events
from pyramid_oauth.clock import now
from pyramid_oauth.config.consent_decisions import ConsentDecision, Decision
from pyramid_oauth.config.consent_sources import SCOPE, ConsentItem, ConsentSource
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.protocol.revocation import MAX_GRANTS
from pyramid_oauth.repositories.authorizations import GrantFilter, LiveGrant
from pyramid_oauth.repositories.consent_records import StoredConsent
from pyramid_oauth.server import Server, ServerRequest

log = logging.getLogger(__name__)

UNKNOWN = ConsentSource()
"""Stands for the source of a kind that no extension knows any more."""


def withdraw_consent(
    request: ServerRequest,
    server: Server,
    subject: str,
    client_id: str,
    scopes: frozenset[str],
) -> int:
    """Delete a consent, or `scopes` of it, and revoke its grants.

    Returns:
        The number of revoked grants.
    """
    session, records = server.session(request), server.repositories
    if server.consent_recorders:
        client = records.applications.load(session, client_id)
        items = _scope_items(request, server, client, scopes)
        if not scopes:
            items = _allowed_items(request, server, subject, client_id, client)
        _record(request, server, subject, client_id, client, items)
    if scopes:
        records.consents.narrow(session, subject, client_id, scopes, now())
    else:
        records.consents.delete(session, subject, client_id)
    revoked = records.grants.revoke_of_user(session, subject, client_id, now(), scopes)
    _announce(request, subject, client_id, revoked, scopes=tuple(sorted(scopes)))
    return revoked


def withdraw_item(
    request: ServerRequest,
    server: Server,
    subject: str,
    client_id: str,
    kind: str,
    name: str,
) -> int:
    """Withdraw a consent item that is no scope; return the number of revoked grants.

    What the consent stores of it goes, and each grant that its source says to hold it
    ends. An item that the client does not have changes nothing.
    """
    session, records = server.session(request), server.repositories
    source = server.consent_sources.get(kind, UNKNOWN)
    held = _items_of_kind(server, subject, client_id, kind, session)
    item = next((each for each in held if each.name == name), None)
    if item is None:
        return 0
    if server.consent_recorders:
        client = records.applications.load(session, client_id)
        _record(request, server, subject, client_id, client, [item])
    narrowed = {kind: partial(source.remaining, item)}
    records.consents.narrow(
        session, subject, client_id, frozenset(), now(), withdrawn=narrowed
    )
    ended = [
        grant
        for grant in _live_grants(server, session, subject, client_id)
        if source.is_held(item, grant.details)
    ]
    for grant in ended:
        records.grants.revoke(session, grant.id, now())
    _announce(request, subject, client_id, len(ended), details=(f"{kind} {name}",))
    return len(ended)


def _announce(
    request: ServerRequest,
    subject: str,
    client_id: str,
    revoked: int,
    scopes: tuple[str, ...] = (),
    details: tuple[str, ...] = (),
) -> None:
    log.info("a user withdrew a consent to %r: %s grants revoked", client_id, revoked)
    events.notify(
        events.ConsentWithdrawn(
            request=request,
            client_id=client_id,
            user_id=subject,
            scopes=scopes,
            details=details,
            grants=revoked,
        )
    )


def _record(
    request: ServerRequest,
    server: Server,
    subject: str,
    client_id: str,
    client: AbstractApplication | None,
    items: Sequence[ConsentItem],
) -> None:
    """Tell the recorders what is withdrawn."""
    decision = ConsentDecision(
        decision=Decision.WITHDRAWN,
        request=request,
        subject=subject,
        client_id=client_id,
        client=client,
        items=items,
        approved=(),
        redirect_uri=None,
        made_at=now(),
    )
    for record in server.consent_recorders:
        record(decision)


def _scope_items(
    request: ServerRequest,
    server: Server,
    client: AbstractApplication | None,
    scopes: frozenset[str],
) -> list[ConsentItem]:
    if client is None:
        return []
    described = server.scopes.describe(sorted(scopes), client, request)
    return [ConsentItem(SCOPE, each.name, each.description) for each in described]


def _allowed_items(
    request: ServerRequest,
    server: Server,
    subject: str,
    client_id: str,
    client: AbstractApplication | None,
) -> list[ConsentItem]:
    """Return all that the client has by consent or by a grant."""
    session = server.session(request)
    grants = list(_live_grants(server, session, subject, client_id))
    consents = _consents(server, session, subject, client_id)
    scopes = {name for consent in consents for name in consent.scopes}
    scopes |= {name for grant in grants for name in grant.scopes}
    kinds = {kind for each in consents for kind in each.items}
    kinds |= {kind for each in grants for kind in each.details}
    items = _scope_items(request, server, client, frozenset(scopes))
    for kind in sorted(kinds & server.consent_sources.keys()):
        items += items_of_kind(server, kind, consents, grants)
    return items


def items_of_kind(
    server: Server,
    kind: str,
    consents: Sequence[StoredConsent],
    grants: Sequence[LiveGrant],
) -> Sequence[ConsentItem]:
    """Return the items of a kind that consents to one client, and its grants, hold."""
    source: ConsentSource = server.consent_sources.get(kind, UNKNOWN)
    stored = {
        name: data
        for consent in consents
        for name, data in consent.items.get(kind, {}).items()
    }
    granted = [grant.details[kind] for grant in grants if kind in grant.details]
    return source.stored_items(kind, stored, granted)


def _items_of_kind(
    server: Server,
    subject: str,
    client_id: str,
    kind: str,
    session: Any,  # noqa: ANN401 - of SQLAlchemy, which the server opens
) -> Sequence[ConsentItem]:
    consents = _consents(server, session, subject, client_id)
    grants = list(_live_grants(server, session, subject, client_id))
    return items_of_kind(server, kind, consents, grants)


def _consents(
    server: Server,
    session: Any,  # noqa: ANN401 - as above
    subject: str,
    client_id: str,
) -> list[StoredConsent]:
    found = server.repositories.consents.of_user(session, subject, now())
    return [each for each in found if each.client_id == client_id]


def _live_grants(
    server: Server,
    session: Any,  # noqa: ANN401 - as above
    subject: str,
    client_id: str,
) -> Iterator[LiveGrant]:
    """Yield all grants of the user that the client can use."""
    grant_filter = GrantFilter(user_id=subject, client_id=client_id)
    moment, found = now(), 0
    while True:
        page = server.repositories.authorizations.live_grants(
            session, grant_filter, moment, MAX_GRANTS, offset=found
        )
        yield from page
        found += len(page)
        if len(page) < MAX_GRANTS:
            return
