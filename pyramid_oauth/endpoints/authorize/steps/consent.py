"""Consent: what was decided, whether to ask, what is remembered.

RFC 6749 section 4.1.1, OpenID Connect Core sections 3.1.2.4 and 11.
"""

from __future__ import annotations

from dataclasses import replace

from oauthlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    InvalidScopeError,
    OAuth2Error,
)
from oauthlib.openid.connect.core.exceptions import ConsentRequired, InteractionRequired
from pyramid.response import Response

from pyramid_oauth import events, lifetimes
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.pending import save_pending_request
from pyramid_oauth.http.responses import see_other
from pyramid_oauth.models import redirect_uris

OFFLINE = "offline_access"


def take_decision(authorization: Authorization) -> Response | None:
    """Read what the consent page posted: allow, less what was unticked; or deny."""
    form = authorization.form
    if form is None:
        return None
    if form.get("decision") != "allow":
        events.notify(
            events.ConsentRefused(
                request=authorization.request,
                client_id=authorization.client.client_id,
                user_id=authorization.oauth.user,
                scopes=tuple(authorization.scopes),
            )
        )
        raise AccessDeniedError(description="The resource owner refused.")
    consent_needed(authorization)
    ticked = form.get("scope", "").split()
    unticked = {
        name
        for name in authorization.shown
        if name not in ticked and authorization.is_optional(name)
    }
    authorization.decided = [s for s in authorization.asked if s not in unticked]
    return None


def ask_consent(authorization: Authorization) -> Response | None:
    """Ask, unless nothing is left to ask (approval_prompt, remembered consent)."""
    if authorization.decided is not None:
        return None
    if not consent_needed(authorization):
        return None
    if "none" in authorization.prompts:
        raise _cannot_ask(authorization)
    if authorization.pending is not None and not authorization.awaits_login:
        from pyramid_oauth.pages.consent import show

        return show(authorization)
    # The moment that logins are compared with stays that of the first rest.
    began = authorization.began
    return see_other(
        save_pending_request(authorization, authorization.oauth.user, began)
    )


def _cannot_ask(authorization: Authorization) -> OAuth2Error:
    """The error of `prompt=none` where a page would be shown (section 3.1.2.6)."""
    if authorization.missing or is_forced(authorization):
        return ConsentRequired()
    return InteractionRequired()


def consent_needed(authorization: Authorization) -> bool:
    """Whether the resource owner must be asked; notes what is new to them."""
    client, server = authorization.client, authorization.server
    authorization.missing = authorization.asked
    if client.skip_authorization:
        _must_be_active(authorization, None)
        return False
    account = authorization.account
    found = server.repositories.consents.find(
        authorization.oauth.session,
        account.subject if account else "",
        client.client_id,
    )
    authorization.remembered = found
    server.repositories.applications.prove(client, found.application_revision)
    _must_be_active(authorization, found.user_active)
    _settle_offline_access(authorization, found.scopes)
    asked = authorization.asked
    authorization.known = [name for name in asked if name in found.scopes]
    authorization.missing = [name for name in asked if name not in found.scopes]
    if found.id is None or authorization.missing:
        return True
    return is_forced(authorization) or is_interceptable(authorization)


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


def _settle_offline_access(
    authorization: Authorization, allowed_before: frozenset[str]
) -> None:
    """Leave `offline_access` out unless the page asks for it or it was allowed before.

    Section 11: ignored without `prompt=consent`, except under other conditions. These
    are here: the page is shown anyway, each time; the person allowed it on such a
    page before; the application is trusted.
    """
    if OFFLINE in allowed_before or is_forced(authorization):
        return
    if authorization.is_openid and OFFLINE in authorization.scopes:
        kept = [name for name in authorization.scopes if name != OFFLINE]
        authorization.oauth.scopes = kept
        authorization.missing = authorization.asked


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
    """Keep what was just allowed; what was unticked is left out of the grant."""
    if authorization.decided is None:
        return None
    oauth, settings = authorization.oauth, authorization.server.settings
    allowed = frozenset(authorization.decided)
    refused = frozenset(authorization.asked) - allowed
    oauth.scopes = [name for name in authorization.scopes if name in allowed]
    _withhold_claims(authorization, allowed)
    if not oauth.scopes and authorization.server.scopes.catalogue(oauth.pyramid):
        raise InvalidScopeError(description="No scope was allowed.")
    lifetime = settings.consent_lifetime
    authorization.server.repositories.consents.remember(
        oauth.session,
        oauth.user or "",
        authorization.client.client_id,
        allowed,
        lifetimes.from_now(lifetime) if lifetime else None,
        refused,
        expected=authorization.remembered,
    )
    events.notify(
        events.ConsentGiven(
            request=authorization.request,
            client_id=authorization.client.client_id,
            user_id=oauth.user,
            scopes=tuple(oauth.scopes),
        )
    )
    return None


def _withhold_claims(authorization: Authorization, allowed: frozenset[str]) -> None:
    """Drop the single claims that belong to a scope which was unticked."""
    scope_of = authorization.server.claims.scope_of
    kept = {
        target: {
            name: said
            for name, said in (claims or {}).items()
            if scope_of(name) is None or scope_of(name) in allowed
        }
        for target, claims in authorization.demands.claims.items()
    }
    authorization.demands = replace(authorization.demands, claims=kept)
