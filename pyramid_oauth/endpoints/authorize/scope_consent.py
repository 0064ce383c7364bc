"""Scopes as consent items (RFC 6749 sections 3.3 and 4.1.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyramid_oauth.config.consent_sources import SCOPE, ConsentItem, ConsentSource
from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.repositories.consent_records import FoundConsent


def scope_items(
    authorization: Authorization, names: Iterable[str]
) -> list[ConsentItem]:
    """Return a consent item for each of these scopes."""
    described = authorization.server.scopes.describe(
        names, authorization.oauth.client, authorization.request
    )
    return [
        ConsentItem(
            SCOPE,
            scope.name,
            scope.description,
            optional=scope.is_optional,
            icon=scope.kind,
            risk=scope.risk,
        )
        for scope in described
    ]


class ScopeConsent(ConsentSource):
    """The scopes that the request asks for."""

    needs_scope = True

    def items(self, authorization: Authorization) -> Sequence[ConsentItem]:
        """Return an item for each scope of the request."""
        return scope_items(authorization, authorization.oauth.scopes)

    def covered_items(
        self, items: Sequence[ConsentItem], remembered: FoundConsent
    ) -> Sequence[ConsentItem]:
        """Return the scopes that were allowed before."""
        return [item for item in items if item.name in remembered.scopes]

    def apply(
        self, authorization: Authorization, approved: Sequence[ConsentItem]
    ) -> None:
        """Remove the scopes that were unticked from the request."""
        authorization.oauth.scopes = [item.name for item in approved]
