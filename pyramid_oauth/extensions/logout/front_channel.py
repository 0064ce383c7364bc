"""Front-channel notices: URLs of clients that the browser loads after a logout.

OpenID Connect Front-Channel Logout sections 2 and 3.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from pyramid_oauth.extensions.logout.settings import LogoutSettings
from pyramid_oauth.extensions.openid.subject_identifiers import sid_for
from pyramid_oauth.models import redirect_uris
from pyramid_oauth.server import Server


def frame(server: Server, application: Any, sid: str) -> str | None:
    """The URL that logs this client's session out, or None where it has none."""
    uri = application.declared("frontchannel_logout_uri")
    if not isinstance(uri, str) or not _is_web(uri):
        return None
    if not application.declared("frontchannel_logout_session_required", False):
        return uri
    mark = "&" if "?" in uri else "?"
    try:
        told = {"iss": server.issuer, "sid": sid_for(server, application, sid)}
    except OAuth2Error:
        return None  # the logout goes on without a client that cannot be told
    return f"{uri}{mark}{urlencode(told)}"


def _is_web(uri: str) -> bool:
    """A URL whose origin can stand in a Content-Security-Policy as it is."""
    parts = redirect_uris.split(uri)
    return (
        parts is not None
        and parts.scheme in ("http", "https")
        and redirect_uris.is_host(parts)
        and "@" not in parts.netloc
    )


def metadata(server: Server) -> dict[str, Any]:
    """What section 3 wants to know."""
    on = server.settings[LogoutSettings].frontchannel_logout
    return {
        "frontchannel_logout_supported": on or None,
        "frontchannel_logout_session_supported": on or None,
    }
