"""The directives: everything a host can say in Python about its server.

Each has four beats: resolve, introspectable, `register`, `action` with a
discriminator. Our defaults use them too, so a host overrides each by one call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from pyramid_oauth.config.authorize_steps import AuthorizeStep, Phase
from pyramid_oauth.config.consent_sources import ConsentSource
from pyramid_oauth.config.parameters import Parameter
from pyramid_oauth.config.registry import (
    Registrations,
    ResponseTypeRegistration,
    collected,
    record,
)
from pyramid_oauth.errors import ConfigurationError


def add_oauth_scope(config: Any, name: str, description: str = "") -> None:
    """Add a scope to the catalogue, with what the resource owner reads."""
    made = collected(config)

    def register() -> None:
        made.scopes[name] = description or name

    record(config, "oauth scopes", name, description, register)


def add_oauth_response_type(
    config: Any, name: str, factory: Any, grant_types: Collection[str] = ()
) -> None:
    """Register a response type (RFC 6749 section 8.4).

    Args:
        name: the value of `response_type`; the order of its words is free.
        factory: called with the server once; returns an object like
            `pyramid_oauth.protocol.grants.grant_type.ResponseType`.
        grant_types: the grant types that the response type makes use of. The server
            and the client must have them (RFC 7591 section 2.1).
    """
    registration = ResponseTypeRegistration(
        config.maybe_dotted(factory), frozenset(grant_types)
    )
    made = collected(config)

    def register() -> None:
        made.response_types[name] = registration

    record(config, "oauth response types", name, registration, register)


def add_oauth_authorize_step(
    config: Any,
    name: str,
    step: Any,
    *,
    phase: Phase = Phase.VALIDATE,
    before: str | None = None,
    after: str | None = None,
) -> None:
    """Add a named step to the authorization endpoint (RFC 6749 section 4.1.1).

    Args:
        name: the name of the step; another step of this name is replaced.
        step: called with the `Authorization`; returns a Response, which ends the
            request, or None. It refuses the request by raising an OAuth2Error.
        phase: when it runs: steps of LOAD and VALIDATE need no browser, and run for a
            pushed request too; see `pyramid_oauth.config.authorize_steps.Phase`.
        before: the name of a step of the same phase that has to come later.
        after: the name of a step of the same phase that has to come earlier. A name
            that no step has is no error.
    """
    registration = AuthorizeStep(
        name=name,
        run=config.maybe_dotted(step),
        phase=Phase(phase),
        before=before,
        after=after,
    )
    made = collected(config)

    def register() -> None:
        made.authorize_steps[name] = registration

    record(config, "oauth authorize steps", name, registration, register)


def add_oauth_consent_source(config: Any, kind: str, source: Any) -> None:
    """Add a source of what the resource owner is asked to allow.

    The kernel's own has the kind `scope`. A request without scope passes where another
    source brings items for it.

    Args:
        kind: the kind of the items; another source of this kind is replaced. What
            was allowed is remembered under it in the details of the consent.
        source: a `pyramid_oauth.config.consent_sources.ConsentSource`.

    Raises:
        ConfigurationError: `source` is no ConsentSource.
    """
    source = config.maybe_dotted(source)
    if not isinstance(source, ConsentSource):
        raise ConfigurationError(
            f"add_oauth_consent_source({kind!r}): {source!r} is no ConsentSource; give "
            f"an object whose class inherits from {ConsentSource.__module__}."
            f"{ConsentSource.__name__}"
        )
    made = collected(config)

    def register() -> None:
        made.consent_sources[kind] = source

    record(config, "oauth consent sources", kind, source, register)


def add_oauth_parameter(
    config: Any,
    name: str,
    *,
    endpoints: Collection[str],
    repeatable: bool = False,
    credential: bool = False,
    login_hint: bool = False,
    decode: Any = None,
    from_claim: Any = None,
) -> None:
    """Register a request parameter (RFC 6749 section 8.2).

    An extension reads it by `oauth.parameter(name)`. The authorization endpoint keeps
    no parameter that nobody registered.

    Args:
        name: the name of the parameter.
        endpoints: the names of the endpoints that take it; `*` stands for all.
        repeatable: whether it may be repeated. Its values are then joined by spaces.
        credential: whether it proves something: never stored, never in a URL.
        login_hint: whether `Accounts.login_url` gets it among its `hints`.
        decode: returns the value for the text, or raises ValueError or OAuth2Error.
        from_claim: returns the text for the claim of a request object (RFC 9101) that
            is not text, or raises ValueError. Default: only arrays of text where the
            parameter is repeatable.

    Raises:
        ConfigurationError: `endpoints` is a text instead of several.
    """
    made = collected(config)
    decode, from_claim = config.maybe_dotted(decode), config.maybe_dotted(from_claim)
    parameter = Parameter(name, repeatable, credential, login_hint, decode, from_claim)
    for endpoint in _names(name, endpoints):
        register = _parameter_registration(made, endpoint, parameter)
        shown = f"{name} at {endpoint}"
        record(config, "oauth parameters", shown, parameter, register)


def _names(parameter: str, endpoints: Collection[str]) -> Collection[str]:
    if isinstance(endpoints, str):
        raise ConfigurationError(
            f"add_oauth_parameter: endpoints of {parameter!r} must be a list of names"
        )
    return endpoints


def _parameter_registration(
    made: Registrations, endpoint: str, parameter: Parameter
) -> Callable[[], None]:
    def register() -> None:
        made.parameters[endpoint, parameter.name] = parameter

    return register


def add_oauth_response_mode(
    config: Any, name: str, send: Any, check: Any = None
) -> None:
    """Register a response mode: how an authorization response travels.

    OAuth 2.0 Multiple Response Type Encoding Practices section 2.1.

    Args:
        name: the value of `response_mode`, which the metadata lists.
        send: called with the `Authorization` and the members of the response, errors
            too; returns the Response that takes them to the client.
        check: called with the `Authorization` of a request for this mode, when its
            redirect URI was found valid; raises OAuth2Error to refuse it.
    """
    send, check = config.maybe_dotted(send), config.maybe_dotted(check)
    made = collected(config)

    def register() -> None:
        made.response_modes[name] = send
        if check is not None:
            made.response_mode_checks[name] = check

    record(config, "oauth response modes", name, send, register)


def add_oauth_authorization_response(config: Any, name: str, contribute: Any) -> None:
    """Add members to every authorization response, errors too.

    Args:
        name: the name of the contribution.
        contribute: called with the `Authorization`; returns members by name. It may
            find a request that was refused early: then much of it is not known.
    """
    contribute = config.maybe_dotted(contribute)
    made = collected(config)

    def register() -> None:
        made.authorization_responses[name] = contribute

    record(config, "oauth authorization responses", name, contribute, register)
