"""Directives of the authorization endpoint (RFC 6749 section 3.1).

Each directive resolves dotted names, adds an introspectable, and defers `register` to
an action with a discriminator. Our defaults use them too; one call of a host overrides
them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from pyramid_oauth.config.authorize_steps import AuthorizeStep, Phase
from pyramid_oauth.config.consent_decisions import ConsentRecorder
from pyramid_oauth.config.consent_sources import ConsentSource
from pyramid_oauth.config.parameters import Parameter
from pyramid_oauth.config.registry import (
    RecorderRegistration,
    ResponseMembers,
    ResponseTypeRegistration,
    get_registrations,
    record,
    record_in,
)
from pyramid_oauth.errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator
from pyramid_oauth.scopes import ScopeTraits


def add_oauth_scope(
    config: Configurator,
    name: str,
    description: str = "",
    *,
    kind: str = "other",
    risk: str = "medium",
    optional: bool = False,
) -> None:
    """Add a scope to the catalogue, with the description on the consent page.

    Args:
        name: the name of the scope.
        description: what it allows, for users; a TranslationString is translated.
        kind: what it is about, for its icon: one of `pyramid_oauth.scopes.KINDS`.
        risk: `high`, `medium` or `low`; the consent page begins with the highest.
        optional: whether users may deselect it.

    Raises:
        ConfigurationError: the kind or the risk is unknown.
    """
    registrations = get_registrations(config)
    try:
        traits = ScopeTraits(kind=kind, risk=risk, is_optional=optional)
    except ValueError as error:
        raise ConfigurationError(f"add_oauth_scope({name!r}): {error}") from error

    def register() -> None:
        registrations.scopes[name] = description or name
        registrations.scope_traits[name] = traits

    record(config, "oauth scopes", name, description, register)


def add_oauth_response_type(
    config: Configurator,
    name: str,
    factory: Callable[[Any], object] | str,
    grant_types: Collection[str] = (),
) -> None:
    """Register a response type (RFC 6749 section 8.4).

    Args:
        name: the value of `response_type`; the order of its words is free.
        factory: called with the server once; returns an object like
            `pyramid_oauth.protocol.grants.grant_type.ResponseType`.
        grant_types: the grant types that the response type uses. The server and the
            client must have them (RFC 7591 section 2.1).
    """
    registration = ResponseTypeRegistration(
        config.maybe_dotted(factory), frozenset(grant_types)
    )
    table = get_registrations(config).response_types
    record_in(config, table, "oauth response types", name, registration)


def add_oauth_authorize_step(
    config: Configurator,
    name: str,
    step: Callable[[Any], object] | str,
    *,
    phase: Phase = Phase.VALIDATE,
    before: str | None = None,
    after: str | None = None,
    parameters: Collection[str] = (),
    scope: str | None = None,
) -> None:
    """Add a named step to the authorization endpoint (RFC 6749 section 4.1.1).

    Args:
        name: the name of the step; another step of this name is replaced.
        step: called with the `Authorization`; returns a Response, which ends the
            request, or None. It refuses the request by raising an OAuth2Error.
        phase: when it runs: steps of LOAD and VALIDATE need no browser, and run for a
            pushed request too; see `pyramid_oauth.config.authorize_steps.Phase`.
        before: the name of a step of the same phase that must run later.
        after: the name of one that must run earlier; an unknown name is ignored.
        parameters: the step is called only for requests that have one of these
            parameters or are resumed; empty: for all.
        scope: the step is called only for requests with this scope.
    """
    registration = AuthorizeStep(
        name=name,
        run=config.maybe_dotted(step),
        phase=Phase(phase),
        before=before,
        after=after,
        parameters=frozenset(parameters),
        scope=scope,
    )
    table = get_registrations(config).authorize_steps
    record_in(config, table, "oauth authorize steps", name, registration)


def add_oauth_consent_source(
    config: Configurator, kind: str, source: ConsentSource | str
) -> None:
    """Add a source of items on the consent page.

    The kernel's source has the kind `scope`. A request without scope is valid if
    another source has items for it.

    Args:
        kind: the kind of the items; another source of this kind is replaced. The
            approved items are stored under it in the details of the consent.
        source: a `pyramid_oauth.config.consent_sources.ConsentSource`.

    Raises:
        ConfigurationError: `source` is not a ConsentSource.
    """
    source = config.maybe_dotted(source)
    if not isinstance(source, ConsentSource):
        raise ConfigurationError(
            f"add_oauth_consent_source({kind!r}): {source!r} is not a ConsentSource; "
            f"give an object whose class inherits from {ConsentSource.__module__}."
            f"{ConsentSource.__name__}"
        )
    table = get_registrations(config).consent_sources
    record_in(config, table, "oauth consent sources", kind, source)


def add_oauth_consent_recorder(
    config: Configurator,
    name: str,
    record_decision: ConsentRecorder | str,
    *,
    remembered: bool = False,
) -> None:
    """Add a function that is told each decision of a resource owner about a client.

    Args:
        name: the name of the recorder; another recorder of this name is replaced.
        record_decision: called with a
            `pyramid_oauth.config.consent_decisions.ConsentDecision`, in the transaction
            of the decision; or its dotted name.
        remembered: whether it is also told each request that a former decision covers.
    """
    recorder = RecorderRegistration(config.maybe_dotted(record_decision), remembered)
    table = get_registrations(config).consent_recorders
    record_in(config, table, "oauth consent recorders", name, recorder)


def add_oauth_parameter(
    config: Configurator,
    name: str,
    *,
    endpoints: Collection[str],
    repeatable: bool = False,
    credential: bool = False,
    login_hint: bool = False,
    private: bool = False,
    stored: bool = True,
    decode: Callable[[str], Any] | str | None = None,
    from_claim: Callable[[Any], str] | str | None = None,
) -> None:
    """Register a request parameter (RFC 6749 section 8.2).

    An extension reads it with `oauth.parameter(name)`. Others are not stored.

    Args:
        name: the name of the parameter.
        endpoints: the names of the endpoints that take it; `*` stands for all.
        repeatable: whether it may be repeated. Its values are joined by spaces.
        credential: whether it is a credential: never stored, never in a URL.
        login_hint: whether it is one of the `hints` of `Accounts.login_url`.
        private: whether it may tell of a person: never in a URL of ours. A request with
            such a parameter is stored until the login, and may be sent by POST.
        stored: whether it may be stored with a request that waits. If not, steps keep
            what they need in `Authorization.state`.
        decode: converts the text to the value; raises ValueError or OAuth2Error.
        from_claim: converts a claim of a request object that is not a string to text;
            raises ValueError. Default: arrays of strings, if it is repeatable.

    Raises:
        ConfigurationError: `endpoints` is a string instead of a collection.
    """
    decode, from_claim = config.maybe_dotted(decode), config.maybe_dotted(from_claim)
    parameter = Parameter(
        name, repeatable, credential, login_hint, private, stored, decode, from_claim
    )
    for endpoint in _endpoint_names(name, endpoints):
        _record_parameter(config, endpoint, parameter)


def _endpoint_names(parameter: str, endpoints: Collection[str]) -> Collection[str]:
    if isinstance(endpoints, str):
        raise ConfigurationError(
            f"add_oauth_parameter: endpoints of {parameter!r} must be a list of names"
        )
    return endpoints


def _record_parameter(
    config: Configurator, endpoint: str, parameter: Parameter
) -> None:
    parameters = get_registrations(config).parameters

    def register() -> None:
        parameters[endpoint, parameter.name] = parameter

    title = f"{parameter.name} at {endpoint}"
    record(config, "oauth parameters", title, parameter, register)


def add_oauth_response_mode(
    config: Configurator,
    name: str,
    send: Callable[..., Any] | str,
    check: Callable[[Any], object] | str | None = None,
) -> None:
    """Register a response mode: how an authorization response is sent.

    OAuth 2.0 Multiple Response Type Encoding Practices section 2.1.

    Args:
        name: the value of `response_mode`, which the metadata lists.
        send: called with the `Authorization` and the members of the response, also of
            an error; returns the Response that sends them to the client.
        check: called with the `Authorization` of a request for this mode after its
            redirect URI was validated; raises OAuth2Error to refuse the request.
    """
    send, check = config.maybe_dotted(send), config.maybe_dotted(check)
    registrations = get_registrations(config)

    def register() -> None:
        registrations.response_modes[name] = send
        if check is not None:
            registrations.response_mode_checks[name] = check

    record(config, "oauth response modes", name, send, register)


def add_oauth_authorization_response(
    config: Configurator, name: str, contribute: ResponseMembers | str
) -> None:
    """Add members to every authorization response, including errors.

    Args:
        name: the name of the contribution.
        contribute: the members by name, if they are always the same; otherwise a
            callable that gets the `Authorization` and returns them. If the request was
            refused early, many of its attributes are not set. The response mode is read
            afterwards, so that the callable may change it.
    """
    members: Any = config.maybe_dotted(contribute)
    table = get_registrations(config).authorization_responses
    record_in(config, table, "oauth authorization responses", name, members)
