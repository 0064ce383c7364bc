"""Global Token Revocation (draft-parecki-oauth-global-token-revocation-06).

RFC 9493 for the subject identifiers. With one request a security monitor or an
identity provider revokes all tokens of a user and ends the login sessions. The endpoint
is in the tree only if the settings name a client that may call it.
"""

from __future__ import annotations

from typing import Any

from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.extensions.global_token_revocation.settings import (
    HAS_NO_SESSIONS,
    NAME,
    SCOPE,
    GlobalTokenRevocationSettings,
)
from pyramid_oauth.extensions.global_token_revocation.views import (
    GlobalTokenRevocation,
    revoke_all,
)
from pyramid_oauth.i18n import _
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.server import Server

METADATA = f"{NAME}_endpoint"


def metadata(server: Server) -> dict[str, Any]:
    """Return the authentication method of the endpoint: an access token (section 5)."""
    return {f"{METADATA}_auth_methods_supported": ["Bearer"]}


def includeme(config: Configurator) -> None:
    """Add the settings and, if a client may call it, the endpoint and its scope."""
    settings = config.add_oauth_settings(GlobalTokenRevocationSettings)
    config.add_oauth_check(HAS_NO_SESSIONS)
    if not settings.global_token_revocation_clients:
        return
    config.add_oauth_scope(SCOPE, _("End all access of any user"))
    config.add_oauth_metadata(NAME, metadata)
    config.add_oauth_endpoint(NAME, GlobalTokenRevocation, metadata=METADATA)
    config.add_oauth_view(
        revoke_all,
        GlobalTokenRevocation,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )
