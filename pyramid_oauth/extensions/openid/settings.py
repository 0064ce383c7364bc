"""Settings of the OpenID Provider (OpenID Connect Core and Discovery)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyramid_oauth.jose.algorithms import SIGNING
from pyramid_oauth.keystore.settings import KeystoreSettings
from pyramid_oauth.server import Server, key_encryption_keys
from pyramid_oauth.settings import PREFIX, Section, Settings, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import SECRET_HELP, fatal
from pyramid_oauth.settings.checks import Check, Severity
from pyramid_oauth.settings.converters import Lifetime


@dataclass(frozen=True, kw_only=True)
class OpenIDSettings(Section):
    """ID Tokens and subjects."""

    openid: bool = setting(
        to.boolean,
        False,
        "Be an OpenID Provider: ID Tokens, UserInfo, JWKS, discovery and RP-Initiated "
        "Logout. If off, they have no endpoints.",
    )
    id_token_lifetime: Lifetime = setting(
        to.lifetime, 3600, "Seconds until an ID Token expires."
    )
    id_token_scope_claims: bool = setting(
        to.boolean,
        False,
        "Put the claims of scopes such as `profile` into every ID Token, not only "
        "where no access token is issued (OpenID Connect Core section 5.4).",
    )
    pairwise_salt: tuple[bytes, ...] = setting(
        to.secrets,
        (),
        "Key of pairwise subjects; with one, clients may ask for `subject_type` "
        "pairwise. Changing it changes every pairwise subject.",
        secret=True,
    )


def is_openid_provider(settings: Settings) -> bool:
    """Return whether the server is an OpenID Provider."""
    return OpenIDSettings in settings and settings[OpenIDSettings].openid


def _outlives_keys(settings: Settings) -> bool:
    lifetime = settings[OpenIDSettings].id_token_lifetime
    longest = settings[KeystoreSettings].key_token_lifetime
    return isinstance(lifetime, int) and lifetime > longest


def _lacks_openid_scope(server: Server) -> Iterator[str]:
    if "openid" not in server.scopes.published():
        yield type(server.scopes).__name__


CHECKS = (
    fatal(
        "E020",
        "secret",
        lambda settings: not key_encryption_keys(settings),
        "is missing, which openid requires: it encrypts private keys and derives "
        f"session identifiers; {SECRET_HELP}",
        Settings,
    ),
    fatal(
        "E022",
        "signing_algorithms",
        lambda settings: SIGNING.keys().isdisjoint(settings.signing_algorithms),
        "names no algorithm that signs ID Tokens",
        KeystoreSettings,
    ),
    Check(
        "W129",
        "signing_algorithms",
        lambda settings: "RS256" not in settings.signing_algorithms,
        "does not name RS256, which every relying party knows (OpenID Connect Core "
        "15.1)",
        severity=Severity.NOTICE,
        section=KeystoreSettings,
    ),
    fatal(
        "E023",
        "id_token_lifetime",
        _outlives_keys,
        f"is longer than {PREFIX}key_token_lifetime: keys would be withdrawn before "
        "the last ID Token has expired",
        Settings,
    ),
    fatal(
        "E024",
        "scope_provider",
        _lacks_openid_scope,
        ": {} does not publish the scope 'openid', which every login requests (OpenID "
        "Connect Core 3.1.2.1); see "
        "pyramid_oauth.extensions.openid.standard_scopes.STANDARD",
        Server,
    ),
)
"""The checks of an OpenID Provider."""
