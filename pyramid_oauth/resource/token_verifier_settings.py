"""Settings of the verification of tokens that another process issues.

RFC 9068 (`jwt`), RFC 7662 (`introspection`).
"""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING
from pyramid_oauth.settings import Section, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.checks import Check, Severity

LOCAL, JWT, INTROSPECTION = "local", "jwt", "introspection"

BY_CERTIFICATE = ("tls_client_auth", "self_signed_tls_client_auth")
"""The methods of `introspection_auth_method` that need a certificate (RFC 8705)."""


def _passwords(value: to.Items) -> tuple[bytes, ...]:
    items = to.lines(value) if isinstance(value, str) else value
    return tuple(filter(None, map(to.optional_password, items)))


@dataclass(frozen=True, kw_only=True)
class TokenVerifierSettings(Section):
    """Verification of tokens that another process issues."""

    token_verifiers: tuple[str, ...] = setting(
        to.words,
        (),
        "How an API verifies tokens, in the order of fallbacks: `jwt` offline, by the "
        "keys of the issuer (RFC 9068), `introspection` by asking it (RFC 7662), "
        "`local` by the database of the server in this process. Unset, the server "
        "verifies its own tokens, and other processes call "
        "`config.set_oauth_token_verifier`.",
    )
    token_issuer: str | None = setting(
        to.optional_issuer,
        None,
        "The issuer of the tokens, exactly as its metadata names it, or `env:NAME`. "
        "`introspection` needs it in the process of another server.",
    )
    token_audience: tuple[str, ...] = setting(
        to.words,
        (),
        "The identifiers of this API, of which each JWT names one, and with this "
        "setting each answer of introspection; unset, JWTs name "
        "`pyramid_oauth.protected_resource`.",
    )
    token_types: tuple[str, ...] = setting(
        to.words,
        ("at+jwt",),
        "The accepted `typ` headers of JWTs. `at+jwt JWT` is for issuers that do not "
        "follow RFC 9068, and weaker: another JWT for this API can then pass.",
    )
    token_algorithms: tuple[str, ...] = setting(
        to.words,
        ASYMMETRIC_SIGNING,
        "The accepted signature algorithms of JWTs and of signed answers; only "
        "asymmetric ones.",
    )
    token_jwks_uri: str | None = setting(
        to.optional_issuer,
        None,
        "The URL of the issuer's keys; unset, its metadata names it.",
    )
    token_leeway: int = setting(
        to.integer(0, 300), 10, "Seconds by which the clock of the issuer may differ."
    )
    token_stale_keys: int = setting(
        to.seconds,
        86400,
        "Seconds for which expired keys are used while the issuer does not answer.",
    )
    token_cache_lifetime: int = setting(
        to.seconds,
        60,
        "Seconds for which a verified JWT is remembered, never beyond its expiry; 0 "
        "verifies each time.",
    )
    token_cache_entries: int = setting(
        to.integer(0, 1_000_000), 1000, "How many tokens a process remembers."
    )
    token_issuer_timeout: int = setting(
        to.integer(1, 60), 5, "Maximum seconds of a request to the issuer as a whole."
    )
    introspection_endpoint: str | None = setting(
        to.optional_issuer,
        None,
        "The URL of the introspection endpoint; unset, the metadata of the issuer "
        "names it.",
    )
    introspection_client_id: str | None = setting(
        to.optional_text_or_environment,
        None,
        "The client identifier of this API at the issuer, or `env:NAME`.",
    )
    introspection_client_secret: bytes | None = setting(
        to.optional_password,
        None,
        "Its client secret: `env:NAME`, `file:PATH` or the text.",
        secret=True,
    )
    introspection_client_key: bytes | None = setting(
        to.optional_password,
        None,
        "Its private key as PEM or JWK, for `private_key_jwt`: `file:PATH` or "
        "`env:NAME`.",
        secret=True,
    )
    introspection_auth_method: str = setting(
        to.choice(
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt",
            *BY_CERTIFICATE,
        ),
        "client_secret_basic",
        "How this API authenticates at the introspection endpoint.",
    )
    introspection_certificate_file: str | None = setting(
        to.optional_text_or_environment,
        None,
        "PEM file of its certificate with those of intermediate authorities, for "
        "`tls_client_auth` and `self_signed_tls_client_auth`, or `env:NAME`. Read at "
        "start-up.",
    )
    introspection_certificate_key_file: str | None = setting(
        to.optional_text_or_environment,
        None,
        "PEM file of the private key of that certificate, without a password, or "
        "`env:NAME`; unset, it is in the same file.",
    )
    introspection_signed: bool = setting(
        to.boolean,
        False,
        "Ask for answers as JWTs, and accept only those that `token_issuer` signed for "
        "`introspection_client_id` (RFC 9701).",
    )
    introspection_decryption_keys: tuple[bytes, ...] = setting(
        _passwords,
        (),
        "Its private keys as PEM or JWK, one a line as `file:PATH` or `env:NAME`, for "
        "answers that the issuer encrypts (`introspection_encrypted_response_alg`). "
        "They need `introspection_signed`.",
        secret=True,
    )
    introspection_cache_lifetime: int = setting(
        to.seconds,
        10,
        "Seconds for which an active token is remembered, never beyond its expiry: a "
        "revocation takes effect so much later. 0 asks for each request.",
    )
    introspection_refusal_lifetime: int = setting(
        to.seconds, 0, "Seconds for which an inactive token is remembered."
    )
    introspection_requires_token_type: bool = setting(
        to.boolean,
        True,
        "Refuse an answer without `token_type`. Servers that leave it out do not tell "
        "refresh tokens from access tokens.",
    )


def _weak_types(settings: TokenVerifierSettings) -> bool:
    return JWT in settings.token_verifiers and set(settings.token_types) != {"at+jwt"}


CHECKS = (
    Check(
        "W161",
        "token_types",
        _weak_types,
        "accepts JWTs that are not access tokens by their type: any JWT of the issuer "
        "for this audience passes (RFC 8725 section 3.11)",
        severity=Severity.WARNING,
        section=TokenVerifierSettings,
    ),
)
