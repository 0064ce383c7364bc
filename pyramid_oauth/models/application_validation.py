"""Validation of the fields of an application.

RFC 6749 section 2, RFC 7591 section 2. Pages, the command line and client registration
apply the same rules.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from pyramid_oauth.i18n import Problem
from pyramid_oauth.interfaces.application import Application
from pyramid_oauth.models import redirect_uris
from pyramid_oauth.models.client_metadata import SCHEMA, check_client_metadata
from pyramid_oauth.models.client_metadata_fields import (
    ClientMetadataSchema,
    Errors,
    add_error,
    text,
)
from pyramid_oauth.models.native_redirects import rules_of

RESPONSE_MEMBERS = frozenset(
    {
        *("code", "state", "iss", "response", "error", "error_description"),
        *("error_uri", "access_token", "token_type", "expires_in", "scope"),
        *("id_token", "session_state"),
    }
)

_NAME = text()

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
    """What a server allows in applications: redirect URIs and client metadata."""

    schema: ClientMetadataSchema = dataclasses.field(
        default=SCHEMA, compare=False, repr=False
    )


STRICT = ApplicationRules()
"""The strict rules, without opt-ins and without metadata members of extensions."""


def application_errors(application: Application, rules: ApplicationRules) -> Errors:
    """Return all errors of `application` by field."""
    errors: Errors = {}
    for check in CHECKS:
        check(application, rules, errors)
    check_client_metadata(application, rules.schema, rules, errors)
    return errors


def _check_redirect_uris(
    application: Application, rules: redirect_uris.Rules, errors: Errors
) -> None:
    own = rules_of(application, rules)
    for field in ("redirect_uris", "post_logout_redirect_uris"):
        for uri in (getattr(application, field) or "").split():
            problem = redirect_uris.validation_error(uri, own)
            if problem:
                add_error(errors, field, problem.about(uri))
    redirecting = application.allows_grant_type(*REDIRECTING)
    if redirecting and not (application.redirect_uris or "").split():
        add_error(
            errors,
            "redirect_uris",
            Problem("at least one is required for this grant type"),
        )


def _check_origins(
    application: Application, rules: redirect_uris.Rules, errors: Errors
) -> None:
    for origin in (application.allowed_origins or "").split():
        problem = redirect_uris.origin_problem(origin, rules)
        if problem:
            add_error(errors, "allowed_origins", problem.about(origin))


def _check_grant_types(
    application: Application, rules: redirect_uris.Rules, errors: Errors
) -> None:
    if not (application.authorization_grant_type or "").split():
        add_error(
            errors, "authorization_grant_type", Problem("at least one is required")
        )
    elif application.is_public and application.allows_grant_type("client_credentials"):
        add_error(
            errors,
            "authorization_grant_type",
            Problem(
                "client_credentials requires a confidential client "
                "(RFC 6749 section 4.4)"
            ),
        )


def _check_client_type(
    application: Application, rules: redirect_uris.Rules, errors: Errors
) -> None:
    if application.client_type not in ("confidential", "public"):
        add_error(errors, "client_type", Problem("must be confidential or public"))


def _check_authentication(
    application: Application, rules: redirect_uris.Rules, errors: Errors
) -> None:
    method, field = application.token_endpoint_auth_method, "token_endpoint_auth_method"
    if application.is_public and method != "none":
        add_error(errors, field, Problem("must be none for a public client"))
    if not application.is_public and method == "none":
        add_error(errors, field, Problem("must not be none for a confidential client"))
    if method in SECRET_METHODS and not application.client_secret:
        add_error(
            errors,
            "client_secret",
            Problem("is required for ${method}", method=method),
        )


def _check_client_id(
    application: Application, rules: redirect_uris.Rules, errors: Errors
) -> None:
    # RFC 6749 appendix A.1 (VSCHAR), without the space: it separates values of lists.
    value = application.client_id
    if value is not None and not (
        0 < len(value) <= 255 and all("!" <= character <= "~" for character in value)
    ):
        add_error(
            errors, "client_id", Problem("must be 1 to 255 visible ASCII characters")
        )


def _check_introspection(
    application: Application, rules: redirect_uris.Rules, errors: Errors
) -> None:
    if application.introspection not in ("own", "any"):
        add_error(errors, "introspection", Problem("must be own or any"))
    elif application.introspection == "any" and application.is_public:
        add_error(
            errors, "introspection", Problem("any requires a confidential client")
        )


def _check_name(
    application: Application, rules: redirect_uris.Rules, errors: Errors
) -> None:
    problem = _NAME(application.name or "", rules) if application.name else None
    if problem:
        add_error(errors, "name", problem)


def _check_response_members(
    application: Application, rules: redirect_uris.Rules, errors: Errors
) -> None:
    """Refuse redirect URIs whose query has members of the authorization response."""
    for uri in (application.redirect_uris or "").split():
        parts = redirect_uris.split(uri)
        query = parts.query if parts else ""  # what is no URI is refused as such
        names = {name for name, _ in parse_qsl(query, True)}
        for name in sorted(names & RESPONSE_MEMBERS):
            add_error(
                errors,
                "redirect_uris",
                Problem("must not have ${name} in it", name=name).about(uri),
            )


def _check_trust(
    application: Application, rules: redirect_uris.Rules, errors: Errors
) -> None:
    """Refuse codes without a question where another program could receive them."""
    if not (application.is_public and application.skip_authorization):
        return
    for uri in (application.redirect_uris or "").split():
        if redirect_uris.is_interceptable(uri):
            problem = Problem(
                "must be false: ${uri} can be intercepted (RFC 8252 8.6)", uri=uri
            )
            add_error(errors, "skip_authorization", problem)


def _check_pkce(
    application: Application, rules: redirect_uris.Rules, errors: Errors
) -> None:
    if application.is_public and application.pkce_required is False:
        add_error(
            errors, "pkce_required", Problem("must not be false for a public client")
        )


def _check_lifetimes(
    application: Application, rules: redirect_uris.Rules, errors: Errors
) -> None:
    for field in LIFETIMES:
        value = getattr(application, field)
        if value is not None and value <= 0:
            add_error(errors, field, Problem("must be positive"))


CHECKS: tuple[Callable[[Any, redirect_uris.Rules, Errors], None], ...] = (
    _check_client_id,
    _check_client_type,
    _check_grant_types,
    _check_authentication,
    _check_redirect_uris,
    _check_origins,
    _check_introspection,
    _check_pkce,
    _check_name,
    _check_response_members,
    _check_trust,
    _check_lifetimes,
)
