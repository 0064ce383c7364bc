"""Scopes of the server, and those that an application may have.

RFC 6749 section 3.3; OpenID Connect Core 3.1.2.1, 5.4 and 11.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyramid_oauth.interfaces.application import AnyApplication
from pyramid_oauth.interfaces.request import AnyRequest, Request
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.settings import Settings


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope as the consent page shows it."""

    name: str
    description: str
    is_optional: bool


class ScopeProvider:
    """The scopes of the `scopes` setting, restricted by the application.

    Scopes that directives added come first. A host may subclass it to load scopes from
    elsewhere, per application and request. Results are not cached, so that a
    restriction takes effect at once.
    """

    def __init__(self, settings: Settings, added: Mapping[str, str]) -> None:
        self._catalogue = {**added, **settings.scopes, **added}
        self._default = settings.default_scopes
        self._optional = frozenset(settings.optional_scopes)

    def catalogue(self, request: AnyRequest) -> Mapping[str, str]:
        """Return every scope of the server with its description for users."""
        return self._catalogue

    def published(self) -> Sequence[str]:
        """Return the scopes for metadata (RFC 8414 `scopes_supported`)."""
        return list(self._catalogue)

    def allows(
        self, name: str, application: AnyApplication, request: AnyRequest
    ) -> bool:
        """Whether `application` may have the scope `name`."""
        return name in self._allowed(application, request)

    def default(
        self, application: AnyApplication, request: AnyRequest
    ) -> Sequence[str]:
        """Return the scopes of a request without a `scope` parameter."""
        own = application.default_scopes
        names = self._default if own is None else own.split()
        return self.keep_allowed(names, application, request)

    def is_optional(
        self, name: str, application: AnyApplication, request: AnyRequest
    ) -> bool:
        """Whether the resource owner may deselect the scope."""
        return name in self._optional

    def describe(
        self, names: Iterable[str], application: AnyApplication, request: AnyRequest
    ) -> list[Scope]:
        """Return what the consent page shows of these scopes."""
        catalogue = self.catalogue(request)
        return [
            Scope(
                name,
                catalogue.get(name, name),
                self.is_optional(name, application, request),
            )
            for name in names
        ]

    def keep_allowed(
        self, names: Iterable[str], application: AnyApplication, request: AnyRequest
    ) -> list[str]:
        """Return those of these scopes that `application` may have."""
        if type(self).allows is not ScopeProvider.allows:
            return [name for name in names if self.allows(name, application, request)]
        allowed = self._allowed(application, request)
        return [name for name in names if name in allowed]

    def _allowed(
        self, application: AbstractApplication, request: Request
    ) -> Container[str]:
        catalogue, own = self.catalogue(request), application.allowed_scopes
        return catalogue if own is None else catalogue.keys() & own.split()
