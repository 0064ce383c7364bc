"""Scopes as consent items (RFC 6749 sections 3.3 and 4.1.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyramid_oauth.config.consent_sources import SCOPE, ConsentItem, ConsentSource
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.repositories.consents import FoundConsent


def scope_items(
    authorization: Authorization, names: Iterable[str]
) -> list[ConsentItem]:
    """The scopes of these names, with what the resource owner reads."""
    request, client = authorization.request, authorization.client
    scopes = authorization.server.scopes
    catalogue = scopes.catalogue(request)
    return [
        ConsentItem(
            SCOPE,
            name,
            catalogue.get(name, name),
            optional=scopes.is_optional(name, client, request),
        )
        for name in names
    ]


class ScopeConsent(ConsentSource):
    """The scopes that the request asks for."""

    def items(self, authorization: Authorization) -> Sequence[ConsentItem]:
        """Every scope of the request."""
        return scope_items(authorization, authorization.scopes)

    def is_covered(self, item: ConsentItem, remembered: FoundConsent) -> bool:
        """Whether the scope was allowed before."""
        return item.name in remembered.scopes

    def apply(
        self, authorization: Authorization, approved: Sequence[ConsentItem]
    ) -> None:
        """Leave the scopes out that were unticked."""
        authorization.oauth.scopes = [item.name for item in approved]
