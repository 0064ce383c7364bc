"""Connections of a user: what each application is allowed, and when it last was used.

An application is connected by a remembered consent, by grants that it can use, or by
both: a consent stays when the tokens have expired.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from pyramid_oauth.browser.locale import ensure_locale
from pyramid_oauth.clock import now
from pyramid_oauth.config.consent_sources import client_notices
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.pages.client_info import ClientInfo
from pyramid_oauth.repositories.authorizations import GrantFilter, LiveGrant
from pyramid_oauth.repositories.consent_records import StoredConsent
from pyramid_oauth.scopes import Scope
from pyramid_oauth.server import Server, ServerRequest

MAX_GRANTS = 1000
"""The newest grants of a user that are read for the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One application with access to the account of a user.

    Attributes:
        client_id: The client.
        client: What may be shown of it.
        hosts: Where it sends browsers: the hosts, or schemes, of its redirect URIs.
        is_verified: Whether no source of consent items warns of it.
        scopes: What it is allowed, with the texts of the consent page.
        allowed_at: When the user first allowed it, as far as that is still stored.
        last_used_at: When it last got a token; None if that is unknown.
    """

    client_id: str
    client: ClientInfo
    hosts: tuple[str, ...]
    is_verified: bool
    scopes: tuple[Scope, ...]
    allowed_at: datetime
    last_used_at: datetime | None


def find_connections(
    request: ServerRequest, server: Server, subject: str
) -> list[Connection]:
    """Return the connections of `subject`, the last allowed one first."""
    session, moment = server.session(request), now()
    grants = server.repositories.authorizations.live_grants(
        session, GrantFilter(user_id=subject), moment, MAX_GRANTS
    )
    consents = server.repositories.consents.of_user(session, subject, moment)
    ensure_locale(request)
    connections = _connections(request, server, grants, consents)
    return sorted(connections, key=lambda each: each.allowed_at, reverse=True)


def _connections(
    request: ServerRequest,
    server: Server,
    grants: Iterable[LiveGrant],
    consents: Iterable[StoredConsent],
) -> Iterator[Connection]:
    grants_by_client: dict[str, list[LiveGrant]] = {}
    for grant in grants:
        grants_by_client.setdefault(grant.client_id, []).append(grant)
    consent_by_client = {consent.client_id: consent for consent in consents}
    session = server.session(request)
    for client_id in dict.fromkeys([*grants_by_client, *consent_by_client]):
        # As it is now: a copy in memory may show a name that it no longer has.
        application = server.repositories.applications.load(session, client_id)
        if application is not None:
            used = grants_by_client.get(client_id, [])
            consent = consent_by_client.get(client_id)
            yield _connection(request, server, application, used, consent)


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
        client=ClientInfo.of(application, request.locale_name),
        hosts=_hosts(application),
        is_verified=not client_notices(server.consent_sources.values(), application),
        scopes=_scopes(request, server, application, names),
        allowed_at=min(allowed),
        last_used_at=max(uses, default=None),
    )


def _scopes(
    request: ServerRequest,
    server: Server,
    application: AbstractApplication,
    names: set[str],
) -> tuple[Scope, ...]:
    """Describe scopes in the order of the catalogue, then those it no longer has."""
    known = [name for name in server.scopes.catalogue(request) if name in names]
    ordered = dict.fromkeys([*known, *sorted(names)])
    return tuple(server.scopes.describe(ordered, application, request))


def _hosts(application: AbstractApplication) -> tuple[str, ...]:
    parts = map(urlsplit, application.redirect_uris.split())
    return tuple(dict.fromkeys(each.hostname or each.scheme for each in parts))
