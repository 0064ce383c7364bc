"""Settings of resource indicators."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.extensions.resource_indicators.resource import normalize
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to

_EQUALS = re.compile(r"\s+=\s*")
"""A blank comes first: an identifier may have a query with `=`."""


def by_identifier(value: to.Items) -> Mapping[str, str]:
    """Convert `identifier = text` lines; an identifier alone is its own text."""
    if isinstance(value, Mapping):
        rows = dict(value)
    else:
        pairs = (_EQUALS.split(line, maxsplit=1) for line in to.lines(value))
        rows = {pair[0]: pair[-1] for pair in pairs}
    for identifier in rows:
        normalize(identifier)
    return rows


def identifiers(value: to.Items) -> tuple[str, ...]:
    """Convert identifiers separated by white space."""
    given = tuple(value.split() if isinstance(value, str) else map(str, value))
    for identifier in given:
        normalize(identifier)
    return given


@dataclass(frozen=True, kw_only=True)
class ResourceSettings(Section):
    """Which resources access tokens can be for, and what requests must name."""

    resources: Mapping[str, str] = setting(
        by_identifier,
        {},
        "Resources that access tokens can be for, as `identifier = name` lines, with "
        "a blank before the `=` (RFC 8707). `config.add_oauth_resource` declares more.",
    )
    resource_scopes: Mapping[str, str] = setting(
        by_identifier,
        {},
        "The scopes that tokens for a resource of `resources` can have, as `identifier "
        "= scopes` lines. Default: all but those of OpenID Connect.",
    )
    resource_lifetimes: Mapping[str, str] = setting(
        by_identifier,
        {},
        "The greatest lifetime of tokens for a resource of `resources`, as `identifier "
        "= lifetime` lines.",
    )
    resource_token_formats: Mapping[str, str] = setting(
        by_identifier,
        {},
        "The format of tokens for a resource of `resources`, as `identifier = format` "
        "lines.",
    )
    resource_clients: Mapping[str, str] = setting(
        by_identifier,
        {},
        "The clients that may ask for a resource of `resources`, as `identifier = "
        "client_ids` lines. Default: all clients.",
    )
    resource_servers: Mapping[str, str] = setting(
        by_identifier,
        {},
        "The clients as which a resource of `resources` itself may introspect its "
        "tokens, as `identifier = client_ids` lines.",
    )
    resource_provider: Any = setting(
        to.optional_callable,
        None,
        "A callable (request, identifier) that returns a `Resource` that is not "
        "declared, or None.",
    )
    default_resources: tuple[str, ...] = setting(
        identifiers,
        (),
        "The resources of requests that name none, and of grants that were made for "
        "none.",
    )
    require_resource: bool = setting(
        to.boolean,
        False,
        "Refuse requests that name no resource, unless there are `default_resources` "
        "(RFC 8707 section 2.1).",
    )
    single_resource_tokens: bool = setting(
        to.boolean,
        False,
        "Issue access tokens for one resource each, so that none can use them at "
        "another (RFC 8707 section 3).",
    )
    resource_limit: int = setting(
        to.integer(1, 50), 10, "Resources that one request may name."
    )
    audience_parameter: bool = setting(
        to.boolean,
        False,
        "Read the parameter `audience` like `resource`, for clients that send it.",
    )
    publish_resources: bool = setting(
        to.boolean,
        False,
        "List the declared resources in the server's metadata as `protected_resources` "
        "(RFC 9728 section 4).",
    )
