"""Registration policy: who may register a client, and how often.

RFC 7591 sections 3 and 5. Rate limits are counted per source in the database.
"""

from __future__ import annotations

import logging

from pyramid_oauth.clients.metadata import Document, known_members
from pyramid_oauth.extensions.registration.responses import (
    BearerRefused,
    RegistrationDenied,
)
from pyramid_oauth.extensions.registration.settings import RegistrationSettings
from pyramid_oauth.extensions.registration.software_statements import (
    SOFTWARE_STATEMENT,
    STATEMENT_ISSUERS,
)
from pyramid_oauth.jose.jws import unverified_claims
from pyramid_oauth.repositories.rate_limits import limits_by_source
from pyramid_oauth.resource import presented
from pyramid_oauth.resource.schemes import BEARER
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.throttling import (
    REGISTRATION,
    REGISTRATION_TOKEN,
    too_many_requests,
)

log = logging.getLogger(__name__)

WINDOW = 3600

STATEMENT = SOFTWARE_STATEMENT.name


def read_bearer_token(request: ServerRequest) -> str:
    """Return the bearer token of the Authorization header (RFC 6750 section 2.1).

    It is an initial or a registration access token, which no access token verifier
    knows.

    Raises:
        BearerRefused: There is none, or it is malformed.
    """
    presentation = presented(request)
    if presentation is None or presentation.scheme != BEARER:
        raise BearerRefused(None)
    if presentation.problem:
        raise BearerRefused("invalid_request")
    return presentation.token


class RegistrationLimit:
    """Rate limit of registrations from one source.

    An attempt is counted before the work, so that the limit holds for parallel
    requests. No row is locked while the server fetches a document of the client.
    """

    def __init__(self, request: ServerRequest, server: Server) -> None:
        most = server.settings[RegistrationSettings].registration_limit
        self._limits = (
            limits_by_source(request.remote_addr, most, REGISTRATION) if most else {}
        )
        self._request = request
        self._rate_limits = server.repositories.rate_limits
        self._session = server.session(request)

    def check(self) -> None:
        """Raise TooManyRequests if the limit is reached; count nothing."""
        limits = self._rate_limits
        self._refuse_if(limits.seconds_to_wait(self._session, self._limits))

    def count(self) -> None:
        """Count an attempt; raise TooManyRequests if the limit is reached."""
        limits = self._rate_limits
        self._refuse_if(limits.attempt(self._session, self._limits, WINDOW))

    def take_back(self) -> None:
        """Remove the attempt from the count."""
        self._rate_limits.take_back(self._session, self._limits)

    def _refuse_if(self, wait: int) -> None:
        if wait:
            raise too_many_requests(self._request, "registration", "", wait)


def authorize_registration(
    request: ServerRequest, server: Server, sent: Document
) -> Document:
    """Return the known members of `sent` if the policy accepts them.

    Claims of a software statement take precedence (RFC 7591 section 2.3).

    Raises:
        InvalidSoftwareStatement: It is malformed, or its signature is invalid.
        UnapprovedSoftwareStatement: Its issuer is not trusted.
        RegistrationDenied: The policy refused.
    """
    schema = server.application_rules.schema
    document = known_members(sent, schema)
    issuers = request.registry[STATEMENT_ISSUERS]
    statement = document.pop(STATEMENT, None)
    if issuers and statement is not None:
        claims = issuers.verify(statement, server)
        document |= known_members(claims, schema) | {STATEMENT: statement}
    _apply_policy(request, server, document)
    return document


def authorize_update(
    request: ServerRequest, server: Server, sent: Document, known: str | None
) -> Document:
    """Return the known members of an update if the policy accepts them.

    The software statement that is stored (`known`) may have expired: it was verified
    at registration. Its claims still take precedence.

    Raises:
        InvalidSoftwareStatement: A new statement is malformed or not signed properly.
        UnapprovedSoftwareStatement: The issuer of a new statement is not trusted.
        RegistrationDenied: The policy refused.
    """
    if known is None or sent.get(STATEMENT) != known:
        return authorize_registration(request, server, sent)
    document = known_members(
        {**sent, **unverified_claims(known)}, server.application_rules.schema
    )
    document[STATEMENT] = known
    _apply_policy(request, server, document)
    return document


def _apply_policy(request: ServerRequest, server: Server, document: Document) -> None:
    """Raise RegistrationDenied if the configured callable refuses `document`."""
    policy = server.settings[RegistrationSettings].registration
    if callable(policy) and not policy(request, document):
        raise RegistrationDenied(description="This client may not be registered.")


def require_initial_access_token(request: ServerRequest, server: Server) -> str | None:
    """Return the valid initial access token of the request; None if none is required.

    It is not consumed; `consume_token` does that.

    Raises:
        BearerRefused: It is required, and missing or not valid.
    """
    if server.settings[RegistrationSettings].registration != "initial_access_token":
        return None
    token = read_bearer_token(request)
    session = server.session(request)
    if not server.repositories.initial_access_tokens.is_live(session, token):
        raise refuse_token(request, server, "an initial access token")
    return token


def refuse_token(request: ServerRequest, server: Server, name: str) -> Exception:
    """Count a wrong token of a source and return the error to raise.

    A valid token is accepted even if the limit is reached: tokens cannot be guessed.

    Args:
        request: The request.
        server: The authorization server.
        name: What the token is for, for the log.
    """
    most = server.settings[RegistrationSettings].registration_token_attempts
    address = request.remote_addr
    limits = limits_by_source(address, most, REGISTRATION_TOKEN) if most else {}
    session = server.session(request)
    wait = server.repositories.rate_limits.attempt(session, limits, WINDOW)
    if wait:
        return too_many_requests(request, "registration token", name, wait)
    log.warning("wrong registration token for %.260r from %.60r", name, address)
    return BearerRefused(is_logged=True)


def consume_token(request: ServerRequest, server: Server, token: str | None) -> None:
    """Consume one use of `token`; raise BearerRefused if none is left."""
    tokens, session = server.repositories.initial_access_tokens, server.session(request)
    if token is not None and not tokens.consume(session, token):
        raise BearerRefused()
