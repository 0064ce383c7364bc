"""The steps of the authorization endpoint, in the order in which they are policy.

Each takes the Authorization and returns a Response, which ends it, or None.
"""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from oauthlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    CustomOAuth2Error,
    InvalidRequestError,
    InvalidRequestFatalError,
    InvalidScopeError,
)
from pyramid.response import Response

from pyramid_oauth import events, lifetimes
from pyramid_oauth.clock import now
from pyramid_oauth.endpoints.authorize.answer import redirected, see_other
from pyramid_oauth.endpoints.authorize.authorization import Authorization
from pyramid_oauth.endpoints.authorize.owner import resource_owner
from pyramid_oauth.models import redirection
from pyramid_oauth.protocol import browser, session

log = logging.getLogger(__name__)
PROMPTS = ("auto", "force")
HINTS = ("login_hint", "ui_locales", "display")


def validate(authorization: Authorization) -> Response | None:
    """oauthlib's checks: client, redirect URI, response type, PKCE, scopes."""
    oauth, server = authorization.oauth, authorization.server
    asked = set((oauth.response_type or "").split())
    offered = server.response_types
    if not offered:
        raise InvalidRequestFatalError(description="Nothing is authorized here.")
    # Where it is not offered, the code handler proves the redirect URI first.
    name = next((name for name in offered if set(name.split()) == asked), None)
    handler = offered[name] if name else next(iter(offered.values()))
    handler.validate_authorization_request(oauth)
    authorization.handler = handler
    return None


def check_modes(authorization: Authorization) -> Response | None:
    """Refuse unknown values of the parameters that are ours to know."""
    oauth = authorization.oauth
    if oauth.response_mode not in (None, "query", "fragment"):
        oauth.response_mode = None
        raise InvalidRequestError(description="response_mode is not supported.")
    carries_token = "token" in (oauth.response_type or "").split()
    if oauth.response_mode == "query" and carries_token:
        oauth.response_mode = None
        raise InvalidRequestError(description="Tokens never travel in a query.")
    if oauth.parameters.get("approval_prompt", "auto") not in PROMPTS:
        raise InvalidRequestError(description="approval_prompt is auto or force.")
    return None


def find_resource_owner(authorization: Authorization) -> Response | None:
    """Who is at the browser; nobody is sent to log in and comes back here."""
    server, request = authorization.server, authorization.request
    authorization.account = resource_owner(request, server)
    if authorization.account is not None:
        authorization.oauth.user = authorization.account.subject
        return None
    if "none" in (authorization.oauth.prompt or "").split():
        raise CustomOAuth2Error("login_required", "Nobody is logged in.")
    parameters = authorization.oauth.parameters
    hints = {name: parameters[name] for name in HINTS if name in parameters}
    return see_other(
        server.accounts.login_url(
            request, return_path(authorization), reason="login", hints=hints
        )
    )


def return_path(authorization: Authorization) -> str:
    """The path that takes this request up again."""
    request = authorization.request
    path: str = request.path
    if authorization.pending is not None:
        return path
    return f"{path}?{urlencode(authorization.oauth.parameters)}"


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
    return keep_pending(authorization)


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


def keep_pending(authorization: Authorization) -> Response:
    """Put the request to rest and show the person its own page."""
    oauth, server = authorization.oauth, authorization.server
    seconds = lifetimes.in_seconds(
        server.settings.authorization_request_lifetime, authorization.request
    )
    handle = server.records.authorization_requests.add(
        oauth.session,
        client_id=authorization.client.client_id,
        parameters=oauth.parameters,
        browser=browser.ensured(authorization.request),
        user_id=oauth.user,
        expires_at=lifetimes.from_now(seconds),
    )
    path = authorization.request.path.rstrip("/")
    return see_other(f"{path}/{handle}")


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


def grant(authorization: Authorization) -> Response | None:
    """Make the grant and answer."""
    account = authorization.account
    details = dict(authorization.details)
    if account is not None:
        details["session_id"] = session.sid(authorization.request, account)
        moment = account.auth_time or now()
        details["authentication"] = {"auth_time": int(moment.timestamp())}
    return redirected(
        authorization.oauth,
        authorization.handler.authorized(authorization.oauth, **details),
    )


STEPS = (
    validate,
    check_modes,
    find_resource_owner,
    take_decision,
    ask_consent,
    remember_consent,
    grant,
)
