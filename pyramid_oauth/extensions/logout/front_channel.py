"""Front-channel notifications: client URLs that the browser loads after a logout.

OpenID Connect Front-Channel Logout sections 2 and 3.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from pyramid_oauth.extensions.logout.settings import LogoutSettings
from pyramid_oauth.extensions.openid.subject_identifiers import sid_for
from pyramid_oauth.models import AbstractApplication, redirect_uris
from pyramid_oauth.server import Server


def frame_url(server: Server, application: AbstractApplication, sid: str) -> str | None:
    """Return the URL that ends the session at this client, or None."""
    uri = application.declared("frontchannel_logout_uri")
    if not isinstance(uri, str) or not _is_web(uri):
        return None
    if not application.declared("frontchannel_logout_session_required", False):
        return uri
    separator = "&" if "?" in uri else "?"
    try:
        parameters = {"iss": server.issuer, "sid": sid_for(server, application, sid)}
    except OAuth2Error:
        return None  # without a `sid` the client is skipped; the logout goes on
    return f"{uri}{separator}{urlencode(parameters)}"


def _is_web(uri: str) -> bool:
    """Whether the origin of the URL is valid in a Content-Security-Policy."""
    parts = redirect_uris.split(uri)
    return (
        parts is not None
        and parts.scheme in ("http", "https")
        and redirect_uris.is_host(parts)
        and "@" not in parts.netloc
    )


def metadata(server: Server) -> dict[str, Any]:
    """Return the members of section 3."""
    is_enabled = server.settings[LogoutSettings].frontchannel_logout
    return {
        "frontchannel_logout_supported": is_enabled or None,
        "frontchannel_logout_session_supported": is_enabled or None,
    }
