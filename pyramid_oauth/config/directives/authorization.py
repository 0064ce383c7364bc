"""The directives: everything a host can say in Python about its server.

Each has four beats: resolve, introspectable, `register`, `action` with a
discriminator. Our defaults use them too, so a host overrides each by one call.
"""

from __future__ import annotations

from typing import Any

from pyramid_oauth.config.registry import _record, collected
from pyramid_oauth.errors import ConfigurationError


def add_oauth_scope(config: Any, name: str, description: str = "") -> None:
    """Add a scope to the catalogue, with what the resource owner reads."""
    made = collected(config)

    def register() -> None:
        made.scopes[name] = description or name

    _record(config, "oauth scopes", name, description, register)


def add_oauth_response_type(config: Any, name: str, factory: Any) -> None:
    """Register a response type: `factory(server)` makes its oauthlib grant, once."""
    factory = config.maybe_dotted(factory)
    made = collected(config)

    def register() -> None:
        made.response_types[name] = factory

    _record(config, "oauth response types", name, factory, register)


def add_oauth_authorize_step(
    config: Any, name: str, step: Any, before: str | None = None
) -> None:
    """Add a named step to the authorization endpoint, at the end or `before` one."""
    step = config.maybe_dotted(step)
    made = collected(config)

    def register() -> None:
        names = [known for known, _ in made.authorize_steps]
        if before is not None and before not in names:
            raise ConfigurationError(f"there is no authorize step {before!r}")
        at = len(names) if before is None else names.index(before)
        made.authorize_steps.insert(at, (name, step))

    _record(config, "oauth authorize steps", name, step, register)
