"""Persist a pending authorization request while the user logs in or consents."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pyramid_oauth import lifetimes
from pyramid_oauth.browser import binding_cookie
from pyramid_oauth.clock import now
from pyramid_oauth.endpoints.authorize.context import Authorization, Carrier
from pyramid_oauth.hashing import constant_time_equal, sha256_digest
from pyramid_oauth.http.urls import current_path


def save_pending_request(
    authorization: Authorization, user_id: str | None, began: datetime | None = None
) -> str:
    """Keep the request; returns the path that takes it up again.

    `user_id` is who may take it up; None waits for whoever logs in. `began` (default:
    now) is the moment that logins are compared with: later ones are fresh.
    """
    oauth, server = authorization.oauth, authorization.server
    seconds = lifetimes.in_seconds(
        server.settings.authorization_request_lifetime, authorization.request
    )
    handle = server.repositories.authorization_requests.add(
        oauth.session,
        application=authorization.client,
        parameters=oauth.parameters,
        browser=binding_cookie.get_or_create(authorization.request),
        user_id=user_id,
        created_at=began or now(),
        expires_at=lifetimes.from_now(seconds),
        details=dump_request(authorization),
    )
    path = current_path(authorization.request).rstrip("/")
    if authorization.pending is not None:
        path = path.rpartition("/")[0]
    return f"{path}/{handle}"


def resume_url(authorization: Authorization, has_demands: bool) -> str:
    """The path to come back to after a login.

    The one place that decides whether parameters may be seen in a URL: those of a plain
    request may. `has_demands` says that it demands something of the login: then it is
    stored, so that there is a moment which the login can be compared with.
    """
    path = current_path(authorization.request)
    if authorization.pending is not None and authorization.account is None:
        return path
    is_new = authorization.pending is None
    if is_new and not has_demands and authorization.may_show_parameters:
        return f"{path}?{urlencode(authorization.oauth.parameters)}"
    return save_pending_request(authorization, None)


def dump_request(authorization: Authorization) -> dict[str, Any]:
    """What validation found out, as JSON to store with the parameters."""
    oauth = authorization.oauth
    return {
        "revision": authorization.client.revision,
        "carrier": authorization.carrier.value,
        "scopes": authorization.scopes,
        "redirect_uri": oauth.redirect_uri,
        "state": authorization.state,
        "details": authorization.details,
    }


def restore_request(authorization: Authorization, row: Any) -> None:
    """Take over what was stored by `dump_request` in the details of `row`.

    The request counts as validated where its client is as it was, and may still have
    the scopes; otherwise VALIDATE follows.
    """
    stored, oauth = row.details or {}, authorization.oauth
    authorization.carrier = Carrier(stored.get("carrier", Carrier.PLAIN))
    authorization.state = dict(stored.get("state", {}))
    server = authorization.server
    client = server.repositories.applications.get(oauth.session, row.client_id)
    if client is None or not client.is_usable:
        return
    scopes = stored.get("scopes", [])
    allows = server.scopes.allows
    if client.revision != stored.get("revision") or not all(
        allows(name, client, authorization.request) for name in scopes
    ):
        return
    oauth.client, oauth.scopes = client, list(scopes)
    oauth.redirect_uri = stored["redirect_uri"]
    authorization.details = dict(stored["details"])
    authorization.is_validated = True


def is_same_browser(request: Any, row: Any) -> bool:
    """Return whether this browser is the one that began the pending request."""
    value = binding_cookie.get(request)
    if row.browser_digest is None:
        return True
    return value is not None and constant_time_equal(
        sha256_digest(value), row.browser_digest
    )
