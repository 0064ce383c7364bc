"""The declared resources, and the directive that declares them (RFC 8707 section 2)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from pyramid.request import RequestLocalCache

from pyramid_oauth.clients.permitted import PermittedClients
from pyramid_oauth.config.registry import record_in
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.extensions.resource_indicators.resource import (
    Resource,
    normalize,
)
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.server import ServerRequest
from pyramid_oauth.settings.converters import Lifetime

Provider = Callable[[ServerRequest, str], Resource | None]


class ResourceCatalogue:
    """The resources that tokens can be for.

    Attributes:
        declared: Those that are known at start-up, by their normalized identifier.

    Args:
        provider: Finds further ones, called once for each identifier of a request.
    """

    def __init__(self, provider: Provider | None = None) -> None:
        self.declared: dict[str, Resource] = {}
        self.provider = provider
        self._provided: RequestLocalCache[dict[str, Resource | None]] = (
            RequestLocalCache(lambda request: {})
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is no resource."""
        return not self.declared and self.provider is None

    def find(
        self, request: ServerRequest, client: AbstractApplication, identifier: str
    ) -> Resource | None:
        """Return the resource that `client` may ask for by this identifier.

        None if it is unknown or not for this client: the difference is not told.
        """
        found = self.get(request, identifier)
        if found is None or not found.is_open_to(request, client):
            return None
        return found

    def get(self, request: ServerRequest, identifier: str) -> Resource | None:
        """Return the resource, whoever may ask for it."""
        found = self.declared.get(normalize(identifier))
        if found is None and self.provider is not None:
            found = self._provide(request, identifier, self.provider)
        return found

    def _provide(
        self, request: ServerRequest, identifier: str, provider: Provider
    ) -> Resource | None:
        provided: dict[str, Resource | None] = self._provided.get_or_create(request)
        if identifier not in provided:
            provided[identifier] = provider(request, identifier)
        return provided[identifier]


RESOURCES = "pyramid_oauth.resource_indicators"
"""The key of the catalogue in the registry."""


def add_oauth_resource(
    config: Configurator,
    identifier: str,
    *,
    name: str | None = None,
    scopes: Collection[str] | None = None,
    lifetime: Lifetime | str | None = None,
    token_format: str | None = None,
    clients: PermittedClients | str | None = None,
    introspected_by: Collection[str] = (),
) -> None:
    """Declare a protected resource that access tokens can be for (RFC 8707 section 2).

    It replaces one of the setting `resources`.

    Args:
        identifier: an absolute URI without a fragment, which becomes the audience.
        name: its name on the consent page; a TranslationString is translated.
        scopes: those that its tokens can have; None: all but those of OpenID Connect.
        lifetime: the greatest one of its tokens: as in a setting, or a callable of the
            request.
        token_format: the format of its tokens (`config.add_oauth_token_format`).
        clients: the identifiers of the clients that may ask for it, or a callable
            `(request, application)`; None: all clients.
        introspected_by: the identifiers of the clients as which it introspects tokens.

    Raises:
        ConfigurationError: a value is malformed.
    """
    values = {
        "name": name,
        "scopes": scopes,
        "lifetime": lifetime,
        "token_format": token_format,
        "clients": config.maybe_dotted(clients),
        "introspected_by": introspected_by,
    }
    _declare(config, identifier, values)


def _declare(config: Configurator, identifier: str, values: dict[str, Any]) -> None:
    try:
        resource = Resource(identifier, **values)
    except ValueError as error:
        raise ConfigurationError(f"add_oauth_resource: {error}") from error
    key, declared = normalize(identifier), config.registry[RESOURCES].declared
    record_in(config, declared, "oauth resources", key, resource)
