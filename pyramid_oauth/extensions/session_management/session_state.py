"""The `session_state` of authorization responses, and the cookie behind it.

OpenID Connect Session Management sections 2 and 3.2. `static/check_session.js` reads
the cookie, which changes at login and logout and does not identify the user.
"""

from __future__ import annotations

import re
from hashlib import sha256
from urllib.parse import urlsplit

from pyramid.request import RequestLocalCache
from pyramid.response import Response

from pyramid_oauth.browser import binding_cookie
from pyramid_oauth.browser.login_session import keys, session_id
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.events import SessionEnded
from pyramid_oauth.hashing import hmac_sha256, new_credential
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.server import Server, ServerRequest

COOKIE = "oauth_session_state"

NONE = ""
"""The state of a browser without a login."""

_VALUE = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")

_PORTS = {"http": 80, "https": 443}


def current_state(request: ServerRequest) -> str:
    """Return the state of the browser after this response."""
    state: str | None = _new_state.get(request, None)
    if state is not None:
        return state
    value = binding_cookie.cookie(request, COOKIE)
    return value if _VALUE.match(value) else NONE


def save_state(request: ServerRequest, value: str) -> None:
    """Set the cookie to `value`, if that is not its value already."""
    if value != current_state(request):
        _new_state.set(request, value)
        request.add_response_callback(_set_cookie)


_new_state = RequestLocalCache(lambda request: NONE)


def _set_cookie(request: ServerRequest, response: Response) -> None:
    server: Server = request.oauth.server
    secure = server.is_https
    response.set_cookie(
        COOKIE,
        current_state(request),
        path="/",
        secure=secure,
        # Iframes in pages of other sites read it. Browsers accept None only with
        # Secure; without https the server is in development on one machine.
        samesite="None" if secure else "Lax",
        overwrite=True,
    )


def set_session_state(authorization: Authorization) -> Response | None:
    """Derive the state from the login session of the grant."""
    request, account = authorization.request, authorization.account
    if account is not None:
        stored = authorization.grant_values.get("session_id")
        sid = stored or session_id(request, account)
        save_state(request, hmac_sha256(keys(request)[0], "browser state", sid))
    return None


def add_session_state(authorization: Authorization) -> dict[str, str]:
    """Return the member of an authorization response, also of an error (section 2)."""
    oauth, request = authorization.oauth, authorization.request
    if "openid" not in _scopes(oauth):
        return {}
    salt = new_credential(16)
    origin = origin_of(oauth.redirect_uri or "")
    text = f"{oauth.client_id} {origin} {current_state(request)} {salt}"
    return {"session_state": f"{sha256(text.encode()).hexdigest()}.{salt}"}


def _scopes(oauth: OAuthRequest) -> list[str]:
    return oauth.scopes or (oauth.scope or "").split()


def rotate_state(event: SessionEnded) -> None:
    """Set a new random state after a logout or a change of user."""
    save_state(event.request, new_credential())


def origin_of(uri: str) -> str:
    """Return the origin as browsers serialize it (RFC 6454 section 6.2), or `null`."""
    parts = urlsplit(uri)
    if parts.scheme not in _PORTS or not parts.hostname:
        return "null"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_default = parts.port in (None, _PORTS[parts.scheme])
    return f"{parts.scheme}://{host}" + ("" if is_default else f":{parts.port}")
