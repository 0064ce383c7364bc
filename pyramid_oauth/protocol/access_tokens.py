"""Verifies access tokens by the database, or by the format of a token without a row.

RFC 6750 section 3.1 (`invalid_token`); the reasons are for the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pyramid.registry import Registry
from sqlalchemy.orm import Session

from pyramid_oauth.accounts import keep_claims_row
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.models import AbstractApplication
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import BEARER
from pyramid_oauth.repositories.access_tokens import FoundAccessToken
from pyramid_oauth.resource import (
    HEADER,
    InvalidToken,
    Outcome,
    Places,
    TokenIdentity,
    authenticate,
)
from pyramid_oauth.resource.authentication import moment
from pyramid_oauth.resource.user_authentication import IS_REQUIRED, IS_TOLD
from pyramid_oauth.resource.verifier import CHOSEN
from pyramid_oauth.server import Server, ServerRequest
from pyramid_oauth.settings.checks import Check, Severity


class StatelessFormat(Protocol):
    """What a token format has whose tokens may have no row.

    `add_oauth_token_format` recognizes it by the method `is_stateless`.
    """

    def is_stateless(self, credential: str) -> bool:
        """Whether a presented token, not verified yet, says that it has no row."""

    def verify(self, request: ServerRequest, credential: str) -> TokenIdentity | None:
        """Return the identity that the token itself proves.

        None if that is not enough and `find` must be asked; raises InvalidToken.
        """

    def find(
        self,
        request: ServerRequest,
        session: Session,
        credential: str,
        asker: str | None = None,
    ) -> FoundAccessToken | None:
        """Return the token with its grant and its client; None if it is invalid.

        `asker` is the client that presents it to an endpoint of the server.
        """

    def deny(self, oauth: OAuthRequest, found: FoundAccessToken) -> bool:
        """Make what `find` returned invalid; return False if it was before.

        Raises UnsupportedTokenTypeError if that is not possible (RFC 7009 2.2.1).
        """


def find_format(server: Server, credential: str) -> StatelessFormat | None:
    """Return the format of a presented token without a row; None for others."""
    for each in server.stateless_formats:
        if each.is_stateless(credential):
            return each  # type: ignore[no-any-return]
    return None


def find_stateless(oauth: OAuthRequest, credential: str) -> FoundAccessToken | None:
    """Return the valid token without a row that the client of a request asks about."""
    stateless = find_format(oauth.server, credential)
    if stateless is None:
        return None
    asker = oauth.client.client_id
    return stateless.find(oauth.pyramid, oauth.session, credential, asker)


def deny_token(oauth: OAuthRequest, credential: str, found: FoundAccessToken) -> bool:
    """Make one token invalid; return False if it was before.

    Raises UnsupportedTokenTypeError for a token without a row that its format cannot
    make invalid (RFC 7009 section 2.2.1).
    """
    stateless = find_format(oauth.server, credential)
    if stateless is not None:
        return stateless.deny(oauth, found)
    tokens = oauth.server.repositories.access_tokens
    return tokens.revoke(oauth.session, found.id, oauth.now)


def require_active_token(
    server: Server,
    request: ServerRequest,
    session: Session,
    found: FoundAccessToken | None,
    moment: datetime,
) -> tuple[FoundAccessToken, AbstractApplication]:
    """Return a valid token and its client.

    Raises:
        InvalidToken: The token, its client or its user is not active.
    """
    if found is None:
        raise InvalidToken("unknown token")
    if not found.is_live_at(moment):
        raise InvalidToken("revoked or expired token, or an inactive user")
    application = server.repositories.applications.at_revision(
        session, found.client_id, found.application_revision
    )
    if application is None or not application.is_usable:
        raise InvalidToken("the client is gone or disabled")
    if not _user_is_active(server, request, found):
        raise InvalidToken("the user is not active")
    return found, application


def _user_is_active(
    server: Server, request: ServerRequest, found: FoundAccessToken
) -> bool:
    if found.user_id is None or found.user_active is not None:
        return True  # no user, or `is_live_at` checked the column
    return server.accounts.is_active(request, found.user_id)


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """The access token behind an identity, for endpoints of the server itself.

    `authentication` is the login that the grant remembers, where it was asked for.
    """

    application: AbstractApplication
    authentication: dict[str, Any] | None


def verify_access_token(request: ServerRequest, token: str) -> TokenIdentity:
    """Return the identity of `token`.

    Raises:
        InvalidToken: With a reason for the log.
    """
    server: Server = request.oauth.server
    lookup: _GrantLookup | None = request.__dict__.get(_LOOKUP)
    stateless = find_format(server, token) if server.stateless_formats else None
    if stateless is not None and lookup is None:
        proven = stateless.verify(request, token)
        if proven is not None:
            return proven
    session = server.session(request)
    tokens = server.repositories.access_tokens
    if stateless is not None:
        row = stateless.find(request, session, token)
    elif lookup is None:
        row = tokens.find(session, token)
    else:
        row = tokens.find_with_grant(session, token)
    found, application = require_active_token(
        server, request, session, row, moment(request)
    )
    if lookup is not None:
        lookup.take(request, found, application)
    claims = found.claims or {}
    return TokenIdentity(
        client_id=found.client_id,
        user_id=found.user_id,
        scope=" ".join(
            server.scopes.keep_allowed(found.scope.split(), application, request)
        ),
        audience=tuple(found.audience.split()),
        token_type=claims.get("token_type", BEARER),
        expires_at=found.expires_at,
        grant_id=found.grant_id,
        claims=claims,
    )


class _GrantLookup:
    """Asks the verifier for the grant too, and takes what it finds."""

    token: ActiveToken | None = None

    def take(
        self,
        request: ServerRequest,
        found: FoundAccessToken,
        application: AbstractApplication,
    ) -> None:
        """Take a valid token with its login and the claims of its user."""
        self.token = ActiveToken(application, found.authentication)
        if found.claims_row is not None:
            keep_claims_row(request, str(found.user_id), found.claims_row)


_LOOKUP = "_pyramid_oauth_token_with_grant"
"""The attribute of a request that has a `_GrantLookup`."""


def authenticate_with_grant(
    request: ServerRequest, places: Places = HEADER
) -> tuple[Outcome, ActiveToken | None]:
    """Like `resource.authenticate`; return also the client and the login of the token.

    One statement finds all. A verifier of the host finds no login.
    """
    lookup = request.__dict__[_LOOKUP] = _GrantLookup()
    outcome = authenticate(request, places, is_of_server=True)
    if outcome.identity is None:
        return outcome, None
    return outcome, lookup.token or _active_client(request, outcome.identity)


def _active_client(
    request: ServerRequest, identity: TokenIdentity
) -> ActiveToken | None:
    server: Server = request.oauth.server
    application = server.repositories.applications.get(
        server.session(request), identity.client_id
    )
    if application is None or not application.is_usable:
        return None
    return ActiveToken(application, None)


def _lack_logins(registry: Registry) -> bool:
    """Whether views require what the tokens of this server never tell."""
    is_local = registry.get(CHOSEN) is None
    return is_local and IS_REQUIRED in registry and IS_TOLD not in registry


CHECKS = (
    Check(
        "W194",
        "extensions",
        _lack_logins,
        "does not name step_up: views with oauth_acr or oauth_max_age refuse every "
        "token of this server (RFC 9470 section 6)",
        severity=Severity.NOTICE,
        section=Registry,
    ),
)


def includeme(config: Configurator) -> None:
    """Verify by the database where nobody names another verifier."""
    config.add_oauth_check(*CHECKS)
    config.set_oauth_token_verifier(verify_access_token, default=True)
