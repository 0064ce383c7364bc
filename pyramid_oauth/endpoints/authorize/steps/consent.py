"""Consent steps: take the decision, ask where needed, store what was allowed.

RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from oauthlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    InvalidScopeError,
    OAuth2Error,
)
from oauthlib.openid.connect.core.exceptions import ConsentRequired, InteractionRequired
from pyramid.response import Response

from pyramid_oauth.config.consent_decisions import Decision
from pyramid_oauth.config.consent_sources import SCOPE, ConsentItem, keep_newest
from pyramid_oauth.endpoints.authorize.client_identity import (
    former_identity,
    identity_after,
)
from pyramid_oauth.endpoints.authorize.consent_page import show_consent_page
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.decisions import (
    announce_approval,
    announce_refusal,
    record_decision,
)
from pyramid_oauth.endpoints.authorize.pending import (
    consume_stored_requests,
    save_pending_request,
)
from pyramid_oauth.events import SUBSCRIBERS
from pyramid_oauth.http.responses import see_other
from pyramid_oauth.models import redirect_uris
from pyramid_oauth.repositories.consent_records import IDENTITY, ConsentChange

INTERCEPTABLE = (
    "Another program could receive what goes to this redirect URI of a public client, "
    "so its resource owner is asked each time (RFC 8252 section 8.6)."
)


def find_consent(authorization: Authorization) -> Response | None:
    """Find the stored consent; refuse a denied request and an inactive account.

    A trusted application needs no consent.
    """
    if authorization.form is not None:
        _take_decision(authorization, authorization.form)
    oauth, server = authorization.oauth, authorization.server
    account = authorization.account
    if oauth.client.skip_authorization:
        _require_active_account(authorization, None)
        return None
    found = server.repositories.consents.find(
        oauth.session,
        account.subject if account else "",
        oauth.client,
        oauth.now,
        authorization.consent_row,
    )
    authorization.remembered = found
    _require_active_account(authorization, found.user_active)
    return None


def _take_decision(authorization: Authorization, form: dict[str, str]) -> None:
    """Consume the request, and refuse it unless the consent page posted `allow`.

    A refusal deletes the stored consent; grants stay.
    """
    if authorization.source_ids:
        consume_stored_requests(authorization)
    if form.get("decision") == "allow":
        return
    oauth, server = authorization.oauth, authorization.server
    # What was remembered would answer the next request, as if nobody had refused.
    server.repositories.consents.delete(
        oauth.session, oauth.user or "", oauth.client.client_id
    )
    announce_refusal(authorization)
    record_decision(authorization, Decision.REFUSED, ())
    raise AccessDeniedError(description="The resource owner refused.")


def _require_active_account(
    authorization: Authorization, is_active: bool | None
) -> None:
    """Refuse an account that was disabled during its login session.

    Args:
        is_active: the result of a statement that was needed anyway; None asks the
            accounts adapter.
    """
    account = authorization.account
    if is_active is None and account is not None:
        accounts = authorization.server.accounts
        is_active = accounts.is_active(authorization.request, account.subject)
    if not is_active:
        raise AccessDeniedError(description="The account is not active.")


def ask_consent(authorization: Authorization) -> Response | None:
    """Show the consent page where it is needed; then apply what is approved."""
    _compare_with_remembered(authorization)
    form, approved = authorization.form, None
    if form is not None:
        approved = authorization.approved_items = _ticked_items(authorization, form)
    elif _is_needed(authorization):
        return _ask(authorization)
    for source, items in authorization.items_by_source:
        if approved is not None:
            items = [item for item in items if item in approved]
        source.apply(authorization, items)
    if approved is not None:
        _store_consent(authorization, approved)
    elif (
        authorization.server.remembered_recorders
        and authorization.remembered is not None
    ):
        covered = authorization.remembered_items
        record_decision(authorization, Decision.REMEMBERED, covered)
    return None


def _ask(authorization: Authorization) -> Response:
    """Show the page of a pending request; store a new one and redirect to its page."""
    if "none" in authorization.prompts:
        raise _interaction_error(authorization)
    if authorization.pending is not None and not authorization.awaits_login:
        return show_consent_page(authorization)
    # Logins are still compared with the moment when the request was first stored.
    return see_other(
        save_pending_request(
            authorization, authorization.oauth.user, authorization.started_at
        )
    )


def _compare_with_remembered(authorization: Authorization) -> None:
    """Sort the consent items into those of the stored consent and new ones."""
    remembered = authorization.remembered
    if remembered is not None and remembered.id is None:
        remembered = None  # there is no stored consent yet
    covered: list[ConsentItem] = []
    new: list[ConsentItem] = []
    for source, items in authorization.items_by_source:
        known = source.covered_items(items, remembered) if items and remembered else ()
        for item in items:
            (covered if item in known else new).append(item)
    authorization.remembered_items, authorization.new_items = covered, new


def _ticked_items(
    authorization: Authorization, form: dict[str, str]
) -> list[ConsentItem]:
    """Return the requested items without those that were shown and unticked."""
    unticked = {
        (item.kind, item.name)
        for item in authorization.new_items or authorization.remembered_items
        if item.optional and item.name not in form.get(item.kind, "").split()
    }
    return [
        item
        for _, items in authorization.items_by_source
        for item in items
        if (item.kind, item.name) not in unticked
    ]


def _is_needed(authorization: Authorization) -> bool:
    """Whether the resource owner must be asked."""
    remembered = authorization.remembered
    if remembered is None:
        return False
    if remembered.id is None or authorization.new_items:
        return True
    return (
        is_forced(authorization)
        or is_interceptable(authorization)
        or former_identity(authorization) is not None
    )


def _interaction_error(authorization: Authorization) -> OAuth2Error:
    """The error of `prompt=none` where a page would be shown (section 3.1.2.6)."""
    if (
        authorization.new_items
        or is_forced(authorization)
        or former_identity(authorization) is not None
    ):
        return ConsentRequired(
            description="The resource owner must consent, which prompt=none forbids."
        )
    if is_interceptable(authorization):
        return InteractionRequired(description=INTERCEPTABLE)
    return InteractionRequired(description="The resource owner has not consented yet.")


def is_forced(authorization: Authorization) -> bool:
    """Whether server or client want the page every time (`approval_prompt=force`).

    A client cannot relax the setting of the server.
    """
    if "consent" in authorization.prompts:
        return True
    requested = authorization.oauth.parameters.get("approval_prompt")
    configured = authorization.server.settings.request_approval_prompt
    return "force" in (requested, configured)


def is_interceptable(authorization: Authorization) -> bool:
    """Whether another program could intercept the response (RFC 8252 section 8.6)."""
    oauth = authorization.oauth
    uri = oauth.redirect_uri or ""
    return oauth.client.is_public and redirect_uris.is_interceptable(uri)


def _store_consent(
    authorization: Authorization, approved: Sequence[ConsentItem]
) -> None:
    """Store what the consent page allowed; what was unticked is removed."""
    oauth, server = authorization.oauth, authorization.server
    if not oauth.scopes and not _may_lack_scopes(authorization, approved):
        raise InvalidScopeError(description="No scope was allowed.")
    change = _consent_change(authorization, approved)
    server.repositories.consents.remember(
        oauth.session,
        oauth.user or "",
        oauth.client.client_id,
        change,
        expected=authorization.remembered,
    )
    registry = authorization.request.registry
    if registry.has_listeners or SUBSCRIBERS in registry:
        announce_approval(authorization, approved, change)
    if server.consent_recorders:
        record_decision(authorization, Decision.ALLOWED, approved)


def _consent_change(
    authorization: Authorization, approved: Sequence[ConsentItem]
) -> ConsentChange:
    """Return what the decision changes in the stored consent."""
    lifetime = authorization.server.settings.consent_lifetime
    made_at = authorization.oauth.now
    refused = [
        item
        for _, items in authorization.items_by_source
        for item in items
        if item not in approved
    ]
    return ConsentChange(
        scopes=frozenset(item.name for item in approved if item.kind == SCOPE),
        refused=frozenset(item.name for item in refused if item.kind == SCOPE),
        details=_consent_details(authorization, approved),
        made_at=made_at,
        expires_at=made_at + timedelta(seconds=lifetime) if lifetime else None,
    )


def _may_lack_scopes(
    authorization: Authorization, approved: Sequence[ConsentItem]
) -> bool:
    """Whether something else was approved, or the server has no scopes."""
    catalogue = authorization.server.scopes.catalogue(authorization.request)
    return not catalogue or any(
        item in approved
        for source, items in authorization.items_by_source
        if not source.needs_scope
        for item in items
    )


def _consent_details(
    authorization: Authorization, approved: Sequence[ConsentItem]
) -> dict[str, Any]:
    """Return what the consent stores beside scopes: data of items, by kind and name."""
    remembered = authorization.remembered
    before = (remembered.details if remembered else None) or {}
    details: dict[str, Any] = {IDENTITY: identity_after(authorization)}
    for source, items in authorization.items_by_source:
        for item in items:
            if item.kind == SCOPE:
                continue
            kept = details.setdefault(item.kind, dict(before.get(item.kind, {})))
            stored = kept.pop(item.name, None)
            if item in approved and item.is_remembered:
                kept[item.name] = source.stored_data(item, stored)
                keep_newest(kept, source.most_remembered)
    return {kind: data_by_name or None for kind, data_by_name in details.items()}
