"""Decisions about consent, told to subscribers and recorders (RFC 6749 4.1.1)."""

from __future__ import annotations

from collections.abc import Sequence

from pyramid_oauth import events
from pyramid_oauth.browser.locale import ensure_locale
from pyramid_oauth.config.consent_decisions import ConsentDecision, Decision
from pyramid_oauth.config.consent_sources import SCOPE, ConsentItem
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.pages.client_info import ClientInfo
from pyramid_oauth.repositories.consent_records import ConsentChange, FoundConsent


def record_decision(
    authorization: Authorization, decision: Decision, approved: Sequence[ConsentItem]
) -> None:
    """Tell the recorders, in the transaction of the decision."""
    server = authorization.server
    is_answer = decision is not Decision.REMEMBERED
    recorders = server.consent_recorders if is_answer else server.remembered_recorders
    oauth = authorization.oauth
    told = ConsentDecision(
        decision=decision,
        request=authorization.request,
        subject=oauth.user or "",
        client_id=oauth.client.client_id,
        client=oauth.client,
        items=[item for _, items in authorization.items_by_source for item in items],
        approved=approved,
        redirect_uri=oauth.redirect_uri,
        made_at=oauth.now,
    )
    for record in recorders:
        record(told)


def announce_refusal(authorization: Authorization) -> None:
    """Notify subscribers that the request was refused."""
    oauth = authorization.oauth
    events.notify(
        events.ConsentRefused(
            request=authorization.request,
            client_id=oauth.client.client_id,
            user_id=oauth.user,
            scopes=tuple(oauth.scopes),
        )
    )


def announce_approval(
    authorization: Authorization, approved: Sequence[ConsentItem], change: ConsentChange
) -> None:
    """Notify subscribers of the approval, and of access that is new with it."""
    oauth = authorization.oauth
    events.notify(
        events.ConsentGiven(
            request=authorization.request,
            client_id=oauth.client.client_id,
            user_id=oauth.user,
            scopes=tuple(oauth.scopes),
            resources=tuple(oauth.resources),
        )
    )
    if authorization.remembered is not None:
        _announce_new_access(authorization, authorization.remembered, approved, change)


def _announce_new_access(
    authorization: Authorization,
    remembered: FoundConsent,
    approved: Sequence[ConsentItem],
    change: ConsentChange,
) -> None:
    """Notify of first or wider access; renewing an expired consent is neither."""
    request, oauth = authorization.request, authorization.oauth
    before = frozenset((remembered.stored_scope or "").split())
    new_scopes = sorted(change.scopes - before)
    new_details = [
        f"{item.kind} {item.name}"
        for item in authorization.new_items
        if item.kind != SCOPE and item in approved
    ]
    is_first = remembered.id is None
    if not (is_first or new_scopes or new_details):
        return
    ensure_locale(request)
    event = events.AccessGranted if is_first else events.AccessWidened
    events.notify(
        event(
            request=request,
            client_id=oauth.client.client_id,
            user_id=oauth.user,
            client_name=ClientInfo.of(oauth.client, request.locale_name).name,
            scopes=tuple(change.applied_to(remembered)["scope"].split()),
            new_scopes=tuple(new_scopes),
            new_details=tuple(new_details),
        )
    )
