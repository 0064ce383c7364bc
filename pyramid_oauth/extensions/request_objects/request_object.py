"""A request object opened: decrypted, its signature checked, its claims judged.

OpenID Connect Core sections 6.1 and 6.3, RFC 9101 sections 4, 6.1, 6.2 and 10.8.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from oauthlib.openid.connect.core.exceptions import InvalidRequestURI

from pyramid_oauth.clients import jwt_verification
from pyramid_oauth.clock import now, timestamp
from pyramid_oauth.errors import ServerBusy
from pyramid_oauth.extensions.request_objects.settings import RequestObjectSettings
from pyramid_oauth.fetch import Document, FetchError, Reason
from pyramid_oauth.hashing import constant_time_equal
from pyramid_oauth.jose.algorithms import (
    ASYMMETRIC_SIGNING,
    CONTENT,
    KEY_MANAGEMENT,
    SIGNING,
)
from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.jose.json import encoded, json_object
from pyramid_oauth.jose.jwe import decrypt, direct_key
from pyramid_oauth.jose.jwk import Key
from pyramid_oauth.jose.jws import is_encrypted, unsigned_claims, unverified_header
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.protocol.response_jwt import ring_of
from pyramid_oauth.server import Server

TYPE = "oauth-authz-req+jwt"

TYPES = (None, "JWT", TYPE)


class UnsignedNotSupported(Exception):
    """The object has no signature, and the client did not register to do without."""


@dataclass(frozen=True, slots=True)
class RequestObject:
    """The claims of a request object; `typ` is what its header says it is."""

    claims: Mapping[str, Any]
    is_signed: bool
    typ: str | None = None

    @property
    def is_typed(self) -> bool:
        """Whether it says that it is a request object of RFC 9101."""
        return (self.typ or "").lower().removeprefix("application/") == TYPE


def opened(oauth: OAuthRequest, token: str) -> RequestObject:
    """The request object in `token`, made by `oauth.client`; for `check` to judge.

    Raises InvalidToken or UnusableKey, whose text is for the log, and
    UnsignedNotSupported.
    """
    if is_encrypted(token):
        content = _decrypted(oauth, token)
        if content.lstrip()[:1] == b"{":
            # Section 6.1: encrypted without being signed.
            _require_unsigned(oauth)
            return RequestObject(json_object(content), is_signed=False)
        token = content.decode("ascii", "replace")
    return _read(oauth, token)


def _read(oauth: OAuthRequest, token: str) -> RequestObject:
    header = unverified_header(token)
    if header["alg"] == "none":
        _require_unsigned(oauth)
        return RequestObject(unsigned_claims(token), False, header.get("typ"))
    registered = oauth.client.declared("request_object_signing_alg")
    allowed = tuple(SIGNING) if registered is None else (registered,)
    if header["alg"] in ASYMMETRIC_SIGNING:
        verified = jwt_verification.by_key(
            oauth.client, token, oauth.server, allowed, TYPES
        )
    else:
        verified = jwt_verification.by_secret(
            oauth.client, token, oauth.server, allowed, TYPES
        )
    return RequestObject(verified.claims, True, header.get("typ"))


def _require_unsigned(oauth: OAuthRequest) -> None:
    """Only who registered `none` may send what nobody vouches for (RFC 9101 10.8).

    OpenID Registration section 2 has no algorithm registered mean any; a setting of
    its own lets it mean `none` too.
    """
    registered = oauth.client.declared("request_object_signing_alg")
    if registered not in (None, "none"):
        raise InvalidToken(f"unsigned, although {registered} is registered")
    settings = oauth.server.settings
    declared = (
        registered
        or settings[RequestObjectSettings].undeclared_request_objects_unsigned
    )
    if not (declared and settings[RequestObjectSettings].unsigned_request_objects):
        raise UnsignedNotSupported


def _decrypted(oauth: OAuthRequest, token: str) -> bytes:
    header = unverified_header(token)
    keys: list[Key] = list(
        ring_of(oauth.server).current(lambda: oauth.session).decryption_keys()
    )
    if header["alg"] == "dir":
        secret = jwt_verification.live_secret(oauth.client, oauth.server)
        keys = [direct_key(secret, str(header.get("enc")))]
    return decrypt(token, keys, algorithms=list(KEY_MANAGEMENT), content=list(CONTENT))


def check(oauth: OAuthRequest, claims: Mapping[str, Any]) -> None:
    """Issuer, audience and times; and that it is no other kind of token.

    Raises InvalidToken.
    """
    client_id = oauth.client.client_id
    if claims.get("iss", client_id) != client_id:
        raise InvalidToken("iss is not the client")
    audience = claims.get("aud", oauth.server.issuer)
    named = audience if isinstance(audience, list) else [audience]
    if oauth.server.issuer not in named:
        raise InvalidToken("aud is not this server")
    if claims.get("sub") == client_id:
        # RFC 9101 section 10.8: a client assertion says so of itself.
        raise InvalidToken("sub is the client, as in a client assertion")
    leeway = oauth.server.settings.assertion_leeway
    if _time(claims, "exp", timestamp() + 1) <= timestamp() - leeway:
        raise InvalidToken("it has expired")
    if _time(claims, "nbf", 0) > timestamp() + leeway:
        raise InvalidToken("it is not valid yet")


def _time(claims: Mapping[str, Any], name: str, default: float) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken(f"{name} is no time")
    return value


def algorithms(server: Server) -> dict[str, list[str] | None]:
    """What request objects may be made with (OpenID Connect Discovery section 3)."""
    sealing = server.secret_seal is not None
    signatures = [n for n, found in SIGNING.items() if sealing or not found.symmetric]
    if server.settings[RequestObjectSettings].unsigned_request_objects:
        signatures.append("none")
    own = [
        n
        for n in server.settings[KeystoreSettings].signing_algorithms
        if n in KEY_MANAGEMENT
    ]
    management = [*own, "dir"] if sealing else own
    return {
        "request_object_signing_alg_values_supported": signatures,
        "request_object_encryption_alg_values_supported": management or None,
        "request_object_encryption_enc_values_supported": (
            list(CONTENT) if management else None
        ),
    }


log = logging.getLogger(__name__)

ACCEPT = "application/oauth-authz-req+jwt, application/jwt, */*;q=0.1"

_HASH = re.compile(r"[A-Za-z0-9_-]{43}\Z")


def fetched(server: Server, application: Any, uri: str) -> str:
    """The token at `uri`; raises InvalidRequestURI, whose reason the log has."""
    if not is_registered(application, uri):
        raise _refused(application, "it is not registered")
    address, _, fragment = uri.partition("#")
    document = _document(server, application, address)
    if _HASH.match(fragment) and not _is_hash(fragment, document):
        # What is at hand is outdated, or the client means something else.
        document = _document(server, application, address, now())
        bound = server.settings[RequestObjectSettings].request_uri_hash_binding
        if bound and not _is_hash(fragment, document):
            raise _refused(application, "the content has another hash")
    return document.body.decode("ascii", "replace").strip()


def is_registered(application: Any, uri: str) -> bool:
    """Whether the client registered `uri`; the fragment may change with the content.

    One that was registered with a fragment holds for that content only.
    """
    address = uri.partition("#")[0]
    return any(
        uri == registered or address == registered
        for registered in application.declared("request_uris") or ()
    )


def _document(
    server: Server, application: Any, address: str, fresh_after: datetime | None = None
) -> Document:
    try:
        return server.fetcher.get(address, ACCEPT, fresh_after=fresh_after)
    except FetchError as error:
        if error.reason is Reason.BUSY:
            raise ServerBusy from error
        raise _refused(application, f"it brought nothing: {error.reason}") from error


def _is_hash(fragment: str, document: Document) -> bool:
    return constant_time_equal(fragment, encoded(sha256(document.body).digest()))


def _refused(application: Any, reason: str) -> OAuth2Error:
    log.warning("request_uri of client %r refused: %s", application.client_id, reason)
    error: OAuth2Error = InvalidRequestURI()
    return error
