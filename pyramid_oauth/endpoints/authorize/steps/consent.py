"""Consent: what was decided, whether to ask, what is remembered.

RFC 6749 section 4.1.1, OpenID Connect Core section 3.1.2.4.
"""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    CustomOAuth2Error,
    InvalidScopeError,
)
from pyramid.response import Response

from pyramid_oauth import events, lifetimes
from pyramid_oauth.endpoints.authorize.authorization import Authorization
from pyramid_oauth.endpoints.authorize.rest import put_to_rest
from pyramid_oauth.models import redirection


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
    authorization.decided = [s for s in authorization.scopes if s not in unticked]
    return None


def ask_consent(authorization: Authorization) -> Response | None:
    """Ask, unless nothing is left to ask (approval_prompt, remembered consent)."""
    if authorization.decided is not None:
        return None
    if not consent_needed(authorization):
        return None
    if "none" in (authorization.oauth.prompt or "").split():
        raise CustomOAuth2Error("consent_required", "Consent is needed.")
    if authorization.pending is not None:
        from pyramid_oauth.pages.consent import show

        return show(authorization)
    return put_to_rest(authorization)


def consent_needed(authorization: Authorization) -> bool:
    """Whether the resource owner must be asked; notes what is new to them."""
    client, server = authorization.client, authorization.server
    authorization.missing = authorization.scopes
    if client.skip_authorization:
        return False
    account = authorization.account
    found = server.records.consents.find(
        authorization.oauth.session,
        account.subject if account else "",
        client.client_id,
    )
    server.records.applications.prove(client, found.application_revision)
    authorization.known = [s for s in authorization.scopes if s in found.scopes]
    authorization.missing = [s for s in authorization.scopes if s not in found.scopes]
    if found.id is None or authorization.missing:
        return True
    return is_forced(authorization) or is_interceptable(authorization)


def is_forced(authorization: Authorization) -> bool:
    """`force` by server or client; the client can tighten, not loosen."""
    oauth = authorization.oauth
    if "consent" in (oauth.prompt or "").split():
        return True
    asked = oauth.parameters.get("approval_prompt", "auto")
    return "force" in (asked, oauth.server.settings.request_approval_prompt)


def is_interceptable(authorization: Authorization) -> bool:
    """A public client whose answer another program could catch (RFC 8252 8.6)."""
    uri = authorization.oauth.redirect_uri or ""
    return authorization.client.is_public and redirection.is_interceptable(uri)


def remember_consent(authorization: Authorization) -> Response | None:
    """Keep what was just allowed; what was unticked is left out of the grant."""
    if authorization.decided is None:
        return None
    oauth, settings = authorization.oauth, authorization.server.settings
    oauth.scopes = authorization.decided
    if not oauth.scopes and authorization.server.scopes.catalogue(oauth.pyramid):
        raise InvalidScopeError(description="No scope was allowed.")
    lifetime = settings.consent_lifetime
    authorization.server.records.consents.remember(
        oauth.session,
        oauth.user or "",
        authorization.client.client_id,
        frozenset(oauth.scopes),
        lifetimes.from_now(lifetime) if lifetime else None,
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
