"""`session_state`: how a page of a client learns that the login here has changed.

OpenID Connect Session Management sections 2 and 3.2. The browser's state is a cookie
which `static/check_session.js` reads; it changes at login and logout and tells nobody
who is logged in.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from pyramid.request import RequestLocalCache
from pyramid.response import Response

from pyramid_oauth.browser import binding_cookie
from pyramid_oauth.browser.login_session import keys, session_id
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.events import SessionEnded
from pyramid_oauth.hashing import hmac_sha256, new_credential
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.server import Server

COOKIE = "oauth_session_state"

NONE = ""
"""The state of a browser at which nobody has logged in yet."""

_VALUE = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")

_PORTS = {"http": 80, "https": 443}


def present(request: Any) -> str:
    """The state of the browser, once this response has reached it."""
    given: str | None = _set.get(request, None)
    if given is not None:
        return given
    value = binding_cookie.cookie(request, COOKIE)
    return value if _VALUE.match(value) else NONE


def settle(request: Any, value: str) -> None:
    """Have the browser's state be `value`; it is sent only where that is new."""
    if value != present(request):
        _set.set(request, value)
        request.add_response_callback(_send)


def renew(request: Any) -> None:
    """A state that was never there before: somebody has logged out."""
    settle(request, new_credential())


_set = RequestLocalCache(lambda request: NONE)


def _send(request: Any, response: Any) -> None:
    server: Server = request.oauth.server
    secure = server.issuer.startswith("https:")
    response.set_cookie(
        COOKIE,
        present(request),
        path="/",
        secure=secure,
        # Frames of clients, on other sites, have to see it. Browsers take None only
        # together with Secure; without https there is development on one machine.
        samesite="None" if secure else "Lax",
        overwrite=True,
    )


def settle_state(authorization: Authorization) -> Response | None:
    """Have the browser's state stand for the session that a grant is made in."""
    request, account = authorization.request, authorization.account
    if account is not None:
        sid = session_id(request, account)
        settle(request, hmac_sha256(keys(request)[0], "browser state", sid))
    return None


def add_session_state(authorization: Authorization) -> dict[str, str]:
    """What an authorization response carries of it (section 2), errors too."""
    oauth, request = authorization.oauth, authorization.request
    if "openid" not in _scopes(oauth):
        return {}
    salt = new_credential(16)
    origin = origin_of(oauth.redirect_uri or "")
    text = f"{oauth.client_id} {origin} {present(request)} {salt}"
    return {"session_state": f"{sha256(text.encode()).hexdigest()}.{salt}"}


def _scopes(oauth: OAuthRequest) -> list[str]:
    return oauth.scopes or (oauth.scope or "").split()


def end_state(event: SessionEnded) -> None:
    """Give the browser another state after a logout or a change of person."""
    renew(event.request)


def origin_of(uri: str) -> str:
    """The origin as browsers write it (RFC 6454 section 6.2); `null` where none is."""
    parts = urlsplit(uri)
    if parts.scheme not in _PORTS or not parts.hostname:
        return "null"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = parts.port in (None, _PORTS[parts.scheme])
    return f"{parts.scheme}://{host}" + ("" if default else f":{parts.port}")
