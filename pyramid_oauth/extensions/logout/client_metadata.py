"""Client metadata of the logout specifications.

RP-Initiated Logout section 3, Front-Channel and Back-Channel Logout section 2.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.models import AbstractApplication, redirect_uris
from pyramid_oauth.models.client_metadata_fields import (
    Errors,
    Field,
    add_error,
    boolean,
    redirect_uri,
    several,
    url,
)
from pyramid_oauth.models.redirect_uris import Rules

POST_LOGOUT_REDIRECT_URIS = Field(
    name="post_logout_redirect_uris",
    column="post_logout_redirect_uris",
    is_list=True,
    shape=several(redirect_uri),
    read_by="the end-session endpoint",
)

FRONT_CHANNEL = (
    Field(name="frontchannel_logout_uri", shape=url(), read_by="logout"),
    Field(name="frontchannel_logout_session_required", shape=boolean, read_by="logout"),
)

BACK_CHANNEL = (
    Field(
        name="backchannel_logout_uri", shape=url(), is_fetched=True, read_by="logout"
    ),
    Field(name="backchannel_logout_session_required", shape=boolean, read_by="logout"),
)


def validate(application: AbstractApplication, rules: Rules, errors: Errors) -> None:
    """Check the logout URIs against the other metadata of the client.

    http, if the server permits it, is for confidential clients only (Front-Channel
    Logout section 2, Back-Channel Logout section 2.2).
    """
    for name in ("frontchannel_logout_uri", "backchannel_logout_uri"):
        declared = str(application.declared(name, "")).lower()
        if application.is_public and declared.startswith("http:"):
            add_error(errors, name, "must be https for a public client")
    _check_origin(application, errors)


def _check_origin(application: AbstractApplication, errors: Errors) -> None:
    """Require the origin of a redirect URI (Front-Channel Logout section 2)."""
    uri = application.declared("frontchannel_logout_uri")
    if not isinstance(uri, str) or redirect_uris.split(uri) is None:
        return
    origins = {_origin(item) for item in (application.redirect_uris or "").split()}
    if _origin(uri) not in origins:
        add_error(
            errors, "frontchannel_logout_uri", "must be on the origin of a redirect URI"
        )


def _origin(uri: str) -> tuple[Any, ...] | None:
    parts = redirect_uris.split(uri)
    if parts is None:
        return None
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port
