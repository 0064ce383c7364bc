"""Responses of the registration endpoints (RFC 7591 section 3.2, RFC 7592 section 3).

They neither set nor use cookies, so scripts of every origin may read them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from pyramid.response import Response

from pyramid_oauth.clients.metadata import serialize
from pyramid_oauth.errors import (
    FieldErrors,
    OAuth2Error,
    safe_description,
)
from pyramid_oauth.http.cors import allow_every_origin, preflight
from pyramid_oauth.http.responses import (
    commit_transaction,
    error_answer,
    json_answer,
    not_allowed,
)
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.protocol.refusals import log_refusal
from pyramid_oauth.resource.challenge import refusal
from pyramid_oauth.server import Server, ServerRequest

LONGEST_DESCRIPTION = 1000


class InvalidRedirectURI(OAuth2Error):
    """A redirect URI cannot be registered (RFC 7591 section 3.2.2)."""

    error = "invalid_redirect_uri"


class InvalidClientMetadata(OAuth2Error):
    """A member of the client metadata is refused (RFC 7591 section 3.2.2)."""

    error = "invalid_client_metadata"


class InvalidSoftwareStatement(OAuth2Error):
    """The software statement is malformed or its signature invalid (3.2.2)."""

    error = "invalid_software_statement"


class UnapprovedSoftwareStatement(OAuth2Error):
    """The issuer of the software statement is not trusted (3.2.2)."""

    error = "unapproved_software_statement"


class RegistrationDenied(OAuth2Error):
    """The policy refuses the client, or the client is disabled."""

    error = "access_denied"
    status_code = 403


class BearerRefused(Exception):
    """The bearer token is missing (`error` is None) or invalid (RFC 6750 3.1).

    A wrong one may have left its line in the log already: `is_logged`.
    """

    def __init__(
        self, error: str | None = "invalid_token", *, is_logged: bool = False
    ) -> None:
        super().__init__(error)
        self.error, self.is_logged = error, is_logged


def respond(
    request: ServerRequest, methods: Mapping[str, Callable[[Any, Server], Response]]
) -> Response:
    """Return the response of the function for the request method, or an error."""
    server: Server = request.oauth.server
    names = (*methods, "OPTIONS")
    if request.method == "OPTIONS":
        return preflight(request, server, ", ".join(names))
    handle = methods.get(request.method)
    if handle is None:
        return not_allowed(request, *names)
    client_id = getattr(request.context, "client_id", None)
    try:
        response = handle(request, server)
    except BearerRefused as error:
        denied = OAuth2Error(description="The bearer token is missing or not valid.")
        denied.error = error.error or "invalid_token"
        if not error.is_logged:
            log_refusal("register", client_id, denied)
        response = commit_transaction(request, refusal(request, error.error))
    except FieldErrors as error:
        denied = _validation_error(server, error)
        log_refusal("register", client_id, denied)
        response = error_answer(request, denied, server.settings.realm)
    except OAuth2Error as error:
        log_refusal("register", client_id, error)
        response = error_answer(request, error, server.settings.realm)
    allow_every_origin(request, response)
    return response


def _validation_error(server: Server, error: FieldErrors) -> OAuth2Error:
    """Return the error that lists each problem with its member (RFC 7591 3.2.2)."""
    schema = server.application_rules.schema
    lines = [
        f"{schema.member_of(field)}: {problem}"
        for field, problems in error.errors.items()
        for problem in problems
    ]
    text = safe_description("; ".join(lines), LONGEST_DESCRIPTION)
    kind = (
        InvalidRedirectURI
        if set(error.errors) == {"redirect_uris"}
        else InvalidClientMetadata
    )
    return kind(description=text)


def client_information(
    server: Server, application: AbstractApplication, token: str, secret: str | None
) -> dict[str, Any]:
    """Return the client information response (RFC 7591 section 3.2.1).

    Args:
        server: The authorization server.
        application: The registered client.
        token: Its registration access token, which the response carries.
        secret: Its client secret if that is new; the server stores a digest only.
    """
    members = {
        "client_id": application.client_id,
        "client_id_issued_at": int(application.created_at.timestamp()),
        "registration_access_token": token,
        "registration_client_uri": configuration_url(server, application.client_id),
        **serialize(application, server.application_rules.schema),
    }
    if secret is not None:
        members["client_secret"] = secret
    if application.client_secret is not None:
        until = application.client_secret_expires_at
        members["client_secret_expires_at"] = int(until.timestamp()) if until else 0
    return members


def client_response(
    request: ServerRequest, members: Mapping[str, Any], status: int = 200
) -> Response:
    """Return `members` as a JSON response with `Cache-Control: no-store`."""
    return json_answer(request, json.dumps(members), status)


def configuration_url(server: Server, client_id: str) -> str:
    """Return the `registration_client_uri` of a client (RFC 7592 section 3)."""
    return f"{server.url('register')}/{quote(client_id, safe='')}"
