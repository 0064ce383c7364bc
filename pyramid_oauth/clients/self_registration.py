"""Fields of applications from metadata that clients state about themselves.

RFC 7591 sections 2 and 3.2.1. Client registration and client ID metadata documents
apply it, each with limits of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.clients.metadata import Document, check_shapes, fields, with_defaults
from pyramid_oauth.clients.validation import set_fields
from pyramid_oauth.errors import FieldErrors
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.administrator_members import held_members
from pyramid_oauth.models.client_metadata import type_problem
from pyramid_oauth.models.redirect_uris import validation_error
from pyramid_oauth.server import Server, ServerRequest

EVERY_SCOPE = "*"

METADATA = "client_metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataLimits:
    """What clients may state about themselves.

    Attributes:
        scopes: The scopes that they may have, or `*`.
        grant_types: The grant types that they may have.
        has_all_scopes: Give every client all of them, whatever its `scope` names.
        drops_redirect_uris: Leave out redirect URIs that it cannot have, if another
            one remains, instead of refusing the client.
        is_strict: Refuse what is not offered, instead of leaving it out.
    """

    scopes: tuple[str, ...]
    grant_types: tuple[str, ...]
    has_all_scopes: bool = False
    drops_redirect_uris: bool = False
    is_strict: bool = False

    def scopes_of(self, catalogue: Iterable[str]) -> list[str]:
        """Return the scopes of the catalogue that clients may have."""
        if EVERY_SCOPE in self.scopes:
            return list(catalogue)
        return [name for name in catalogue if name in self.scopes]


def stated_fields(
    server: Server, request: ServerRequest, document: Document, limits: MetadataLimits
) -> dict[str, Any]:
    """Return the values of all columns for the known members of `document`.

    Raises:
        FieldErrors: A member is malformed or not for clients like this one.
    """
    check_shapes(document, server.application_rules)
    full = with_defaults(_drop_unoffered_types(server, document, limits))
    refused = [name for name in full["grant_types"] if name not in limits.grant_types]
    if refused:
        problem = f"{' '.join(refused)}: not for clients that register themselves"
        raise FieldErrors({"grant_types": [problem]})
    _narrow_scope(server, request, full, limits)
    if limits.drops_redirect_uris:
        _drop_redirect_uris(server, full)
    return fields(full, server.application_rules.schema)


def set_stated_fields(
    server: Server, application: AbstractApplication, values: Mapping[str, Any]
) -> None:
    """Set the fields of `stated_fields`; what a client cannot state is unchanged.

    That are columns (owner, lifetimes, …), members of the metadata that only an
    administrator can set, such as `native_redirect_uris`, and protections that one has
    set. `skip_authorization` is withdrawn: an administrator set it for the earlier
    metadata.

    Raises:
        FieldErrors: A validator of the model refuses a value.
    """
    schema, present = server.application_rules.schema, application.client_metadata or {}
    held = held_members(present)
    kept = {
        name: value
        for name, value in present.items()
        if name in held or not schema.is_stated(name)
    }
    stated = {**(values.get(METADATA) or {}), **kept}
    application.skip_authorization = False
    set_fields(application, {**values, METADATA: stated})


def _drop_unoffered_types(
    server: Server, document: Document, limits: MetadataLimits
) -> Document:
    """Return the document without unsupported response and grant types.

    RFC 7591 section 3.2.1; some clients always request all of them. Only if `code`
    remains, and unless the limits are strict.
    """
    types = document.get("response_types")
    offered = [frozenset(name.split()) for name in server.response_types]
    if limits.is_strict or not types:
        return document
    kept = [name for name in types if frozenset(name.split()) in offered]
    if "code" not in kept:
        return document
    narrowed = {**document, "response_types": kept}
    if "grant_types" in document:
        narrowed["grant_types"] = [
            name
            for name in document["grant_types"]
            if name in server.grants and name in limits.grant_types
        ]
    return narrowed


def _narrow_scope(
    server: Server, request: ServerRequest, full: Document, limits: MetadataLimits
) -> None:
    """Remove scopes that such clients may not have (RFC 7591 section 3.2.1).

    A client that names none gets all that it may have. With `has_all_scopes` every
    client does.
    """
    allowed = limits.scopes_of(server.scopes.catalogue(request))
    requested = full.get("scope", "").split()
    if limits.has_all_scopes or "scope" not in full:
        requested = allowed
    kept = [name for name in requested if name in allowed]
    if requested and not kept:
        raise FieldErrors({"scope": ["has no scope that registered clients may have"]})
    full["scope"] = " ".join(dict.fromkeys(kept))


def _drop_redirect_uris(server: Server, full: Document) -> None:
    """Leave out redirect URIs that are refused, if another one remains.

    RFC 7591 section 3.2.1: the response has those that were registered.
    """
    rules, kind = server.application_rules, full["application_type"]
    implicit = "implicit" in full["grant_types"]
    kept = [
        uri
        for uri in full.get("redirect_uris", ())
        if validation_error(uri, rules) is None
        and type_problem(uri, kind, rules, implicit=implicit) is None
    ]
    if kept:
        full["redirect_uris"] = kept
