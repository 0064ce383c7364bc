"""Verifiers of tokens from another process, chosen by settings.

RFC 9068 (`jwt`), RFC 7662 (`introspection`); `local` is the database of the server in
this process. For several issuers give `Issuers` to `config.set_oauth_token_verifier`.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import partial

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.interfaces.request import AnyRequest
from pyramid_oauth.resource.introspection_credentials import credentials, tls_context
from pyramid_oauth.resource.protected_resource_directives import (
    ProtectedResourceSettings,
)
from pyramid_oauth.resource.token_verifier_settings import (
    CHECKS,
    INTROSPECTION,
    JWT,
    LOCAL,
    TokenVerifierSettings,
)
from pyramid_oauth.resource.verifier import DEFAULT
from pyramid_oauth.resource.verify import (
    Introspection,
    InvalidToken,
    Issuers,
    OfflineJWT,
    TokenIdentity,
    Verifier,
)
from pyramid_oauth.settings import PREFIX, SETTINGS
from pyramid_oauth.settings.outbound import trusted_context


class WithLocal:
    """Verifies by the database first, and by others what it does not know.

    A JWT of one of the other issuers costs no look-up.
    """

    def __init__(self, others: Issuers | None) -> None:
        self._others = others

    def __call__(self, request: AnyRequest, token: str) -> TokenIdentity:
        """Return the identity of `token`."""
        local: Callable[[AnyRequest, str], TokenIdentity] = request.registry[DEFAULT]
        others = self._others
        if others is None:
            return local(request, token)
        if others.knows(token):
            return others.verify(token)
        try:
            return local(request, token)
        except InvalidToken:
            return others.verify(token)


def includeme(config: Configurator) -> None:
    """Add the settings, and the verifier that they describe."""
    settings = config.add_oauth_settings(TokenVerifierSettings)
    config.add_oauth_check(*CHECKS)
    if not settings.token_verifiers:
        return
    names = settings.token_verifiers
    try:
        others = [_verifier(config, settings, n) for n in names if n != LOCAL]
    except ValueError as error:
        raise ConfigurationError(f"{PREFIX}token_verifiers: {error}") from error
    config.action(
        "pyramid_oauth.token_verifiers server",
        partial(_check_server, config.registry, settings),
        order=11,
    )
    if LOCAL not in names:
        config.set_oauth_token_verifier(Issuers(others) if others[1:] else others[0])
        return
    if names[0] != LOCAL:
        raise ConfigurationError(f"{PREFIX}token_verifiers: {LOCAL!r} is the first")
    config.set_oauth_token_verifier(WithLocal(Issuers(others) if others else None))


def _check_server(registry: Registry, settings: TokenVerifierSettings) -> None:
    """Check what depends on whether this process has a server too."""
    names, has_server = settings.token_verifiers, DEFAULT in registry
    if LOCAL in names and not has_server:
        raise ConfigurationError(
            f"{PREFIX}token_verifiers: {LOCAL!r} needs the server in this process"
        )
    if has_server and INTROSPECTION in names and settings.token_issuer is None:
        raise ConfigurationError(
            f"{PREFIX}token_verifiers: {INTROSPECTION!r} beside the server in this "
            f"process needs {PREFIX}token_issuer: without it users and clients of the "
            "other server would pass for those of this one"
        )


def _verifier(
    config: Configurator, settings: TokenVerifierSettings, name: str
) -> Verifier:
    every = config.registry[SETTINGS]
    context = trusted_context(every.outbound_ca_file)
    if name == JWT:
        return _offline(config, settings, context, allow_http=every.allow_http)
    if name == INTROSPECTION:
        return _introspection(settings, context, allow_http=every.allow_http)
    raise ValueError(f"{name!r} is none of {LOCAL}, {JWT}, {INTROSPECTION}")


def _offline(
    config: Configurator,
    settings: TokenVerifierSettings,
    context: ssl.SSLContext | None,
    *,
    allow_http: bool,
) -> OfflineJWT:
    if settings.token_issuer is None:
        raise ValueError(f"{JWT!r} needs {PREFIX}token_issuer")
    resource = config.registry[SETTINGS][ProtectedResourceSettings].protected_resource
    audience = settings.token_audience or ((resource,) if resource else ())
    if not audience:
        raise ValueError(f"{JWT!r} needs {PREFIX}token_audience or protected_resource")
    return OfflineJWT(
        settings.token_issuer,
        audience=audience,
        jwks_uri=settings.token_jwks_uri,
        algorithms=settings.token_algorithms,
        types=settings.token_types,
        leeway=settings.token_leeway,
        timeout=settings.token_issuer_timeout,
        stale_seconds=settings.token_stale_keys,
        cache_entries=settings.token_cache_entries,
        cache_seconds=settings.token_cache_lifetime,
        allow_http=allow_http,
        ssl_context=context,
    )


def _introspection(
    settings: TokenVerifierSettings,
    context: ssl.SSLContext | None,
    *,
    allow_http: bool,
) -> Introspection:
    client_id = settings.introspection_client_id
    return Introspection(
        credentials(settings),
        issuer=settings.token_issuer,
        endpoint=settings.introspection_endpoint,
        audience=settings.token_audience,
        signed_for=client_id if settings.introspection_signed else None,
        algorithms=settings.token_algorithms,
        decryption_keys=[
            key.decode() for key in settings.introspection_decryption_keys
        ],
        jwks_uri=settings.token_jwks_uri,
        requires_token_type=settings.introspection_requires_token_type,
        leeway=settings.token_leeway,
        timeout=settings.token_issuer_timeout,
        cache_seconds=settings.introspection_cache_lifetime,
        refusal_cache_seconds=settings.introspection_refusal_lifetime,
        cache_entries=settings.token_cache_entries,
        allow_http=allow_http,
        ssl_context=tls_context(settings, context),
    )
