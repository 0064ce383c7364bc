"""Persist a pending authorization request while the user logs in or consents."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from oauthlib.oauth2.rfc6749.errors import InvalidRequestFatalError, OAuth2Error
from pyramid.request import RequestLocalCache

from pyramid_oauth import lifetimes
from pyramid_oauth.browser import binding_cookie
from pyramid_oauth.endpoints.authorize.context import Authorization, Carrier
from pyramid_oauth.endpoints.authorize.storage_limits import (
    count_stored_request,
    require_storable_size,
)
from pyramid_oauth.errors import AlreadyAnswered
from pyramid_oauth.http.urls import current_path
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.authorization_requests import (
    FoundAuthorizationRequest,
    NewAuthorizationRequest,
)

HANDLE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
"""The last segment of the path of a pending request."""

# Where the cached client proves outdated, the pipeline runs again in the same request
# and must not refuse what it consumed itself.
_consumed: RequestLocalCache[set[Any]] = RequestLocalCache(lambda request: set())


def save_pending_request(
    authorization: Authorization,
    user_id: str | None,
    started_at: datetime | None = None,
) -> str:
    """Store the request; returns the path that resumes it.

    Args:
        user_id: who may resume it; None for anybody who logs in.
        started_at: with which logins are compared, later ones being fresh; None: now.

    Raises:
        InvalidRequestError: it is too large.
        TooManyRequests: nobody is logged in, and this source has stored too many.
        StaleApplication: the cached client is outdated; nothing is written.
    """
    oauth, details = authorization.oauth, dump_request(authorization)
    require_storable_size(oauth, details)
    if authorization.account is None:
        count_stored_request(oauth)
    started_at = started_at or oauth.now
    return _store(authorization, without_transient(oauth), details, user_id, started_at)


_OF_ERROR_RESPONSE = (
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "state",
)


def save_refused_request(authorization: Authorization, error: OAuth2Error) -> str:
    """Store the error of a request until somebody logs in; returns the path to it.

    Only what the error response needs is stored: another parameter may be private.

    Raises:
        TooManyRequests: this source has stored too many.
        StaleApplication: the cached client is outdated; nothing is written.
    """
    oauth = authorization.oauth
    values = {name: getattr(oauth, name) for name in _OF_ERROR_RESPONSE}
    parameters = {name: value for name, value in values.items() if value is not None}
    details = {
        "revision": oauth.client.revision,
        "refusal": {"error": error.error, "description": error.description},
    }
    count_stored_request(oauth)
    return _store(authorization, parameters, details, None, oauth.now)


def _store(
    authorization: Authorization,
    parameters: dict[str, str],
    details: dict[str, Any],
    user_id: str | None,
    started_at: datetime,
) -> str:
    oauth, server = authorization.oauth, authorization.server
    seconds = lifetimes.in_seconds(
        server.settings.authorization_request_lifetime, authorization.request
    )
    handle = server.repositories.authorization_requests.add(
        oauth.session,
        oauth.client,
        NewAuthorizationRequest(
            parameters=parameters,
            browser=binding_cookie.get_or_create(authorization.request),
            user_id=user_id,
            created_at=started_at,
            expires_at=oauth.now + timedelta(seconds=seconds),
            details=details,
        ),
    )
    path = current_path(authorization.request).rstrip("/")
    if authorization.pending is not None:
        path = path.rpartition("/")[0]
    return f"{path}/{handle}"


def without_transient(oauth: OAuthRequest) -> dict[str, str]:
    """Return the parameters that may be stored until the request is answered."""
    transient = oauth.known.transient
    return {k: v for k, v in oauth.parameters.items() if k not in transient}


def resume_url(authorization: Authorization, has_demands: bool) -> str:
    """Return the path that continues the request after a login.

    The one place that decides whether parameters may be in a URL: those of a plain
    request may, unless one is private.

    Args:
        has_demands: whether the request demands something of the login. Then it is
            stored, so that the time of the login can be compared with its own.
    """
    path, oauth = current_path(authorization.request), authorization.oauth
    if authorization.pending is not None and authorization.account is None:
        return path
    is_new = authorization.pending is None
    is_public = (
        authorization.carrier is Carrier.PLAIN
        and oauth.known.private.isdisjoint(oauth.parameters)
    )
    if is_new and not has_demands and is_public:
        return f"{path}?{urlencode(oauth.parameters)}"
    return save_pending_request(authorization, None)


def dump_request(authorization: Authorization) -> dict[str, Any]:
    """Return the results of validation as JSON, to be stored with the parameters."""
    oauth = authorization.oauth
    return {
        "revision": oauth.client.revision,
        "carrier": authorization.carrier.value,
        "scopes": oauth.scopes,
        "redirect_uri": oauth.redirect_uri,
        "source_ids": authorization.source_ids,
        "state": authorization.state,
        "details": authorization.details,
    }


def restore_request(
    authorization: Authorization, row: FoundAuthorizationRequest
) -> None:
    """Restore what `dump_request` stored in the details of `row`.

    The request counts as validated if its client has not changed and may still have
    the scopes; otherwise VALIDATE follows. A refused request remains refused.
    """
    stored, oauth = row.details or {}, authorization.oauth
    if "refusal" in stored:
        _restore_refusal(authorization, row)
        return
    authorization.carrier = Carrier(stored.get("carrier", Carrier.PLAIN))
    authorization.source_ids = list(stored.get("source_ids", ()))
    authorization.state = dict(stored.get("state", {}))
    server = authorization.server
    client = server.repositories.applications.get(oauth.session, row.client_id)
    if client is None or not client.is_usable:
        return
    if client.revision != stored.get("revision"):
        return
    scopes = stored["scopes"]
    if server.scopes.keep_allowed(scopes, client, authorization.request) != scopes:
        return
    oauth.client, oauth.scopes = client, list(scopes)
    oauth.redirect_uri = stored["redirect_uri"]
    authorization.details = dict(stored["details"])
    authorization.is_validated = True


class StoredRefusal(OAuth2Error):
    """The error of a request that was refused before somebody logged in."""

    def __init__(self, error: str, description: str | None) -> None:
        super().__init__(description=description)
        self.error = error


def _restore_refusal(
    authorization: Authorization, row: FoundAuthorizationRequest
) -> None:
    """Restore an error; if the client has changed, it is not sent there any more."""
    stored, oauth, server = row.details or {}, authorization.oauth, authorization.server
    client = server.repositories.applications.get(oauth.session, row.client_id)
    if client is None or client.revision != stored["revision"]:
        authorization.refusal = InvalidRequestFatalError(
            description="This request has expired."
        )
        return
    oauth.client = client
    authorization.refusal = StoredRefusal(**stored["refusal"])


def consume_stored_requests(authorization: Authorization) -> None:
    """Consume the stored requests that this one was loaded from: one answer each.

    The view has consumed the pending request whose form was posted.

    Raises:
        AlreadyAnswered: one of them was answered before.
    """
    keys = list(authorization.source_ids)
    if authorization.pending is not None and authorization.form is None:
        keys.append(authorization.pending.id)
    consumed = _consumed.get_or_create(authorization.request)
    requests = authorization.server.repositories.authorization_requests
    oauth = authorization.oauth
    for key in keys:
        if key in consumed:
            continue
        if not requests.mark_used(oauth.session, key, oauth.now):
            raise AlreadyAnswered
        consumed.add(key)
