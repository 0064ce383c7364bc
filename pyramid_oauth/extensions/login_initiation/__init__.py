"""Login that begins here: where to send a browser so that a client asks for one.

OpenID Connect Core section 4; the address is the client's `initiate_login_uri`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid_oauth.extensions.openid.settings import is_openid_provider
from pyramid_oauth.models.client_metadata_fields import Field, url
from pyramid_oauth.server import Server
from pyramid_oauth.settings import SETTINGS

INITIATE_LOGIN_URI = Field(
    name="initiate_login_uri",
    shape=url(remote=True),
    read_by="whoever starts a login (Core section 4)",
)


def initiation_url(
    application: Any,
    issuer: str,
    *,
    login_hint: str | None = None,
    target_link_uri: str | None = None,
) -> str | None:
    """The client's login initiation endpoint with what it is told; None without one.

    `login_hint` says who is to log in, `target_link_uri` where the client is to go
    afterwards; it decides itself whether it does.
    """
    uri: str | None = application.declared("initiate_login_uri")
    if uri is None:
        return None
    told = {
        "iss": issuer,
        "login_hint": login_hint,
        "target_link_uri": target_link_uri,
    }
    query = urlencode({name: value for name, value in told.items() if value})
    return f"{uri}{'&' if '?' in uri else '?'}{query}"


def initiate_login_url(
    request: Any,
    client_id: str,
    *,
    login_hint: str | None = None,
    target_link_uri: str | None = None,
) -> str | None:
    """Where to send a browser to have it logged in at a client, from here.

    Args:
        client_id: The client; without a usable one that has an `initiate_login_uri`
            the answer is None.
        login_hint: Who is to log in.
        target_link_uri: Where the client is to go then.
    """
    server: Server = request.oauth.server
    session = server.session(request)
    found = server.repositories.applications.get(session, client_id)
    if found is None or not found.is_usable:
        return None
    return initiation_url(
        found,
        server.issuer,
        login_hint=login_hint,
        target_link_uri=target_link_uri,
    )


def includeme(config: Any) -> None:
    """Add `request.oauth.initiate_login_url` and the client metadata member."""
    config.add_oauth_request_method("initiate_login_url", initiate_login_url)
    if not is_openid_provider(config.registry[SETTINGS]):
        return
    config.add_oauth_client_metadata(INITIATE_LOGIN_URI)
