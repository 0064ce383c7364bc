"""The ID Token: who logged in, when and how, signed for one client.

OpenID Connect Core sections 2, 3.1.3.6, 3.2.2.10, 3.3.2.11 and 12.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pyramid_oauth import lifetimes
from pyramid_oauth.clock import timestamp
from pyramid_oauth.extensions.openid.claims_release import release_claims
from pyramid_oauth.extensions.openid.client_metadata import ID_TOKEN_SCOPE_CLAIMS
from pyramid_oauth.extensions.openid.settings import OpenIDSettings
from pyramid_oauth.extensions.openid.subject_identifiers import sid_for, subject_for
from pyramid_oauth.jose.algorithms import signing
from pyramid_oauth.jose.json import encoded
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.response_jwt import Envelope, envelope

SCOPE = "openid"

_EVENT = ("auth_time", "nonce", "acr", "amr")


def is_wanted(oauth: OAuthRequest) -> bool:
    """Whether the granted scopes ask for ID Tokens (section 3.1.2.1)."""
    return SCOPE in oauth.scopes


def releases_scope_claims(oauth: OAuthRequest) -> bool:
    """Whether claims of the granted scopes are in it: by the client, else the server.

    Some relying parties never ask UserInfo (section 5.4 has the claims there).
    """
    own = oauth.client.declared(ID_TOKEN_SCOPE_CLAIMS)
    if own is not None:
        return bool(own)
    return oauth.server.settings[OpenIDSettings].id_token_scope_claims


def prepare(oauth: OAuthRequest) -> Envelope:
    """Find the keys before anything is written; errors are those of `envelope`."""
    if oauth.envelope is None:
        oauth.envelope = envelope(
            oauth.server, lambda: oauth.session, oauth.client, "id_token"
        )
    found: Envelope = oauth.envelope
    return found


def id_token(
    oauth: OAuthRequest,
    *,
    authentication: Mapping[str, Any] | None,
    sid: str | None,
    access_token: str | None = None,
    code: str | None = None,
    scope_claims: bool,
) -> str:
    """The ID Token about `oauth.user` for `oauth.client`, as the client wants it.

    `authentication` is what the grant remembers of the login; `access_token` and
    `code` are those which the token travels with. `scope_claims` puts in the claims
    which the scopes ask for, beside those that the `claims` parameter names.
    """
    closing = prepare(oauth)
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
    claims.update(_protocol(oauth, authentication or {}, sid))
    if closing.signer is not None:
        claims.update(_hashes(closing.signer.alg, access_token, code))
    return closing.closed(claims)


def _protocol(
    oauth: OAuthRequest, authentication: Mapping[str, Any], sid: str | None
) -> dict[str, Any]:
    """What only the server may say; it goes over whatever a provider gave."""
    issued, lasting = (
        timestamp(),
        oauth.server.settings[OpenIDSettings].id_token_lifetime,
    )
    claims = {
        "iss": oauth.server.issuer,
        "sub": subject_for(oauth.server, oauth.client, oauth.user or ""),
        # No azp: section 2 encourages to do without it.
        "aud": oauth.client.client_id,
        "exp": issued + lifetimes.in_seconds(lasting, oauth.pyramid),
        "iat": issued,
        "sid": sid and sid_for(oauth.server, oauth.client, sid),
        **{name: authentication.get(name) for name in _EVENT},
    }
    return {name: value for name, value in claims.items() if value not in (None, [])}


def _hashes(alg: str, access_token: str | None, code: str | None) -> dict[str, str]:
    hashes = {}
    if access_token is not None:
        hashes["at_hash"] = at_hash(access_token, alg)
    if code is not None:
        hashes["c_hash"] = c_hash(code, alg)
    return hashes


def half_hash(value: str, alg: str) -> str:
    """The left half of the hash of an ASCII token or code, for this algorithm."""
    digest = hashlib.new(signing(alg).digest, value.encode("ascii")).digest()
    return encoded(digest[: len(digest) // 2])


def at_hash(access_token: str, alg: str) -> str:
    """The `at_hash` of an access token in an ID Token signed with `alg`."""
    return half_hash(access_token, alg)


def c_hash(code: str, alg: str) -> str:
    """The `c_hash` of an authorization code in an ID Token signed with `alg`."""
    return half_hash(code, alg)
