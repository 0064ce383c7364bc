"""The rule by which a resource sees the tokens that are for it (RFC 7662 section 4)."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.extensions.resource_indicators.catalogue import ResourceCatalogue
from pyramid_oauth.extensions.resource_indicators.resource import is_identifier
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.repositories.access_tokens import FoundAccessToken


@dataclass(frozen=True, slots=True)
class IsForServer:
    """Whether the client that asks is the server of a resource in the audience."""

    catalogue: ResourceCatalogue

    def __call__(self, oauth: OAuthRequest, found: FoundAccessToken) -> tuple[str, ...]:
        """Return the resources of the token that the client serves; none: refuse."""
        resources = (
            self.catalogue.get(oauth.pyramid, identifier)
            for identifier in found.audience.split()
            if is_identifier(identifier)
        )
        return tuple(
            each.identifier
            for each in resources
            if each is not None and oauth.client.client_id in each.introspected_by
        )
