"""An application as JSON, and the values that a client sends.

A secret is only in the response to the request that generated it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pyramid_oauth.clients.validation import needs_secret
from pyramid_oauth.extensions.applications.fields import settable_fields
from pyramid_oauth.extensions.applications_api.properties import (
    Property,
    build_properties,
)
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.client_metadata_fields import Errors, add_error

READ_ONLY: Mapping[str, Mapping[str, Any]] = {
    "client_id": {"type": "string"},
    "client_type": {"enum": ["confidential", "public"]},
    "source": {"type": "string", "description": "Who registered it."},
    "has_secret": {"type": "boolean"},
    "client_secret_expires_at": {"type": ["string", "null"], "format": "date-time"},
    "former_secret_expires_at": {"type": ["string", "null"], "format": "date-time"},
    "created_at": {"type": "string", "format": "date-time"},
    "updated_at": {"type": "string", "format": "date-time"},
}
"""The members that nobody sets, with their schema."""

DISABLED = "disabled"
"""The member that disables an application; it is no column."""


@cache
def properties_of(
    model: Any,  # noqa: ANN401 - a class; the cache wants it hashable
    *,
    by_administrator: bool,
) -> Mapping[str, Property]:
    """Return the properties that a client may set, by name.

    Args:
        model: The configured Application class.
        by_administrator: Whether the client manages everybody's applications.
    """
    names = settable_fields(model, by_administrator=by_administrator)
    return {each.name: each for each in build_properties(model, names)}


def describe(
    application: AbstractApplication, properties: Iterable[Property]
) -> dict[str, Any]:
    """Return the application without its secrets."""
    return {
        "client_id": application.client_id,
        **{
            each.name: each.show(getattr(application, each.name)) for each in properties
        },
        "client_type": application.client_type,
        "source": application.source,
        DISABLED: application.disabled_at is not None,
        "has_secret": needs_secret(application),
        "client_secret_expires_at": _moment(application.client_secret_expires_at),
        "former_secret_expires_at": _moment(
            application.retiring_client_secret_expires_at
        ),
        "created_at": _moment(application.created_at),
        "updated_at": _moment(application.updated_at),
    }


def _moment(value: Any) -> str | None:  # noqa: ANN401 - a datetime or None
    return None if value is None else value.isoformat()


def read_values(
    sent: Mapping[str, Any], properties: Mapping[str, Property], errors: Errors
) -> dict[str, Any]:
    """Return the values of the columns; add what is malformed to `errors`.

    A member that is no property is passed on, so that the manager reports the error.
    """
    values: dict[str, Any] = {}
    for name, value in sent.items():
        known = properties.get(name)
        if known is None:
            values[name] = value
        elif value is None and not known.is_nullable:
            add_error(errors, name, "must not be null")
        else:
            _read(known, value, values, errors)
    return values


def _read(
    known: Property, value: object, values: dict[str, Any], errors: Errors
) -> None:
    try:
        values[known.name] = None if value is None else known.read(value)
    except ValueError as error:
        add_error(errors, known.name, str(error))


def require_members(
    sent: Mapping[str, Any], properties: Mapping[str, Property], errors: Errors
) -> None:
    """Add an error for each member that a new application must have."""
    for each in properties.values():
        if each.is_required and each.name not in sent:
            add_error(errors, each.name, "is missing")
