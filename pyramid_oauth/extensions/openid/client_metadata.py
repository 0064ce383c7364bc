"""Client metadata of OpenID Connect: subjects, logins, ID Tokens and UserInfo.

OpenID Connect Dynamic Client Registration 1.0 section 2.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pyramid_oauth.models import AbstractApplication, redirect_uris
from pyramid_oauth.models.client_metadata_fields import (
    Errors,
    Field,
    add_error,
    boolean,
    choice,
    seconds,
    several,
    url,
    words,
)
from pyramid_oauth.models.redirect_uris import Rules
from pyramid_oauth.protocol.response_jwt import check_client, client_fields

ID_TOKEN_SCOPE_CLAIMS = "id_token_scope_claims"
"""Ours: whether the claims of the granted scopes are in ID Tokens too."""

RESPONSES = ("id_token", "userinfo")


FIELDS = (
    Field(
        name="sector_identifier_uri",
        shape=url(secure=True),
        is_fetched=True,
        read_by="pairwise subjects",
    ),
    Field(
        name="subject_type",
        shape=choice("public", "pairwise"),
        offered="subject_types_supported",
        read_by="subject identifiers",
    ),
    Field(name="default_max_age", shape=seconds, read_by="the authorization endpoint"),
    Field(name=ID_TOKEN_SCOPE_CLAIMS, shape=boolean, read_by="ID Tokens"),
    Field(name="require_auth_time", shape=boolean, read_by="ID Tokens"),
    Field(
        name="default_acr_values",
        shape=several(words),
        read_by="the authorization endpoint",
    ),
    *client_fields("id_token", "ID Tokens"),
    *client_fields("userinfo", "UserInfo"),
)


def validate(application: AbstractApplication, rules: Rules, errors: Errors) -> None:
    """Check the members against each other."""
    _check_sector(application, errors)
    for kind in RESPONSES:
        check_client(application, kind, errors)
    _check_unsigned(application, errors)


def _check_sector(application: AbstractApplication, errors: Errors) -> None:
    """Require a sector identifier for several hosts (OpenID Connect Core 8.1)."""
    if application.declared("subject_type") != "pairwise":
        return
    uris = (application.redirect_uris or "").split()
    hosts = {urlsplit(uri).hostname for uri in uris if redirect_uris.split(uri)}
    if len(hosts) > 1 and application.declared("sector_identifier_uri") is None:
        add_error(
            errors,
            "sector_identifier_uri",
            "is required: redirect_uris has several hosts",
        )


def _check_unsigned(application: AbstractApplication, errors: Errors) -> None:
    """Refuse unsigned ID Tokens in authorization responses (Core section 2)."""
    name = "id_token_signed_response_alg"
    is_in_response = any(
        "id_token" in str(item).split() for item in application.response_types
    )
    if application.declared(name) == "none" and is_in_response:
        add_error(errors, name, "none is only for response types without id_token")
