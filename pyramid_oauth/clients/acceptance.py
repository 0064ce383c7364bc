"""The one gate through which an application comes into being or changes.

Command line and registration both pass it (RFC 7591 section 2): the rules of the
model, a host's own among them, then what the server offers, then what must be fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid_oauth.clients.client_keys import needs_secret_as_key, seal_secret
from pyramid_oauth.clients.metadata.offer import offer_errors
from pyramid_oauth.clients.metadata.sector import sector_errors
from pyramid_oauth.errors import FieldErrors
from pyramid_oauth.models.rules import SECRET_METHODS


def assign(application: Any, values: Mapping[str, Any]) -> None:
    """Set the fields in `values`; raises FieldErrors with all that were refused.

    A host's validator (SQLAlchemy's `validates`) refuses by a ValueError.
    """
    errors: dict[str, list[str]] = {}
    for name, value in values.items():
        try:
            setattr(application, name, value)
        except ValueError as error:
            errors[name] = [str(error)]
    if errors:
        raise FieldErrors(errors)


def check(server: Any, application: Any) -> None:
    """Raise FieldErrors with everything that is wrong with `application`.

    Only an application without another fault makes the server fetch something.
    """
    errors = standing_errors(server, application) or sector_errors(server, application)
    if errors:
        raise FieldErrors(errors)


def standing_errors(server: Any, application: Any) -> dict[str, list[str]]:
    """What is wrong with `application` as it stands, by field; nothing is fetched."""
    errors: dict[str, list[str]] = application.field_errors(server.redirect_rules)
    # What is misshapen cannot be compared with an offer.
    return errors or offer_errors(server, application)


def give_secret(server: Any, application: Any, chosen: str | None = None) -> str:
    """Give the application a secret, `chosen` or new, sealed where it is a key."""
    if chosen is None:
        secret: str = application.new_client_secret()
    else:
        application.set_client_secret(chosen)
        secret = chosen
    seal_secret(application, secret, server.secret_seal)
    return secret


def needs_secret(application: Any) -> bool:
    """Whether the application's method, or an algorithm, rests on a secret."""
    method = application.token_endpoint_auth_method
    if method in SECRET_METHODS:
        return True
    return method != "none" and needs_secret_as_key(
        application.client_metadata or {}, method
    )
