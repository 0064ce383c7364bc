"""Validated creation and update of applications.

RFC 7591 section 2. The command line and client registration use it. It checks the
rules of the model (including those of a host), then the supported values, then what an
extension must fetch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from pyramid_oauth.clients.keys import needs_secret_as_key, seal_secret
from pyramid_oauth.clock import now
from pyramid_oauth.errors import FieldErrors
from pyramid_oauth.fetch import FetchError
from pyramid_oauth.i18n import Problem
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.models.application_validation import SECRET_METHODS
from pyramid_oauth.models.client_metadata_fields import Errors, Field, add_error
from pyramid_oauth.server import Server


def set_fields(application: AbstractApplication, values: Mapping[str, Any]) -> None:
    """Set the fields in `values`.

    Raises:
        FieldErrors: A validator of the model (SQLAlchemy's `validates`) raised a
            ValueError for one or more fields.
    """
    errors: dict[str, list[str]] = {}
    for name, value in values.items():
        try:
            setattr(application, name, value)
        except ValueError as error:
            errors[name] = [str(error)]
    if errors:
        raise FieldErrors(errors)


def validate_application(server: Server, application: AbstractApplication) -> None:
    """Validate `application`. Documents are fetched only if there is no other error.

    Raises:
        FieldErrors: One or more fields are invalid; it has all errors.
    """
    require_valid_fields(server, application)
    verify_documents(server, application)


def require_valid_fields(server: Server, application: AbstractApplication) -> None:
    """Raise FieldErrors with the errors of `application`; fetch no document."""
    errors = application_errors(server, application)
    if errors:
        raise FieldErrors(errors)


def verify_documents(server: Server, application: AbstractApplication) -> None:
    """Fetch what the metadata refer to; raise FieldErrors if it does not confirm them.

    It may take seconds, so no transaction that writes may be open.
    """
    for verify in server.application_rules.schema.verifications:
        errors = verify(server, application)
        if errors:
            raise FieldErrors(errors)


def application_errors(server: Server, application: AbstractApplication) -> Errors:
    """Return the errors of `application` by field, without fetching documents."""
    errors: Errors = application.field_errors(server.application_rules)
    # Malformed values cannot be compared with the supported ones.
    return errors or unsupported_values(server, application)


def give_secret(
    server: Server, application: AbstractApplication, chosen: str | None = None
) -> str:
    """Set a new or a `chosen` secret, encrypted if it is also a key; return it."""
    if chosen is None:
        secret: str = application.new_client_secret()
    else:
        application.set_client_secret(chosen)
        secret = chosen
    seal_secret(application, secret, server.secret_seal)
    return secret


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """What the secret of an application is, where it gets a new one.

    Attributes:
        chosen: One that a person chose; None generates one where it is needed.
        lifetime: How long a generated one is accepted; None: as the application says.
    """

    chosen: str | None = dataclasses.field(default=None, repr=False)
    lifetime: timedelta | None = None


GENERATED = NewSecret()


def settle_secret(
    server: Server, application: AbstractApplication, new: NewSecret = GENERATED
) -> str | None:
    """Give the application the secret that its fields need, or drop a useless one.

    Returns:
        The secret, where one was generated: there was none, it had expired, or it must
        be usable as a key and was not stored as one.
    """
    if new.chosen is not None:
        give_secret(server, application, new.chosen)
        return None
    if not needs_secret(application):
        application.client_secret = application.sealed_client_secret = None
        application.retiring_client_secret = None
        application.client_secret_expires_at = None
        return None
    if not _needs_new_secret(application):
        return None
    if _is_secret_expired(application):
        application.client_secret_expires_at = None
    if new.lifetime is not None:
        application.client_secret_expires_at = now() + new.lifetime
    secret = give_secret(server, application)
    application.retiring_client_secret = None
    return secret


def _is_secret_expired(application: AbstractApplication) -> bool:
    until = application.client_secret_expires_at
    return until is not None and until <= now()


def _needs_new_secret(application: AbstractApplication) -> bool:
    if application.client_secret is None or _is_secret_expired(application):
        return True
    as_key = needs_secret_as_key(
        application.client_metadata or {}, application.token_endpoint_auth_method
    )
    if not as_key:
        application.sealed_client_secret = None
    return as_key and application.sealed_client_secret is None


def needs_secret(application: AbstractApplication) -> bool:
    """Whether the authentication method or an algorithm requires a secret."""
    method = application.token_endpoint_auth_method
    if method in SECRET_METHODS:
        return True
    return method != "none" and needs_secret_as_key(
        application.client_metadata or {}, method
    )


def unsupported_values(server: Server, application: AbstractApplication) -> Errors:
    """Return errors for values that `server` does not support, by field."""
    errors: Errors = {}
    for field in server.application_rules.schema.fields.values():
        if field.offered is not None:
            offered = server.metadata.get(field.offered) or ()
            for value in _requested_values(field, application):
                if not _is_among(value, offered):
                    name = field.column or field.name
                    add_error(errors, name, _unsupported(value, offered))
        if field.is_fetched:
            _check_fetched(server, application, field, errors)
    _check_secret(application, errors)
    return errors


def _requested_values(field: Field, application: AbstractApplication) -> list[str]:
    if field.name == "response_types":
        return list(application.response_types)
    column = field.column
    value = getattr(application, column) if column else application.declared(field.name)
    if field.is_list:
        return (value or "").split()
    if isinstance(value, list):  # an array of the client metadata
        return value
    return [] if value is None else [value]


def _is_among(value: str, offered: Iterable[str]) -> bool:
    return any(set(value.split()) == set(item.split()) for item in offered)


def _unsupported(value: str, offered: Iterable[str]) -> str:
    supported = ", ".join(offered) or "none"
    return Problem(
        "is not supported by this server; it supports ${supported}",
        supported=supported,
    ).about(value)


def _check_fetched(
    server: Server, application: AbstractApplication, field: Field, errors: Errors
) -> None:
    """Refuse URLs that the server may never fetch."""
    value = application.declared(field.name, ())
    for url in [value] if isinstance(value, str) else value:
        try:
            server.fetcher.check_url(url.partition("#")[0])
        except FetchError as error:
            problem = Problem(
                "cannot be fetched: its ${reason} is not allowed", reason=error.reason
            )
            add_error(errors, field.name, problem.about(url))


def _check_secret(application: AbstractApplication, errors: Errors) -> None:
    method = application.token_endpoint_auth_method
    needed = needs_secret_as_key(application.client_metadata or {}, method)
    if needed and application.client_secret and not application.sealed_client_secret:
        add_error(
            errors,
            "client_secret",
            "is also a key and must be stored encrypted; set key_encryption_keys, then "
            "a new secret",
        )
