"""Decryption, signature and claims of a request object.

OpenID Connect Core sections 6.1 and 6.3, RFC 9101 sections 4, 6.1, 6.2 and 10.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyramid_oauth.clients import jwt_verification
from pyramid_oauth.extensions.request_objects.settings import RequestObjectSettings
from pyramid_oauth.jose.algorithms import (
    ASYMMETRIC_SIGNING,
    CONTENT,
    KEY_MANAGEMENT,
    SIGNING,
)
from pyramid_oauth.jose.errors import InvalidToken
from pyramid_oauth.jose.json import json_object
from pyramid_oauth.jose.jwe import decrypt, direct_key
from pyramid_oauth.jose.jwk import Key
from pyramid_oauth.jose.jws import is_encrypted, unsigned_claims, unverified_header
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.protocol.request import OAuthRequest
from pyramid_oauth.server import Server

TYPE = "oauth-authz-req+jwt"

TYPES = (None, "JWT", TYPE)
"""Accepted types, unless the last one is required."""


class UnsignedNotSupported(Exception):
    """The object is unsigned, and the client did not register `none`."""


@dataclass(frozen=True, slots=True)
class RequestObject:
    """The claims of a request object, and the `typ` of its header."""

    claims: Mapping[str, Any]
    is_signed: bool
    typ: str | None = None

    @property
    def is_typed(self) -> bool:
        """Whether its `typ` is that of RFC 9101 section 10.8."""
        return (self.typ or "").lower().removeprefix("application/") == TYPE


def open_request_object(
    oauth: OAuthRequest, token: str, *, strict: bool
) -> RequestObject:
    """Decrypt `token` and verify its signature by the keys of `oauth.client`.

    The claims are not validated yet; see `check_claims`. By the `strict` rules of RFC
    9101 an unsigned object is invalid, whatever the client registered.

    Raises:
        InvalidToken: The token or its signature is invalid; the text is for the log.
        UnusableKey: The client has no valid key; the text is for the log.
        UnsignedNotSupported: The client may not send unsigned request objects.
    """
    if is_encrypted(token):
        content = _decrypt(oauth, token)
        if content.lstrip()[:1] == b"{":
            # Section 6.1: encrypted without being signed.
            _require_unsigned(oauth, strict)
            return RequestObject(json_object(content), is_signed=False)
        token = content.decode("ascii", "replace")
    return _verify_or_decode(oauth, token, strict)


def _verify_or_decode(oauth: OAuthRequest, token: str, strict: bool) -> RequestObject:
    header = unverified_header(token)
    if header["alg"] == "none":
        _require_unsigned(oauth, strict)
        return RequestObject(unsigned_claims(token), False, header.get("typ"))
    registered = oauth.client.declared("request_object_signing_alg")
    settings = oauth.server.settings[RequestObjectSettings]
    types = (TYPE,) if settings.require_typed_request_object else TYPES
    allowed = settings.request_object_signing_algorithms
    if registered is not None:
        allowed = tuple(name for name in allowed if name == registered)
    if header["alg"] in ASYMMETRIC_SIGNING:
        verified = jwt_verification.by_key(
            oauth.client, token, oauth.server, allowed, types
        )
    else:
        verified = jwt_verification.by_secret(
            oauth.client, token, oauth.server, allowed, types
        )
    return RequestObject(verified.claims, True, header.get("typ"))


def _require_unsigned(oauth: OAuthRequest, strict: bool) -> None:
    """Raise an error unless the client may send unsigned request objects.

    RFC 9101 section 10.8: only a client that registered `none`. Without a registered
    algorithm every one is allowed (OpenID Connect Registration section 2); whether
    that includes `none` is the setting `undeclared_request_objects_unsigned`.
    """
    registered = oauth.client.declared("request_object_signing_alg")
    if strict:
        raise InvalidToken("unsigned (RFC 9101 section 4)")
    if registered not in (None, "none"):
        raise InvalidToken(f"unsigned, although {registered} is registered")
    settings = oauth.server.settings
    declared = (
        registered
        or settings[RequestObjectSettings].undeclared_request_objects_unsigned
    )
    if not (declared and settings[RequestObjectSettings].unsigned_request_objects):
        raise UnsignedNotSupported


def _decrypt(oauth: OAuthRequest, token: str) -> bytes:
    header = unverified_header(token)
    keys: list[Key]
    if header["alg"] == "dir":
        secret = jwt_verification.live_secret(oauth.client, oauth.server)
        keys = [direct_key(secret, str(header.get("enc")))]
    else:
        keys = _own_keys(oauth)
    return decrypt(token, keys, algorithms=list(KEY_MANAGEMENT), content=list(CONTENT))


def _own_keys(oauth: OAuthRequest) -> list[Key]:
    """Return the keys that decrypt; a server without OpenID may have none."""
    ring = oauth.server.ring
    if ring is None:
        return []
    return list(ring.current(lambda: oauth.session).decryption_keys())


def check_claims(
    oauth: OAuthRequest, claims: Mapping[str, Any], *, strict: bool
) -> None:
    """Check issuer, audience and times, and that it is no client assertion.

    By the `strict` rules issuer and audience are required (RFC 9101 section 4).

    Raises:
        InvalidToken: A claim is invalid; the text is for the log.
    """
    client_id = oauth.client.client_id
    if strict and not claims.keys() >= {"iss", "aud"}:
        raise InvalidToken("iss or aud is missing")
    if claims.get("iss", client_id) != client_id:
        raise InvalidToken("iss is not the client")
    audience = claims.get("aud", oauth.server.issuer)
    audiences = audience if isinstance(audience, list) else [audience]
    if oauth.server.issuer not in audiences:
        raise InvalidToken("aud is not this server")
    if claims.get("sub") == client_id:
        # RFC 9101 section 10.8: a client assertion says so of itself.
        raise InvalidToken("sub is the client, as in a client assertion")
    _check_times(oauth, claims)


def _check_times(oauth: OAuthRequest, claims: Mapping[str, Any]) -> None:
    leeway = oauth.server.settings.assertion_leeway
    now = int(oauth.now.timestamp())
    if _read_time(claims, "exp", now + 1) <= now - leeway:
        raise InvalidToken("it has expired")
    for name in ("nbf", "iat"):
        if _read_time(claims, name, 0) > now + leeway:
            raise InvalidToken(f"its {name} is in the future")
    longest = oauth.server.settings[RequestObjectSettings].request_object_max_lifetime
    if longest:
        _check_lifetime(claims, now - longest - leeway, longest)


def _check_lifetime(claims: Mapping[str, Any], since: int, longest: int) -> None:
    """Demand aud, nbf and exp, and limit the life (FAPI 2.0 Message Signing 5.3.1)."""
    missing = [name for name in ("aud", "nbf", "exp") if name not in claims]
    if missing:
        raise InvalidToken(f"it has no {', '.join(missing)}")
    begin, end = (_read_time(claims, name, 0) for name in ("nbf", "exp"))
    if begin < since or end - begin > longest:
        raise InvalidToken(f"it lives longer than {longest} seconds")


def _read_time(claims: Mapping[str, Any], name: str, default: float) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken(f"{name} is not a number")
    return value


def algorithm_metadata(server: Server) -> dict[str, list[str] | None]:
    """Return the supported algorithms (OpenID Connect Discovery section 3)."""
    sealing = server.secret_seal is not None
    settings = server.settings[RequestObjectSettings]
    signatures = [
        name
        for name in settings.request_object_signing_algorithms
        if sealing or not SIGNING[name].symmetric
    ]
    if settings.unsigned_request_objects:
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
