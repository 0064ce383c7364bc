"""Encryption of tokens for clients, and decryption with the server's keys.

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
    """Return the key for `dir`, derived from a client secret.

    OpenID Connect Core section 10.2: the SHA-2 hash of the secret, truncated.
    """
    if enc not in CONTENT or not secret:
        raise UnusableKey(f"no key can be derived for {enc!r}")
    length = CONTENT[enc]
    digest = hashlib.sha256 if length <= 32 else hashlib.sha512
    return OctKey.import_key(digest(secret.encode()).digest()[:length])


def encryption_key(keys: Iterable[Key], alg: str) -> Key:
    """Return a client's key for `alg`, or raise NoSuchKey.

    A key with `use` set to `enc` is preferred to one without `use`.
    """
    matching = sorted(
        _matching_keys(keys, alg, None), key=lambda key: key.get("use") != "enc"
    )
    if not matching:
        raise NoSuchKey(f"no key of the client is fit for {alg}")
    return matching[0]


def _matching_keys(keys: Iterable[Key], alg: str, kid: str | None) -> Iterator[Key]:
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
    replicated: Mapping[str, str] | None = None,
) -> str:
    """Encrypt `content` to `key`.

    Args:
        content: The plaintext.
        key: The recipient's key.
        alg: The key management algorithm.
        enc: The content encryption algorithm.
        cty: The content type, `JWT` for a nested token; None leaves it out.
        replicated: Claims replicated in the header (RFC 7519 section 5.3).

    Raises:
        UnusableKey: The key cannot encrypt.
    """
    header = {**(replicated or {}), "alg": alg, "enc": enc}
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
    """Decrypt `token` with the matching one of `keys`.

    Raises:
        UnknownKey: No key matches the header.
        InvalidToken: Any other failure, without distinction (RFC 7516 section 11.5).
    """
    if not is_encrypted(token):
        raise InvalidToken("not an encrypted token")
    header = unverified_header(token)
    registry = AllowedEncryption(algorithms, content)
    candidates = list(
        _matching_keys(keys, registry.get_alg(header["alg"]).name, _kid(header))
    )
    for key in candidates:
        plaintext = _try_decrypt(token, key, registry)
        if plaintext is not None:
            return plaintext
    if not candidates:
        raise UnknownKey("no key fits")
    raise InvalidToken("the token cannot be decrypted")


def _kid(header: dict[str, object]) -> str | None:
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None


def _try_decrypt(token: str, key: Key, registry: AllowedEncryption) -> bytes | None:
    try:
        with rejected("the token cannot be decrypted"):
            return jwe.decrypt_compact(token, key, registry=registry).plaintext
    except InvalidToken:
        return None
