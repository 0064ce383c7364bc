"""Which scopes there are, and which an application may have (RFC 6749 section 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pyramid_oauth.i18n import _
from pyramid_oauth.settings import Settings

OPENID: Mapping[str, str] = MappingProxyType(
    {
        "openid": _("Know who you are"),
        "profile": _("Know your name and profile"),
        "email": _("Know your e-mail address"),
        "address": _("Know your postal address"),
        "phone": _("Know your telephone number"),
        "offline_access": _("Keep this access while you are away"),
    }
)
"""The scopes of OpenID Connect Core (3.1.2.1, 5.4, 11) as people read them."""


class ScopeProvider:
    """The default catalogue: the `scopes` setting, narrowed by the application.

    An OpenID Provider has the standard scopes too; what the host says of one of them
    counts. A host may subclass it to read its catalogue from elsewhere, per application
    and request; each answer is asked anew at every use, so narrowing takes effect at
    once.
    """

    def __init__(self, settings: Settings, added: Mapping[str, str]) -> None:
        self._catalogue = {**_standard(settings), **settings.scopes, **added}
        self._default = settings.default_scopes
        self._optional = frozenset(settings.optional_scopes)

    def catalogue(self, request: Any) -> Mapping[str, str]:
        """Every scope of the server with the description people read."""
        return self._catalogue

    def published(self) -> Sequence[str]:
        """The scopes that metadata advertises (RFC 8414 `scopes_supported`)."""
        return list(self._catalogue)

    def allows(self, name: str, application: Any, request: Any) -> bool:
        """Whether `application` may have the scope `name`."""
        if name not in self.catalogue(request):
            return False
        allowed = application.allowed_scopes
        return allowed is None or name in allowed.split()

    def default(self, application: Any, request: Any) -> Sequence[str]:
        """The scopes of a request that names none."""
        own = application.default_scopes
        names = self._default if own is None else own.split()
        return [name for name in names if self.allows(name, application, request)]

    def is_optional(self, name: str, application: Any, request: Any) -> bool:
        """Whether the resource owner may untick the scope."""
        return name in self._optional

    def narrowed(self, scope: str, application: Any, request: Any) -> list[str]:
        """What is left of a granted `scope` today."""
        return [
            name for name in scope.split() if self.allows(name, application, request)
        ]


def _standard(settings: Settings) -> dict[str, str]:
    """The scopes that are there without the host naming them."""
    if not settings.openid:
        return {}
    refreshes = "refresh_token" in settings.grant_types
    return {n: told for n, told in OPENID.items() if refreshes or n != "offline_access"}
