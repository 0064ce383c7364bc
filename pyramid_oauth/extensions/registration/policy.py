"""Who may register a client, and how often (RFC 7591 section 3, section 5).

The policies of the setting `registration`; counted per source in the database.
"""

from __future__ import annotations

import logging
from typing import Any

from pyramid_oauth.clients.metadata import Document, understood
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
from pyramid_oauth.server import Server
from pyramid_oauth.throttling import too_many_requests

log = logging.getLogger(__name__)

WINDOW = 3600

STATEMENT = SOFTWARE_STATEMENT.name


def presented_token(request: Any) -> str:
    """The bearer token in the Authorization header; raises BearerRefused.

    Registration's tokens are no access tokens, so they are only read.
    """
    found = presented(request)
    if found is None or found.scheme != BEARER:
        raise BearerRefused(None)
    if found.problem:
        raise BearerRefused("invalid_request")
    return found.token


class Limit:
    """How many registrations one source may still make in this hour.

    An attempt is counted before the work, so that the limit holds for parallel
    requests. No row stays locked while the server waits for somebody else's site.
    """

    def __init__(self, request: Any, server: Server) -> None:
        most = server.settings[RegistrationSettings].registration_limit
        self._limits = (
            limits_by_source(request.remote_addr, most, "register") if most else {}
        )
        self._request = request
        self._rate_limits = server.repositories.rate_limits
        self._session = server.session(request)

    def look(self) -> None:
        """Raise TooManyRequests where the limit is reached."""
        limits = self._rate_limits
        self._refuse_if(limits.seconds_to_wait(self._session, self._limits))

    def count(self) -> None:
        """Count an attempt; raise TooManyRequests where the limit is reached."""
        limits = self._rate_limits
        self._refuse_if(limits.attempt(self._session, self._limits, WINDOW))

    def take_back(self) -> None:
        """Uncount the attempt."""
        self._rate_limits.take_back(self._session, self._limits)

    def _refuse_if(self, wait: int) -> None:
        if wait:
            raise too_many_requests(self._request, "registration", "", wait)


def authorize_registration(request: Any, server: Server, sent: Document) -> Document:
    """What counts of the metadata that was `sent`, once the policy lets it in.

    The software statement has the last word on what it speaks of (section 2.3). Raises
    InvalidSoftwareStatement, UnapprovedSoftwareStatement or RegistrationDenied.
    """
    schema = server.application_rules.schema
    document = understood(sent, schema)
    issuers = request.registry[STATEMENT_ISSUERS]
    statement = document.pop(STATEMENT, None)
    if issuers and statement is not None:
        claims = issuers.claims(statement, server)
        document |= understood(claims, schema) | {STATEMENT: statement}
    _ask_policy(request, server, document)
    return document


def authorize_update(
    request: Any, server: Server, sent: Document, known: str | None
) -> Document:
    """Like `admitted`, for a change; the statement it is `known` by may be old.

    It was verified when it came; what it says still has the last word.
    """
    if known is None or sent.get(STATEMENT) != known:
        return authorize_registration(request, server, sent)
    document = understood(
        {**sent, **unverified_claims(known)}, server.application_rules.schema
    )
    document[STATEMENT] = known
    _ask_policy(request, server, document)
    return document


def _ask_policy(request: Any, server: Server, document: Document) -> None:
    policy = server.settings[RegistrationSettings].registration
    if callable(policy) and not policy(request, document):
        raise RegistrationDenied(description="This client may not be registered.")


def initial_access_token(request: Any, server: Server) -> str | None:
    """The token that lets this request register; None where none is asked for.

    Raises BearerRefused. It is only looked at: `spend` uses it up.
    """
    if server.settings[RegistrationSettings].registration != "initial_access_token":
        return None
    token = presented_token(request)
    session = server.session(request)
    if not server.repositories.initial_access_tokens.is_live(session, token):
        raise refuse_token(request, server, "an initial access token")
    return token


def refuse_token(request: Any, server: Server, name: str) -> Exception:
    """Count a wrong token at its source; returns the error to raise.

    Tokens are random, so one that is right is accepted whatever the others were.

    Args:
        request: The request.
        server: The authorization server.
        name: What the token is for, for the log.
    """
    most = server.settings[RegistrationSettings].registration_token_attempts
    address = request.remote_addr
    limits = limits_by_source(address, most, "registration token") if most else {}
    session = server.session(request)
    wait = server.repositories.rate_limits.attempt(session, limits, WINDOW)
    if wait:
        return too_many_requests(request, "registration token", name, wait)
    log.warning("wrong registration token for %.260r from %.60r", name, address)
    return BearerRefused()


def consume(request: Any, server: Server, token: str | None) -> None:
    """Use `token` up by one; raises BearerRefused where others were faster."""
    tokens, session = server.repositories.initial_access_tokens, server.session(request)
    if token is not None and not tokens.consume(session, token):
        raise BearerRefused()
