"""Directives and settings that declare protected resources and their metadata.

RFC 9728.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pyramid.registry import Registry
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.resource.protected_resource import (
    PROTECTED_RESOURCES,
    WELL_KNOWN,
    ProtectedResource,
    ProtectedResources,
    check_identifier,
    decoded_path,
    is_plain_http,
    metadata_url_of,
    segments_of,
)
from pyramid_oauth.resource.resource_metadata import (
    CONTRIBUTIONS,
    Contribution,
    as_list,
    build_documents,
    check_metadata_url,
    read_members,
    resource_metadata,
)
from pyramid_oauth.settings import PREFIX, SETTINGS
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.checks import Check, Severity
from pyramid_oauth.settings.directive_registration import add_directive
from pyramid_oauth.settings.section import Section, setting

ROUTE = "pyramid_oauth.resource_metadata"

LATE = 10
"""Action order after all includes, whose schemes the metadata names."""


@dataclass(frozen=True, kw_only=True)
class ProtectedResourceSettings(Section):
    """A protected resource (RFC 9728) and the audience of tokens."""

    protected_resource: str | None = setting(
        to.optional_text_or_environment,
        None,
        "The identifier of the resource that this process protects: the https URL "
        "below which its API lies, or `env:NAME`. Declare several with "
        "`config.add_oauth_protected_resource`.",
    )
    protected_resource_name: str | None = setting(
        to.optional_text, None, "Its name in the metadata, for people."
    )
    protected_resource_scopes: tuple[str, ...] = setting(
        to.words, (), "The scopes that its metadata names."
    )
    protected_resource_servers: tuple[str, ...] = setting(
        to.words,
        (),
        "The issuers of the authorization servers that its metadata names; unset, "
        "`pyramid_oauth.token_issuer`, or `pyramid_oauth.issuer` for a server that "
        "verifies its own tokens.",
    )
    accept_tokens_without_audience: bool = setting(
        to.boolean,
        False,
        "Accept tokens without an audience for protected resources. A token with the "
        "audience of another resource is refused all the same.",
    )


def _plain_http(registry: Registry) -> Iterator[str]:
    if not registry[SETTINGS].allow_http:
        yield from filter(is_plain_http, registry[PROTECTED_RESOURCES].by_identifier)


def _accepts_every_audience(registry: Registry) -> Iterator[str]:
    for resource in registry[PROTECTED_RESOURCES].by_identifier.values():
        if not resource.requires_audience:
            yield resource.identifier


CHECKS = (
    Check(
        "E060",
        "",
        _plain_http,
        "the protected resource {} must be https unless it is local (RFC 9728 section "
        f"1.2); {PREFIX}allow_http = true allows http",
        severity=Severity.FATAL,
        section=Registry,
    ),
    Check(
        "W160",
        "",
        _accepts_every_audience,
        "the protected resource {} accepts tokens without an audience, such as those "
        "that another resource has received (RFC 9728 section 7.4)",
        severity=Severity.WARNING,
        section=Registry,
    ),
)


def add_oauth_protected_resource(
    config: Configurator,
    identifier: str,
    *,
    path: str | None = None,
    audience: str | Iterable[str] = (),
    requires_audience: bool | None = None,
    issuers: str | Iterable[str] = (),
    metadata_url: str | None = None,
    members: Mapping[str, Any] | None = None,
    **metadata: Any,  # noqa: ANN401 - words, texts or truth values
) -> None:
    """Declare a resource that this process protects (RFC 9728).

    A token must have the identifier in its audience, whatever verifies it. A request
    belongs to the resource with the longest path that is a prefix of its own, or to the
    one that its view names by `oauth_resource`.

    Args:
        identifier: The https URL that tokens have as their audience, without query and
            fragment; http for this machine only.
        path: The path of its requests, if a proxy removes a prefix of the identifier's.
        audience: Further values that a token may have instead of the identifier.
        requires_audience: Whether a token without one is refused; default: by setting.
        issuers: The issuers of its tokens; default: all whom the verifier accepts.
        metadata_url: Its URL in challenges, if another server publishes it.
        members: Members of the metadata that RFC 9728 does not define.
        metadata: Members that it defines (section 2), such as `resource_name`. Lists
            may be words; texts for people may be mappings from language tags.

    Raises:
        ConfigurationError: The identifier or a member is malformed.
    """
    declared = _declare(
        config, identifier, path, audience, requires_audience, metadata_url
    )
    accepted = as_list(issuers)
    metadata = {"authorization_servers": accepted or None, **metadata}
    known = read_members(metadata, members or {})
    _register(config, replace(declared, issuers=frozenset(accepted), members=known))


def _declare(
    config: Configurator,
    identifier: str,
    path: str | None,
    audience: str | Iterable[str],
    requires_audience: bool | None,
    metadata_url: str | None,
) -> ProtectedResource:
    check_identifier(identifier)
    metadata_url = metadata_url or metadata_url_of(identifier)
    check_metadata_url(metadata_url)
    if requires_audience is None:
        section = config.registry[SETTINGS][ProtectedResourceSettings]
        requires_audience = not section.accept_tokens_without_audience
    return ProtectedResource(
        identifier=identifier,
        path=segments_of(decoded_path(identifier) if path is None else path),
        metadata_url=metadata_url,
        audience=frozenset((identifier, *as_list(audience))),
        requires_audience=requires_audience,
    )


def _register(config: Configurator, resource: ProtectedResource) -> None:
    resources: ProtectedResources = config.registry[PROTECTED_RESOURCES]
    name = resource.identifier
    introspectable = config.introspectable(
        "oauth protected resources", name, name, "OAuth"
    )
    introspectable["value"] = resource
    config.action(
        ("oauth protected resources", name),
        lambda: resources.add(resource),
        introspectables=(introspectable,),
    )
    _publish(config)


def _publish(config: Configurator) -> None:
    """Add the route of all documents, where no prefix of an include applies."""
    if config.registry.get(ROUTE):
        return
    config.registry[ROUTE] = True
    prefix, config.route_prefix = config.route_prefix, None
    try:
        config.add_route(ROUTE, f"{WELL_KNOWN}*resource_path")
    finally:
        config.route_prefix = prefix
    config.add_view(
        resource_metadata,
        route_name=ROUTE,
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
    )


def add_oauth_resource_metadata(
    config: Configurator, name: str, contribute: Contribution | str
) -> None:
    """Add members to the metadata of every protected resource (RFC 9728 section 2).

    For what this process supports, such as the algorithms of DPoP proofs. The members
    that a resource declares itself replace them.

    Args:
        name: The name of the contribution.
        contribute: The members, or a callable that returns them for a
            `ProtectedResource`, at the end of the configuration; or its dotted name.
    """
    resolved = config.maybe_dotted(contribute)
    category = "oauth resource metadata"
    introspectable = config.introspectable(category, name, name, "OAuth")
    introspectable["value"] = resolved

    def register() -> None:
        config.registry[CONTRIBUTIONS][name] = resolved

    config.action((category, name), register, introspectables=(introspectable,))


def includeme(config: Configurator) -> None:
    """Add the directives, and the resource that the settings name."""
    config.registry[PROTECTED_RESOURCES] = ProtectedResources()
    config.registry[CONTRIBUTIONS] = {}
    add_directive(config, add_oauth_protected_resource)
    add_directive(config, add_oauth_resource_metadata)
    section = config.add_oauth_settings(ProtectedResourceSettings)
    config.add_oauth_check(*CHECKS)
    if section.protected_resource:
        config.add_oauth_protected_resource(
            section.protected_resource,
            resource_name=section.protected_resource_name,
            scopes_supported=section.protected_resource_scopes,
            authorization_servers=section.protected_resource_servers or None,
        )
    config.action(
        ("oauth protected resources", "complete"),
        lambda: build_documents(config.registry),
        order=LATE,
    )
