"""What is wrong with a configuration, and what weakens it, as sentences.

Each names its setting and says what to do; `completion` stops the start with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from pyramid.csrf import LegacySessionCSRFStoragePolicy, SessionCSRFStoragePolicy
from pyramid.interfaces import ICSRFStoragePolicy, ISessionFactory

from pyramid_oauth.config.registry import Registrations
from pyramid_oauth.errors import did_you_mean
from pyramid_oauth.jose.algorithms import ASYMMETRIC_SIGNING
from pyramid_oauth.models.contract import left_empty
from pyramid_oauth.models.redirect_uris import Rules, is_loopback
from pyramid_oauth.scopes import ScopeProvider
from pyramid_oauth.server import Server, key_encryption_keys
from pyramid_oauth.settings import PREFIX, Settings

OWN_ENCRYPTION = ("RSA-OAEP", "RSA-OAEP-256", "ECDH-ES")
"""Algorithms by which clients may encrypt to keys of the server."""

OWN_ALGORITHMS = (*ASYMMETRIC_SIGNING, *OWN_ENCRYPTION)

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")

IN_SESSION = (LegacySessionCSRFStoragePolicy, SessionCSRFStoragePolicy)

WEAKER = (
    ("allow_http", True, " lets credentials and answers travel in the clear"),
    ("allow_redirect_wildcards", True, " gives up exact comparison"),
    ("pkce_required", False, " = false leaves codes unbound to who asked"),
    ("rotate_refresh_tokens", False, " = false hides stolen refresh tokens"),
    ("unsigned_request_objects", True, " believes requests that nobody vouches for"),
    (
        "undeclared_request_objects_unsigned",
        True,
        " believes them of clients that never asked for it",
    ),
    ("outbound_allow_http", True, " follows URLs of clients in the clear"),
    (
        "outbound_allow_private",
        True,
        " lets clients make the server ask its own neighbours",
    ),
    ("registration", "open", " = open lets everybody register clients"),
)
"""Settings that are weak at a value, and what that means."""

SECRET_HELP = (
    "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes one; keep it "
    "out of the ini with file:PATH or env:NAME"
)


def problems(config: Any, settings: Settings, made: Registrations) -> Iterator[str]:
    """What no server can be built from."""
    if not settings.issuer:
        yield f"{PREFIX}issuer is missing: the URL under which clients reach the server"
    elif not _is_safe_issuer(settings):
        yield (
            f"{PREFIX}issuer must be https off this machine; "
            f"{PREFIX}allow_http = true gives that up"
        )
    yield from _unknown_names(settings, made)
    yield from _missing_secrets(settings)
    yield from _missing_grants(settings, made)
    if settings.openid:
        yield from _openid_problems(settings)
    asks = settings.openid or "code" in settings.response_types
    if asks and not _has_sessions(config):
        yield (
            "the consent page needs a session factory against forgery: "
            "config.set_session_factory(...); or keep CSRF tokens elsewhere: "
            "config.set_csrf_storage_policy(CookieCSRFStoragePolicy())"
        )


def _unknown_names(settings: Settings, made: Registrations) -> Iterator[str]:
    for setting, known in (
        ("grant_types", made.grants),
        ("response_types", made.response_types),
        ("token_endpoint_auth_methods", made.client_auth),
    ):
        for name in getattr(settings, setting):
            if name not in known:
                yield _unknown(setting, name, known)
    for name in settings.grant_access_token_lifetimes:
        if name not in made.grants:
            yield _unknown("grant_access_token_lifetimes", name, made.grants)


def _unknown(setting: str, name: str, known: Iterable[str]) -> str:
    there = ", ".join(known)
    return f"{PREFIX}{setting}: {name!r} is unknown; there are {there}"


def _missing_grants(settings: Settings, made: Registrations) -> Iterator[str]:
    """The grant types behind the response types (RFC 7591 section 2.1)."""
    for response_type in settings.response_types:
        registration = made.response_types.get(response_type)
        for needed in sorted(registration.grant_types if registration else ()):
            if needed not in settings.grant_types:
                yield (
                    f"{PREFIX}response_types: {response_type!r} needs {needed!r} "
                    f"among {PREFIX}grant_types"
                )


def _openid_problems(settings: Settings) -> Iterator[str]:
    """What an OpenID Provider cannot be without (Core section 15.1)."""
    if not key_encryption_keys(settings):
        yield (
            f"{PREFIX}secret is missing, which openid needs: it seals private keys "
            f"and makes session identifiers; {SECRET_HELP}"
        )
    algorithms = settings.signing_algorithms
    for name in algorithms:
        if name not in OWN_ALGORITHMS:
            yield _unknown("signing_algorithms", name, OWN_ALGORITHMS)
    if "RS256" not in algorithms:
        yield f"{PREFIX}signing_algorithms must name RS256 (OpenID Connect Core 15.1)"
    lifetime = settings.id_token_lifetime
    if isinstance(lifetime, int) and lifetime > settings.key_token_lifetime:
        yield (
            f"{PREFIX}id_token_lifetime is longer than {PREFIX}key_token_lifetime: "
            "keys would be withdrawn before the last ID Token has expired"
        )


def _missing_secrets(settings: Settings) -> Iterator[str]:
    if "refresh_token" in settings.grant_types and not settings.secret:
        yield f"{PREFIX}secret is missing, which refresh tokens need; {SECRET_HELP}"
    if (
        "client_secret_jwt" in settings.token_endpoint_auth_methods
        and not key_encryption_keys(settings)
    ):
        yield (
            f"{PREFIX}key_encryption_keys is missing, under which the secrets that "
            f"client_secret_jwt needs are sealed; {SECRET_HELP}"
        )


def _has_sessions(config: Any) -> bool:
    """Whether CSRF tokens have a place: only Pyramid's default keeps them in a session.

    (`LegacySessionCSRFStoragePolicy` and `SessionCSRFStoragePolicy`.)
    """
    registry = config.registry
    storage = registry.queryUtility(ICSRFStoragePolicy)
    in_session = isinstance(storage, IN_SESSION)
    return not in_session or registry.queryUtility(ISessionFactory) is not None


def _is_safe_issuer(settings: Settings) -> bool:
    parts = urlsplit(settings.issuer or "")
    return parts.scheme == "https" or settings.allow_http or _is_local(parts.hostname)


def _is_local(host: str | None) -> bool:
    if host is None or host == "localhost":
        return host is not None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def scope_problems(server: Server) -> Iterator[str]:
    """What is wrong with the scopes, once the server knows who provides them."""
    settings, known = server.settings, server.scopes.published()
    if settings.openid and "openid" not in known:
        yield (
            f"{PREFIX}scope_provider: {type(server.scopes).__name__} does not publish "
            "the scope 'openid', which every log-in asks for (OpenID Connect Core "
            "3.1.2.1); see pyramid_oauth.scopes.OPENID"
        )
    if type(server.scopes) is not ScopeProvider:
        return  # another one may know scopes which it does not publish
    for name in known:
        if not _SCOPE.fullmatch(name):
            yield f"{PREFIX}scopes: {name!r} is no scope (RFC 6749 section 3.3)"
    for setting in ("default_scopes", "optional_scopes", "registration_scopes"):
        for name in getattr(settings, setting):
            if name not in known:
                near = did_you_mean(name, known)
                yield f"{PREFIX}{setting}: {name!r} is not among the scopes{near}"


def registration_problems(server: Server) -> Iterator[str]:
    """What would fail when the first client registers itself."""
    if server.settings.registration == "off":
        return
    for name in left_empty(server.models.Application):
        yield (
            f"{PREFIX}registration: the column {name} of "
            f"{server.models.Application.__name__} needs a default, since clients that "
            "register do not fill it"
        )


def weaknesses(settings: Settings) -> Iterator[str]:
    """Each setting that weakens the server, by name (RFC 9700)."""
    if settings.profile == "legacy":
        yield f"{PREFIX}profile = legacy allows grants that RFC 9700 forbids"
    for response_type in settings.response_types:
        if "token" in response_type.split():
            yield (
                f"{PREFIX}response_types: {response_type!r} puts access tokens into "
                "URLs (RFC 9700 section 2.1.2)"
            )
    for name, value, told in WEAKER:
        if getattr(settings, name) == value:
            yield f"{PREFIX}{name}{told}"
    if settings.registration != "off" and not settings.registration_limit:
        yield (
            f"{PREFIX}registration_limit = 0 lets one source fill the database with "
            "clients"
        )


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


def _is_local_url(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname, Rules(localhost=True))


def _plain_http(settings: Settings) -> bool:
    issuer = settings.issuer
    return bool(issuer and issuer.startswith("http:") and not _is_local_url(issuer))


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
        lambda settings: bool(settings.issuer and _is_local_url(settings.issuer)),
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


def setting_findings(settings: Settings) -> Iterator[Finding]:
    """The findings of every check that holds."""
    for check in CHECKS:
        if check.holds(settings):
            yield Finding(check.number, f"{PREFIX}{check.setting} {check.text}")
