"""Rules that restrict the values that owners may set to what the settings allow.

No specification. What an administrator has set stays as it is while an owner changes
something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pyramid_oauth.extensions.applications.fields import settable_fields
from pyramid_oauth.extensions.applications.settings import (
    EVERY_SCOPE,
    ApplicationsSettings,
)
from pyramid_oauth.i18n import Problem
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.administrator_members import held_members, hold_protections
from pyramid_oauth.models.application import ADMINISTRATOR, CONFIDENTIAL, OWNER, PUBLIC
from pyramid_oauth.models.client_metadata_fields import Errors, add_error
from pyramid_oauth.models.columns import constants
from pyramid_oauth.server import Server, ServerRequest

NOT_FOR_OWNERS = Problem("may be set by administrators only")

HELD = Problem("was set by an administrator; only administrators may change it")

UNVERIFIED_MEMBERS = frozenset({"software_statement"})
"""Members that count as verified, since registration verifies them (RFC 7591 2.3)."""

DETAILS_TYPES = "authorization_details_types"
"""The member with the types that a client uses (RFC 9396 section 10)."""

Values = dict[str, Any]

Words = str | Iterable[str] | None


def prepare_values(
    server: Server,
    values: Mapping[str, Any],
    application: AbstractApplication | None,
    *,
    by_administrator: bool,
    errors: Errors,
) -> Values:
    """Return those of `values` that the person may set, with what follows from them.

    Args:
        server: The server.
        values: The given fields; `client_metadata` holds single members, and None
            removes one.
        application: The application that is changed; None for a new one.
        by_administrator: Whether an administrator gives them.
        errors: Receives an error for each field that the person may not set.
    """
    model = server.models.Application
    known = settable_fields(model, by_administrator=True)
    settable = settable_fields(model, by_administrator=by_administrator)
    prepared = {name: value for name, value in values.items() if name in settable}
    for name in values.keys() - settable:
        problem = NOT_FOR_OWNERS if name in known else Problem("cannot be set")
        add_error(errors, name, problem)
    if "token_endpoint_auth_method" in prepared:
        is_public = prepared["token_endpoint_auth_method"] == "none"
        prepared["client_type"] = PUBLIC if is_public else CONFIDENTIAL
    if isinstance(prepared.get("client_metadata"), dict):
        present = dict((application and application.client_metadata) or {})
        given = prepared["client_metadata"]
        if not by_administrator:
            _check_members(server, given, present, errors)
        merged = {**present, **given}
        kept = {name: value for name, value in merged.items() if value is not None}
        if by_administrator:
            kept = hold_protections(server.application_rules.schema, present, kept)
        prepared["client_metadata"] = kept
    return prepared


def _check_members(
    server: Server, given: Values, present: Values, errors: Errors
) -> None:
    schema, held = server.application_rules.schema, held_members(present)
    for name, value in given.items():
        if value == present.get(name):
            continue
        if name in held:
            add_error(errors, "client_metadata", HELD.about(name))
        elif schema.field(name) is None:
            add_error(errors, "client_metadata", Problem("is not known").about(name))
        elif name in UNVERIFIED_MEMBERS or not schema.is_stated(name):
            add_error(errors, "client_metadata", NOT_FOR_OWNERS.about(name))


def narrow_to_owner(
    request: ServerRequest,
    server: Server,
    values: Values,
    application: AbstractApplication | None,
    errors: Errors,
) -> None:
    """Refuse grant types and scopes that owners may not add; change `values`."""
    section = server.settings[ApplicationsSettings]
    if application is None:
        default = constants(server.models.Application)["authorization_grant_type"]
        values.setdefault("authorization_grant_type", default)
    _refuse_added(
        *("authorization_grant_type", values, application, errors),
        section.application_grant_types,
    )
    if EVERY_SCOPE in section.application_scopes:
        return
    catalogue = server.scopes.catalogue(request)
    offered = [name for name in catalogue if name in section.application_scopes]
    if application is None or "allowed_scopes" in values:
        # None would mean every scope of the server.
        is_open = application is not None and application.allowed_scopes is None
        if not values.get("allowed_scopes") and not is_open:
            values["allowed_scopes"] = " ".join(offered)
    for name in ("allowed_scopes", "default_scopes"):
        _refuse_added(name, values, application, errors, offered)


def _refuse_added(
    name: str,
    values: Values,
    application: AbstractApplication | None,
    errors: Errors,
    allowed: Iterable[str],
) -> None:
    """Add an error for each word that is neither allowed nor there already."""
    present = set((getattr(application, name, None) or "").split())
    for word in (values.get(name) or "").split():
        if word not in present and word not in allowed:
            add_error(errors, name, NOT_FOR_OWNERS.about(word))


def distrust(application: AbstractApplication, draft: AbstractApplication) -> None:
    """Withdraw from `draft` the trust that an administrator had in `application`.

    Users are not asked about a trusted application, so that it could otherwise get by
    itself whatever it asks for.
    """
    if _reaches_further(application, draft):
        draft.skip_authorization = False
    names = ("name", "redirect_uris", "client_metadata")
    if application.source == ADMINISTRATOR and any(
        getattr(application, name) != getattr(draft, name) for name in names
    ):
        draft.source = OWNER


def _reaches_further(before: AbstractApplication, after: AbstractApplication) -> bool:
    """Whether an application has new redirect URIs, or may ask for more."""
    return any(
        _has_more(getattr(before, name), getattr(after, name))
        for name in ("redirect_uris", "authorization_grant_type", "allowed_scopes")
    ) or _has_more(before.declared(DETAILS_TYPES), after.declared(DETAILS_TYPES))


def _has_more(before: Words, after: Words) -> bool:
    """Whether a list has new words; None stands for all."""
    if before is None or after is None:
        return before is not None
    old, new = (
        set(words.split() if isinstance(words, str) else words)
        for words in (before, after)
    )
    return not new <= old
