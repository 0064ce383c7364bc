"""Consent: what was decided, whether to ask, what is remembered.

RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oauthlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    InvalidScopeError,
    OAuth2Error,
)
from oauthlib.openid.connect.core.exceptions import ConsentRequired, InteractionRequired
from pyramid.response import Response

from pyramid_oauth import events, lifetimes
from pyramid_oauth.config.consent_sources import SCOPE, ConsentItem
from pyramid_oauth.endpoints.authorize.consent_page import consent_page
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.pending import save_pending_request
from pyramid_oauth.http.responses import see_other
from pyramid_oauth.models import redirect_uris
from pyramid_oauth.pages.consent import show


def take_decision(authorization: Authorization) -> Response | None:
    """Refuse where the consent page posted anything but allow."""
    form = authorization.form
    if form is None or form.get("decision") == "allow":
        return None
    events.notify(
        events.ConsentRefused(
            request=authorization.request,
            client_id=authorization.client.client_id,
            user_id=authorization.oauth.user,
            scopes=tuple(authorization.scopes),
        )
    )
    raise AccessDeniedError(description="The resource owner refused.")


def find_consent(authorization: Authorization) -> Response | None:
    """Find what was allowed before; the person must still be active.

    A trusted application needs no consent.
    """
    client, server = authorization.client, authorization.server
    account = authorization.account
    if client.skip_authorization:
        _must_be_active(authorization, None)
        return None
    found = server.repositories.consents.find(
        authorization.oauth.session,
        account.subject if account else "",
        client.client_id,
    )
    authorization.remembered = found
    server.repositories.applications.prove(client, found.application_revision)
    _must_be_active(authorization, found.user_active)
    return None


def _must_be_active(authorization: Authorization, known: bool | None) -> None:
    """Refuse for a person who was barred while their session went on.

    `known` is what the statement that ran anyway said; None: the adapter is asked.
    """
    account = authorization.account
    if known is None and account is not None:
        accounts = authorization.server.accounts
        known = accounts.is_active(authorization.request, account.subject)
    if not known:
        raise AccessDeniedError(description="The account is not active.")


def ask_consent(authorization: Authorization) -> Response | None:
    """Ask, unless nothing is left to ask (approval_prompt, remembered consent)."""
    _compare_with_remembered(authorization)
    if authorization.form is not None:
        authorization.decided = _ticked(authorization, authorization.form)
        return None
    if not _is_needed(authorization):
        return None
    if "none" in authorization.prompts:
        raise _cannot_ask(authorization)
    if authorization.pending is not None and not authorization.awaits_login:
        return show(authorization.request, consent_page(authorization))
    # The moment that logins are compared with stays that of the first rest.
    began = authorization.began
    return see_other(
        save_pending_request(authorization, authorization.oauth.user, began)
    )


def _compare_with_remembered(authorization: Authorization) -> None:
    """Note what the consent of before covers, and what is new."""
    remembered = authorization.remembered
    known: list[ConsentItem] = []
    missing: list[ConsentItem] = []
    for source, items in authorization.brought_items:
        for item in items:
            is_known = remembered is not None and source.is_covered(item, remembered)
            (known if is_known else missing).append(item)
    authorization.known, authorization.missing = known, missing


def _ticked(authorization: Authorization, form: dict[str, str]) -> list[ConsentItem]:
    """What was asked for, less what was shown and unticked."""
    unticked = {
        (item.kind, item.name)
        for item in authorization.shown
        if item.optional and item.name not in form.get(item.kind, "").split()
    }
    return [
        item
        for item in authorization.consent_items
        if (item.kind, item.name) not in unticked
    ]


def _is_needed(authorization: Authorization) -> bool:
    """Whether the resource owner must be asked."""
    remembered = authorization.remembered
    if remembered is None:
        return False
    if remembered.id is None or authorization.missing:
        return True
    return is_forced(authorization) or is_interceptable(authorization)


def _cannot_ask(authorization: Authorization) -> OAuth2Error:
    """The error of `prompt=none` where a page would be shown (section 3.1.2.6)."""
    if authorization.missing or is_forced(authorization):
        return ConsentRequired()
    return InteractionRequired()


def is_forced(authorization: Authorization) -> bool:
    """`force` by server or client; the client can tighten, not loosen."""
    oauth = authorization.oauth
    if "consent" in authorization.prompts:
        return True
    asked = oauth.parameters.get("approval_prompt", "auto")
    return "force" in (asked, oauth.server.settings.request_approval_prompt)


def is_interceptable(authorization: Authorization) -> bool:
    """A public client whose answer another program could catch (RFC 8252 8.6)."""
    uri = authorization.oauth.redirect_uri or ""
    return authorization.client.is_public and redirect_uris.is_interceptable(uri)


def remember_consent(authorization: Authorization) -> Response | None:
    """Leave out what was unticked, and keep what was just allowed."""
    decided = authorization.decided
    for source, items in authorization.brought_items:
        source.apply(
            authorization,
            [item for item in items if decided is None or item in decided],
        )
    if decided is None:
        return None
    oauth, server = authorization.oauth, authorization.server
    allowed = frozenset(item.name for item in decided if item.kind == SCOPE)
    if not authorization.scopes and not _may_lack_scopes(authorization, decided):
        raise InvalidScopeError(description="No scope was allowed.")
    lifetime = server.settings.consent_lifetime
    refused = [item for item in authorization.consent_items if item not in decided]
    server.repositories.consents.remember(
        oauth.session,
        oauth.user or "",
        authorization.client.client_id,
        allowed,
        lifetimes.from_now(lifetime) if lifetime else None,
        frozenset(item.name for item in refused if item.kind == SCOPE),
        details=_details(authorization, decided, refused),
        expected=authorization.remembered,
    )
    events.notify(
        events.ConsentGiven(
            request=authorization.request,
            client_id=authorization.client.client_id,
            user_id=oauth.user,
            scopes=tuple(authorization.scopes),
        )
    )
    return None


def _may_lack_scopes(
    authorization: Authorization, decided: Sequence[ConsentItem]
) -> bool:
    """Whether something else was allowed, or there are no scopes at all."""
    catalogue = authorization.server.scopes.catalogue(authorization.request)
    return not catalogue or any(item.kind != SCOPE for item in decided)


def _details(
    authorization: Authorization,
    decided: Sequence[ConsentItem],
    refused: Sequence[ConsentItem],
) -> dict[str, Any]:
    """What is to be remembered besides scopes: the data of items, by kind and name."""
    found = authorization.remembered
    before = (found.details if found else None) or {}
    details: dict[str, Any] = {}
    for item in (*refused, *decided):
        if item.kind == SCOPE:
            continue
        named = details.setdefault(item.kind, dict(before.get(item.kind, {})))
        if item in decided:
            named[item.name] = item.data
        else:
            named.pop(item.name, None)
    return {kind: named or None for kind, named in details.items()}
