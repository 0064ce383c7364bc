"""What must hold among the fields of an application.

The same rules serve every way in: pages, command line, registration
(RFC 6749 section 2, RFC 7591 section 2).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from pyramid_oauth.models import redirect_uris
from pyramid_oauth.models.client_metadata import SCHEMA, check_client_metadata
from pyramid_oauth.models.client_metadata_fields import (
    ClientMetadataSchema,
    Errors,
    add_error,
)

REDIRECTING = frozenset({"authorization_code", "implicit"})

LIFETIMES = (
    "access_token_lifetime",
    "refresh_token_idle_lifetime",
    "refresh_token_absolute_lifetime",
)

SECRET_METHODS = frozenset(
    {"client_secret_basic", "client_secret_post", "client_secret_jwt"}
)


@dataclasses.dataclass(frozen=True, slots=True)
class ApplicationRules(redirect_uris.Rules):
    """What a server allows in an application: redirect URIs and client metadata."""

    schema: ClientMetadataSchema = dataclasses.field(
        default=SCHEMA, compare=False, repr=False
    )


STRICT = ApplicationRules()
"""Nothing beyond the strict rules, and no members of extensions."""


def application_errors(application: Any, rules: ApplicationRules) -> Errors:
    """Everything that is wrong with `application`, by field."""
    errors: Errors = {}
    for check in CHECKS:
        check(application, rules, errors)
    check_client_metadata(application, rules.schema, rules, errors)
    return errors


def _redirect_uris(
    application: Any, rules: redirect_uris.Rules, errors: Errors
) -> None:
    for field in ("redirect_uris", "post_logout_redirect_uris"):
        for uri in (getattr(application, field) or "").split():
            problem = redirect_uris.validation_error(uri, rules)
            if problem:
                add_error(errors, field, f"{uri} {problem}")
    redirecting = application.allows_grant_type(*REDIRECTING)
    if redirecting and not (application.redirect_uris or "").split():
        add_error(
            errors, "redirect_uris", "at least one is required for this grant type"
        )


def _origins(application: Any, rules: redirect_uris.Rules, errors: Errors) -> None:
    for origin in (application.allowed_origins or "").split():
        problem = redirect_uris.origin_problem(origin, rules)
        if problem:
            add_error(errors, "allowed_origins", f"{origin} {problem}")


def _grant_types(application: Any, rules: redirect_uris.Rules, errors: Errors) -> None:
    if not (application.authorization_grant_type or "").split():
        add_error(errors, "authorization_grant_type", "at least one is required")
    elif application.is_public and application.allows_grant_type("client_credentials"):
        add_error(
            errors,
            "authorization_grant_type",
            "client_credentials needs a confidential client (RFC 6749 section 4.4)",
        )


def _client_type(application: Any, rules: redirect_uris.Rules, errors: Errors) -> None:
    if application.client_type not in ("confidential", "public"):
        add_error(errors, "client_type", "is neither confidential nor public")


def _authentication(
    application: Any, rules: redirect_uris.Rules, errors: Errors
) -> None:
    method, field = application.token_endpoint_auth_method, "token_endpoint_auth_method"
    if application.is_public and method != "none":
        add_error(errors, field, "of a public client is none")
    if not application.is_public and method == "none":
        add_error(errors, field, "none is for public clients")
    if method in SECRET_METHODS and not application.client_secret:
        add_error(errors, "client_secret", f"is needed for {method}")


def _client_id(application: Any, rules: redirect_uris.Rules, errors: Errors) -> None:
    # RFC 6749 appendix A.1: VSCHAR; and no white space, since it is stored in lists.
    value = application.client_id
    if value is not None and not (
        0 < len(value) <= 255 and all("!" <= character <= "~" for character in value)
    ):
        add_error(errors, "client_id", "is 1 to 255 visible ASCII characters")


def _introspection(
    application: Any, rules: redirect_uris.Rules, errors: Errors
) -> None:
    if application.introspection not in ("own", "any"):
        add_error(errors, "introspection", "is own or any")
    elif application.introspection == "any" and application.is_public:
        add_error(errors, "introspection", "any needs a confidential client")


def _pkce(application: Any, rules: redirect_uris.Rules, errors: Errors) -> None:
    if application.is_public and application.pkce_required is False:
        add_error(errors, "pkce_required", "cannot be waived for a public client")


def _lifetimes(application: Any, rules: redirect_uris.Rules, errors: Errors) -> None:
    for field in LIFETIMES:
        value = getattr(application, field)
        if value is not None and value <= 0:
            add_error(errors, field, "must be positive")


CHECKS: tuple[Callable[[Any, redirect_uris.Rules, Errors], None], ...] = (
    _client_id,
    _client_type,
    _grant_types,
    _authentication,
    _redirect_uris,
    _origins,
    _introspection,
    _pkce,
    _lifetimes,
)
