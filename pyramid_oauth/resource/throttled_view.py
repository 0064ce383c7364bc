"""The view option `oauth_throttle`: requests of a client and of a user are counted.

RFC 6585 section 4 (status 429); `RateLimit` and `RateLimit-Policy` as in the draft
draft-ietf-httpapi-ratelimit-headers.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyramid.response import Response

from pyramid_oauth.configuration_errors import ConfigurationError
from pyramid_oauth.interfaces.configurator import Configurator, ViewDeriverInfo
from pyramid_oauth.interfaces.request import Request
from pyramid_oauth.resource.authentication import authentication, moment
from pyramid_oauth.resource.protection import SCOPES
from pyramid_oauth.resource.request_rates import (
    MemoryCounter,
    RequestCounter,
    Throttle,
    Usage,
)
from pyramid_oauth.resource.token_identity import TokenIdentity
from pyramid_oauth.settings import SETTINGS
from pyramid_oauth.settings import converters as to
from pyramid_oauth.settings.directive_registration import add_directive
from pyramid_oauth.settings.section import Section, setting

log = logging.getLogger(__name__)

COUNTER = "pyramid_oauth.request_counter"

OPTION = "oauth_throttle"

View = Callable[[Any, Request], Response]


def _optional_throttle(value: object) -> Throttle | None:
    return Throttle.parse(to.text(value)) if value else None


@dataclass(frozen=True, kw_only=True)
class ThrottleSettings(Section):
    """The rates of requests to protected views."""

    throttle: Throttle | None = setting(
        _optional_throttle,
        None,
        "How often each view with `oauth_scopes` may be called, such as "
        "`100/m user=200/m client=10000/h`: by a user with one client, by a user with "
        "all clients, by a client with all its users. The option `oauth_throttle` of a "
        "view replaces it. Each process counts by itself.",
    )
    throttle_keys: int = setting(
        to.integer(100, 10_000_000),
        50_000,
        "Users and clients whose requests a process remembers; one takes about 300 "
        "bytes.",
    )


def throttled_view(view: View, info: ViewDeriverInfo) -> View:
    """View deriver: count the request once its token has the scopes."""
    throttle = _throttle_of(info)
    if throttle is None:
        return view
    registry = info.registry

    def throttled(context: object, request: Request) -> Response:
        identity = authentication(request).identity
        if identity is None:  # a preflight request
            return view(context, request)
        used = _count(
            registry[COUNTER], throttle, identity, moment(request).timestamp()
        )
        request.add_response_callback(_rate_limit_headers(throttle, used))
        wait = used[-1].wait
        return _refuse(identity, wait) if wait else view(context, request)

    return throttled


throttled_view.options = (OPTION,)  # type: ignore[attr-defined]


def _throttle_of(info: ViewDeriverInfo) -> Throttle | None:
    value, scopes = info.options.get(OPTION), info.options.get(SCOPES)
    if value is None:
        default: Throttle | None = info.registry[SETTINGS][ThrottleSettings].throttle
        return default if scopes is not None else None
    if value is False:
        return None
    if scopes is None:
        raise ConfigurationError(f"{OPTION}={value!r} needs {SCOPES} beside it")
    try:
        return Throttle.parse(value)
    except (ValueError, AttributeError) as error:
        raise ConfigurationError(f"{OPTION}: {error}") from error


def _count(
    counter: RequestCounter, throttle: Throttle, identity: TokenIdentity, at: float
) -> list[Usage]:
    """Count under each limit, up to the first that refuses."""
    used = []
    for limit in throttle.limits:
        usage = counter.count(limit.key(identity), limit.rate, at)
        used.append(usage)
        if usage.wait:
            break
    return used


def _rate_limit_headers(
    throttle: Throttle, used: list[Usage]
) -> Callable[[Any, Any], None]:
    def add_headers(request: Request, response: Response) -> None:
        left = (
            f'"{limit.label}";r={usage.remaining};t={usage.reset}'
            for limit, usage in zip(throttle.limits, used, strict=False)
        )
        response.headerlist.append(("RateLimit-Policy", throttle.policy))
        response.headerlist.append(("RateLimit", ", ".join(left)))

    return add_headers


def _refuse(identity: TokenIdentity, wait: int) -> Response:
    log.warning(
        "too many requests of client %.80r, user %.80r",
        identity.client_id,
        identity.user_id,
    )
    description = "Too many requests; try again later."
    members = {"error": "temporarily_unavailable", "error_description": description}
    return Response(
        status=429,
        headerlist=[
            ("Content-Type", "application/json"),
            ("Retry-After", str(wait)),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ],
        body=json.dumps(members).encode(),
    )


def set_oauth_request_counter(
    config: Configurator, counter: RequestCounter | str
) -> None:
    """Set what counts the requests of throttled views, such as a store of a host.

    Args:
        counter: A `pyramid_oauth.resource.request_rates.RequestCounter`, or its dotted
            name; default: the memory of each process.
    """
    resolved = config.maybe_dotted(counter)
    introspectable = config.introspectable(
        "pyramid_oauth resource server", COUNTER, str(counter), "OAuth request counter"
    )
    introspectable["counter"] = resolved

    def register() -> None:
        config.registry[COUNTER] = resolved

    config.action(COUNTER, register, introspectables=(introspectable,))


def includeme(config: Configurator) -> None:
    """Add the option, the directive and the settings."""
    section = config.add_oauth_settings(ThrottleSettings)
    config.registry[COUNTER] = MemoryCounter(section.throttle_keys)
    add_directive(config, set_oauth_request_counter)
    config.add_view_deriver(
        throttled_view, f"{OPTION}_view", under=f"{SCOPES}_view", over="secured_view"
    )
