"""What must hold among client metadata members, by field.

RFC 7591 section 2.1, OpenID Connect Dynamic Client Registration 1.0 section 2. Each
check takes (application, rules, errors), like those of `models.rules`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from pyramid_oauth.models import redirection
from pyramid_oauth.models.metadata.algorithms import algorithms
from pyramid_oauth.models.metadata.table import member_named
from pyramid_oauth.models.redirection import Rules

Errors = dict[str, list[str]]


def add(errors: Errors, field: str, problem: str) -> None:
    """Note one more `problem` of `field`."""
    errors.setdefault(field, []).append(problem)


def shapes(application: Any, rules: Rules, errors: Errors) -> None:
    """Every member that is in the table has its shape; others are the host's own."""
    for name, value in (application.client_metadata or {}).items():
        member = member_named(name)
        if member is None:
            continue
        if member.column is not None and name == member.name:
            add(errors, name, f"is kept in the column {member.column}")
        elif problem := member.shape(value, rules):
            add(errors, name, problem)


def keys(application: Any, rules: Rules, errors: Errors) -> None:
    """Keys come in one way, and are there where something needs them."""
    known = application.declared("jwks"), application.declared("jwks_uri")
    if None not in known:
        add(errors, "jwks_uri", "and jwks exclude each other")
    if application.token_endpoint_auth_method == "private_key_jwt" and not any(known):
        add(errors, "token_endpoint_auth_method", "needs jwks or jwks_uri")


def grants_and_responses(application: Any, rules: Rules, errors: Errors) -> None:
    """The two lists agree (RFC 7591 section 2.1)."""
    declared = application.declared("response_types")
    if not isinstance(declared, list):
        return
    words = {word for item in declared for word in str(item).split()}
    for grant_type, needed in (
        ("authorization_code", {"code"}),
        ("implicit", {"token", "id_token"}),
    ):
        has = application.allows_grant_type(grant_type)
        if has and not needed & words:
            add(errors, "response_types", f"has none for the grant type {grant_type}")
        if needed & words and not has:
            add(
                errors,
                "authorization_grant_type",
                f"{grant_type} is needed for these response types",
            )


def application_type(application: Any, rules: Rules, errors: Errors) -> None:
    """Which redirect URIs go with `web` and `native` (OpenID registration section 2).

    Where it is not said, `web` counts for the implicit grant alone.
    """
    kind = application.declared("application_type")
    implicit = application.allows_grant_type("implicit")
    for uri in (application.redirect_uris or "").split():
        parts = redirection.split(uri)
        if parts is None:
            continue
        web = parts.scheme in ("http", "https")
        local = redirection.is_loopback(parts.hostname, Rules(localhost=True))
        if kind == "native" and parts.scheme == "http" and not local:
            add(errors, "redirect_uris", f"{uri} is not for a native application")
        elif kind == "web" and not web:
            add(errors, "redirect_uris", f"{uri} is not for a web application")
        elif kind != "native" and implicit and (parts.scheme != "https" or local):
            add(
                errors,
                "redirect_uris",
                f"{uri} must be https, not on localhost, for the implicit grant",
            )


def sector(application: Any, rules: Rules, errors: Errors) -> None:
    """Several hosts need a sector of their own (OpenID Connect Core section 8.1)."""
    if application.declared("subject_type") != "pairwise":
        return
    uris = (application.redirect_uris or "").split()
    hosts = {urlsplit(uri).hostname for uri in uris if redirection.split(uri)}
    if len(hosts) > 1 and application.declared("sector_identifier_uri") is None:
        add(errors, "sector_identifier_uri", "is needed: redirect_uris has many hosts")


def logout(application: Any, rules: Rules, errors: Errors) -> None:
    """The front-channel URI is on the origin of a redirect URI (section 2).

    http, where the server has it at all, is for confidential clients (Front-Channel
    Logout section 2, Back-Channel Logout section 2.2).
    """
    for name in ("frontchannel_logout_uri", "backchannel_logout_uri"):
        said = str(application.declared(name, "")).lower()
        if application.is_public and said.startswith("http:"):
            add(errors, name, "is not https, which a public client needs")
    uri = application.declared("frontchannel_logout_uri")
    if not isinstance(uri, str) or redirection.split(uri) is None:
        return
    origins = {_origin(item) for item in (application.redirect_uris or "").split()}
    if _origin(uri) not in origins:
        add(errors, "frontchannel_logout_uri", "is on the origin of no redirect URI")


def _origin(uri: str) -> tuple[Any, ...] | None:
    parts = redirection.split(uri)
    if parts is None:
        return None
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port


_AMONG_EACH_OTHER = (
    keys,
    grants_and_responses,
    application_type,
    sector,
    logout,
    algorithms,
)


def client_metadata(application: Any, rules: Rules, errors: Errors) -> None:
    """Each member by itself, and then, where all have their shape, together."""
    misshapen: Errors = {}
    shapes(application, rules, misshapen)
    for field, problems in misshapen.items():
        errors.setdefault(field, []).extend(problems)
    if misshapen:
        return
    for check in _AMONG_EACH_OTHER:
        check(application, rules, errors)
