"""Checks of the declared resources and their settings (RFC 8707)."""

from __future__ import annotations

from collections.abc import Iterator

from pyramid.registry import Registry

from pyramid_oauth.config.registry import COLLECTED
from pyramid_oauth.extensions.resource_indicators.catalogue import (
    RESOURCES,
    ResourceCatalogue,
)
from pyramid_oauth.extensions.resource_indicators.resource import normalize
from pyramid_oauth.extensions.resource_indicators.settings import ResourceSettings
from pyramid_oauth.resource.protected_resource import PROTECTED_RESOURCES
from pyramid_oauth.settings import PREFIX, SETTINGS
from pyramid_oauth.settings.check_builders import fatal, warning
from pyramid_oauth.settings.checks import Check, Severity

_TABLES = (
    "resource_scopes",
    "resource_lifetimes",
    "resource_token_formats",
    "resource_clients",
    "resource_servers",
)


def _catalogue(registry: Registry) -> ResourceCatalogue:
    return registry[RESOURCES]  # type: ignore[no-any-return]


def _undeclared_defaults(registry: Registry) -> Iterator[str]:
    """Yield default resources that no client could ever get."""
    catalogue = _catalogue(registry)
    if catalogue.provider is not None:
        return
    for identifier in registry[SETTINGS][ResourceSettings].default_resources:
        if normalize(identifier) not in catalogue.declared:
            yield identifier


def _rows_without_resource(settings: ResourceSettings) -> Iterator[str]:
    """Yield rows of the tables about resources that `resources` does not have."""
    for table in _TABLES:
        for identifier in getattr(settings, table).keys() - settings.resources.keys():
            yield f"{identifier!r} of {PREFIX}{table}"


def _unknown_formats(registry: Registry) -> Iterator[str]:
    """Yield token formats that are not registered."""
    there = registry[COLLECTED].token_formats
    for each in _catalogue(registry).declared.values():
        if each.token_format not in (None, *there):
            yield (
                f"{each.token_format!r} of {each.identifier} is unknown; there are "
                f"{', '.join(there)}"
            )


def _unknown_scopes(registry: Registry) -> Iterator[str]:
    """Yield scopes that no client can get, since the server has no such scope."""
    registrations, settings = registry[COLLECTED], registry[SETTINGS]
    if registrations.scope_provider is not None or settings.scope_provider is not None:
        return
    there = {*registrations.scopes, *settings.scopes}
    for each in _catalogue(registry).declared.values():
        for name in sorted({*(each.scopes or ())} - there):
            yield f"{name!r} of {each.identifier}"


def _requires_without_resource(registry: Registry) -> bool:
    """Whether every request is refused."""
    settings = registry[SETTINGS][ResourceSettings]
    return settings.require_resource and _catalogue(registry).is_empty


def _unreachable_resources(registry: Registry) -> Iterator[str]:
    """Yield resources that this process protects and no token can be for."""
    catalogue, there = _catalogue(registry), registry.get(PROTECTED_RESOURCES)
    if catalogue.provider is not None or there is None:
        return
    issued = {each.identifier for each in catalogue.declared.values()}
    issued.update(registry[SETTINGS].default_audience)
    for each in there.by_identifier.values():
        if issued.isdisjoint(each.audience):
            yield each.identifier


def _has_unused_audience(registry: Registry) -> bool:
    """Whether tokens always have the audience of `default_resources` instead."""
    settings = registry[SETTINGS]
    return bool(
        settings.default_audience and settings[ResourceSettings].default_resources
    )


CHECKS = (
    fatal(
        "E080",
        "default_resources",
        _undeclared_defaults,
        "names {}, which is not declared: add it to the setting `resources`, or by "
        "config.add_oauth_resource",
        section=Registry,
    ),
    fatal(
        "E081",
        "resources",
        _rows_without_resource,
        "does not have {}: add it, or describe it by config.add_oauth_resource",
        section=ResourceSettings,
    ),
    fatal(
        "E082",
        "resource_token_formats",
        _unknown_formats,
        ": {}",
        section=Registry,
    ),
    fatal(
        "E083",
        "require_resource",
        _requires_without_resource,
        "= true refuses every request, because no resource is declared",
        section=Registry,
    ),
    fatal(
        "E084",
        "single_resource_tokens",
        lambda settings: (
            settings.single_resource_tokens and len(settings.default_resources) > 1
        ),
        f"= true goes with at most one of {PREFIX}default_resources, because a request "
        "that names none would be refused",
        section=ResourceSettings,
    ),
    warning(
        "W180",
        "resources",
        _unknown_scopes,
        "have the scope {}, which the server does not have, so that nobody can get it",
        section=Registry,
    ),
    warning(
        "W181",
        "default_audience",
        _has_unused_audience,
        f"has no effect: {PREFIX}default_resources are the audience",
        section=Registry,
    ),
    Check(
        "W182",
        "",
        _unreachable_resources,
        "this process protects {}, but no token can be for it: declare exactly this "
        f"identifier in {PREFIX}resources or by config.add_oauth_resource, unless its "
        "tokens come from another server",
        severity=Severity.NOTICE,
        section=Registry,
    ),
)
