"""Management of applications by people: register, change, rotate the secret, delete.

RFC 6749 section 2. The command line, the pages and the JSON API call these functions,
which validate, write, invalidate cached copies and notify subscribers. The caller must
check the permission.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pyramid_oauth import events
from pyramid_oauth.cleanup import delete_applications
from pyramid_oauth.clients import validation
from pyramid_oauth.clients.drafts import (
    changed_fields,
    claim,
    copy_application,
    store_field,
    validate_draft,
)
from pyramid_oauth.clients.keys import renew_secret, seal_secret
from pyramid_oauth.clients.validation import GENERATED, NewSecret
from pyramid_oauth.clock import now
from pyramid_oauth.errors import FieldErrors
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application import ADMINISTRATOR, OWNER
from pyramid_oauth.models.client_metadata_fields import Errors
from pyramid_oauth.models.columns import apply_defaults
from pyramid_oauth.server import Server, ServerRequest

Fields = Mapping[str, Any]
"""Values of columns of the configured Application class, by attribute name."""

Adjust = Callable[[Any], None]
"""Changes a valid draft before it is stored, such as a field that follows another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A new application.

    Attributes:
        application: The row, in the session of the request.
        client_secret: Its generated secret, which is not stored; None without one.
    """

    application: AbstractApplication
    client_secret: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RotatedSecret:
    """A new secret.

    Attributes:
        client_secret: The secret, which is not stored.
        former_expires_at: Until when the former secret is accepted.
    """

    client_secret: str
    former_expires_at: datetime


def register_application(
    request: ServerRequest,
    values: Fields,
    *,
    new_secret: NewSecret = GENERATED,
    source: str = ADMINISTRATOR,
    errors: Errors | None = None,
    by: str | None = None,
) -> Registered:
    """Store a new application; generate a secret where its method needs one.

    Args:
        request: The Pyramid request.
        values: The fields; those that are left out get their defaults.
        new_secret: A chosen secret, or the lifetime of a generated one.
        source: Who registers it; see `AbstractApplication.source`.
        errors: What the caller has found already, by field.
        by: The subject of the person who registers it, for the event.

    Raises:
        FieldErrors: One or more fields are invalid; it has all errors.
    """
    server: Server = request.oauth.server
    session = server.session(request)
    application = server.models.Application(source=source)
    found = _set_fields(application, values, errors)
    apply_defaults(application)
    secret = validation.settle_secret(server, application, new_secret)
    validate_draft(server, session, application, values, found)
    session.add(application)
    session.flush()
    events.notify(
        events.ClientRegistered(
            request=request,
            client_id=application.client_id,
            user_id=by,
            source=source,
        )
    )
    return Registered(application=application, client_secret=secret)


def change_application(
    request: ServerRequest,
    application: AbstractApplication,
    values: Fields,
    *,
    new_secret: NewSecret = GENERATED,
    revision: int | None = None,
    adjust: Adjust | None = None,
    errors: Errors | None = None,
    by: str | None = None,
) -> str | None:
    """Replace the fields in `values` and keep all others.

    A copy is validated first, so that no part of a refused change is stored.

    Args:
        request: The Pyramid request.
        application: The row, in its session.
        values: The new values.
        new_secret: A chosen secret, or the lifetime of a generated one.
        revision: The revision that the person has seen; default: the present one.
        adjust: Called with the draft after the values are set.
        errors: What the caller has found already, by field.
        by: The subject of the person who changes it, for the event.

    Returns:
        A new secret, if the change requires one; it is not stored.

    Raises:
        FieldErrors: One or more fields would be invalid; it has all errors.
        ChangedMeanwhile: `revision` is not the present one.
    """
    draft = copy_application(application)
    found = _set_fields(draft, values, errors)
    if adjust is not None:
        adjust(draft)
    secret = validation.settle_secret(request.oauth.server, draft, new_secret)
    _store_draft(request, application, draft, revision, found, by)
    return secret


def _store_draft(
    request: ServerRequest,
    application: AbstractApplication,
    draft: AbstractApplication,
    revision: int | None,
    found: Errors,
    by: str | None,
) -> None:
    """Validate a changed copy of an application, and store what has changed."""
    server: Server = request.oauth.server
    session = server.session(request)
    changed = changed_fields(application, draft)
    validate_draft(server, session, draft, changed, found)
    claim(server, session, application, revision)
    for name in changed:
        store_field(application, name, getattr(draft, name))
    _finish_change(request, application, changed, by)


def set_enabled(
    request: ServerRequest,
    application: AbstractApplication,
    enabled: bool,
    *,
    role: str = ADMINISTRATOR,
    by: str | None = None,
) -> None:
    """Enable or disable an application.

    A disabled application gets no tokens, and its existing tokens are not accepted. An
    administrator may disable what its owner has disabled, who then cannot enable it.

    Args:
        request: The Pyramid request.
        application: The row, in the session of the request.
        enabled: The new state.
        role: The role in which the person acts: `administrator` or `owner`.
        by: The subject of the person, for the event.

    Raises:
        ChangedMeanwhile: Another request changes the application now.
    """
    is_overruled = role == ADMINISTRATOR and application.disabled_by == OWNER
    is_known = (application.disabled_at is None) == enabled
    if is_known and (enabled or not is_overruled):
        return
    server: Server = request.oauth.server
    claim(server, server.session(request), application, None)
    application.disabled_at = None if enabled else application.disabled_at or now()
    application.disabled_by = None if enabled else role
    _finish_change(request, application, ["disabled_at", "disabled_by"], by)


def rotate_secret(
    request: ServerRequest,
    application: AbstractApplication,
    *,
    overlap: timedelta,
    revision: int | None = None,
    lifetime: timedelta | None = None,
    by: str | None = None,
) -> RotatedSecret:
    """Generate a new secret; the former one stays valid for `overlap`.

    Args:
        request: The Pyramid request.
        application: The row, in the session of the request.
        overlap: How long the former secret is accepted.
        revision: The revision that the person has seen; default: the present one.
        lifetime: How long the new secret is accepted; None: without an end.
        by: The subject of the person who rotates it, for the event.

    Raises:
        FieldErrors: The application needs no secret.
        ChangedMeanwhile: `revision` is not the present one.
    """
    if not validation.needs_secret(application):
        method = application.token_endpoint_auth_method
        raise FieldErrors({"client_secret": [f"there is none: it uses {method}"]})
    server: Server = request.oauth.server
    claim(server, server.session(request), application, revision)
    secret, until = renew_secret(application, overlap, lifetime)
    seal_secret(application, secret, server.secret_seal)
    _flush(request, application)
    event = events.ClientSecretRotated(
        request=request,
        client_id=application.client_id,
        user_id=by,
        former_expires_at=until,
    )
    events.notify(event)
    return RotatedSecret(client_secret=secret, former_expires_at=until)


def delete_application(
    request: ServerRequest, application: AbstractApplication, *, by: str | None = None
) -> None:
    """Delete an application with its grants, consents and tokens."""
    server: Server = request.oauth.server
    session, client_id = server.session(request), application.client_id
    session.expunge(application)
    delete_applications(session, server.models, [client_id])
    server.repositories.applications.invalidate(client_id)
    events.notify(
        events.ClientDeleted(request=request, client_id=client_id, user_id=by)
    )


def _set_fields(
    application: AbstractApplication, values: Fields, errors: Errors | None
) -> Errors:
    """Set the fields; return `errors` with those of the validators of the class."""
    found = {name: [*problems] for name, problems in (errors or {}).items()}
    try:
        validation.set_fields(application, values)
    except FieldErrors as refused:
        found |= refused.errors
    return found


def _finish_change(
    request: ServerRequest,
    application: AbstractApplication,
    changed: Collection[str],
    by: str | None,
) -> None:
    _flush(request, application)
    events.notify(
        events.ClientUpdated(
            request=request,
            client_id=application.client_id,
            user_id=by,
            fields=tuple(changed),
        )
    )


def _flush(request: ServerRequest, application: AbstractApplication) -> None:
    server: Server = request.oauth.server
    server.session(request).flush()
    server.repositories.applications.invalidate(application.client_id)
