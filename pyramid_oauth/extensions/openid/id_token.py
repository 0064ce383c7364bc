"""The ID Token of a client.

OpenID Connect Core sections 2, 3.1.3.6, 3.2.2.10, 3.3.2.11 and 12.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from oauthlib.oauth2.rfc6749.errors import InvalidGrantError

from pyramid_oauth import lifetimes
from pyramid_oauth.extensions.openid.authentication_request import OFFLINE
from pyramid_oauth.extensions.openid.claims_release import release_claims
from pyramid_oauth.extensions.openid.client_metadata import ID_TOKEN_SCOPE_CLAIMS
from pyramid_oauth.extensions.openid.settings import OpenIDSettings
from pyramid_oauth.extensions.openid.subject_identifiers import identifiers_for
from pyramid_oauth.jose.algorithms import SIGNING
from pyramid_oauth.jose.json import encode_base64url
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.response_jwt import Envelope, build_envelope
from pyramid_oauth.protocol.token_draft import TokenDraft, TokenStep

SCOPE = "openid"

_AUTHENTICATION = ("auth_time", "nonce", "acr", "amr")

LOGOUT_URIS = {"frontchannel_logout_uri", "backchannel_logout_uri"}
"""Where a client is told of logouts, which name the session by its `sid`."""


class OpenIDTokenStep(TokenStep):
    """Adds the ID Token to token responses (sections 3.1.3.3 and 12.2).

    It also refuses a refresh token for offline access that the client lost (section
    11).
    """

    def check(self, request: OAuthRequest) -> None:
        """Find the keys before the code or refresh token is consumed."""
        if request.grant_type == "refresh_token":
            _require_offline_access(request)
        if _is_in_token_response(request):
            prepare(request)

    def finish(self, request: OAuthRequest, draft: TokenDraft) -> None:
        """Add the ID Token, with the hash of the access token."""
        if not _is_in_token_response(request):
            return
        authentication = dict(request.grant.authentication or {})
        if draft.grant_type == "refresh_token":
            # Section 12.2: no nonce, which belongs to the authentication request.
            authentication.pop("nonce", None)
        draft.response["id_token"] = id_token(
            request,
            authentication=authentication,
            sid=request.grant.session_id,
            access_token=draft.access_token,
            scope_claims=releases_scope_claims(request),
        )


def _is_in_token_response(oauth: OAuthRequest) -> bool:
    """Whether a token response has an ID Token: its grant has a login and `openid`."""
    return oauth.grant is not None and is_wanted(oauth)


def _require_offline_access(request: OAuthRequest) -> None:
    """Refuse a refresh token given for `offline_access`, if the client lost that scope.

    The refresh itself may ask for fewer scopes.
    """
    given = "" if request.grant is None else request.grant.scope
    if OFFLINE not in given.split() or OFFLINE in request.scopes:
        return
    scopes, client = request.server.scopes, request.client
    if not scopes.allows(OFFLINE, client, request.pyramid):
        raise InvalidGrantError(
            description="The client may not have offline_access any more.",
            request=request,
        )


def is_wanted(oauth: OAuthRequest) -> bool:
    """Whether the granted scopes include `openid` (section 3.1.2.1)."""
    return SCOPE in oauth.scopes


def releases_scope_claims(oauth: OAuthRequest) -> bool:
    """Whether claims of the granted scopes are in it: by the client, else the server.

    Some relying parties never ask UserInfo (section 5.4 has the claims there).
    """
    own = (oauth.client.client_metadata or {}).get(ID_TOKEN_SCOPE_CLAIMS)
    if own is not None:
        return bool(own)
    return oauth.server.settings[OpenIDSettings].id_token_scope_claims


def prepare(oauth: OAuthRequest) -> Envelope:
    """Find the keys before anything is written; raises like `build_envelope`."""
    if oauth.envelope is None:
        oauth.envelope = build_envelope(
            oauth.server, lambda: oauth.session, oauth.client, "id_token"
        )
    prepared: Envelope = oauth.envelope
    return prepared


def id_token(
    oauth: OAuthRequest,
    *,
    authentication: Mapping[str, Any] | None,
    sid: str | None,
    access_token: str | None = None,
    code: str | None = None,
    scope_claims: bool,
) -> str:
    """Issue the ID Token about `oauth.user` for `oauth.client`.

    Signed and encrypted as the client registered.

    Args:
        oauth: The request.
        authentication: The login of the grant.
        sid: The login session.
        access_token: The access token of the same response.
        code: The code of the same response.
        scope_claims: Whether to include the claims that the scopes request.
    """
    jwt_envelope = prepare(oauth)
    claims = release_claims(
        oauth.server,
        oauth.pyramid,
        oauth.client,
        oauth.user or "",
        scopes=oauth.scopes,
        target="id_token",
        authentication=authentication,
        by_scope=scope_claims,
    )
    claims.update(_protocol_claims(oauth, authentication or {}, sid))
    if jwt_envelope.signer is not None:
        claims.update(_hash_claims(jwt_envelope.signer.alg, access_token, code))
    return jwt_envelope.sign_and_encrypt(claims)


def _protocol_claims(
    oauth: OAuthRequest, authentication: Mapping[str, Any], sid: str | None
) -> dict[str, Any]:
    """Return the protocol claims, which override those of providers."""
    now, client = int(oauth.now.timestamp()), oauth.client
    # Only who takes part in logouts is told which session it is.
    if sid and not client.post_logout_redirect_uris:
        sid = sid if LOGOUT_URIS & client.declared_members.keys() else None
    subject, pairwise_sid = identifiers_for(oauth.server, client, oauth.user or "", sid)
    lifetime = oauth.server.settings[OpenIDSettings].id_token_lifetime
    claims = {
        "iss": oauth.server.issuer,
        "sub": subject,
        # No azp: section 2 recommends to omit it.
        "aud": client.client_id,
        "exp": now + lifetimes.in_seconds(lifetime, oauth.pyramid),
        "iat": now,
        "sid": pairwise_sid,
        **{name: authentication.get(name) for name in _AUTHENTICATION},
    }
    return {name: value for name, value in claims.items() if value not in (None, [])}


def _hash_claims(
    alg: str, access_token: str | None, code: str | None
) -> dict[str, str]:
    hashes = {}
    if access_token is not None:
        hashes["at_hash"] = at_hash(access_token, alg)
    if code is not None:
        hashes["c_hash"] = c_hash(code, alg)
    return hashes


def half_hash(value: str, alg: str) -> str:
    """Return the left half of the hash of a token or code, for this algorithm."""
    digest = hashlib.new(SIGNING[alg].digest, value.encode("ascii")).digest()
    return encode_base64url(digest[: len(digest) // 2])


def at_hash(access_token: str, alg: str) -> str:
    """Return the `at_hash` of an access token in an ID Token signed with `alg`."""
    return half_hash(access_token, alg)


def c_hash(code: str, alg: str) -> str:
    """Return the `c_hash` of an authorization code in an ID Token signed with `alg`."""
    return half_hash(code, alg)
