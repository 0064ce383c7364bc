"""Who may register a client, and how often (RFC 7591 section 3, section 5).

The policies of the setting `registration`; counted per source in the database.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.clients.metadata import Document, understood
from pyramid_oauth.errors import TooManyRequests
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
        self._rate_limits = server.repositories.rate_limits
        self._session = server.session(request)

    def look(self) -> None:
        """Raise TooManyRequests where the limit is reached."""
        wait = self._rate_limits.seconds_to_wait(self._session, self._limits)
        if wait:
            raise TooManyRequests(wait)

    def count(self) -> None:
        """Count an attempt; raise TooManyRequests where the limit is reached."""
        wait = self._rate_limits.attempt(self._session, self._limits, WINDOW)
        if wait:
            raise TooManyRequests(wait)

    def take_back(self) -> None:
        """Uncount the attempt."""
        self._rate_limits.take_back(self._session, self._limits)


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
        raise BearerRefused()
    return token


def consume(request: Any, server: Server, token: str | None) -> None:
    """Use `token` up by one; raises BearerRefused where others were faster."""
    tokens, session = server.repositories.initial_access_tokens, server.session(request)
    if token is not None and not tokens.consume(session, token):
        raise BearerRefused()
