"""The declared types of authorization details, and the directive that declares them.

RFC 9396 sections 2.1, 10 and 11.2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypedDict, Unpack

from pyramid.path import AssetResolver

from pyramid_oauth.clients.permitted import PermittedClients
from pyramid_oauth.config.registry import record_in
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.extensions.rich_authorization.detail_type import (
    ClientPolicy,
    DetailsType,
    Enrich,
    Merge,
    Narrow,
)
from pyramid_oauth.extensions.rich_authorization.details import Detail
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.resource.authorization_details import Check
from pyramid_oauth.scopes import ScopeTraits

TYPES = "pyramid_oauth.rich_authorization"
"""The key of the types by name in the registry."""

_SCHEMAS = "pyramid_oauth.extensions.rich_authorization.schemas"
"""Resolved when a type is declared: nobody else needs the library that it imports."""

_NAME = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,255}")


class DetailsTypeOptions(TypedDict, total=False):
    """Further arguments of `add_oauth_authorization_details_type`.

    Attributes:
        label: what the consent page says in one line: a text, or a function of the
            detail. Lists of consents and the ledger show it too.
        narrow: `(requested, granted)`: returns the detail that a token gets of what was
            granted, None if more is requested. It decides about token requests, and
            whether a former approval covers a request. Default: both must be equal.
        merge: combines the details of this type in one request. Default: equal ones
            become one.
        enrich: `(authorization, detail, answers)`: returns what is granted, such as the
            detail with the account that was selected; None grants nothing. `answers`
            are the fields of the template whose names begin with `item.name` and a dot.
        clients: the identifiers of the clients that may request it, or a callable
            `(request, application)`; None: all clients.
        client_policy: `(request, application, detail)`: whether a client may have it
            in a token of its own (`client_credentials`); None: no client may.
        optional: whether users may deselect it.
        remember: whether an approval counts for later requests too; False for what is
            done once, such as a payment. With `enrich` it never does.
        icon: what it is about, one of `pyramid_oauth.scopes.KINDS`.
        risk: `high`, `medium` or `low`; the consent page begins with the highest.
    """

    label: str | Callable[[Detail], str] | None
    narrow: Narrow | str
    merge: Merge | str
    enrich: Enrich | str | None
    clients: PermittedClients | str | None
    client_policy: ClientPolicy | str | None
    optional: bool
    remember: bool
    icon: str
    risk: str


def add_oauth_authorization_details_type(
    config: Configurator,
    name: str,
    schema: Mapping[str, Any] | str | None = None,
    *,
    template: str | None = None,
    check: Check | str | None = None,
    **options: Unpack[DetailsTypeOptions],
) -> None:
    """Declare a type of authorization details (RFC 9396 section 2.1).

    Args:
        name: the value of `type`, in ASCII; a URI of yours for an open standard.
        schema: a JSON schema (2020-12), or the asset specification of one. It need not
            describe `type`. Objects have no fields but those that it names. None: the
            common fields of section 2.2.
        template: the asset specification of a template that shows it, as `item` with
            `label` and `data`; None lists the fields. It makes phrasing content.
        check: `(request, detail)` for resource servers: whether the detail allows the
            request (`oauth_authorization_details`).
        **options: see `DetailsTypeOptions`.

    Raises:
        ConfigurationError: a value is malformed.
    """
    values = _resolve(config, name, options)
    problem, problem_of_part = _compile(config, name, schema)
    declared = DetailsType(
        name=name,
        problem=problem,
        problem_of_part=problem_of_part,
        template=template or DEFAULT_TEMPLATE,
        **values,
    )
    types = config.registry[TYPES]
    record_in(config, types, "oauth authorization details types", name, declared)
    config.add_oauth_authorization_details_check(name, check)


def _resolve(
    config: Configurator, name: str, options: DetailsTypeOptions
) -> dict[str, Any]:
    """Return the options with their dotted names resolved; refuse malformed ones."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"authorization details {name!r}: the type has 1 to 255 characters of "
            "ASCII, without blanks, quotes and backslashes"
        )
    values: dict[str, Any] = dict(options)
    try:
        ScopeTraits(
            kind=values.get("icon", "other"),
            risk=values.get("risk", "medium"),
            is_optional=bool(values.get("optional")),
        )
    except ValueError as error:
        raise ConfigurationError(f"authorization details {name}: {error}") from error
    for option in DOTTED & values.keys():
        values[option] = config.maybe_dotted(values[option])
    return values


DOTTED = frozenset({"narrow", "merge", "enrich", "clients", "client_policy"})
"""The options that may be the dotted name of a function."""

DEFAULT_TEMPLATE = "pyramid_oauth:extensions/rich_authorization/templates/detail.oauth"


def _compile(
    config: Configurator, name: str, schema: Mapping[str, Any] | str | None
) -> tuple[Callable[[Detail], str | None], Callable[[Detail], str | None]]:
    schemas: Any = config.maybe_dotted(_SCHEMAS)
    if schema is None:
        schema = schemas.COMMON_FIELDS
    elif isinstance(schema, str):
        schema = _load(config, name, schema)
    problems: tuple[Any, Any] = schemas.compile_schema(name, schema)
    return problems


def _load(config: Configurator, name: str, asset: str) -> Mapping[str, Any]:
    """Return the schema in an asset."""
    try:
        with AssetResolver(config.package).resolve(asset).stream() as stream:
            schema = json.load(stream)
    except (ImportError, OSError, ValueError) as error:
        raise ConfigurationError(f"{name}: {asset} is no schema: {error}") from error
    if not isinstance(schema, Mapping):
        raise ConfigurationError(f"{name}: {asset} has no JSON object")
    return schema
