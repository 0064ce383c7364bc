"""The directives: everything a host can say in Python about its server.

Each has four beats: resolve, introspectable, `register`, `action` with a
discriminator. Our defaults use them too, so a host overrides each by one call.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyramid_oauth.claims import ClaimsRegistration
from pyramid_oauth.config.registry import TokenStep, collected, record


def add_oauth_grant(config: Any, name: str, factory: Any) -> None:
    """Register a grant type: `factory(server)` makes its oauthlib grant, once."""
    factory = config.maybe_dotted(factory)
    made = collected(config)

    def register() -> None:
        made.grants[name] = factory

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


def add_oauth_token_step(config: Any, name: str, step: Any, check: Any = None) -> None:
    """Add a named step to every issue of tokens for a grant.

    `step(oauth, payload, grant_type)` may add members to the token response. `check(
    oauth, grant_type)`, where there is one, runs before anything is made and may refuse
    by raising an OAuth2Error. Both run before a code or refresh token is used up, which
    may still turn out to be another request's.
    """
    registration = TokenStep(config.maybe_dotted(step), config.maybe_dotted(check))
    made = collected(config)

    def register() -> None:
        made.token_steps[name] = registration

    record(config, "oauth token steps", name, registration, register)


def add_oauth_claims(
    config: Any,
    name: str,
    provider: Any,
    claims: Iterable[str],
    scope: str | None = None,
    targets: Iterable[str] = ("id_token", "userinfo"),
) -> None:
    """Register who provides `claims`; see `pyramid_oauth.claims.ClaimsProvider`.

    They are released where `scope` is granted (None: where a scope of OpenID Connect
    Core section 5.4 covers the claim, or always where none does) or where the client
    asked for them by the `claims` parameter, and only to `targets`: `id_token`,
    `userinfo`, `access_token`, `introspection`. The claims of the standard scopes stay
    out of an ID Token that comes with an access token (`id_token_scope_claims`).
    """
    registration = ClaimsRegistration(
        name, config.maybe_dotted(provider), tuple(claims), scope, frozenset(targets)
    )
    made = collected(config)

    def register() -> None:
        made.claims[name] = registration

    record(config, "oauth claims", name, registration, register)
