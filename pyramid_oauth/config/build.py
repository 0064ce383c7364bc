"""Build of the Server at the end of the configuration.

Pyramid's two-phase configuration. Errors of the configuration are found here, at
start-up; each message says how to correct it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from oauthlib.oauth2 import RequestValidator
from pyramid.config import Configurator as PyramidConfigurator

from pyramid_oauth import hashing
from pyramid_oauth.config.authorize_steps import order_steps
from pyramid_oauth.config.parameters import compile_parameters
from pyramid_oauth.config.registry import (
    COLLECTED,
    Registrations,
    ResponseMembers,
    TokenStepRegistration,
)
from pyramid_oauth.config.services import (
    build_accounts,
    build_application_rules,
    build_fetcher,
    build_key_ring,
    build_scope_provider,
)
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.interfaces.registry import Registry
from pyramid_oauth.jose.errors import KeysError
from pyramid_oauth.keystore.encryption import client_secret_seal
from pyramid_oauth.models import Models
from pyramid_oauth.repositories import Repositories
from pyramid_oauth.server import SERVER, Server, key_encryption_keys
from pyramid_oauth.settings import PREFIX, SETTINGS, Settings
from pyramid_oauth.settings.checks import CHECKS
from pyramid_oauth.settings.directives import LATE as CHECKS_LATE
from pyramid_oauth.settings.directives import RUN_CHECKS

T = TypeVar("T")

LATE = 10

COMPLETE = ("oauth server", "complete")


@dataclass(frozen=True)
class Declared:
    """Settings and models of a configuration, known without database and issuer."""

    settings: Settings
    models: Models


def declared(
    settings: Mapping[str, Any], *includes: str | Callable[[Any], object]
) -> Declared:
    """Return the settings and models of an application without building its server.

    For `env.py` of Alembic, and for documentation::

        target_metadata = declared(settings, "shop.oauth").models.metadata

    Args:
        settings: The settings of the application, as in the ini file.
        includes: Functions, or their dotted names, in which the host calls our
            directives and includes its own extensions.

    Returns:
        The parsed settings and the bundle of models.

    Raises:
        ConfigurationError: A setting is unknown or malformed, or a class does not
            fulfil the contract of its model.
    """
    config = PyramidConfigurator(settings=dict(settings))
    config.include("pyramid_oauth")
    for include in includes:
        config.include(include)
    # These actions override ours, because their include path is shorter.
    config.action(RUN_CHECKS, order=CHECKS_LATE)
    config.action(COMPLETE, order=LATE)
    config.commit()
    registrations = config.registry[COLLECTED]
    parsed = config.registry[SETTINGS]
    return Declared(parsed, registrations.complete_models())


def includeme(config: Configurator) -> None:
    """Build the Server after all other actions and the checks."""
    config.include("pyramid_oauth.config.checks")
    config.action(COMPLETE, lambda: _complete(config.registry), order=LATE)


def _complete(registry: Registry) -> None:
    try:
        server = build_server(registry[SETTINGS], registry[COLLECTED])
    except KeysError as error:
        raise ConfigurationError(f"{PREFIX}signing_key_files: {error}") from error
    checks = registry[CHECKS]
    checks.subjects[Server] = server
    checks.run()
    hashing.limit_concurrency(server.settings.password_hash_concurrency)
    registry[SERVER] = server


def build_server(settings: Settings, registrations: Registrations) -> Server:
    """Create the Server from the settings and all registrations.

    Raises:
        ConfigurationError: A model, an adapter or a file named by a setting is invalid.
    """
    models = registrations.complete_models()
    accounts = build_accounts(settings, registrations)
    keks = key_encryption_keys(settings)
    server = Server(
        settings=settings,
        models=models,
        accounts=accounts,
        repositories=Repositories(
            models, accounts, settings.client_cache_size, registrations.repositories
        ),
        scopes=build_scope_provider(settings, registrations),
        application_rules=build_application_rules(settings, registrations, models),
        client_auth=_select_offered(
            registrations.client_auth,
            # Some clients use the first advertised method, even if it is `none`.
            sorted(settings.token_endpoint_auth_methods, key="none".__eq__),
        ),
        endpoints=dict(registrations.endpoints),
        parameters=compile_parameters(
            registrations.parameters,
            {
                name: getattr(registration.node, "takes_parameters_of", ())
                for name, registration in registrations.endpoints.items()
            },
        ),
        ring=build_key_ring(settings, models) if registrations.needs_keys else None,
        fetcher=build_fetcher(settings),
        secret_seal=client_secret_seal(keks) if keks else None,
        base_url=_base_url(settings, registrations.prefix),
        validator=request_validator(registrations.request_validation.values()),
        **_copy_registrations(registrations),
    )
    _add_protocol(server, registrations)
    return server


def _token_steps(
    registered: Mapping[str, TokenStepRegistration],
) -> tuple[TokenStepRegistration, ...]:
    """Return the token steps in the order of registration, as far as `after` allows."""
    waiting, placed = dict(registered), []
    while waiting:
        ready = [name for name, each in waiting.items() if each.after not in waiting]
        if not ready:
            names = ", ".join(waiting)
            raise ConfigurationError(f"token steps that require each other: {names}")
        placed += [waiting.pop(name) for name in ready]
    return tuple(placed)


def _copy_registrations(registrations: Registrations) -> dict[str, Any]:
    """Return the registrations that become attributes of the server unchanged."""
    recorders = registrations.consent_recorders.values()
    return {
        "login_sessions": registrations.login_sessions,
        "client_sources": tuple(registrations.client_sources.values()),
        "authorize_steps": order_steps(registrations.authorize_steps.values()),
        "consent_sources": dict(registrations.consent_sources),
        "consent_kinds": frozenset(registrations.consent_sources),
        "consent_recorders": tuple(each.record for each in recorders),
        "remembered_recorders": tuple(r.record for r in recorders if r.remembered),
        "response_modes": dict(registrations.response_modes),
        "response_mode_checks": dict(registrations.response_mode_checks),
        **_authorization_responses(registrations.authorization_responses.values()),
        "token_steps": _token_steps(registrations.token_steps),
        "request_checks": _request_checks(registrations),
        "token_formats": dict(registrations.token_formats),
        "introspection": tuple(registrations.introspection.values()),
        "introspection_rules": tuple(registrations.introspection_rules.values()),
        "introspection_formats": dict(registrations.introspection_formats),
        "request_methods": dict(registrations.request_methods),
        "cors_request_headers": ", ".join(
            name
            for each in registrations.cors_headers.values()
            for name in each.request
        ),
        "cors_response_headers": {
            name.lower(): name
            for each in registrations.cors_headers.values()
            for name in each.response
        },
        "outbox_kinds": dict(registrations.outbox_kinds),
        "client_logo_url": registrations.client_logo_url,
        "metadata_document": registrations.metadata_document,
        "response_type_grants": {
            name: registration.grant_types
            for name, registration in registrations.response_types.items()
        },
    }


def _request_checks(registrations: Registrations) -> dict[str, Any]:
    """Return the checks of each endpoint that has some."""
    checks: dict[str, Any] = {}
    for registration in registrations.request_checks.values():
        for name in registration.endpoints:
            checks[name] = (*checks.get(name, ()), registration.check)
    return checks


def _authorization_responses(members: Iterable[ResponseMembers]) -> dict[str, Any]:
    """Return the members of authorization responses, the constant ones merged."""
    constant: dict[str, str] = {}
    computed = []
    for each in members:
        if callable(each):
            computed.append(each)
        else:
            constant.update(each)
    return {
        "authorization_members": constant,
        "authorization_responses": tuple(computed),
    }


def _add_protocol(server: Server, registrations: Registrations) -> None:
    """Add what refers to the server: grants, response types, endpoints, metadata."""
    settings = server.settings
    grants = _select_offered(registrations.grants, settings.grant_types)
    server.grants = {name: make(server) for name, make in grants.items()}
    response_types = _select_offered(
        registrations.response_types, settings.response_types
    )
    server.response_types = {
        name: registration.factory(server)
        for name, registration in response_types.items()
    }
    server.oauthlib_endpoints = _oauthlib_endpoints(server)
    server.metadata = _metadata(server, registrations.metadata.values())


def _metadata(
    server: Server, contributors: Iterable[Callable[[Any], Mapping[str, Any]]]
) -> dict[str, Any]:
    document: dict[str, Any] = {"issuer": server.issuer}
    for registration in server.endpoints.values():
        if registration.metadata:
            document[registration.metadata] = server.url(registration.name)
    for contribute in contributors:
        document.update(contribute(server))
    return {name: value for name, value in document.items() if value is not None}


def _select_offered(registered: Mapping[str, T], names: Sequence[str]) -> dict[str, T]:
    """Return the registrations that a setting selects, in its order."""
    return {name: registered[name] for name in names if name in registered}


def request_validator(mixins: Iterable[type]) -> RequestValidator:
    """Compose the oauthlib RequestValidator; later registrations take precedence."""
    composed = type("Validator", (*reversed([*mixins]), RequestValidator), {})
    validator: RequestValidator = composed()
    return validator


def _oauthlib_endpoints(server: Server) -> dict[str, Any]:
    """Create the oauthlib endpoints of the tree nodes, by endpoint name."""
    classes = {
        name: getattr(registration.node, "oauthlib", None)
        for name, registration in server.endpoints.items()
    }
    return {
        name: create(server) for name, create in classes.items() if create is not None
    }


def _base_url(settings: Settings, prefix: str | None) -> str:
    issuer = (settings.issuer or "").rstrip("/")
    path = "/" + (prefix or "").strip("/") if prefix and prefix.strip("/") else ""
    if not path or urlsplit(issuer).path.endswith(path):
        return issuer
    parts = urlsplit(issuer)
    return f"{parts.scheme}://{parts.netloc}{path}"
