"""Authorization requests by reference to a pushed one (RFC 9126 section 4)."""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import (
    FatalClientError,
    InvalidRequestError,
    MissingClientIdError,
)

from pyramid_oauth.endpoints.authorize.context import Authorization
from pyramid_oauth.endpoints.authorize.pending import restore_request
from pyramid_oauth.extensions.par.settings import ParSettings

URN = "urn:ietf:params:oauth:request_uri:"
"""The prefix of request URIs (RFC 9126 section 9.3), before the handle."""

KIND = "pushed"
"""The kind of a stored request, and the member of `Authorization.state`."""

REQUIRED = "require_pushed_authorization_requests"
"""The member of server and client metadata (sections 5 and 6)."""


class InvalidRequestURI(FatalClientError):
    """The request URI is invalid (RFC 9101 section 7); the log has the reason."""

    error = "invalid_request_uri"
    description = "The request_uri is unknown, expired or already used."


def load_pushed_request(authorization: Authorization) -> None:
    """Replace the parameters by those of the pushed request.

    Of the parameters from the browser only `client_id` and `request_uri` are read.
    """
    if KIND not in authorization.state:
        uri = authorization.oauth.parameters.get("request_uri", "")
        if not uri.startswith(URN):
            return
        _find_pushed_request(authorization, uri.removeprefix(URN))
    authorization.oauth.is_from_client = True


def _find_pushed_request(authorization: Authorization, handle: str) -> None:
    server = authorization.server
    client_id, session = authorization.oauth.client_id, authorization.oauth.session
    if not client_id:
        raise MissingClientIdError
    requests = server.repositories.authorization_requests
    row = requests.find(session, handle, authorization.oauth.now, KIND)
    if row is None:
        raise _refuse(authorization, "it is unknown or already used")
    if row.client_id != client_id:
        raise _refuse(authorization, f"client {row.client_id} pushed it")
    authorization.replace_parameters(dict(row.parameters))
    restore_request(authorization, row)
    if authorization.state[KIND]["until"] <= authorization.oauth.now.timestamp():
        raise _refuse(authorization, "it has expired")
    authorization.source_ids.append(row.id)


def _refuse(authorization: Authorization, reason: str) -> InvalidRequestURI:
    authorization.oauth.refuse(f"the request_uri: {reason}")
    return InvalidRequestURI()


def require_pushed_request(authorization: Authorization) -> None:
    """Refuse a request that was not pushed if the server or the client requires it.

    A pending request was checked before.
    """
    if KIND in authorization.state or authorization.pending is not None:
        return
    settings = authorization.server.settings[ParSettings]
    by_server = settings.require_pushed_authorization_requests
    if by_server or authorization.oauth.client.declared(REQUIRED, False):
        raise InvalidRequestError(
            description="The request must be pushed (RFC 9126 section 4)."
        )
