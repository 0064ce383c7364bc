"""Checks of the configuration by the kernel.

RFC 6749, RFC 9700. They run at start-up and in `pyramid-oauth check`; see
`pyramid_oauth.settings.checks`. Extensions add checks by `config.add_oauth_check`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from pyramid.csrf import LegacySessionCSRFStoragePolicy, SessionCSRFStoragePolicy
from pyramid.interfaces import ICSRFStoragePolicy, ISessionFactory
from pyramid.registry import Registry

from pyramid_oauth.config.accounts_check import CHECKS as ACCOUNTS_CHECKS
from pyramid_oauth.config.credential_checks import CHECKS as CREDENTIAL_CHECKS
from pyramid_oauth.config.registry import COLLECTED, Registrations
from pyramid_oauth.config.secret_checks import CHECKS as SECRET_CHECKS
from pyramid_oauth.config.secret_checks import is_issuer_local
from pyramid_oauth.config.transaction_checks import CHECKS as TRANSACTION_CHECKS
from pyramid_oauth.errors import did_you_mean
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.scopes import ScopeProvider
from pyramid_oauth.server import Server
from pyramid_oauth.settings import PREFIX, SETTINGS, Settings
from pyramid_oauth.settings.check_builders import (
    DAY,
    SECRET_HELP,
    fatal,
    is_longer_than,
    is_set_to,
    warning,
)
from pyramid_oauth.settings.checks import Check, Severity
from pyramid_oauth.settings.profile_rules import CHECKS as PROFILE_CHECKS
from pyramid_oauth.settings.server import ServerSettings

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")

_IN_SESSION = (LegacySessionCSRFStoragePolicy, SessionCSRFStoragePolicy)


def _is_plain_http(settings: ServerSettings) -> bool:
    parts = urlsplit(settings.issuer or "")
    return parts.scheme == "http" and not _is_this_machine(parts.hostname)


def _is_this_machine(host: str | None) -> bool:
    if host is None or host == "localhost":
        return host is not None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _unknown(
    setting: str, known: Callable[[Registrations], Mapping[str, Any]]
) -> Callable[[Registry], Iterator[str]]:
    """Return a function for `Check.holds`: unregistered names in `setting`."""

    def holds(registry: Registry) -> Iterator[str]:
        there, settings = known(registry[COLLECTED]), registry[SETTINGS]
        names = getattr(settings, setting)
        if names == settings.rows()[setting].default:
            return  # names of the default may belong to an excluded extension
        for name in names:
            if name not in there:
                yield f"{name!r} is unknown; there are {', '.join(there)}"

    return holds


def _unknown_format(registry: Registry) -> Iterator[str]:
    """Yield the access token format if it is not registered."""
    name, there = registry[SETTINGS].access_token_format, registry[COLLECTED]
    if name not in there.token_formats:
        yield f"{name!r} is unknown; there are {', '.join(there.token_formats)}"


def _missing_grants(registry: Registry) -> Iterator[str]:
    """Yield missing grant types of the response types (RFC 7591 section 2.1)."""
    settings, registrations = registry[SETTINGS], registry[COLLECTED]
    for response_type in settings.response_types:
        registration = registrations.response_types.get(response_type)
        for needed in sorted(registration.grant_types if registration else ()):
            if needed not in settings.grant_types:
                yield f"{response_type!r} needs {needed!r} among {PREFIX}grant_types"


def _tokens_in_urls(settings: ServerSettings) -> Iterator[str]:
    for response_type in settings.response_types:
        if "token" in response_type.split():
            yield repr(response_type)


def _lacks_sessions(registry: Registry) -> bool:
    """Whether CSRF tokens cannot be stored; by default Pyramid uses a session."""
    asks = bool(registry[SETTINGS].response_types)
    storage = registry.queryUtility(ICSRFStoragePolicy)
    in_session = isinstance(storage, _IN_SESSION)
    return asks and in_session and registry.queryUtility(ISessionFactory) is None


def _malformed_scopes(server: Server) -> Iterator[str]:
    if type(server.scopes) is ScopeProvider:
        for name in server.scopes.published():
            if not _SCOPE.fullmatch(name):
                yield repr(name)


def unpublished(setting: str) -> Callable[[Server], Iterator[str]]:
    """Return a function for `Check.holds`: names in `setting` that are not scopes."""
    return lambda server: unpublished_scopes(server, getattr(server.settings, setting))


def unpublished_scopes(server: Server, names: Iterable[str]) -> Iterator[str]:
    """Yield a description of each name that is not a scope of the server.

    It checks only the default scope provider, because another one may have scopes that
    it does not publish.
    """
    if type(server.scopes) is not ScopeProvider:
        return
    known = server.scopes.published()
    for name in names:
        if name not in known:
            yield f"{name!r} is not among the scopes{did_you_mean(name, known)}"


CHECKS = (
    fatal(
        "E001",
        "issuer",
        lambda settings: not settings.issuer,
        "is missing: the URL under which clients reach the server (RFC 8414 section 2)",
    ),
    fatal(
        "E002",
        "issuer",
        lambda settings: not settings.allow_http and _is_plain_http(settings),
        f"must be https unless it is local; {PREFIX}allow_http = true allows http",
    ),
    fatal(
        "E003",
        "secret",
        lambda settings: (
            "refresh_token" in settings.grant_types and not settings.secret
        ),
        f"is missing, which refresh tokens need; {SECRET_HELP}",
    ),
    Check(
        "E004",
        "authorization_code_lifetime",
        is_longer_than("authorization_code_lifetime", 600),
        "is longer than ten minutes (RFC 6749 section 4.1.2)",
        severity=Severity.ERROR,
        section=ServerSettings,
    ),
    Check(
        "E005",
        "issuer",
        lambda settings: settings.allow_http and _is_plain_http(settings),
        "is plain http: credentials are not encrypted (RFC 6749 section 3.1)",
        severity=Severity.ERROR,
        section=ServerSettings,
    ),
    fatal(
        "E006",
        "grant_types",
        _unknown("grant_types", lambda made: made.grants),
        ": {}",
        Registry,
    ),
    fatal(
        "E007",
        "response_types",
        _unknown("response_types", lambda made: made.response_types),
        ": {}",
        Registry,
    ),
    fatal(
        "E008",
        "token_endpoint_auth_methods",
        _unknown("token_endpoint_auth_methods", lambda made: made.client_auth),
        ": {}",
        Registry,
    ),
    fatal(
        "E009",
        "grant_access_token_lifetimes",
        _unknown("grant_access_token_lifetimes", lambda made: made.grants),
        ": {}",
        Registry,
    ),
    fatal("E015", "access_token_format", _unknown_format, ": {}", Registry),
    fatal("E010", "response_types", _missing_grants, ": {}", Registry),
    fatal(
        "E011",
        "",
        _lacks_sessions,
        "the consent page needs CSRF tokens; set a session factory: "
        "config.set_session_factory(...), or store the tokens in a cookie: "
        "config.set_csrf_storage_policy(CookieCSRFStoragePolicy())",
        Registry,
    ),
    fatal(
        "E012",
        "scopes",
        _malformed_scopes,
        ": {} is not a valid scope (RFC 6749 section 3.3)",
        Server,
    ),
    fatal("E013", "default_scopes", unpublished("default_scopes"), ": {}", Server),
    fatal("E014", "optional_scopes", unpublished("optional_scopes"), ": {}", Server),
    Check(
        "W101",
        "issuer",
        lambda settings: is_issuer_local(settings.issuer),
        "is a local address; other machines cannot reach it",
        severity=Severity.NOTICE,
        section=ServerSettings,
    ),
    warning(
        "W102",
        "allow_http",
        is_set_to("allow_http", True),
        "allows credentials and responses without encryption",
    ),
    warning(
        "W103",
        "allow_redirect_wildcards",
        is_set_to("allow_redirect_wildcards", True),
        "replaces exact comparison of redirect URIs (RFC 9700 section 2.1)",
    ),
    warning(
        "W104",
        "allow_localhost_redirect",
        is_set_to("allow_localhost_redirect", True),
        "relies on name resolution for loopback redirects (RFC 8252 section 8.3)",
    ),
    warning(
        "W112",
        "access_token_lifetime",
        is_longer_than("access_token_lifetime", DAY),
        "makes stolen access tokens usable for more than a day",
    ),
    Check(
        "W113",
        "scopes",
        lambda server: (
            type(server.scopes) is ScopeProvider and not server.scopes.published()
        ),
        "is empty; every request for a scope is refused",
        severity=Severity.NOTICE,
        section=Server,
    ),
    warning(
        "W123",
        "response_types",
        _tokens_in_urls,
        ": {} puts access tokens into URLs (RFC 9700 section 2.1.2)",
    ),
    warning(
        "W114",
        "outbound_allow_http",
        is_set_to("outbound_allow_http", True),
        "allows unencrypted requests to URLs of clients",
        Settings,
    ),
    warning(
        "W115",
        "outbound_allow_private",
        is_set_to("outbound_allow_private", True),
        "lets clients send requests into the server's network (RFC 9728 section 7.7)",
        Settings,
    ),
)


def includeme(config: Configurator) -> None:
    """Add the checks of the kernel."""
    config.add_oauth_check(
        *CHECKS,
        *SECRET_CHECKS,
        *CREDENTIAL_CHECKS,
        *TRANSACTION_CHECKS,
        *ACCOUNTS_CHECKS,
        *PROFILE_CHECKS,
    )
