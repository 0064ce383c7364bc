"""The directives: everything a host can say in Python about its server.

Each has four beats: resolve, introspectable, `register`, `action` with a
discriminator. Our defaults use them too, so a host overrides each by one call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pyramid_oauth.config.registry import (
    TokenStepRegistration,
    Writes,
    collected,
    record,
)


def add_oauth_grant(
    config: Any, name: str, factory: Any, writes: Writes = Writes.MANY
) -> None:
    """Register a grant type (RFC 6749 section 8.3).

    Args:
        name: the value of `grant_type`.
        factory: called with the server once; returns an object like
            `pyramid_oauth.protocol.grants.grant_type.Grant`, or a stock grant of
            oauthlib made with `server.validator`.
        writes: what a token request of that type writes.
    """
    factory = config.maybe_dotted(factory)
    made = collected(config)

    def register() -> None:
        made.grants[name] = factory
        made.grant_writes[name] = writes

    record(config, "oauth grants", name, factory, register)


def add_oauth_request_validation(config: Any, mixin: Any) -> None:
    """Add answers to the questions that oauthlib asks about a request.

    Args:
        mixin: a class with methods of `oauthlib.oauth2.RequestValidator`. All of them
            become one class at start-up, whose instance is `server.validator`. What is
            registered later comes first, and reaches the others by `super()`.
    """
    mixin = config.maybe_dotted(mixin)
    name = f"{mixin.__module__}.{mixin.__qualname__}"
    made = collected(config)

    def register() -> None:
        made.request_validation[name] = mixin

    record(config, "oauth request validation", name, mixin, register)


def add_oauth_client_auth(config: Any, method: Any) -> None:
    """Register a client authentication method (an instance with a `name`)."""
    method = config.maybe_dotted(method)
    made = collected(config)

    def register() -> None:
        made.client_auth[method.name] = method

    record(config, "oauth client authentication", method.name, method, register)


def add_oauth_token_step(
    config: Any, name: str, step: Any, grant_types: Collection[str] | None = None
) -> None:
    """Add a named step to every issue of tokens.

    Args:
        name: what the step is known by; a later one of that name replaces it.
        step: an object, or a class without arguments, with the methods of
            `pyramid_oauth.protocol.token_draft.TokenStep` that it needs. They run
            before a code or refresh token is used up, which may still turn out to be
            another request's.
        grant_types: those for which it runs; None stands for all. `implicit` is that
            of tokens from the authorization endpoint.
    """
    step = config.maybe_dotted(step)
    registration = TokenStepRegistration(
        step() if isinstance(step, type) else step,
        None if grant_types is None else frozenset(grant_types),
    )
    made = collected(config)

    def register() -> None:
        made.token_steps[name] = registration

    record(config, "oauth token steps", name, registration, register)


def add_oauth_token_format(config: Any, name: str, token_format: Any) -> None:
    """Register a format of access tokens for the setting `access_token_format`.

    An application chooses another one by an attribute of that name.

    Args:
        name: the value of the setting; `opaque` is the first format.
        token_format: an object, or a class without arguments, whose method
            `encode(request, draft)` returns the token and the row to be stored, or
            None where nothing is stored. See
            `pyramid_oauth.protocol.token_draft.OpaqueToken`.
    """
    token_format = config.maybe_dotted(token_format)
    made_format = token_format() if isinstance(token_format, type) else token_format
    made = collected(config)

    def register() -> None:
        made.token_formats[name] = made_format

    record(config, "oauth token formats", name, made_format, register)


def add_oauth_introspection(
    config: Any, name: str, contribute: Callable[..., Mapping[str, Any]]
) -> None:
    """Add members to the answers of the introspection endpoint (RFC 7662).

    The claims stored with a token come by themselves.

    Args:
        name: what the contribution is known by; a later one of that name replaces it.
        contribute: called with the request (its `client` asks, its `scopes` are the
            token's, as far as they still hold) and the token that was found; returns
            members. `sub` is the only one of RFC 7662 that it can change.
    """
    contribute = config.maybe_dotted(contribute)
    made = collected(config)

    def register() -> None:
        made.introspection[name] = contribute

    record(config, "oauth introspection", name, contribute, register)
