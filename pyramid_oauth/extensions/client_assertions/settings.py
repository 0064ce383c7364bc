"""Settings of client assertions (RFC 7523), and the checks of their values."""

from __future__ import annotations

from dataclasses import dataclass

from pyramid_oauth.jose.algorithms import SIGNING
from pyramid_oauth.server import key_encryption_keys
from pyramid_oauth.settings import Section, Settings, setting
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.check_builders import (
    HOUR,
    SECRET_HELP,
    fatal,
    is_longer_than,
    unknown_words,
    warning,
)


@dataclass(frozen=True, kw_only=True)
class ClientAssertionSettings(Section):
    """Which client assertions are accepted."""

    assertion_audience: str = setting(
        to.choice("endpoint", "issuer", "issuer_string"),
        "issuer",
        "Audience of client assertions: the issuer and nobody besides (`issuer`, RFC "
        "7523bis), the same as a string and not in an array (`issuer_string`, FAPI "
        "2.0), or also the endpoint's URL (`endpoint`, RFC 7523).",
    )
    assertion_lifetime: int = setting(
        to.seconds, 3600, "The longest lifetime of a client assertion, in seconds."
    )
    assertion_signing_algorithms: tuple[str, ...] = setting(
        to.words,
        tuple(SIGNING),
        "Algorithms with which clients may sign assertions.",
    )


def _lacks_key_encryption(settings: Settings) -> bool:
    methods = settings.token_endpoint_auth_methods
    return "client_secret_jwt" in methods and not key_encryption_keys(settings)


CHECKS = (
    fatal(
        "E025",
        "key_encryption_keys",
        _lacks_key_encryption,
        "is missing; it encrypts the secrets that client_secret_jwt requires; "
        f"{SECRET_HELP}",
        Settings,
    ),
    fatal(
        "E027",
        "assertion_signing_algorithms",
        unknown_words("assertion_signing_algorithms", SIGNING),
        ": {}",
        ClientAssertionSettings,
    ),
    warning(
        "W119",
        "assertion_lifetime",
        is_longer_than("assertion_lifetime", HOUR),
        "accepts client assertions that live for more than an hour",
        ClientAssertionSettings,
    ),
)
