"""Tokens encrypted to a client's keys, and decrypted with ours.

RFC 7516, OpenID Connect Core sections 10.2 and 16.14; compression is refused (RFC 8725
section 3.6).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping

from joserfc import jwe
from joserfc.jwk import OctKey

from pyramid_oauth.jose.algorithms import CONTENT, KEY_MANAGEMENT, AllowedEncryption
from pyramid_oauth.jose.errors import (
    InvalidToken,
    NoSuchKey,
    UnknownKey,
    UnusableKey,
    rejected,
)
from pyramid_oauth.jose.jwk import Key, check_fit
from pyramid_oauth.jose.jws import is_encrypted, unverified_header


def direct_key(secret: str, enc: str) -> OctKey:
    """The key that `dir` derives from a client secret for this content encryption.

    OpenID Connect Core section 10.2: the secret's SHA-2 hash, cut to length.
    """
    if enc not in CONTENT or not secret:
        raise UnusableKey(f"no key can be derived for {enc!r}")
    length = CONTENT[enc]
    digest = hashlib.sha256 if length <= 32 else hashlib.sha512
    return OctKey.import_key(digest(secret.encode()).digest()[:length])


def encryption_key(keys: Iterable[Key], alg: str) -> Key:
    """The first of a client's keys that is fit for `alg`; NoSuchKey without one.

    One that says it is for encryption goes before one that says nothing.
    """
    fitting = sorted(_fitting(keys, alg, None), key=lambda key: key.get("use") != "enc")
    if not fitting:
        raise NoSuchKey(f"no key of the client is fit for {alg}")
    return fitting[0]


def _fitting(keys: Iterable[Key], alg: str, kid: str | None) -> Iterator[Key]:
    if alg not in KEY_MANAGEMENT:
        raise InvalidToken("the key management algorithm is not allowed")
    for key in keys:
        if kid is None or key.kid is None or key.kid == kid:
            try:
                check_fit(key, KEY_MANAGEMENT[alg])
            except UnusableKey:
                continue
            yield key


def encrypt(
    content: str | bytes,
    key: Key,
    *,
    alg: str,
    enc: str,
    cty: str | None,
    shown: Mapping[str, str] | None = None,
) -> str:
    """`content` encrypted to `key`; `cty` is `JWT` where it is itself a token.

    `shown` are claims repeated in the header, for all to read (RFC 7519 section 5.3).
    """
    header = {**(shown or {}), "alg": alg, "enc": enc}
    if cty is not None:
        header["cty"] = cty
    if key.kid is not None:
        header["kid"] = key.kid
    registry = AllowedEncryption([alg], [enc])
    with rejected("the key cannot encrypt", UnusableKey):
        return jwe.encrypt_compact(dict(header), content, key, registry=registry)


def decrypt(
    token: str,
    keys: Iterable[Key],
    *,
    algorithms: Collection[str],
    content: Collection[str],
) -> bytes:
    """What `token` holds, decrypted with the one of `keys` it was encrypted to.

    UnknownKey where no key fits the header, InvalidToken for all other failures, which
    are not told apart (RFC 7516 section 11.5).
    """
    if not is_encrypted(token):
        raise InvalidToken("not an encrypted token")
    header = unverified_header(token)
    registry = AllowedEncryption(algorithms, content)
    candidates = list(
        _fitting(keys, registry.get_alg(header["alg"]).name, _kid(header))
    )
    for key in candidates:
        opened = _opened(token, key, registry)
        if opened is not None:
            return opened
    if not candidates:
        raise UnknownKey("no key fits")
    raise InvalidToken("the token cannot be decrypted")


def _kid(header: dict[str, object]) -> str | None:
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None


def _opened(token: str, key: Key, registry: AllowedEncryption) -> bytes | None:
    try:
        with rejected("the token cannot be decrypted"):
            return jwe.decrypt_compact(token, key, registry=registry).plaintext
    except InvalidToken:
        return None
