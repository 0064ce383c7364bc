"""Connections of a user: what each application is allowed, and when it last was used.

An application is connected by a remembered consent, by grants that it can use, or by
both: a consent stays when the tokens have expired.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from pyramid_oauth.browser.locale import ensure_locale, translate_text
from pyramid_oauth.clock import now
from pyramid_oauth.config.consent_sources import ConsentItem, client_notices
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.pages.client_info import ClientInfo, show_client
from pyramid_oauth.pages.own_page import OwnVisit
from pyramid_oauth.protocol.revocation import MAX_GRANTS
from pyramid_oauth.protocol.withdrawal import items_of_kind
from pyramid_oauth.repositories.authorizations import GrantFilter, LiveGrant
from pyramid_oauth.repositories.consent_records import StoredConsent
from pyramid_oauth.scopes import Scope
from pyramid_oauth.server import Server, ServerRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One application with access to the account of a user.

    Attributes:
        client_id: The client.
        client: What may be shown of it.
        hosts: Where it sends browsers: the hosts, or schemes, of its redirect URIs.
        is_verified: Whether no source of consent items warns of it.
        scopes: What it is allowed, with the texts of the consent page.
        resources: Identifiers of the resources that this is limited to, if it is.
        items: What it is allowed beside scopes: consent items by kind.
        allowed_at: When the user first allowed it, as far as that is still stored.
        last_used_at: When it last got a token; None if that is unknown.
    """

    client_id: str
    client: ClientInfo
    hosts: tuple[str, ...]
    is_verified: bool
    scopes: tuple[Scope, ...]
    resources: tuple[str, ...]
    items: Mapping[str, Sequence[ConsentItem]]
    allowed_at: datetime
    last_used_at: datetime | None


def find_connections(
    visit: OwnVisit,
) -> tuple[list[Connection], dict[str, str | None]]:
    """Return the connections of the user, the last allowed one first.

    Returns:
        Those of the page that is asked for, and the addresses of the pages beside it.
    """
    request, server, moment = visit.request, visit.server, now()
    session, subject = server.session(request), visit.account.subject
    grants = server.repositories.authorizations.live_grants(
        session, GrantFilter(user_id=subject), moment, MAX_GRANTS
    )
    consents = server.repositories.consents.of_user(session, subject, moment)
    ensure_locale(request)
    grants_by_client: dict[str, list[LiveGrant]] = {}
    for grant in grants:
        grants_by_client.setdefault(grant.client_id, []).append(grant)
    consent_by_client = {consent.client_id: consent for consent in consents}
    client_ids = _by_time(grants, consents)
    connections = [
        _connection(
            request,
            server,
            application,
            grants_by_client.get(application.client_id, []),
            consent_by_client.get(application.client_id),
        )
        for application in _load(visit, visit.entries_of_page(client_ids))
    ]
    return connections, visit.page_links(client_ids)


def _by_time(
    grants: Iterable[LiveGrant], consents: Iterable[StoredConsent]
) -> list[str]:
    """Return the clients, the last allowed one first."""
    allowed: dict[str, datetime] = {}
    first = [(each.client_id, each.created_at) for each in grants]
    first += [(each.client_id, each.created_at) for each in consents]
    for client_id, moment in first:
        allowed[client_id] = min(allowed.get(client_id, moment), moment)
    return sorted(allowed, key=allowed.__getitem__, reverse=True)


def _load(visit: OwnVisit, client_ids: Iterable[str]) -> Iterator[AbstractApplication]:
    """Yield the applications as they are now.

    A copy in memory may show a name that an application no longer has.
    """
    applications = visit.server.repositories.applications
    for client_id in client_ids:
        found = applications.load(visit.server.session(visit.request), client_id)
        if found is not None:
            yield found


def _connection(
    request: ServerRequest,
    server: Server,
    application: AbstractApplication,
    grants: list[LiveGrant],
    consent: StoredConsent | None,
) -> Connection:
    names = {name for grant in grants for name in grant.scopes}
    allowed = [grant.created_at for grant in grants]
    if consent is not None:
        names.update(consent.scopes)
        allowed.append(consent.created_at)
    uses = [grant.last_used_at for grant in grants if grant.last_used_at is not None]
    return Connection(
        client_id=application.client_id,
        client=show_client(server, application, request.locale_name),
        hosts=_hosts(application),
        is_verified=not client_notices(server.consent_sources.values(), application),
        scopes=_scopes(request, server, application, names),
        resources=_resources(grants, consent),
        items=_items(request, server, grants, consent),
        allowed_at=min(allowed),
        last_used_at=max(uses, default=None),
    )


def _items(
    request: ServerRequest,
    server: Server,
    grants: list[LiveGrant],
    consent: StoredConsent | None,
) -> dict[str, Sequence[ConsentItem]]:
    """Return what is allowed beside scopes; extensions describe their own kinds."""
    consents = [consent] if consent else []
    stored = consent.items if consent else {}
    held = {name for grant in grants for name in grant.details}
    kinds = (*stored, *sorted(held & server.consent_sources.keys() - stored.keys()))
    found = {kind: items_of_kind(server, kind, consents, grants) for kind in kinds}
    return {
        kind: [
            replace(item, label=translate_text(request, item.label)) for item in items
        ]
        for kind, items in found.items()
        if items
    }


def _resources(
    grants: list[LiveGrant], consent: StoredConsent | None
) -> tuple[str, ...]:
    """Return the resources that all access is limited to; none: it is not limited."""
    limits = [grant.resources for grant in grants]
    if consent is not None:
        limits.append(consent.resources)
    if not all(limits):
        return ()
    return tuple(dict.fromkeys(name for names in limits for name in names))


def _scopes(
    request: ServerRequest,
    server: Server,
    application: AbstractApplication,
    names: set[str],
) -> tuple[Scope, ...]:
    """Describe scopes in the order of the catalogue, then those it no longer has."""
    known = [name for name in server.scopes.catalogue(request) if name in names]
    ordered = dict.fromkeys([*known, *sorted(names)])
    described = server.scopes.describe(ordered, application, request)
    return tuple(
        replace(each, description=translate_text(request, each.description))
        for each in described
    )


def _hosts(application: AbstractApplication) -> tuple[str, ...]:
    parts = map(urlsplit, application.redirect_uris.split())
    return tuple(dict.fromkeys(each.hostname or each.scheme for each in parts))
