"""Answers of the registration endpoints (RFC 7591 section 3.2, RFC 7592 section 3).

They carry no cookie and rest on none, so a page of any origin may read them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from pyramid.response import Response

from pyramid_oauth.clients.metadata import serialize
from pyramid_oauth.errors import (
    FieldErrors,
    OAuth2Error,
)
from pyramid_oauth.http.cors import allow_every_origin, preflight
from pyramid_oauth.http.responses import (
    commit_transaction,
    error_answer,
    json_answer,
    not_allowed,
)
from pyramid_oauth.protocol.refusals import log_refusal
from pyramid_oauth.resource.challenge import refusal
from pyramid_oauth.server import Server

LONGEST_DESCRIPTION = 1000

# RFC 6749 section 5.2: what an error_description may consist of.
_UNTOLD = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


class InvalidRedirectURI(OAuth2Error):
    """A redirect URI cannot be registered (RFC 7591 section 3.2.2)."""

    error = "invalid_redirect_uri"


class InvalidClientMetadata(OAuth2Error):
    """A member of the client metadata is refused (RFC 7591 section 3.2.2)."""

    error = "invalid_client_metadata"


class InvalidSoftwareStatement(OAuth2Error):
    """The software statement is malformed or not signed by its issuer (3.2.2)."""

    error = "invalid_software_statement"


class UnapprovedSoftwareStatement(OAuth2Error):
    """Nobody whom this server trusts made the software statement (3.2.2)."""

    error = "unapproved_software_statement"


class RegistrationDenied(OAuth2Error):
    """The server's policy does not let this client register."""

    error = "access_denied"
    status_code = 403


class BearerRefused(Exception):
    """The bearer token is missing (no error) or does not count (RFC 6750 3.1)."""

    def __init__(self, error: str | None = "invalid_token") -> None:
        super().__init__(error)
        self.error = error


def respond(
    request: Any, methods: Mapping[str, Callable[[Any, Server], Response]]
) -> Response:
    """What the function for the request's method answers, or the error it raised."""
    server: Server = request.oauth.server
    names = (*methods, "OPTIONS")
    if request.method == "OPTIONS":
        return preflight(request, server, ", ".join(names))
    handle = methods.get(request.method)
    if handle is None:
        return not_allowed(*names)
    try:
        response = handle(request, server)
    except BearerRefused as error:
        denied = OAuth2Error(description="The bearer token is missing or over.")
        denied.error = error.error or "invalid_token"
        log_refusal("register", None, denied)
        response = commit_transaction(request, refusal(request, error.error))
    except FieldErrors as error:
        told_error = _told(server, error)
        log_refusal("register", None, told_error)
        response = error_answer(request, told_error, server.settings.realm)
    except OAuth2Error as error:
        log_refusal("register", None, error)
        response = error_answer(request, error, server.settings.realm)
    allow_every_origin(request, response)
    return response


def _told(server: Server, error: FieldErrors) -> OAuth2Error:
    """Every problem by the name of its member (RFC 7591 section 3.2.2)."""
    schema = server.application_rules.schema
    lines = [
        f"{schema.member_of(field)}: {problem}"
        for field, problems in error.errors.items()
        for problem in problems
    ]
    text = _UNTOLD.sub("?", "; ".join(lines))[:LONGEST_DESCRIPTION]
    kind = (
        InvalidRedirectURI
        if set(error.errors) == {"redirect_uris"}
        else InvalidClientMetadata
    )
    return kind(description=text)


def client_information(
    server: Server, application: Any, token: str, secret: str | None
) -> dict[str, Any]:
    """The client information response.

    The secret is in it where it is new: the server keeps a digest and cannot tell it
    again. `token` is the registration access token that counts from now on.
    """
    found = {
        "client_id": application.client_id,
        "client_id_issued_at": int(application.created_at.timestamp()),
        "registration_access_token": token,
        "registration_client_uri": configuration_url(server, application.client_id),
        **serialize(application, server.application_rules.schema),
    }
    if secret is not None:
        found["client_secret"] = secret
    if application.client_secret is not None:
        until = application.client_secret_expires_at
        found["client_secret_expires_at"] = int(until.timestamp()) if until else 0
    return found


def told(request: Any, members: Mapping[str, Any], status: int = 200) -> Response:
    """`members` as the answer, which no cache keeps."""
    return json_answer(request, json.dumps(members), status)


def configuration_url(server: Server, client_id: str) -> str:
    """The `registration_client_uri` of a client."""
    return f"{server.url('register')}/{quote(client_id, safe='')}"
