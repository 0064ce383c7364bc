"""Directives of grants, client authentication and tokens.

Each directive resolves dotted names, adds an introspectable, and defers `register` to
an action with a discriminator. Our defaults use them too; one call of a host overrides
them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

from pyramid_oauth.config.registry import (
    RequestCheckRegistration,
    TokenStepRegistration,
    Writes,
    get_registrations,
    record,
    record_in,
)
from pyramid_oauth.interfaces.configurator import Configurator


class NamedMethod(Protocol):
    """A method of client authentication; see `pyramid_oauth.clients.methods`."""

    name: str


def add_oauth_grant(
    config: Configurator,
    name: str,
    factory: Callable[[Any], object] | str,
    writes: Writes = Writes.MANY,
) -> None:
    """Register a grant type (RFC 6749 section 8.3).

    Args:
        name: the value of `grant_type`.
        factory: called with the server once; returns an object like
            `pyramid_oauth.protocol.grants.grant_type.Grant`, or a stock grant of
            oauthlib that is created with `server.validator`.
        writes: what a token request of that type writes.
    """
    factory = config.maybe_dotted(factory)
    registrations = get_registrations(config)

    def register() -> None:
        registrations.grants[name] = factory
        registrations.grant_writes[name] = writes

    record(config, "oauth grants", name, factory, register)


def add_oauth_request_validation(config: Configurator, mixin: type | str) -> None:
    """Add methods of oauthlib's request validator.

    Args:
        mixin: a class with methods of `oauthlib.oauth2.RequestValidator`. All are
            combined to one class at start-up, whose instance is `server.validator`. A
            later one comes first, and calls the others by `super()`.
    """
    mixin = config.maybe_dotted(mixin)
    name = f"{mixin.__module__}.{mixin.__qualname__}"
    table = get_registrations(config).request_validation
    record_in(config, table, "oauth request validation", name, mixin)


def add_oauth_client_auth(config: Configurator, method: NamedMethod | str) -> None:
    """Register a client authentication method (an instance with a `name`)."""
    method = config.maybe_dotted(method)
    table = get_registrations(config).client_auth
    record_in(config, table, "oauth client authentication", method.name, method)


def add_oauth_client_source(
    config: Configurator, name: str, source: object | str
) -> None:
    """Register a source of clients that are described outside of the database.

    Args:
        name: Names it.
        source: An object like `pyramid_oauth.clients.sources.ClientSource`, or its
            dotted name: it is asked before a client is looked up, at every endpoint.
    """
    source = config.maybe_dotted(source)
    table = get_registrations(config).client_sources
    record_in(config, table, "oauth client sources", name, source)


def add_oauth_request_check(
    config: Configurator,
    name: str,
    check: Callable[[Any, str], None] | str,
    endpoints: Collection[str],
) -> None:
    """Add a check of form requests that comes before client authentication.

    For what must be right before a client assertion is used up, such as the nonce of a
    DPoP proof: clients repeat their request with the same assertion.

    Args:
        name: the name of the check; a later check of that name replaces it.
        check: called with the request (`pyramid_oauth.protocol.request.OAuthRequest`,
            without a client) and the name of the endpoint. It raises an OAuth2Error to
            refuse. It may run twice for one request, and must not write.
        endpoints: the names of the endpoints, such as `token` and `par`.
    """
    check = config.maybe_dotted(check)
    registration = RequestCheckRegistration(check, frozenset(endpoints))
    table = get_registrations(config).request_checks
    record_in(config, table, "oauth request checks", name, registration)


def add_oauth_token_step(
    config: Configurator,
    name: str,
    step: object,
    grant_types: Collection[str] | None = None,
    *,
    after: str | None = None,
) -> None:
    """Add a named step to the issuance of tokens.

    Args:
        name: the name of the step; a later step of that name replaces it.
        step: an object, or a class without arguments, with the methods of
            `pyramid_oauth.protocol.token_draft.TokenStep` that it needs. They run
            before the code or refresh token is consumed, which may fail if another
            request was faster.
        grant_types: the grant types for which it runs; None stands for all. Tokens from
            the authorization endpoint have `implicit`.
        after: the name of a step that must run earlier, such as `resource_indicators`,
            which decides about the audience; an unknown name is ignored.
    """
    step = config.maybe_dotted(step)
    registration = TokenStepRegistration(
        step() if isinstance(step, type) else step,
        None if grant_types is None else frozenset(grant_types),
        after,
    )
    table = get_registrations(config).token_steps
    record_in(config, table, "oauth token steps", name, registration)


def add_oauth_token_format(
    config: Configurator, name: str, token_format: object
) -> None:
    """Register a format of access tokens for the setting `access_token_format`.

    An application overrides it by an attribute of that name, and a token step for one
    token by `draft.token_format`.

    Args:
        name: the value of the setting; `opaque` is the first format.
        token_format: an object, or a class without arguments, whose method
            `encode(request, draft)` returns the token and the row to be stored, or
            None where nothing is stored. See
            `pyramid_oauth.protocol.issuance.OpaqueToken`; for tokens without a row
            `pyramid_oauth.protocol.access_tokens.StatelessFormat` too.
    """
    token_format = config.maybe_dotted(token_format)
    instance = token_format() if isinstance(token_format, type) else token_format
    table = get_registrations(config).token_formats
    record_in(config, table, "oauth token formats", name, instance)


def add_oauth_introspection(
    config: Configurator, name: str, contribute: Callable[..., Mapping[str, Any]] | str
) -> None:
    """Add members to introspection responses (RFC 7662).

    The claims stored with a token are always included.

    Args:
        name: the name of the contribution; a later one of that name replaces it.
        contribute: called with the request (its `client` is the one that introspects,
            its `scopes` are those of the token that are still allowed) and the row of
            the token; returns members. `sub` is the only one of RFC 7662 that it can
            change.
    """
    contribute = config.maybe_dotted(contribute)
    table = get_registrations(config).introspection
    record_in(config, table, "oauth introspection", name, contribute)


def add_oauth_introspection_rule(
    config: Configurator, name: str, rule: Callable[..., bool | Sequence[str]] | str
) -> None:
    """Let further clients introspect access tokens (RFC 7662 section 4).

    A client sees its own tokens, and those whose audience names it. The setting
    `introspection_policy` replaces this and all rules.

    Args:
        name: the name of the rule; a later one of that name replaces it.
        rule: called with the request (its `client` is the one that introspects) and the
            row of the token; returns whether the client may see it, or those members
            of its audience of which the client is the server. Contributions to the
            answer find these in `request.resources`.
    """
    rule = config.maybe_dotted(rule)
    table = get_registrations(config).introspection_rules
    record_in(config, table, "oauth introspection rules", name, rule)


def add_oauth_introspection_format(
    config: Configurator, media_type: str, encode: Callable[..., str] | str
) -> None:
    """Let clients ask for introspection responses in another format than JSON.

    Args:
        media_type: what the client names in `Accept`; of several that it accepts alike
            JSON is sent.
        encode: called with the request (its `client` is the one that introspects) and
            the members of the response; returns the body.
    """
    encode = config.maybe_dotted(encode)
    table = get_registrations(config).introspection_formats
    record_in(config, table, "oauth introspection formats", media_type, encode)
