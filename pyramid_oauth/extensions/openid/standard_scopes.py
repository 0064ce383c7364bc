"""The scopes of OpenID Connect (Core sections 3.1.2.1, 5.4 and 11)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pyramid_oauth.i18n import _
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.settings import SETTINGS

STANDARD: Mapping[str, str] = MappingProxyType(
    {
        "openid": _("Know who you are"),
        "profile": _("Know your name and profile"),
        "email": _("Know your e-mail address"),
        "address": _("Know your postal address"),
        "phone": _("Know your telephone number"),
        "offline_access": _("Keep this access while you are away"),
    }
)
"""Each standard scope with its description on the consent page."""

TRAITS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "openid": ("identity", "low"),
        "profile": ("profile", "low"),
        "email": ("email", "medium"),
        "address": ("address", "medium"),
        "phone": ("phone", "medium"),
        "offline_access": ("offline", "high"),
    }
)
"""The kind and the risk of each standard scope (`pyramid_oauth.scopes`)."""


class OpenIDScopeValidation:
    """Ignores unknown scopes (Core section 3.1.2.1)."""

    def validate_scopes(
        self, client_id: str, scopes: list[str], client: object, request: OAuthRequest
    ) -> bool:
        """Drop unknown scopes of an authentication request; check the others.

        The client credentials grant has no user, so it drops the standard scopes.
        """
        if request.grant_type == "client_credentials":
            scopes = [name for name in scopes if name not in STANDARD]
        if "openid" in scopes:
            catalogue = request.server.scopes.catalogue(request.pyramid)
            scopes = [name for name in scopes if name in catalogue]
        allowed: bool = super().validate_scopes(  # type: ignore[misc]
            client_id, scopes, client, request
        )
        return allowed


def add_standard_scopes(config: Configurator) -> None:
    """Add the standard scopes that the host's `scopes` setting does not name."""
    settings = config.registry[SETTINGS]
    for name, description in STANDARD.items():
        if name == "offline_access" and "refresh_token" not in settings.grant_types:
            continue
        if name not in settings.scopes:
            kind, risk = TRAITS[name]
            config.add_oauth_scope(name, description, kind=kind, risk=risk)
