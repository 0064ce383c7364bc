"""Scopes of the server, and those that an application may have.

RFC 6749 section 3.3; OpenID Connect Core 3.1.2.1, 5.4 and 11.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from pyramid_oauth.interfaces.application import AnyApplication
from pyramid_oauth.interfaces.request import AnyRequest, Request
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.settings import Settings
from pyramid_oauth.settings.scopes import KINDS, RISKS


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeTraits:
    """What is declared of a scope beside its description.

    Attributes:
        kind: One of `KINDS`.
        risk: One of `RISKS`.
        is_optional: Whether the resource owner may deselect it.
    """

    kind: str = "other"
    risk: str = "medium"
    is_optional: bool = False

    def __post_init__(self) -> None:
        for value, known in ((self.kind, KINDS), (self.risk, RISKS)):
            if value not in known:
                raise ValueError(f"{value!r} is not one of {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope as the consent page shows it.

    Attributes:
        kind: One of `KINDS`.
        risk: One of `RISKS`.
    """

    name: str
    description: str
    is_optional: bool
    kind: str = "other"
    risk: str = "medium"


NO_TRAITS = ScopeTraits()


def _traits_by_settings(
    settings: Settings, name: str, declared: ScopeTraits
) -> ScopeTraits:
    """Return the traits of the scope `name`; settings take precedence."""
    return replace(
        declared,
        kind=settings.scope_kinds.get(name, declared.kind),
        risk=settings.scope_risks.get(name, declared.risk),
    )


class ScopeProvider:
    """The scopes of the `scopes` setting, restricted by the application.

    Scopes that directives added come first. A host may subclass it to load scopes from
    elsewhere, per application and request. Results are not cached, so that a
    restriction takes effect at once.

    Args:
        settings: The settings of the server.
        added: The descriptions of scopes that directives added.
        traits: The traits of those scopes; settings take precedence.
    """

    def __init__(
        self,
        settings: Settings,
        added: Mapping[str, str],
        traits: Mapping[str, ScopeTraits] = MappingProxyType({}),
    ) -> None:
        self._catalogue = {**added, **settings.scopes, **added}
        self._default = settings.default_scopes
        self._traits = {
            name: _traits_by_settings(settings, name, traits.get(name, NO_TRAITS))
            for name in self._catalogue
        }
        optional = {name for name, each in self._traits.items() if each.is_optional}
        self._optional = frozenset(settings.optional_scopes) | optional

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
        """Whether the resource owner may deselect the scope.

        An attribute `optional_scopes` of your Application class takes precedence: the
        names as text, or None for those of the server.
        """
        own: str | None = getattr(application, "optional_scopes", None)
        return name in (self._optional if own is None else own.split())

    def traits(self, name: str, request: AnyRequest) -> ScopeTraits:
        """Return what is declared of the scope."""
        return self._traits.get(name, NO_TRAITS)

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
                traits.kind,
                traits.risk,
            )
            for name in names
            for traits in (self.traits(name, request),)
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
