"""What `check` looks for in the settings, as one table.

RFC 9700 (security best current practice) is behind most of them. E is an error, W a
warning; numbers are never used again for something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pyramid_oauth.models.redirection import Rules, is_loopback
from pyramid_oauth.settings import PREFIX, Settings

HOUR, DAY = 3600, 86400


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, with its stable number."""

    number: str
    text: str

    @property
    def is_error(self) -> bool:
        """Whether the server must not go live like this."""
        return self.number.startswith("E")

    def __str__(self) -> str:
        return f"{self.number} {self.text}"


@dataclass(frozen=True)
class Check:
    """A question to the settings; `holds` is true where something is wrong."""

    number: str
    setting: str
    holds: Callable[[Settings], bool]
    text: str


def _is_local(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname, Rules(localhost=True))


def _plain_http(settings: Settings) -> bool:
    issuer = settings.issuer
    return bool(issuer and issuer.startswith("http:") and not _is_local(issuer))


def _offers(*grant_types: str) -> Callable[[Settings], bool]:
    return lambda settings: any(kind in settings.grant_types for kind in grant_types)


def _longer(name: str, seconds: int) -> Callable[[Settings], bool]:
    def holds(settings: Settings) -> bool:
        value = getattr(settings, name)
        return isinstance(value, int) and value > seconds

    return holds


def _is(name: str, value: Any) -> Callable[[Settings], bool]:
    return lambda settings: getattr(settings, name) == value


CHECKS = (
    Check(
        "E001",
        "issuer",
        lambda settings: not settings.issuer,
        "is not set; URLs cannot be advertised (RFC 8414 section 2)",
    ),
    Check(
        "E002",
        "issuer",
        _plain_http,
        "is plain http; credentials would travel in the clear (RFC 6749 section 3.1)",
    ),
    Check(
        "E003",
        "secret",
        lambda settings: _offers("refresh_token")(settings) and not settings.secret,
        "is not set, though refresh tokens are offered",
    ),
    Check(
        "E004",
        "authorization_code_lifetime",
        _longer("authorization_code_lifetime", 600),
        "is over the ten minutes of RFC 6749 section 4.1.2",
    ),
    Check(
        "W101",
        "issuer",
        lambda settings: bool(settings.issuer and _is_local(settings.issuer)),
        "is a local address; other machines cannot reach it",
    ),
    Check(
        "W102",
        "allow_http",
        _is("allow_http", True),
        "lets answers travel in the clear",
    ),
    Check(
        "W103",
        "allow_redirect_wildcards",
        _is("allow_redirect_wildcards", True),
        "gives up exact comparison of redirect URIs (RFC 9700 section 2.1)",
    ),
    Check(
        "W104",
        "allow_localhost_redirect",
        _is("allow_localhost_redirect", True),
        "trusts name resolution for loopback redirects (RFC 8252 section 8.3)",
    ),
    Check(
        "W105",
        "access_token_in_query",
        _is("access_token_in_query", True),
        "puts tokens into logs and histories (RFC 9700 section 4.3.2)",
    ),
    Check(
        "W106",
        "access_token_in_body",
        _is("access_token_in_body", True),
        "accepts tokens outside the Authorization header (RFC 6750 section 2.2)",
    ),
    Check(
        "W107",
        "pkce_required",
        _is("pkce_required", False),
        "leaves codes unbound to the client that asked (RFC 9700 section 2.1.1)",
    ),
    Check(
        "W108",
        "grant_types",
        _offers("implicit"),
        "offers implicit: tokens in URLs (RFC 9700 section 2.1.2)",
    ),
    Check(
        "W109",
        "grant_types",
        _offers("password"),
        "offers password: clients see passwords (RFC 9700 section 2.4)",
    ),
    Check(
        "W110",
        "rotate_refresh_tokens",
        _is("rotate_refresh_tokens", False),
        "hides the theft of refresh tokens (RFC 9700 section 4.14.2)",
    ),
    Check(
        "W111",
        "refresh_token_grace",
        _longer("refresh_token_grace", 60),
        "answers superseded refresh tokens for more than a minute",
    ),
    Check(
        "W112",
        "access_token_lifetime",
        _longer("access_token_lifetime", DAY),
        "keeps a stolen access token useful for more than a day",
    ),
    Check(
        "W113",
        "scopes",
        lambda settings: (
            not (
                settings.scopes
                or settings.openid
                or settings.scope_provider is not None
            )
        ),
        "names no scope; every request for one is refused",
    ),
    Check(
        "W114",
        "outbound_allow_http",
        _is("outbound_allow_http", True),
        "follows URLs of clients in the clear",
    ),
    Check(
        "W115",
        "outbound_allow_private",
        _is("outbound_allow_private", True),
        "lets clients make the server ask its own neighbours (RFC 9728 section 7.7)",
    ),
    Check(
        "W116",
        "registration",
        _is("registration", "open"),
        "lets everybody register clients; name a policy, or mean it (RFC 7591 "
        "section 5)",
    ),
    Check(
        "W117",
        "registration_limit",
        lambda settings: (
            settings.registration != "off" and not settings.registration_limit
        ),
        "is 0: one source may fill the database with clients",
    ),
    Check(
        "W118",
        "registration_grant_types",
        lambda settings: (
            settings.registration == "open"
            and "client_credentials" in settings.registration_grant_types
        ),
        "gives everybody tokens by client_credentials while registration is open",
    ),
    Check(
        "W119",
        "assertion_lifetime",
        _longer("assertion_lifetime", HOUR),
        "accepts client assertions that live for more than an hour",
    ),
    Check(
        "W120",
        "unsigned_request_objects",
        _is("unsigned_request_objects", True),
        "believes requests that nobody vouches for (RFC 9101 section 10.8)",
    ),
    Check(
        "W121",
        "undeclared_request_objects_unsigned",
        _is("undeclared_request_objects_unsigned", True),
        "believes unsigned requests of clients that never asked for it",
    ),
    Check(
        "W122",
        "request_uri_hash_binding",
        _is("request_uri_hash_binding", False),
        "takes a request object of another hash than its URI says",
    ),
)


def in_settings(settings: Settings) -> Iterator[Finding]:
    """The findings of every check that holds."""
    for check in CHECKS:
        if check.holds(settings):
            yield Finding(check.number, f"{PREFIX}{check.setting} {check.text}")
