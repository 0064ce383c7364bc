"""Credentials that a client redeems for tokens: codes and refresh tokens (RFC 6749).

Sections 1.3, 1.5 and 6. The validator sets `request.credential`. One conditional
statement decides which of several requests is the first (RFC 9700 section 4.14).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from oauthlib.oauth2.rfc6749.errors import InvalidGrantError

from pyramid_oauth import lifetimes
from pyramid_oauth.protocol import revocation
from pyramid_oauth.protocol.refusals import BAD_CODE, BAD_REFRESH_TOKEN, unavailable
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.token_draft import TokenDraft
from pyramid_oauth.repositories.grant_guards import LoginEnded
from pyramid_oauth.repositories.grants import FoundGrant
from pyramid_oauth.repositories.redemption import Rotation
from pyramid_oauth.repositories.refresh_tokens import (
    FoundRefreshToken,
    RefreshCredential,
)

USED_CODE = "The code was used before; its tokens are revoked."

RETRIED_CODE = "its client presented the code again just after its use"

USED_REFRESH_TOKEN = "The refresh token was used before; its grant is revoked."

LOGIN_ENDED = "The login ended meanwhile; send the request again."

COLLISION = "The refresh token was used before, by a parallel request."


SLOW = 1.0
"""Seconds of a rotation beyond which its grace begins anew."""


class Credential:
    """No credential: the tokens belong to a new grant, or to the client itself.

    Attributes:
        grant_id: The existing grant that the tokens belong to, if there is one.
    """

    grant_id: UUID | None = None

    def check(self, request: OAuthRequest) -> None:
        """Refuse a credential that was used before; no token has been generated yet."""

    def add_refresh_token(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Add the first refresh token of the grant to `draft`."""
        server, client = request.server, request.client
        until = lifetimes.refresh_token(
            server.settings, client, request.pyramid, request.now
        )
        text, draft.refresh_row = server.repositories.refresh_tokens.new(
            server.settings.secret[0],
            client_id=client.client_id,
            grant_id=draft.grant_id,
            user_id=request.user,
            # All that was granted; the access token may have less (RFC 8707 2.2).
            scope=" ".join(request.scopes),
            claims=draft.refresh_claims,
            created_at=request.now,
            expires_at=until.idle,
            absolute_expires_at=until.absolute,
        )
        draft.response["refresh_token"] = text

    def store(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Store the tokens; before them the new grant, if there is a user."""
        if draft.grant_id is None:
            _store_for_client(request, draft)
            return
        add_grant(request, draft.grant_id)
        store_tokens(request, draft)


FIRST = Credential()


@dataclass(frozen=True, slots=True)
class AuthorizationCodeCredential(Credential):
    """An authorization code, redeemed once (RFC 6749 section 4.1.2)."""

    found: FoundGrant
    grant_id: UUID

    def check(self, request: OAuthRequest) -> None:
        """Refuse a used code and revoke its grant, after all other checks."""
        if self.found.is_code_used:
            raise self._report_replay(request)

    def store(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Redeem the code and store the tokens."""
        if not request.server.repositories.redemption.redeem(
            request.session,
            self.found.id,
            request.now,
            draft.access_row,
            draft.refresh_row,
        ):
            raise self._report_replay(request)

    def _report_replay(self, request: OAuthRequest) -> InvalidGrantError:
        """Revoke the grant; report a replay unless it is the client's own retry."""
        description = USED_CODE if self._is_proven(request) else BAD_CODE
        request.refuse("the code was used before", description)
        if self._is_retry(request):
            revocation.revoke_retried(request, self.found.id, RETRIED_CODE)
        else:
            revocation.revoke_replayed(request, self.found.id, "authorization code")
        return InvalidGrantError(request=request)

    def _is_proven(self, request: OAuthRequest) -> bool:
        """Whether the caller has proved to be the client that requested the code.

        By its secret, or by its verifier, which was checked before.
        """
        return self.found.code_challenge is not None or not request.client.is_public

    def _is_retry(self, request: OAuthRequest) -> bool:
        """Whether the client repeats a request whose response it may have missed."""
        if not self._is_proven(request):
            return False
        grants, settings = request.server.repositories.grants, request.server.settings
        used_at = grants.code_used_at(request.session, self.found.id) or request.now
        grace = timedelta(seconds=settings.refresh_token_grace)
        return request.now - used_at < grace


@dataclass(slots=True)
class RefreshTokenCredential(Credential):
    """A refresh token with rotation (RFC 6749 section 6, RFC 9700 section 4.14).

    Three states of a presented token: the live generation, the one before it within
    the grace window (answered with the same successor), anything else (theft).
    """

    presented: RefreshCredential
    found: FoundRefreshToken
    grant_id: UUID
    successor: RefreshCredential | None = None
    expires_at: datetime | None = None

    @property
    def is_present(self) -> bool:
        """Whether the current generation was presented."""
        return self.presented.generation == self.found.generation

    def check(self, request: OAuthRequest) -> None:
        """Refuse a superseded generation outside of the grace window."""
        if not self.is_present:
            self._check_superseded(request, self.found)

    def add_refresh_token(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Add the successor; a superseded generation has the same as before."""
        settings = request.server.settings
        # RFC 9700 section 2.2.2: rotation detects theft from a public client.
        rotates = settings.rotate_refresh_tokens or request.client.is_public
        stays = self.is_present and not rotates
        self.successor = self.presented if stays else self.presented.successor
        self.expires_at = lifetimes.idle_refresh_token(
            settings, request.client, request.pyramid, request.now
        )
        draft.response["refresh_token"] = self.successor.text(settings.secret[0])

    def store(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Rotate the refresh token and store the access token."""
        if not (self.is_present and self._is_advanced(request, draft)):
            store_tokens(request, draft)

    def _is_advanced(self, request: OAuthRequest, draft: TokenDraft) -> bool:
        """Rotate and store; return False if another request made this successor."""
        if self.successor is None or self.expires_at is None:
            return False
        records, session = request.server.repositories, request.session
        generation, began = self.successor.generation, monotonic()
        rotation = records.redemption.advance(
            session, self.found, generation, self.expires_at, draft.access_row
        )
        if rotation is not Rotation.LOST:
            if monotonic() - began > SLOW:
                # In autocommit that was the commit, before which nobody can retry.
                records.redemption.restart_grace(session, self.found.id, generation)
            if rotation is Rotation.PENDING:
                self._await_commit(request, generation, began)
            return True
        reloaded = records.refresh_tokens.find(session, self.presented)
        if reloaded is None or not reloaded.is_live_at(request.now):
            request.refuse("the token or its owner is not active", BAD_REFRESH_TOKEN)
            raise InvalidGrantError(request=request)
        # The token was live when this request arrived. So this is no replay, however
        # long the other request took to commit, unless the host allows no grace.
        is_parallel = reloaded.generation == generation
        if not (is_parallel and request.server.settings.refresh_token_grace):
            self._check_superseded(request, reloaded)
        return False

    def _await_commit(
        self, request: OAuthRequest, generation: int, began: float
    ) -> None:
        """Let the grace begin when a slow commit of a transaction has succeeded.

        Until then nobody can retry: another request waits for the row.
        """
        if not request.pyramid.environ.get("tm.active"):
            return

        def restart_if_slow(is_committed: bool) -> None:
            if is_committed and monotonic() - began > SLOW:
                redemption = request.server.repositories.redemption
                redemption.restart_grace_after(
                    request.session, self.found.id, generation
                )

        request.pyramid.tm.get().addAfterCommitHook(restart_if_slow)

    def _check_superseded(
        self, request: OAuthRequest, found: FoundRefreshToken
    ) -> None:
        """Accept it within the grace window; outside of it, revoke the grant."""
        settings = request.server.settings
        is_predecessor = self.presented.generation == found.generation - 1
        if is_predecessor and found.was_rotated_within(settings.refresh_token_grace):
            return
        window = settings.refresh_token_collision_window
        if is_predecessor and found.was_rotated_within(window):
            description = COLLISION
        else:
            description = USED_REFRESH_TOKEN
            revocation.revoke_replayed(request, found.grant_id, "refresh token")
        if request.client.is_public:  # a thief may have sent it
            description = BAD_REFRESH_TOKEN
        request.refuse("it was superseded", description)
        raise InvalidGrantError(request=request)


def add_grant(request: OAuthRequest, grant_id: UUID | None, **values: object) -> None:
    """Store a grant of the resource owner; `values` are further columns.

    Raises:
        StaleApplication: The client changed meanwhile.
        ConsentChanged: The consent changed meanwhile.
        TemporarilyUnavailableError: The login ended meanwhile.
    """
    server, client = request.server, request.client
    until = lifetimes.refresh_token(
        server.settings, client, request.pyramid, request.now
    )
    try:
        server.repositories.grants.add(
            request.session,
            client,
            guard=request.grant_guard,
            id=grant_id,
            user_id=request.user,
            scope=" ".join(request.scopes),
            resource=" ".join(request.resources),
            created_at=request.now,
            expires_at=until.absolute,
            details=request.details,
            **values,  # type: ignore[arg-type]
        )
    except LoginEnded as ended:
        reason = "the login session ended while the request was answered"
        raise unavailable(request, reason, LOGIN_ENDED) from ended


def store_tokens(request: OAuthRequest, draft: TokenDraft) -> None:
    """Store the tokens of a grant."""
    records, session = request.server.repositories, request.session
    if draft.access_row is not None:
        records.access_tokens.add(session, draft.access_row)
    if draft.refresh_row is not None:
        records.refresh_tokens.add(session, draft.refresh_row)


def _store_for_client(request: OAuthRequest, draft: TokenDraft) -> None:
    """Store the client's own token in the statement that proves the client current."""
    records, client = request.server.repositories, request.client
    if draft.access_row is None:
        records.applications.require_current(request.session, client)
    else:
        records.access_tokens.add_for_current(request.session, draft.access_row, client)
