"""Settings of the keys with which the server signs and decrypts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to


@dataclass(frozen=True, kw_only=True)
class KeystoreSettings(Section):
    """Which keys the server has, and how they rotate."""

    signing_algorithms: tuple[str, ...] = setting(
        to.words,
        ("RS256",),
        "Algorithms for which the server keeps a key of its own: RS256 … RS512, PS256 "
        "… PS512, ES256 … ES512, EdDSA or Ed25519 (RFC 9864); also RSA-OAEP, "
        "RSA-OAEP-256 and ECDH-ES for what clients encrypt to the server. RS256, or "
        "without it the first, signs where a client names none.",
    )
    shared_secret_signatures: bool = setting(
        to.boolean,
        True,
        "Offer HS256 … HS512, whose key is the client's secret, for what the server "
        "signs.",
    )
    signing_key_files: tuple[str, ...] = setting(
        to.lines,
        (),
        "Private keys in PEM or JWK files, one `PATH [ALG] [STATE]` a line; the state "
        "is `next`, `active` (the default) or `retiring`.",
    )
    signing_key_password: bytes | None = setting(
        to.optional_password,
        None,
        "Password of those PEM files in `signing_key_files` that have one; "
        "`file:PATH` or `env:NAME`.",
        secret=True,
    )
    signers: Any = setting(
        to.optional_callable,
        None,
        "A callable that returns pairs of a signer (HSM, KMS) and its state.",
    )
    jwks_max_age: int = setting(
        to.seconds, 3600, "Seconds for which a verifier may cache the JWKS."
    )
    key_reload_interval: int = setting(
        to.seconds, 60, "Seconds after which a process looks for changed keys."
    )
    load_keys_at_start: bool = setting(
        to.boolean,
        False,
        "Load the keys when the application is made, in at most a second, so that a "
        "process which starts just before the database hangs has them. The ready-made "
        "server does.",
    )
    key_rotation_age: int = setting(
        to.seconds,
        90 * 86400,
        "Seconds after which `pyramid-oauth keys rotate` replaces a signing key.",
    )
    key_token_lifetime: int = setting(
        to.seconds,
        86400,
        "Seconds for which a key that no longer signs stays published: the longest "
        "life of anything it signed.",
    )
    key_retired_lifetime: int = setting(
        to.seconds,
        400 * 86400,
        "Seconds for which the public half of a retired key is kept, to know an old "
        "`id_token_hint` by; then `pyramid-oauth purge` deletes it.",
    )


def lacks_key_for(settings: KeystoreSettings, alg: str) -> bool:
    """Whether the settings say that there will be no key for `alg`.

    The algorithms of keys in files and devices are not known at the start.
    """
    if settings.signing_key_files or settings.signers:
        return False
    return alg not in settings.signing_algorithms
