"""The format `jwt` of access tokens: encoded, and verified where there is no row.

RFC 9068 sections 2.1 (header) and 4 (validation); RFC 7009 section 2.2.1.
"""

from __future__ import annotations

from oauthlib.oauth2.rfc6749.errors import UnsupportedTokenTypeError
from sqlalchemy.orm import Session

from pyramid_oauth.extensions.jwt_access_tokens.claims import claims_of, subject_of
from pyramid_oauth.extensions.jwt_access_tokens.repository import StatelessTokens
from pyramid_oauth.extensions.jwt_access_tokens.settings import JwtAccessTokenSettings
from pyramid_oauth.extensions.jwt_access_tokens.verification import TYPE, key_id, verify
from pyramid_oauth.http.responses import service_unavailable
from pyramid_oauth.jose import jws
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.keystore.key_ring import RingKey
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.protocol.issuance import add_row
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.response_jwt import ring_of
from pyramid_oauth.protocol.token_draft import StoredRow, TokenDraft
from pyramid_oauth.repositories.access_tokens import FoundAccessToken
from pyramid_oauth.resource import InvalidToken, TokenIdentity
from pyramid_oauth.resource.authentication import moment
from pyramid_oauth.resource.schemes import LONGEST_TOKEN
from pyramid_oauth.server import ServerRequest


class JwtAccessToken:
    """Signed access tokens, with or without a row."""

    def __init__(self, settings: JwtAccessTokenSettings) -> None:
        self._alg = settings.jwt_access_token_alg
        self._is_stateless = settings.jwt_access_token_stateless
        self._longest = settings.jwt_access_token_stateless_lifetime
        self._has_denylist = settings.jwt_access_token_denylist

    def encode(
        self, request: OAuthRequest, draft: TokenDraft
    ) -> tuple[str, StoredRow | None]:
        """Sign the token; return it with its row, if it has one.

        The row of a pairwise client tells the user, whom the token does not name.
        """
        server, subject = request.server, subject_of(request)
        is_public = subject == (request.user or request.client.client_id)
        is_stateless = self._is_stateless and is_public
        longest = server.settings[KeystoreSettings].key_token_lifetime
        draft.lifetime = min(draft.lifetime, self._longest if is_stateless else longest)
        draft.audience = draft.audience or (server.issuer,)
        claims = claims_of(request, draft, subject, is_stateless=is_stateless)
        try:
            found = ring_of(server).signer(self._alg, lambda: request.session)
            token = jws.sign(claims, _signer(found), typ=TYPE)
        except KeysError as error:
            raise service_unavailable(
                f"no access token can be signed with {self._alg}: {error}; see "
                "pyramid-oauth keys list"
            ) from error
        if len(token) > LONGEST_TOKEN:
            raise service_unavailable(
                f"an access token for client {request.client.client_id!r} has more "
                f"than {LONGEST_TOKEN} characters, which no resource server would "
                "read: let add_oauth_claims release less to access_token"
            )
        return (token, None) if is_stateless else add_row(request, draft, token)

    def is_stateless(self, credential: str) -> bool:
        """Whether a presented token, not verified yet, says that it has no row."""
        return key_id(credential) is not None

    def verify(self, request: ServerRequest, credential: str) -> TokenIdentity | None:
        """Return the identity; None where the denylist must be asked."""
        if self._has_denylist:
            return None
        server = request.oauth.server
        claims = verify(server, lambda: server.session(request), credential)
        if not claims.is_valid_at(moment(request)):
            raise InvalidToken("expired, or not valid yet")
        return claims.identity()

    def find(
        self,
        request: ServerRequest,
        session: Session,
        credential: str,
        asker: str | None = None,
    ) -> FoundAccessToken | None:
        """Return the token with its grant and its client; None if it is invalid."""
        server = request.oauth.server
        try:
            claims = verify(server, lambda: session, credential)
        except InvalidToken:
            return None
        if not claims.has_begun_at(moment(request)):
            return None
        tokens: StatelessTokens = server.repositories.stateless_tokens
        state = tokens.find(
            session, claims.client_id, claims.grant_id, claims.jti, asker
        )
        if state is None:
            return None
        return FoundAccessToken(
            client_id=claims.client_id,
            grant_id=claims.grant_id,
            user_id=claims.user_id,
            scope=claims.scope,
            audience=" ".join(claims.audience),
            expires_at=claims.expires_at,
            claims=dict(claims.others),
            is_revoked=bool(state.is_revoked),
            application_revision=state.application_revision,
            user_active=state.user_active,
            authentication=state.authentication,
            created_at=claims.issued_at,
            asker_revision=state.asker_revision,
        )

    def deny(self, oauth: OAuthRequest, found: FoundAccessToken) -> bool:
        """Add the token to the denylist; False if it was invalid before.

        Raises UnsupportedTokenTypeError without a denylist.
        """
        if not found.is_live_at(oauth.now):
            return False
        tokens: StatelessTokens = oauth.server.repositories.stateless_tokens
        jti = (found.claims or {})["jti"]
        is_new = tokens.deny(oauth.session, jti, found.expires_at)
        if is_new is None:
            raise UnsupportedTokenTypeError(
                description="This access token ends by itself within minutes; revoke "
                "the refresh token to end the grant.",
                request=oauth,
            )
        return is_new


def _signer(key: RingKey) -> jws.Signer:
    assert key.signer is not None  # noqa: S101  # an active key of the ring has its signer
    return key.signer
