"""Settings of JWT access tokens, and the checks of their values."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING
from pyramid_oauth.keystore.settings import KeystoreSettings, lacks_key_for
from pyramid_oauth.settings import PREFIX, Section, Settings, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import HOUR, fatal, warning

NAME = "jwt"
"""The name of the format."""

LONGEST_STATELESS = 600
"""Seconds for which nobody may be able to revoke a token."""


@dataclass(frozen=True, kw_only=True)
class JwtAccessTokenSettings(Section):
    """How access tokens of the format `jwt` are signed and kept."""

    jwt_access_token_alg: str = setting(
        to.choice(*ASYMMETRIC_SIGNING),
        "RS256",
        "The signature algorithm of JWT access tokens. Every resource server supports "
        "RS256 (RFC 9068 section 4); ES256 and EdDSA are signed faster.",
    )
    jwt_access_token_stateless: bool = setting(
        to.boolean,
        False,
        "Store no row for a JWT access token, so that verifying it takes no statement, "
        "and it cannot be revoked.",
    )
    jwt_access_token_stateless_lifetime: int = setting(
        to.integer(1, LONGEST_STATELESS),
        300,
        "The longest life in seconds of a JWT access token without a row; at most ten "
        "minutes.",
    )
    jwt_access_token_denylist: bool = setting(
        to.boolean,
        False,
        "Let JWT access tokens without a row be revoked: verifying one at this server "
        "takes one statement, which looks for its `jti` among the revoked ones and for "
        "its grant.",
    )


def _is_format(settings: Settings) -> bool:
    """Whether the format is that of all tokens."""
    return settings.access_token_format == NAME


def _has_no_key(settings: Settings) -> bool:
    alg = settings[JwtAccessTokenSettings].jwt_access_token_alg
    return lacks_key_for(settings[KeystoreSettings], alg)


def _outlives_keys(settings: Settings) -> bool:
    lifetime = settings.access_token_lifetime
    longest = settings[KeystoreSettings].key_token_lifetime
    return _is_format(settings) and isinstance(lifetime, int) and lifetime > longest


def _cannot_be_revoked(settings: JwtAccessTokenSettings) -> bool:
    return settings.jwt_access_token_stateless and not (
        settings.jwt_access_token_denylist
    )


def _lives_long(settings: Settings) -> bool:
    lifetime = settings.access_token_lifetime
    if not _is_format(settings) or not isinstance(lifetime, int):
        return False
    return (
        lifetime > HOUR
        and not settings[JwtAccessTokenSettings].jwt_access_token_stateless
    )


CHECKS = (
    fatal(
        "E090",
        "jwt_access_token_alg",
        _has_no_key,
        f"is not among {PREFIX}signing_algorithms, so that there is no key for it",
        Settings,
    ),
    fatal(
        "E091",
        "access_token_lifetime",
        _outlives_keys,
        f"is longer than {PREFIX}key_token_lifetime: keys would be withdrawn before "
        "the last JWT access token has expired",
        Settings,
    ),
    fatal(
        "E092",
        "jwt_access_token_denylist",
        lambda settings: (
            settings.jwt_access_token_denylist
            and not settings.jwt_access_token_stateless
        ),
        f"= true requires {PREFIX}jwt_access_token_stateless = true: a token with a "
        "row can be revoked anyway",
        JwtAccessTokenSettings,
    ),
    warning(
        "W190",
        "default_audience",
        lambda settings: _is_format(settings) and not settings.default_audience,
        "is empty: a JWT access token for no resource in particular has the issuer as "
        "its audience, so that no other resource server accepts it (RFC 9068 section "
        "3)",
        Settings,
    ),
    warning(
        "W191",
        "jwt_access_token_stateless",
        _cannot_be_revoked,
        "= true makes access tokens that nobody can revoke until they expire (RFC 7009 "
        f"section 2.2.1); {PREFIX}jwt_access_token_denylist = true lets this server "
        "refuse them",
        JwtAccessTokenSettings,
    ),
    warning(
        "W192",
        "access_token_lifetime",
        _lives_long,
        "is longer than an hour: a resource server that verifies JWT access tokens by "
        "their signature alone accepts revoked ones until they expire (RFC 9068 "
        "section 5)",
        Settings,
    ),
)
