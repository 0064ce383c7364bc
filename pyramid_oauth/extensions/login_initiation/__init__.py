"""Third-party initiated login (OpenID Connect Core section 4).

The URL that makes a client send an authentication request: its `initiate_login_uri`.
"""

from __future__ import annotations

from urllib.parse import urlencode

from pyramid_oauth.extensions.openid.settings import is_openid_provider
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata_fields import Field, url
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.settings import SETTINGS

INITIATE_LOGIN_URI = Field(
    name="initiate_login_uri",
    shape=url(remote=True),
    read_by="third-party initiated login (Core section 4)",
)


def initiation_url(
    application: AbstractApplication,
    issuer: str,
    *,
    login_hint: str | None = None,
    target_link_uri: str | None = None,
) -> str | None:
    """Return the client's login initiation URL with its parameters, or None.

    `login_hint` names the user, `target_link_uri` the page of the client after the
    login, which the client may ignore.
    """
    uri: str | None = application.declared("initiate_login_uri")
    if uri is None:
        return None
    parameters = {
        "iss": issuer,
        "login_hint": login_hint,
        "target_link_uri": target_link_uri,
    }
    query = urlencode({name: value for name, value in parameters.items() if value})
    return f"{uri}{'&' if '?' in uri else '?'}{query}"


def initiate_login_url(
    request: ServerRequest,
    client_id: str,
    *,
    login_hint: str | None = None,
    target_link_uri: str | None = None,
) -> str | None:
    """Return the URL that starts a login of this browser at a client, or None.

    Args:
        client_id: The client.
        login_hint: The user who is to log in.
        target_link_uri: The page of the client after the login.

    Returns:
        The URL, or None if the client is not usable or has no `initiate_login_uri`.
    """
    server: Server = request.oauth.server
    session = server.session(request)
    application = server.repositories.applications.get(session, client_id)
    if application is None or not application.is_usable:
        return None
    return initiation_url(
        application,
        server.issuer,
        login_hint=login_hint,
        target_link_uri=target_link_uri,
    )


def includeme(config: Configurator) -> None:
    """Add `request.oauth.initiate_login_url` and the client metadata member."""
    config.add_oauth_request_method("initiate_login_url", initiate_login_url)
    if not is_openid_provider(config.registry[SETTINGS]):
        return
    config.add_oauth_client_metadata(INITIATE_LOGIN_URI)
